/* crowd.h: several dialogues at once, each in a process of its own, so that a server's delays (two seconds after a wrong password) are waited for
   once. Used by checks. */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

/* Does job number `i` and fills its `result`, which is zeroed before. Runs in a child: nothing else that it changes comes back. */
typedef void crowd_fn(void *arg, size_t i, void *result);

/* Runs jobs 0 .. n-1 and copies each one's result (size bytes, no pointers) to results + i * size. The result of a child that crashed or was not ready in
   time stays zeroed, and ret_done[i] is false. 0 or -errno: no job could be started. */
int crowd_run(crowd_fn *fn, void *arg, size_t n, size_t size, int timeout_ms, void *results, bool *ret_done, struct err *err) _must_check_;
