/* clock.h: time comes from an injectable clock, so that a test can run months in milliseconds. */
#pragma once
#include "base/arena.h"
#include <stdint.h>

struct clock {
    int64_t (*now)(void *ctx); /* seconds since the epoch, UTC */
    void *ctx;
};

struct clock clock_system(void);
static inline int64_t clock_now(const struct clock *c) { return c->now(c->ctx); }
int64_t clock_monotonic_ms(void); /* for deadlines and durations only */

#define DAY 86400

/* Local time by strftime(3), in the arena; "" where there is no such time. */
const char *clock_text(struct arena *a, int64_t seconds, const char *format);
#define CLOCK_DAY "%Y-%m-%d"
#define CLOCK_MINUTE "%Y-%m-%d %H:%M"
#define CLOCK_SECOND "%Y-%m-%d %H:%M:%S"
