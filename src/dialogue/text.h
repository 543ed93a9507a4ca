/* text.h: a server's words in fields of a fixed size. */
#pragma once
#include "base/str.h"

/* Cut at its end, NUL shown as '?'. */
static inline void text_copy(char *ret, size_t size, struct str s)
{
    size_t n = s.n < size ? s.n : size - 1;
    for (size_t i = 0; i < n; i++)
        ret[i] = s.p[i] ? s.p[i] : '?';
    ret[n] = 0;
}
#define text_set(field, s) text_copy(field, sizeof(field), s)
