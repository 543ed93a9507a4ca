/* cursor.h: decodes what buf_put_* wrote, with a sticky error: after the first wrong field every read gives 0 or an empty view, and `bad` says so. */
#pragma once
#include "base/str.h"

struct cursor {
    struct str rest;
    bool bad;
};

static inline struct cursor cursor_of(struct str s) { return (struct cursor){.rest = s}; }
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);
/* A number that must be below `limit` (an enum, a count). */
uint32_t cursor_below(struct cursor *c, uint32_t limit);
struct str cursor_str(struct cursor *c); /* what buf_put_z(NULL) wrote comes back with p == NULL */
