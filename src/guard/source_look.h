/* source_look.h: looks into what each service writes: the newest part of each source (log/sources.h), with our own filters. Says how healthy the source is (log/health.h), who tried
   to log in, and whom the guard would have shut out. The logs are read in a confined child; nothing is changed and nobody is asked.
   Bounded: of each log its end, of the journal the newest entries of each service, and a time. What is counted reaches back to `from`. */
#pragma once
#include "base/arena.h"
#include "guard/detect.h"
#include "log/health.h"
#include "log/sources.h"

#define LOOK_SAMPLES 2
#define LOOK_SAMPLE 240  /* bytes */
#define LOOK_LOGS 4000   /* live logs of one pattern */
#define LOOK_ENTRY 200   /* bytes that an entry of the journal counts as */

struct source_look_options {
    const struct root *root;
    const struct log_sources *sources;
    const char *filters;     /* directory of our filters */
    bool logins_only;        /* web servers' logs are left out, and sources in which no line speaks of a login are only counted: their filters are not needed */
    int64_t since, now;      /* seconds */
    uint64_t bytes, bytes_of_all; /* of one log's end; of all files together */
    int timeout_ms;          /* of reading */
    struct guard_rules rules;
};

struct source_look {
    const struct log_source *source;
    size_t files;            /* live logs that were read */
    size_t passed_over;      /* live logs that were not, because there are too many */
    struct source_health health;
    bool whole;              /* all since options.since was seen */
    int64_t from;            /* what was written since then was seen; 0: not known */
    uint64_t failed, logins; /* events; one attempt counts once */
    uint64_t addresses;      /* different ones that failed (of IPv6 different /64) */
    uint64_t shut_out;       /* of them would have been shut out by the guard */
    uint64_t kept_out;       /* failures that would not have come then */
    const char *samples[LOOK_SAMPLES]; /* lines that no filter knows and that should be known, the newest; NULL: fewer */
    const char *fault;       /* why it could not be read, or not to its end; NULL */
};
struct source_looks {
    LIST(struct source_look) list; /* of each source that is one (SOURCE_NONE is none), as they stand in options.sources */
};

/* Compiles the filters of what is read. -errno with err: it could not be done at all. All of *ret lives in the arena. */
int source_look(const struct source_look_options *o, struct arena *a, struct source_looks *ret, struct err *err) _must_check_;
enum source_state source_look_state(const struct source_look *s, int64_t since);
