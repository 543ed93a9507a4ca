#include "log/seek.h"

/* How common a byte is in logs, roughly: digits, what stands in dates, and the letters of English come first. */
static unsigned common(unsigned char c)
{
    static const char order[] = " 0123:-.[]=/54e6t7s8a9oinr,dlpcmufhb_g\"<>()";
    const char *at = c ? strchr(order, c) : NULL;
    return at ? (unsigned)(sizeof order - (size_t)(at - order)) : 0;
}

struct seek seek_of(struct str text, bool fold)
{
    struct seek n = {.text = text, .fold = fold, .b = text.n ? text.n - 1 : 0};
    for (size_t i = 0; i < text.n; i++) {
        if (common((unsigned char)text.p[i]) < common((unsigned char)text.p[n.a]))
            n.a = i;
    }
    if (n.b == n.a)
        n.b = 0;
    for (size_t i = 0; i < text.n; i++)
        if (i != n.a && common((unsigned char)text.p[i]) < common((unsigned char)text.p[n.b]))
            n.b = i;
    return n;
}

static bool letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool here(const struct seek *n, const char *p)
{
    if (!n->fold)
        return memcmp(p, n->text.p, n->text.n) == 0;
    for (size_t i = 0; i < n->text.n; i++)
        if (str_lower(p[i]) != n->text.p[i])
            return false;
    return true;
}

typedef unsigned char block __attribute__((vector_size(16), may_alias, aligned(1)));
typedef unsigned long long halves __attribute__((vector_size(16)));

static block filled(char c)
{
    unsigned char u = (unsigned char)c;
    return (block){u, u, u, u, u, u, u, u, u, u, u, u, u, u, u, u};
}

/* Sixteen places at once: where both bytes fit, the rest is compared. For letters of either case 0x20 is set in both before. */
ptrdiff_t seek_find(const struct seek *n, struct str s)
{
    size_t i = 0, last = s.n - n->text.n;
    if (!n->text.n || s.n < n->text.n)
        return n->text.n ? -1 : 0;
    char a = n->text.p[n->a], b = n->text.p[n->b];
    block wanted_a = filled(a), wanted_b = filled(b), case_a = filled(n->fold && letter(a) ? 0x20 : 0), case_b = filled(n->fold && letter(b) ? 0x20 : 0);
    for (; i + 16 <= last + 1; i += 16) {
        block x = *(const block *)(s.p + i + n->a) | case_a, y = *(const block *)(s.p + i + n->b) | case_b;
        union { block bytes; halves words; } both = {(block)((x == wanted_a) & (y == wanted_b))};
        if (!(both.words[0] | both.words[1]))
            continue;
        for (size_t k = 0; k < 16; k++)
            if (both.bytes[k] && here(n, s.p + i + k))
                return (ptrdiff_t)(i + k);
    }
    for (; i <= last; i++)
        if (here(n, s.p + i))
            return (ptrdiff_t)i;
    return -1;
}
