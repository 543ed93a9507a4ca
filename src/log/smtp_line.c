/* smtp_line.c: what Postfix logs about a mail, by the program that says it: smtpd "ID: client=host[addr], sasl_method=M, sasl_username=U", qmgr "ID: from=<S>, size=N ...",
   smtp "ID: to=<R>, relay=host[addr]:25, ..., status=sent (...)". */
#include "log/mail_uses.h"

static bool queue_id(struct str *message, struct str *ret)
{
    size_t n = 0;
    while (n < message->n && ((message->p[n] >= '0' && message->p[n] <= '9') || (message->p[n] >= 'A' && message->p[n] <= 'Z') || (message->p[n] >= 'a' && message->p[n] <= 'z')))
        n++;
    if (n < 6 || n > 20 || !str_starts(str_from(*message, n), STR(": ")))
        return false;
    *ret = str_span(message->p, n);
    *message = str_from(*message, n + 2);
    return true;
}

/* What stands behind head, up to one of `ends`. */
static struct str after(struct str s, struct str head, const char *ends)
{
    ptrdiff_t at = str_search(s, head);
    if (at < 0)
        return STR("");
    struct str rest = str_from(s, (size_t)at + head.n);
    size_t n = 0;
    while (n < rest.n && !strchr(ends, rest.p[n]))
        n++;
    return str_span(rest.p, n);
}

static bool client_line(struct str m, struct smtp_line *ret)
{
    ret->says = SMTP_SAYS_CLIENT;
    if (!str_starts(m, STR("client=")))
        return false;
    ret->client = after(m, STR("["), "]");
    ret->account = after(m, STR(", sasl_username="), ", ");
    return ret->client.n > 0 && ret->client.n <= 64 && ret->account.n <= 320;
}

static bool sender_line(struct str m, struct smtp_line *ret)
{
    ret->says = SMTP_SAYS_SENDER;
    if (!str_starts(m, STR("from=<")))
        return false;
    ret->sender = after(m, STR("from=<"), ">");
    return ret->sender.n <= 320;
}

/* A filter on this machine is no other server. */
static bool relayed_line(struct str m, struct smtp_line *ret)
{
    ret->says = SMTP_SAYS_RELAYED;
    struct str relay = after(m, STR(", relay="), ","), addr = after(relay, STR("["), "]");
    return str_starts(m, STR("to=<")) && str_search(m, STR(", status=sent")) > 0 && addr.n && !str_starts(addr, STR("127.")) && !str_eq(addr, STR("::1")) && addr.p[0] != '/';
}

bool smtp_line(struct str identifier, struct str message, struct smtp_line *ret)
{
    static const struct {
        struct str program;
        bool (*line)(struct str message, struct smtp_line *ret);
    } programs[] = {{{"smtpd", 5}, client_line}, {{"qmgr", 4}, sender_line}, {{"smtp", 4}, relayed_line}};
    struct smtp_line l = {.client = STR(""), .account = STR(""), .sender = STR("")};
    size_t slash = identifier.n;
    while (slash && identifier.p[slash - 1] != '/')
        slash--;
    if (!slash || !str_starts(identifier, STR("postfix")) || !queue_id(&message, &l.id))
        return false;
    l.service = str_span(identifier.p, slash - 1);
    for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
        if (str_eq(str_from(identifier, slash), programs[i].program) && programs[i].line(message, &l)) {
            *ret = l;
            return true;
        }
    return false;
}
