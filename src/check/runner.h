/* runner.h: runs checks side by side. Each one is a process of its own, forked when the snapshot is complete (its pages are shared): one that crashes,
   hangs, eats memory or answers nonsense becomes an `unknown` finding with the reason, and the others never notice. Runs in bansho; below --root the
   whole process is confined before (base/worker.h). */
#pragma once
#include "model/check.h"
#include "server/probe.h"

/* What one check's process used. `programs`: CPU of other people's programs that it ran (postconf, apt ...); `cpu` is all the rest: our own. */
struct check_cost {
    const struct check *check;
    uint64_t wall_us, cpu_us, programs_us;
};

struct run {
    struct arena *arena;
    LIST(struct finding) findings; /* in the order of the checks given; at least one for each check; one for each check and object */
    LIST(struct check_cost) costs; /* one for each check */
    LIST(struct memo) memos;       /* in the order of the checks given */
    uint64_t wall_us;
};

struct run_options {
    const struct probe_ctx *ctx;
    const struct check *const *checks;
    size_t n;
    size_t jobs;        /* 0: twice the processors (a dialogue waits more than it computes), at least 6 */
    size_t max_memory;  /* address space of one check's process; 0: 768 MiB */
    size_t max_answer;  /* bytes of findings of one check; 0: 8 MiB */
    void (*progress)(void *arg, size_t done, size_t total); /* NULL: nobody wants to know; called at least every 100 ms */
    void *arg;
};

/* Runs them all. The process becomes the reaper of what its checks leave behind and ends it; so it must have no other children. -errno only where nothing could be run at all (no memory for the list). The caller frees ret->arena. */
int checks_run(const struct run_options *o, struct run *ret, struct err *err) _must_check_;
