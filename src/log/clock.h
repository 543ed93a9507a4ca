/* clock.h: log.clock: does the clock go right, so that times in different logs mean the same moment? */
#pragma once
#include "server/probe.h"

int log_clock(const struct probe_ctx *ctx, struct findings *out, struct err *err);
int log_clock_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err);
/* The unit that keeps the clock, or could: the running one, else an installed one; NULL: none. And how many run. */
const char *clock_keeper(const struct host *h);
unsigned clock_keepers_run(const struct host *h);

/* What was seen, and what follows from it. No I/O: for the probe and its test. */
enum clock_kernel { CLOCK_KERNEL_UNKNOWN, CLOCK_KERNEL_SYNCED, CLOCK_KERNEL_UNSYNCED };
struct clock_seen {
    enum clock_kernel kernel;
    bool ours;          /* this machine sets its clock itself: it is no container without the right to */
    unsigned running;   /* programs that keep the time */
    unsigned at_boot;
    bool fresh;         /* one of them was started, or the machine booted, only minutes ago */
};
enum clock_verdict { CLOCK_GOOD, CLOCK_NOT_AT_BOOT, CLOCK_SEVERAL, CLOCK_FRESH, CLOCK_NOT_REACHED, CLOCK_NOBODY, CLOCK_OUTER_GOOD, CLOCK_OUTER_UNKNOWN, CLOCK_UNKNOWN };
enum clock_verdict clock_judge(const struct clock_seen *s);
