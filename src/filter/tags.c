#include "filter/tags.h"
#include "base/buf.h"
#include "filter/translate.h"

/* What an address looks like to fail2ban: looser than one is. */
#define IP4 "(?:::f{4,6}:)?(?P<ip4>(?:\\d{1,3}\\.){3}\\d{1,3})"
#define IP6 "(?P<ip6>(?:[0-9A-Fa-f]{1,4}:{1,2}|::){1,7}(?:[0-9A-Fa-f]{1,4}|(?<=:):))"
#define DNS "(?P<dns>[\\w\\-.^_]*\\w)"
#define CIDR "(?P<cidr>\\d+)"
#define ADDR "\\[?(?:" IP4 "|" IP6 ")\\]?"
#define HOST "(?:" ADDR "|" DNS ")"
#define SUBNET "\\[?(?:" IP4 "|" IP6 ")(?:/" CIDR ")?\\]?"

static const struct { const char *tag, *text; } fixed[] = {
    {"IP4", IP4}, {"F-IP4/", IP4}, {"IP6", IP6}, {"F-IP6/", IP6}, {"DNS", DNS}, {"F-DNS/", DNS}, {"ADDR", ADDR}, {"F-ADDR/", ADDR},
    {"CIDR", CIDR}, {"F-CIDR/", CIDR}, {"SUBNET", SUBNET}, {"F-SUBNET/", SUBNET}, {"F-ID/", "(?P<fid>\\S+)"}, {"F-PORT/", "(?P<fport>\\w+)"},
};

#define OPEN_MAX 100

struct tags {
    struct buf *out;
    bool addresses_only;
    unsigned skiplines;
    struct str open[OPEN_MAX];
    size_t open_n;
};

static bool tag_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || (c & 0x80);
}

/* Bytes of the tag at the beginning of s, its <> among them; 0: there is none. */
static size_t tag_length(struct str s)
{
    size_t n = s.n > 1 && s.p[1] == '/' ? 2 : 1, start = n;
    while (n < s.n && tag_char(s.p[n]))
        n++;
    if (n == start)
        return 0;
    if (n < s.n && s.p[n] == '/')
        n++;
    return n < s.n && s.p[n] == '>' ? n + 1 : 0;
}

static bool is_custom(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return name.n > 0;
}

static bool is_open(const struct tags *t, struct str name)
{
    for (size_t i = 0; i < t->open_n; i++)
        if (str_eq(t->open[i], name))
            return true;
    return false;
}

static void put_lower(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        buf_addc(b, str_lower(s.p[i]));
}

/* <F-NAME> or </F-NAME>. false: it is none that we know. */
static bool custom(struct tags *t, struct str tag)
{
    bool closes = str_starts(tag, STR("/"));
    struct str name = str_from(tag, closes ? 3 : 2);
    if (!str_starts(str_from(tag, closes), STR("F-")) || !is_custom(name))
        return false;
    if (closes) {
        buf_addz(t->out, is_open(t, name) ? ")" : "");
        return is_open(t, name);
    }
    if (!is_open(t, name) && t->open_n < OPEN_MAX)
        t->open[t->open_n++] = name;
    buf_addz(t->out, "(?P<");
    if (str_eq(name, STR("ID")))
        buf_addz(t->out, "fid");
    else if (str_eq(name, STR("PORT")))
        buf_addz(t->out, "fport");
    else
        put_lower(t->out, name);
    buf_addc(t->out, '>');
    return true;
}

static void tag(struct tags *t, struct str whole)
{
    struct str name = str_span(whole.p + 1, whole.n - 2);
    if (str_eq(name, STR("HOST"))) {
        buf_addz(t->out, t->addresses_only ? ADDR : HOST);
        return;
    }
    if (str_eq(name, STR("SKIPLINES"))) {
        buf_printf(t->out, "\\n(?P<skiplines%u>(?:(?:.*\\n)*?))", t->skiplines++);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(fixed); i++) {
        if (!str_eq(name, str_of(fixed[i].tag)))
            continue;
        buf_addz(t->out, fixed[i].text);
        return;
    }
    if (!custom(t, name))
        buf_adds(t->out, whole);
}

struct str tags_expand(struct arena *a, struct str text, bool addresses_only)
{
    _cleanup_(buf_free) struct buf out = BUF(REGEX_TEXT_MAX + 1); /* what is longer is refused by regex_translate */
    struct tags t = {.out = &out, .addresses_only = addresses_only};
    for (size_t i = 0; i < text.n;) {
        size_t n = text.p[i] == '<' ? tag_length(str_from(text, i)) : 0;
        if (n)
            tag(&t, str_span(text.p + i, n));
        else
            buf_addc(&out, text.p[i]);
        i += n ? n : 1;
    }
    return str_span(arena_dup(a, buf_str(&out)), out.n);
}
