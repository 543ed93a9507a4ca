/* child.h: other people's programs. argv arrays, a clean environment (PATH, LC_ALL=C, HOME), no descriptors but 0-2, a time limit, capped output. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct child_result {
    struct buf out, err; /* what it wrote; capped at max_output (full tells) */
    int status;          /* exit code; 128 + signal; -ETIME: ended by us at the time limit */
    uint64_t cpu_us;     /* user + system of it and its children */
};

struct child_options {
    int timeout_ms;      /* 0: 10,000 */
    size_t max_output;   /* 0: 4 MiB, for each stream */
    struct str input;    /* given on standard input */
    /* Each line of its output, as soon as it is complete (within max_output); NULL: nobody waits for them. */
    void (*line)(void *arg, struct str line);
    void *arg;
};

/* Runs argv[0] (an absolute path, or searched in the system's PATH) and waits. 0: it ran (see status); -errno: it could not be started (-ENOENT: no such program). */
int child_run(const char *const argv[], const struct child_options *o, struct child_result *ret, struct err *err) _must_check_;
void child_result_free(struct child_result *r);
/* CPU of all children waited for so far by child_run in this process. */
uint64_t child_cpu_us(void);
