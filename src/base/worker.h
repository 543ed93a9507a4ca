/* worker.h: a function that reads what a stranger can write runs in a confined child and hands back bytes.
   The child has no privilege that it does not need: it becomes nobody, keeps CAP_DAC_READ_SEARCH (WORKER_FILES) or nothing (WORKER_DIALOGUE), cannot
   gain any (no_new_privs, empty bounding set), and a seccomp filter answers ENOSYS to every call outside its list (no exec, no write access to
   files; no sockets for WORKER_FILES). Its answer is decoded with struct cursor and never trusted.
   Without root the filter and no_new_privs remain. Runs in bansho and its check processes. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

enum worker_kind {
    WORKER_FILES,    /* may open files for reading anywhere */
    WORKER_DIALOGUE, /* may connect, and read public files */
};

/* What the child does. `out` is what the caller receives. 0 or -errno (which the caller receives as well). */
typedef int worker_fn(void *arg, struct buf *out);

struct worker_options {
    enum worker_kind kind;
    int timeout_ms;     /* 0: 10,000 */
    size_t max_output;  /* 0: 1 MiB */
    int netns;          /* 0, or the descriptor of a network namespace that it enters before it is confined */
    void (*first)(void *arg);   /* NULL, or called in the child before it is confined, with fn's arg */
    void (*waiting)(void *arg); /* NULL, or called in the parent at least every 100 ms until the answer is there: it may show how far things are */
    void *waiting_arg;
};

/* 0 and out filled (what fn wrote, also when it failed: its code is returned); -ETIME: ended at the time limit; -ECHILD: it crashed (err names the signal). */
int worker_run(const struct worker_options *o, worker_fn *fn, void *arg, struct buf *out, struct err *err) _must_check_;

/* A worker that is read while it works. What fn writes to fd (it waits while nobody reads) comes out of ret->fd until its end; then worker_end. */
typedef int worker_stream_fn(void *arg, int fd);
struct worker_stream {
    int pid, fd;
};
int worker_start(enum worker_kind kind, worker_stream_fn *fn, void *arg, struct worker_stream *ret, struct err *err) _must_check_;
/* Closes, ends it where it still works (`stop`), waits. 0: fn came to its end (or was stopped); -ECHILD: it did not; err tells why. */
int worker_end(struct worker_stream *w, bool stop, struct err *err);

/* Makes the filters of both kinds now, for all children to come: a process that will start many of them, or have them started, calls it once. */
int worker_prepare(struct err *err) _must_check_;

/* Confines the calling process itself, for good (`--root`: everything below a foreign root is a stranger's). */
int worker_confine(enum worker_kind kind, struct err *err) _must_check_;
