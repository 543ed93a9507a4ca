/* side.h: several dialogues side by side in one process, without threads: each runs on a stack of its own until it has to wait for its server, and then
   the next one that need not wait goes on. A process for each of them would cost some milliseconds, which is more than most dialogues take.
   Used in the confined process of crowd.h. The kernel is only waited in by side_poll(): whoever sleeps otherwise stops them all. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIDE_MAX 64 /* stacks, each of them SIDE_STACK bytes */

/* Does job number `i`. */
typedef void side_fn(void *arg, size_t i);

/* Runs jobs 0 .. n-1, at_once of them (1 to SIDE_MAX) side by side, until all have ended or the deadline (clock_monotonic_ms) has passed: what has not
   ended by then never goes on. 0 or -errno: no stack could be had, nothing was run. */
int side_by_side(side_fn *fn, void *arg, size_t n, size_t at_once, int64_t deadline);

/* poll(2) for one descriptor. Outside of side_by_side() it is just that. 1: something is ready; 0: timeout_ms passed; -1 and errno. */
int side_poll(int fd, short events, int64_t timeout_ms);

/* Waits until `ready` says so, which only another job can bring about; it is asked whenever one has run. false: timeout_ms passed. Outside of side_by_side() there
   is no other job: its answer, at once. */
typedef bool side_ready_fn(const void *arg);
bool side_wait(side_ready_fn *ready, const void *arg, int64_t timeout_ms);
