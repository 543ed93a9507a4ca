/* feed_parts.h: what feed.c and feed_make.c share. */
#pragma once
#include "base/buf.h"
#include "filter/sieve.h"
#include "guard/feed.h"

/* Logs that the same filters read. */
struct feed_group {
    uint32_t services;      /* bits: indexes of sources */
    size_t source;          /* the first of them */
    struct sieve *sieve;
    const size_t *filters;  /* the sieve's, as indexes of the options' */
    const size_t *knows;    /* by filter of the sieve: the source whose logins it finds; SIZE_MAX: none that is known */
    char *log;              /* whose lines the sieve saw last */
};

struct feed_waiting {
    struct feed_event e;
    size_t seq;
};

struct feed {
    bool hidden; /* that a proxy hides its clients was told */
    struct feed_options o;
    struct arena *arena;    /* as long as it lives */
    struct arena *turn;     /* events of one turn */
    LIST(struct feed_source) sources;
    LIST(struct feed_group) groups;
    LIST(const char *) patterns;
    LIST(size_t) group_of;  /* by pattern */
    size_t *journal_group;  /* by source; SIZE_MAX: not from the journal */
    LIST(const char *) matches;
    struct follow *files;
    struct journal_stream *journal;
    struct buf line;
    struct { struct feed_waiting *v; size_t n, cap; } waiting;
    int64_t since, drained_us, short_until_ms;
    int64_t ms, judge_ms;   /* when this turn began; when a source may have fallen silent, 0: none can */
    uint64_t health_changes;
    bool journal_moved;
    bool earlier;           /* there was a reading before: what was told of it may have to be taken back */
};

/* sources, groups, patterns, matches. */
int feed_make(struct feed *f, struct err *err) _must_check_;

/* feed_health.c */
int64_t feed_ms(const struct feed *f);
/* Whether a line of these services that no filter takes is worth a look. */
bool feed_glances(const struct feed *f, uint32_t services);
/* Such a line of a file, and an entry of the journal. */
void feed_missed(struct feed *f, uint32_t services, struct str line);
void feed_missed_entry(struct feed *f, size_t source, const struct journal_entry *e);
void feed_understood(struct feed *f, size_t source, int64_t now_us); /* SIZE_MAX is fine */
/* At the end of a turn. */
void feed_judge(struct feed *f);
