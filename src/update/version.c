#include "update/version.h"
#include <ctype.h>

/* The weight of a byte outside digits: "~" before the end, the end before letters, letters before the rest. */
static int weight(struct str s)
{
    if (!s.n || isdigit((unsigned char)s.p[0]))
        return 0;
    unsigned char c = (unsigned char)s.p[0];
    return c == '~' ? -1 : isalpha(c) ? c : c + 256;
}

static int digits(struct str *s, struct str *ret)
{
    while (s->n && s->p[0] == '0')
        *s = str_from(*s, 1);
    size_t n = 0;
    while (n < s->n && isdigit((unsigned char)s->p[n]))
        n++;
    *ret = str_span(s->p, n);
    *s = str_from(*s, n);
    return (int)n;
}

static int part(struct str a, struct str b)
{
    while (a.n || b.n) {
        while ((a.n && !isdigit((unsigned char)a.p[0])) || (b.n && !isdigit((unsigned char)b.p[0]))) {
            int x = weight(a), y = weight(b);
            if (x != y)
                return x < y ? -1 : 1;
            a = str_from(a, 1);
            b = str_from(b, 1);
        }
        struct str x, y;
        digits(&a, &x);
        digits(&b, &y);
        int c = x.n != y.n ? (x.n < y.n ? -1 : 1) : x.n ? memcmp(x.p, y.p, x.n) : 0;
        if (c)
            return c < 0 ? -1 : 1;
    }
    return 0;
}

static struct str split(struct str *s, ptrdiff_t at)
{
    struct str head = str_span(s->p, at < 0 ? 0 : (size_t)at);
    if (at >= 0)
        *s = str_from(*s, (size_t)at + 1);
    return head;
}

static ptrdiff_t last(struct str s, char c)
{
    const char *p = s.n ? memrchr(s.p, c, s.n) : NULL;
    return p ? p - s.p : -1;
}

int version_compare(struct str a, struct str b)
{
    struct str epoch_a = split(&a, str_find(a, ':')), epoch_b = split(&b, str_find(b, ':'));
    int c = part(epoch_a, epoch_b);
    if (c)
        return c;
    ptrdiff_t at_a = last(a, '-'), at_b = last(b, '-');
    c = part(at_a < 0 ? a : str_span(a.p, (size_t)at_a), at_b < 0 ? b : str_span(b.p, (size_t)at_b));
    return c ? c : part(at_a < 0 ? str_span("", 0) : str_from(a, (size_t)at_a + 1), at_b < 0 ? str_span("", 0) : str_from(b, (size_t)at_b + 1));
}
