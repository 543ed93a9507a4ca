/* replay.h: what the guard would have done with logs of the past, in their own time: logs -> events (filter) -> verdicts (detect.h). Nothing is changed and
   nobody is asked. Several logs are told as one, by the time of their lines; a log and its rotated files are one log; the journal is one more, of which each filter sees the
   entries of its own service (log/services.h; other filters: by their journalmatch). The lines are read in a confined child. */
#pragma once
#include "base/arena.h"
#include "base/rootfs.h"
#include "filter/definition.h"
#include "guard/detect.h"

struct replay_file {
    const char *name;
    int fd;             /* open for reading */
    const char *log;    /* the log that it belongs to (log/rotated.h) */
    int64_t changed;    /* its files are read in the order of their last change */
};

struct replay_seen {           /* one file; the journal: "journal", lines are entries */
    const char *name, *fault;  /* NULL: it was read to its end */
    uint64_t lines, found, cut;
    uint64_t timeless;         /* failures before the first date of the log: they count nowhere */
    uint32_t unparsed;         /* services (replay_health.h) whose lines in this log speak of logins, none of which a filter understands: what happened there is not known */
};

struct replay_options {
    LIST(struct replay_file) files;
    LIST(struct filter_definition) filters; /* the first that takes a line has it */
    const struct root *journal;             /* NULL, or where the journal is that is read, too */
    LIST(struct filter_definition) journal_filters; /* with a journal: the same filters, in the same order, for its lines (logtype=journal) */
    LIST(struct replay_seen) not_read;      /* what should be read besides, and the fault for which it cannot: told behind the others */
    bool own;           /* the machine's own logs, where silence is no fault of a filter */
    int64_t since;      /* what happened before counts nowhere; 0: from the beginning */
    struct guard_rules rules;
    int64_t now;        /* what year a date without one means */
    int timeout_ms;     /* 0: an hour */
    void (*progress)(void *arg, uint64_t done, uint64_t total); /* NULL, or called while it reads: bytes of the files, as they lie on the disk */
    void *progress_arg;
};

struct replay_verdict {
    struct verdict v;          /* .account lives in the arena */
    const char *filter, *file; /* of the line that decided */
    uint64_t line;             /* 0: the journal has none */
};

struct replay_lost {           /* what journald did not take (RateLimitBurst= of journald.conf) */
    const char *unit;
    uint64_t messages;
};

#define REPLAY_VERDICTS 100000 /* what is beyond is counted only */

struct replay {
    LIST(struct replay_verdict) verdicts; /* by time */
    LIST(struct replay_seen) seen;        /* in the order of the files given; the journal is the last */
    LIST(struct replay_lost) lost;        /* at most 100 units */
    uint64_t untold;                      /* verdicts beyond REPLAY_VERDICTS */
    uint64_t names;                       /* failures whose host is a name: it is not looked up */
    uint64_t given_up;                    /* searches of an expression that took too long: those lines are not judged */
    int64_t from, to;                     /* of the events; 0: there were none */
    struct guard_counts counts;
};

/* Of some log nothing is understood: silence says nothing. */
static inline bool replay_unparsed(const struct replay *r)
{
    bool any = false;
    for (size_t i = 0; i < r->seen.n; i++)
        any |= r->seen.v[i].unparsed != 0;
    return any;
}

/* Loads what reading needs and compiles the filters. The descriptors stay the caller's. -EINVAL with file:line: a filter cannot be compiled. All of *ret is in the arena. */
int replay_run(const struct replay_options *o, struct arena *a, struct replay *ret, struct err *err) _must_check_;
