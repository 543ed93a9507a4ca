/* needle.h: the first place of some bytes in a large text, faster than reading its lines: what a search is mostly made of. */
#pragma once
#include "base/str.h"

#define NEEDLE_MAX 4096

struct needle {
    struct str text;   /* kept by reference; .n 0: found everywhere */
    bool fold;         /* ASCII case is ignored; text is in small letters then */
    size_t a, b;       /* two of its bytes that are looked for first: those that logs seldom hold */
};

struct needle needle_of(struct str text, bool fold);
/* Index in s, or -1. */
ptrdiff_t needle_find(const struct needle *n, struct str s) PARSER(needle);
