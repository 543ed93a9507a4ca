#include "base/str.h"
#include <strings.h>

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_ieq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq(str_span(s.p, prefix.n), prefix);
}

bool str_istarts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_ieq(str_span(s.p, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_eq(str_span(s.p + (s.n - suffix.n), suffix.n), suffix);
}

ptrdiff_t str_find(struct str s, char c)
{
    const char *p = s.n ? memchr(s.p, c, s.n) : NULL;
    return p ? p - s.p : -1;
}

ptrdiff_t str_search(struct str s, struct str needle)
{
    const char *p = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
    return p ? p - s.p : -1;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
    while (s.n && blank(s.p[0]))
        s = str_from(s, 1);
    while (s.n && blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct str str_from(struct str s, size_t at)
{
    if (at > s.n)
        at = s.n;
    return at ? str_span(s.p + at, s.n - at) : s; /* an empty view may point nowhere */
}

struct str str_head(struct str s, size_t max)
{
    if (s.n <= max)
        return s;
    s.n = max;
    while (s.n && ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
        s.n--;
    return s;
}

bool str_line(struct str *rest, struct str *ret)
{
    if (!rest->n)
        return false;
    ptrdiff_t at = str_find(*rest, '\n');
    struct str line = str_span(rest->p, at < 0 ? rest->n : (size_t)at);
    *rest = str_from(*rest, at < 0 ? rest->n : (size_t)at + 1);
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    *ret = line;
    return true;
}

bool str_word(struct str *rest, const char *separators, struct str *ret)
{
    size_t i = 0;
    while (i < rest->n && strchr(separators, rest->p[i]) && rest->p[i])
        i++;
    struct str s = str_from(*rest, i);
    if (!s.n) {
        *rest = s;
        return false;
    }
    for (i = 0; i < s.n && (!s.p[i] || !strchr(separators, s.p[i])); i++)
        ;
    *ret = str_span(s.p, i);
    *rest = str_from(s, i);
    return true;
}

bool str_field(struct str *rest, char separator, struct str *ret)
{
    if (!rest->p)
        return false;
    ptrdiff_t at = str_find(*rest, separator);
    if (at < 0) {
        *ret = *rest;
        *rest = (struct str){0};
    } else {
        *ret = str_span(rest->p, (size_t)at);
        *rest = str_from(*rest, (size_t)at + 1);
    }
    return true;
}

bool str_u64(struct str s, uint64_t max, uint64_t *ret)
{
    uint64_t v = 0;
    if (!s.n)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(v, (uint64_t)10, &v) || __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v) || v > max)
            return false;
    }
    *ret = v;
    return true;
}
