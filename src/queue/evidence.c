#include "queue/evidence.h"

/* Headers that name those who receive. Their like in an enclosed message (a bounce) is hidden, too. */
static const struct str receivers[] = {
    STR("to"), STR("cc"), STR("bcc"), STR("resent-to"), STR("resent-cc"), STR("resent-bcc"), STR("apparently-to"), STR("delivered-to"), STR("x-original-to"), STR("envelope-to"),
    STR("x-envelope-to"), STR("x-rcpt-to"), STR("x-failed-recipients"), STR("original-recipient"), STR("final-recipient"), STR("mail-followup-to"),
};
/* Headers whose addresses are those of who sends, or no persons'. */
static const struct str senders[] = {
    STR("from"), STR("sender"), STR("reply-to"), STR("return-path"), STR("resent-from"), STR("resent-sender"), STR("message-id"), STR("resent-message-id"), STR("errors-to"),
};

static bool one_of(const struct str *list, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieq(list[i], name))
            return true;
    return false;
}

static bool of_local(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80 || (c && strchr(".!#$%&'*+/=?^_`{|}~-", c));
}

static bool of_domain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || (unsigned char)c >= 0x80;
}

/* Bytes of an at sign there, also as it stands in a link. */
static size_t at_sign(struct str s, size_t i)
{
    if (s.p[i] == '@')
        return 1;
    return s.p[i] == '%' && s.n - i > 3 && s.p[i + 1] == '4' && s.p[i + 2] == '0' && of_domain(s.p[i + 3]) ? 3 : 0;
}

/* Where the part before the at sign begins; not before `from`. */
static size_t local_begin(struct str s, size_t from, size_t at)
{
    size_t i = at;
    if (i > from && s.p[i - 1] == '"') {
        for (i--; i > from && s.p[i - 1] != '"'; i--)
            ;
        return i > from ? i - 1 : i;
    }
    while (i > from && of_local(s.p[i - 1]))
        i--;
    return i;
}

static bool spared(const struct evidence *e, struct str address)
{
    return one_of(e->spared, ARRAY_SIZE(e->spared), address);
}

void evidence_mask_text(const struct evidence *e, struct str line, struct buf *out)
{
    size_t told = 0;
    for (size_t i = 0; i < line.n; i++) {
        size_t sign = at_sign(line, i), begin = sign ? local_begin(line, told, i) : i, domain = i + sign;
        if (begin == i)
            continue;
        while (domain < line.n && of_domain(line.p[domain]))
            domain++;
        buf_adds(out, str_span(line.p + told, begin - told));
        struct str address = str_span(line.p + begin, domain - begin);
        if (spared(e, address))
            buf_adds(out, address);
        else
            buf_printf(out, "***%.*s", (int)(domain - i), line.p + i);
        told = domain;
        i = domain - 1;
    }
    buf_adds(out, str_from(line, told));
}

/* The first piece of a line decides for its continuations. */
static void masked(struct evidence *e, struct str line, struct buf *out)
{
    bool goes_on = e->within || (line.n && (line.p[0] == ' ' || line.p[0] == '\t'));
    ptrdiff_t colon = goes_on ? -1 : str_find(line, ':');
    struct str name = str_span(line.p, colon > 0 ? (size_t)colon : 0);
    if (!goes_on) {
        e->hiding = one_of(receivers, ARRAY_SIZE(receivers), str_trim(name));
        e->sending = !e->body && one_of(senders, ARRAY_SIZE(senders), str_trim(name));
        if (e->hiding) {
            buf_adds(out, name);
            buf_addz(out, ": ***\n");
        }
    }
    if (e->hiding)
        return;
    if (e->sending)
        buf_adds(out, line);
    else
        evidence_mask_text(e, line, out);
}

/* A line, with its end or, where it is too long, a piece of it. */
static void on_line(struct evidence *e, struct buf *out)
{
    struct str line = buf_str(&e->line), bare = str_trim(line), rest = line;
    bool ended = line.n && line.p[line.n - 1] == '\n';
    while (e->mbox && !e->within && rest.n && rest.p[0] == '>')
        rest = str_from(rest, 1);
    if (e->mbox && !e->within && str_starts(rest, STR("From ")))
        buf_addc(out, '>');
    if (!e->within && !bare.n)
        e->body = true;
    if (e->mask)
        masked(e, line, out);
    else
        buf_adds(out, line);
    e->within = !ended;
    buf_reset(&e->line);
}

void evidence_take(struct evidence *e, struct str bytes, struct buf *out)
{
    e->line.max = EVIDENCE_LINE_MAX;
    while (bytes.n) {
        ptrdiff_t end = str_find(bytes, '\n');
        size_t n = end < 0 ? bytes.n : (size_t)end + 1, room = EVIDENCE_LINE_MAX - e->line.n;
        n = n < room ? n : room;
        buf_adds(&e->line, str_span(bytes.p, n));
        bytes = str_from(bytes, n);
        if (e->line.n == EVIDENCE_LINE_MAX || e->line.p[e->line.n - 1] == '\n')
            on_line(e, out);
    }
}

void evidence_end(struct evidence *e, struct buf *out)
{
    if (e->line.n)
        on_line(e, out);
    if (e->within)
        buf_addc(out, '\n');
    if (e->mbox)
        buf_addc(out, '\n');
    buf_free(&e->line);
}

void evidence_mask(struct str address, struct buf *out)
{
    const char *at = address.n ? memrchr(address.p, '@', address.n) : NULL;
    buf_addz(out, "***");
    if (at)
        buf_adds(out, str_from(address, (size_t)(at - address.p)));
}
