#include "base/cursor.h"

static const unsigned char *take(struct cursor *c, size_t n)
{
    if (c->bad || c->rest.n < n) {
        c->bad = true;
        return NULL;
    }
    const unsigned char *p = (const unsigned char *)c->rest.p;
    c->rest = str_from(c->rest, n);
    return p;
}

uint32_t cursor_u32(struct cursor *c)
{
    const unsigned char *p = take(c, 4);
    return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0;
}

uint64_t cursor_u64(struct cursor *c)
{
    uint64_t low = cursor_u32(c);
    return low | (uint64_t)cursor_u32(c) << 32;
}

uint32_t cursor_below(struct cursor *c, uint32_t limit)
{
    uint32_t v = cursor_u32(c);
    if (v < limit)
        return v;
    c->bad = true;
    return 0;
}

struct str cursor_str(struct cursor *c)
{
    uint32_t n = cursor_u32(c);
    if (n == UINT32_MAX)
        return (struct str){0};
    const unsigned char *p = take(c, n);
    return p ? str_span((const char *)p, n) : str_span("", 0);
}
