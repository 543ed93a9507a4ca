/* login_line.c: successful logins in the logs of mail servers and SSH. Texts: Dovecot 2.3 "imap-login: Login: user=<U>, method=M, rip=A, ...", 2.4 "imap-login: Logged in: user=<U>, ..."; Courier "LOGIN, user=U, ip=[..]"
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
    return n > 0;
}

static bool dovecot(struct str m, struct login_said *ret)
{
    ptrdiff_t colon = str_search(m, STR("-login: "));
    if (colon < 0 || colon > 16)
        return false;
    struct str rest = str_from(m, (size_t)colon + 8);
    if (str_starts(rest, STR("Info: ")))
        rest = str_from(rest, 6);
    if ((!str_starts(rest, STR("Login: user=<")) && !str_starts(rest, STR("Logged in: user=<"))) || !between(rest, STR("user=<"), ">", &ret->account))
        return false;
    between(str_from(rest, (size_t)(ret->account.p + ret->account.n - rest.p)), STR(", rip="), ", ", &ret->address);
    return true;
}

static bool courier(struct str m, struct login_said *ret)
{
    if (str_starts(m, STR("INFO: ")))
        m = str_from(m, 6);
    if (!str_starts(m, STR("LOGIN, user=")) || !between(m, STR("user="), ",", &ret->account))
        return false;
    between(str_from(m, (size_t)(ret->account.p + ret->account.n - m.p)), STR(", ip=["), "]", &ret->address);
    return true;
}

static bool postfix(struct str m, struct login_said *ret)
{
    ptrdiff_t id = str_search(m, STR(": client="));
    if (id < 1 || id > 20)
        return false;
    for (ptrdiff_t i = 0; i < id; i++)
        if (!((m.p[i] >= '0' && m.p[i] <= '9') || (m.p[i] >= 'A' && m.p[i] <= 'Z') || (m.p[i] >= 'a' && m.p[i] <= 'z')))
            return false;
    between(m, STR("["), "]", &ret->address);
    return between(m, STR(", sasl_username="), ", ", &ret->account);
}

static bool openssh(struct str m, struct login_said *ret)
{
    ptrdiff_t at = str_starts(m, STR("Accepted ")) ? str_search(m, STR(" for ")) : -1;
    if (at <= 0 || str_search(m, STR(" from ")) <= at || !between(m, STR(" for "), " ", &ret->account))
        return false;
    return between(m, STR(" from "), " ", &ret->address);
}

#define ACCOUNT_MAX 320 /* RFC 5321: 64 + @ + 255 */

static const struct {
    struct str identifier; /* how SYSLOG_IDENTIFIER begins */
    bool (*line)(struct str message, struct login_said *ret);
} daemons[] = {
    {{"dovecot", 7}, dovecot}, {{"imapd", 5}, courier}, {{"pop3d", 5}, courier}, {{"courier-", 8}, courier}, {{"postfix", 7}, postfix}, {{"sshd", 4}, openssh},
};

bool login_maybe(struct str message)
{
    static bool (*const lines[])(struct str, struct login_said *) = {dovecot, courier, postfix, openssh};
    struct login_said l = {0};
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        if (lines[i](message, &l))
            return true;
    return false;
}

bool login_line(struct str identifier, struct str message, struct login_said *ret)
{
    for (size_t i = 0; i < ARRAY_SIZE(daemons); i++) {
        struct login_said l = {0};
        if (!str_starts(identifier, daemons[i].identifier) || !daemons[i].line(message, &l) || l.account.n > ACCOUNT_MAX)
            continue;
        *ret = l;
        return true;
    }
    return false;
}
