/* seek.h: the first place of some bytes in a large text, faster than reading its lines: what a search is mostly made of. */
#pragma once
#include "base/str.h"

#define SEEK_TEXT_MAX 4096

struct seek {
    struct str text;   /* kept by reference; .n 0: found everywhere */
    bool fold;         /* ASCII case is ignored; text is in small letters then */
    size_t a, b;       /* two of its bytes that are looked for first: those that logs seldom hold */
};

struct seek seek_of(struct str text, bool fold);
/* Index in s, or -1. */
ptrdiff_t seek_find(const struct seek *n, struct str s) PARSER(seek);
