/* lifetimes.h: until when releases get security updates: a table that grows old, so its own date is part of every answer drawn from it. */
#pragma once
#include "base/str.h"
#include <stdint.h>

struct lifetime {
    const char *product, *release;
    const char *end;       /* last day with security updates from the project itself */
    const char *extended;  /* last day of a free long-term support; NULL: none */
    bool before;           /* it ended on that day or earlier */
};
extern const struct lifetime lifetimes[];
extern const size_t lifetimes_n;
extern const char lifetimes_known_as_of[];

struct own_release {
    const char *os, *version, *product, *release;
};
extern const struct own_release own_releases[];
extern const size_t own_releases_n;

const struct lifetime *lifetime_find(const char *product, const char *release);
int64_t lifetime_day(const char *date); /* its last second, UTC */
