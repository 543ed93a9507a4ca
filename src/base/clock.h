/* clock.h: time comes from an injectable clock, so that a test can run months in milliseconds. */
#pragma once
#include <stdint.h>

struct clock {
    int64_t (*now)(void *ctx); /* seconds since the epoch, UTC */
    void *ctx;
};

struct clock clock_system(void);
static inline int64_t clock_now(const struct clock *c) { return c->now(c->ctx); }
int64_t clock_monotonic_ms(void); /* for deadlines and durations only */

#define DAY 86400
