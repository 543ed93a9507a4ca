#include "filter/line_head.h"

#define HEAD_WITHIN 300 /* bytes: date, host and ident */

static bool ident_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("/._-", c)) || c == '@';
}

bool line_head(struct str line, struct line_head *ret)
{
    struct str within = str_span(line.p, line.n < HEAD_WITHIN ? line.n : HEAD_WITHIN);
    ptrdiff_t colon = str_search(within, STR(": "));
    if (colon <= 0)
        return false;
    size_t end = (size_t)colon, begin;
    struct str pid = {line.p + end, 0};
    if (line.p[end - 1] == ']') {
        for (begin = end - 1; begin && line.p[begin - 1] >= '0' && line.p[begin - 1] <= '9'; begin--)
            ;
        pid = str_span(line.p + begin, end - 1 - begin);
        if (!begin || line.p[begin - 1] != '[')
            return false;
        end = begin - 1;
    }
    for (begin = end; begin && ident_char(line.p[begin - 1]); begin--)
        ;
    if (begin == end || (begin && line.p[begin - 1] != ' '))
        return false;
    *ret = (struct line_head){str_span(line.p + begin, end - begin), pid, str_from(line, (size_t)colon + 2)};
    return true;
}

bool service_set(struct str name, unsigned *ret)
{
    static const struct { const char *name; unsigned set; } names[] = {
        {"ssh", SERVICE_SSH}, {"smtp", SERVICE_SMTP | SERVICE_SUBMISSION}, {"submission", SERVICE_SUBMISSION}, {"submissions", SERVICE_SUBMISSION}, {"imap", SERVICE_IMAP}, {"imaps", SERVICE_IMAP},
        {"pop3", SERVICE_POP3}, {"pop3s", SERVICE_POP3}, {"mail", SERVICE_SMTP | SERVICE_SUBMISSION | SERVICE_IMAP | SERVICE_POP3}, {"ftp", SERVICE_FTP}, {"ftps", SERVICE_FTP},
        {"http", SERVICE_HTTP}, {"https", SERVICE_HTTP}, {"web", SERVICE_HTTP}, {"panel", SERVICE_PANEL}, {"panel-http", SERVICE_PANEL}, {"dns", SERVICE_DNS}, {"dns-tcp", SERVICE_DNS},
        {"mysql", SERVICE_MYSQL}, {"postgresql", SERVICE_POSTGRESQL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (str_eq(name, str_of(names[i].name))) {
            *ret = names[i].set;
            return true;
        }
    return false;
}

/* Dovecot's processes write under one name; what begins the message says for which protocol. */
static unsigned of_dovecot(struct str message)
{
    static const struct { const char *begin; unsigned set; } rows[] = {
        {"imap", SERVICE_IMAP}, {"pop3", SERVICE_POP3}, {"lmtp", SERVICE_SMTP}, {"lda", SERVICE_SMTP}, {"submission", SERVICE_SUBMISSION}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (str_starts(message, str_of(rows[i].begin)))
            return rows[i].set;
    return SERVICE_IMAP | SERVICE_POP3 | SERVICE_SUBMISSION;
}

unsigned line_services(struct str line)
{
    /* By the beginning of the name. */
    static const struct { const char *begin; unsigned set; } rows[] = {
        {"sshd", SERVICE_SSH}, {"postfix", SERVICE_SMTP}, {"imapd", SERVICE_IMAP}, {"imaplogin", SERVICE_IMAP}, {"pop3d", SERVICE_POP3}, {"pop3login", SERVICE_POP3}, {"courier-imap", SERVICE_IMAP},
        {"courier-pop3", SERVICE_POP3}, {"exim", SERVICE_SMTP}, {"qmail", SERVICE_SMTP}, {"smtp_auth", SERVICE_SMTP}, {"relaylock", SERVICE_SMTP}, {"vchkpw-smtp", SERVICE_SMTP},
        {"vchkpw-submission", SERVICE_SUBMISSION}, {"vchkpw-pop3", SERVICE_POP3}, {"vchkpw-imap", SERVICE_IMAP}, {"vpopmail", SERVICE_SMTP | SERVICE_POP3 | SERVICE_IMAP}, {"sendmail", SERVICE_SMTP},
        {"proftpd", SERVICE_FTP}, {"vsftpd", SERVICE_FTP}, {"pure-ftpd", SERVICE_FTP}, {"apache", SERVICE_HTTP}, {"httpd", SERVICE_HTTP}, {"nginx", SERVICE_HTTP}, {"named", SERVICE_DNS},
        {"unbound", SERVICE_DNS}, {"mysqld", SERVICE_MYSQL}, {"mariadb", SERVICE_MYSQL}, {"postgres", SERVICE_POSTGRESQL}, {"sw-cp-server", SERVICE_PANEL}, {"plesk", SERVICE_PANEL},
    };
    struct line_head h;
    if (!line_head(line, &h))
        return 0;
    if (str_eq(h.ident, STR("dovecot")))
        return of_dovecot(h.message);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (str_starts(h.ident, str_of(rows[i].begin)))
            return rows[i].set == SERVICE_SMTP && (str_search(h.ident, STR("/submission")) > 0 || str_search(h.ident, STR("/smtps")) > 0) ? SERVICE_SUBMISSION : rows[i].set;
    return 0;
}
