/* once.h: what several processes of one run want to know is found out by the first of them; the others wait for it and get the same bytes, or the same failure.
   Between once_begin and once_end, for processes that are forked meanwhile: each answer is kept in memory that they share. Elsewhere, and where that memory
   cannot be had, everybody finds out for himself. Confined workers (worker.h) lose it: what strangers may command can neither read nor write it. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

void once_begin(void);
void once_end(void);
/* For a process that must not have it (worker.c). */
void once_leave(void);

/* Finds it out: fills out. 0 or -errno with err set. It ends in time by itself: others wait for it. */
typedef int once_fn(void *arg, struct buf *out, struct err *err);
/* key: says all that the answer depends on. out is added to on success only. Returns what find returned, to whoever asks. */
/* find NULL: only what is known, or found out at this moment; -ENOENT without it. */
int once_answer(struct str key, once_fn *find, void *arg, struct buf *out, struct err *err) _must_check_;
