/* login_line.c: successful logins in the logs of mail servers and SSH. Texts: Dovecot 2.3 "imap-login: Login: user=<U>", 2.4 "imap-login: Logged in: user=<U>"; Courier "LOGIN, user=U, ip=[..]"
   (with or without "INFO: "); Postfix "ID: client=h[a], sasl_method=M, sasl_username=U"; OpenSSH "Accepted METHOD for U from A port N". An account counts only where the daemon itself wrote it: Dovecot escapes
   '>' in names no more than others do, so the first '>' ends the name. */
#include "log/journal.h"

static bool between(struct str s, struct str head, const char *ends, struct str *ret)
{
    ptrdiff_t at = str_search(s, head);
    if (at < 0)
        return false;
    struct str rest = str_from(s, (size_t)at + head.n);
    size_t n = 0;
    while (n < rest.n && !strchr(ends, rest.p[n]))
        n++;
    *ret = str_span(rest.p, n);
    return n > 0 && n <= 320; /* RFC 5321: 64 + @ + 255 */
}

static bool dovecot(struct str m, struct str *ret)
{
    ptrdiff_t colon = str_search(m, STR("-login: "));
    if (colon < 0 || colon > 16)
        return false;
    struct str rest = str_from(m, (size_t)colon + 8);
    if (str_starts(rest, STR("Info: ")))
        rest = str_from(rest, 6);
    if (!str_starts(rest, STR("Login: user=<")) && !str_starts(rest, STR("Logged in: user=<")))
        return false;
    return between(rest, STR("user=<"), ">", ret);
}

static bool courier(struct str m, struct str *ret)
{
    if (str_starts(m, STR("INFO: ")))
        m = str_from(m, 6);
    return str_starts(m, STR("LOGIN, user=")) && between(m, STR("user="), ",", ret);
}

static bool postfix(struct str m, struct str *ret)
{
    ptrdiff_t id = str_search(m, STR(": client="));
    if (id < 1 || id > 20)
        return false;
    for (ptrdiff_t i = 0; i < id; i++)
        if (!((m.p[i] >= '0' && m.p[i] <= '9') || (m.p[i] >= 'A' && m.p[i] <= 'Z') || (m.p[i] >= 'a' && m.p[i] <= 'z')))
            return false;
    return between(m, STR(", sasl_username="), ", ", ret);
}

static bool openssh(struct str m, struct str *ret)
{
    ptrdiff_t at = str_search(m, STR(" for "));
    return str_starts(m, STR("Accepted ")) && at > 0 && str_search(m, STR(" from ")) > at && between(m, STR(" for "), " ", ret);
}

static const struct {
    struct str identifier; /* how SYSLOG_IDENTIFIER begins */
    bool (*line)(struct str message, struct str *ret);
} daemons[] = {
    {{"dovecot", 7}, dovecot}, {{"imapd", 5}, courier}, {{"pop3d", 5}, courier}, {{"courier-", 8}, courier}, {{"postfix", 7}, postfix}, {{"sshd", 4}, openssh},
};

bool login_line(struct str identifier, struct str message, struct str *ret_account)
{
    struct str account;
    for (size_t i = 0; i < ARRAY_SIZE(daemons); i++)
        if (str_starts(identifier, daemons[i].identifier) && daemons[i].line(message, &account)) {
            *ret_account = account;
            return true;
        }
    return false;
}
