#include "filter/address_in.h"
#include <stdio.h>

static bool word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
}

/* What addresses are made of. */
static bool part(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' || c == ':';
}

static size_t count(struct str s, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == c;
    return n;
}

/* A hyphen before or behind makes it a part of a name. */
static bool bounded(struct str line, struct str run)
{
    const char *before = run.p - 1, *behind = run.p + run.n, *end = line.p + line.n;
    if (before >= line.p && (word(*before) || ((*before == '-' || *before == '.') && before > line.p && word(before[-1]))))
        return false;
    return behind >= end || !(word(*behind) || ((*behind == '-' || *behind == '.') && behind + 1 < end && word(behind[1])));
}

static bool is(struct str line, struct str run, const struct prefix *wanted)
{
    struct addr a;
    return run.n <= ADDR_TEXT && bounded(line, run) && addr_parse(run, &a) && prefix_has(wanted, &a);
}

/* "192.0.2.1:443", "host:192.0.2.1", "2001:db8::1.443". */
static bool in_pieces(struct str line, struct str run, const struct prefix *wanted)
{
    struct str rest = run, piece;
    while (str_field(&rest, ':', &piece))
        if (count(piece, '.') == 3 && is(line, piece, wanted))
            return true;
    size_t n = run.n;
    while (n && run.p[n - 1] >= '0' && run.p[n - 1] <= '9')
        n--;
    struct addr a;
    return n && n < run.n && run.p[n - 1] == '.' && count(run, ':') >= 2 && bounded(line, run) && addr_parse(str_span(run.p, n - 1), &a) && prefix_has(wanted, &a);
}

static bool in_run(struct str line, struct str run, const struct prefix *wanted)
{
    struct addr a;
    bool was_colon = false;
    while (run.n && (run.p[run.n - 1] == '.' || (run.p[run.n - 1] == ':' && !str_ends(run, STR("::")))))
        run.n--;
    while (run.n && (run.p[0] == '.' || (run.p[0] == ':' && !str_starts(run, STR("::"))))) {
        was_colon = run.p[0] == ':';
        run = str_from(run, 1);
    }
    if (run.n < 2 || (!count(run, '.') && count(run, ':') < 2))
        return false;
    if (run.n <= ADDR_TEXT && addr_parse(run, &a)) /* nobody writes ::ffff:c000:201, and address_needle does not know it */
        return (was_colon || bounded(line, run)) && (a.v6 || count(run, '.')) && prefix_has(wanted, &a);
    return in_pieces(line, run, wanted);
}

bool address_in(struct str line, const struct prefix *wanted)
{
    for (size_t i = 0; i < line.n;) {
        size_t n = 0;
        while (i + n < line.n && part(line.p[i + n]))
            n++;
        if (n > 1 && in_run(line, str_span(line.p + i, n), wanted))
            return true;
        i += n + 1;
    }
    return false;
}

/* The group of the address, all of it within the prefix, that is seen least elsewhere. The last two may be written as four numbers. */
static struct str group_of(const struct prefix *p, char *ret)
{
    int best = 0;
    *ret = 0;
    for (unsigned i = 0; i < 6 && 16 * (i + 1) <= p->length; i++) {
        char text[8];
        unsigned v = (unsigned)p->addr.bytes[2 * i] << 8 | p->addr.bytes[2 * i + 1];
        int n = snprintf(text, sizeof text, "%x", v), letters = 0;
        for (int k = 0; k < n; k++)
            letters += text[k] > '9';
        if (v && n + 2 * letters > best) {
            best = n + 2 * letters;
            memcpy(ret, text, sizeof text);
        }
    }
    return str_of(ret);
}

struct str address_needle(const struct prefix *p, char ret[static ADDRESS_NEEDLE], bool *ret_fold)
{
    size_t n = 0;
    *ret_fold = p->addr.v6;
    if (p->addr.v6)
        return group_of(p, ret);
    *ret = 0;
    for (unsigned i = 0; i < 4 && 8 * (i + 1) <= p->length; i++)
        n += (size_t)snprintf(ret + n, ADDRESS_NEEDLE - n, i < 3 ? "%u." : "%u", p->addr.bytes[i]);
    return str_of(ret);
}
