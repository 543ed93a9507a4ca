/* hash.h: FNV-1a (Fowler, Noll, Vo; 64 bits): spreads keys over tables and recognises content. It protects nothing: whoever chooses what is hashed can make two alike, so each place where
   strangers choose says what that leads to. */
#pragma once
#include "base/str.h"

#define HASH_BEGIN UINT64_C(14695981039346656037)

static inline uint64_t hash_step(uint64_t h, uint32_t v) { return (h ^ v) * UINT64_C(1099511628211); }

static inline uint64_t hash_add(uint64_t h, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        h = hash_step(h, (unsigned char)s.p[i]);
    return h;
}
