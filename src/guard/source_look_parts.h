/* source_look_parts.h: what the files of source_look.h share: source_look.c (what is read, the answer), source_look_read.c (the confined child). */
#pragma once
#include "base/buf.h"
#include "filter/sieve.h"
#include "guard/source_look.h"
#include "log/journal_stream.h"

/* The end of one file. */
struct piece {
    const char *path;
    uint64_t from;
};
/* A live log and what rotation left of it, oldest first; some sources may share it. */
struct look_log {
    const char *path;
    int64_t changed;
    uint64_t size;
    uint64_t sources;        /* bits: indexes in `sources` */
    LIST(struct piece) pieces;
    bool whole;
};
/* What one source is read with and leads to. */
struct looked {
    struct source_look look;
    LIST(size_t) filters;    /* of files: indexes in the filters of the files' sieve */
    struct sieve *sieve;     /* of the journal; NULL: of files */
    struct guard *guard;
    unsigned probes;         /* lines of the glance that name a login as our own probes do */
    char samples[LOOK_SAMPLES][LOOK_SAMPLE];
    size_t samples_n[LOOK_SAMPLES], sampled;
    int64_t last_us;         /* the last time that was told */
};
struct looking {
    const struct source_look_options *o;
    struct arena *a;
    LIST(struct looked) sources;
    LIST(struct look_log) logs;
    struct sieve *sieve;     /* of all files */
    uint64_t wanted;         /* bits: sources that are looked into */
    bool glance;             /* without filters */
    int64_t deadline;
    struct journal_stream *journal; /* opened for the first source that it holds */
    int64_t first_us;        /* of the log that is read: the first time that counted; 0: none yet */
};
#define LOOK_SOURCES 64

/* A worker_fn; arg: struct looking. */
int source_look_read(void *arg, struct buf *out);
bool source_look_web(const struct log_service *s);
