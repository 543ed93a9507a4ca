/* health.h: how a source of log lines is: whoever reads it counts, here it is judged. A guard that reads a log of which nothing is understood shuts nobody out, and nobody notices. No I/O. */
#pragma once
#include "base/str.h"

struct source_health {
    uint64_t lines;      /* that came */
    uint64_t dated;      /* whose time is known: their own, or the journal's */
    uint64_t matched;    /* that a filter knows */
    uint64_t telling;    /* that a filter should know: see health_line */
    int64_t last_line, last_event; /* seconds since the epoch; 0: there was none of which the time is known */
};

enum source_state {
    SOURCE_LIVE,      /* lines come, and are understood as far as they say anything */
    SOURCE_QUIET,     /* none came; a service that nobody uses writes nothing, and one whose log is broken neither */
    SOURCE_UNPARSED,  /* lines come, and none is understood */
    SOURCE_UNREAD,    /* it could not be read */
};
const char *source_state_name(enum source_state s); /* "live", "quiet", "unparsed", "unread" */

/* Lines of which a filter must know one, or something is wrong: a server that nobody logs in to writes when it starts and stops, too. */
#define HEALTH_TELLING 10

/* Counts a line. time_us: when it was written, or NULL. all: every such line is an event (a web server's); else only one that speaks of logins should be known. */
void health_line(struct source_health *h, struct str line, const int64_t *time_us, bool matched, bool all);
#define GLANCE_DAYS 7 /* of past in which it is asked whether anybody tries to log in */
/* What the probes of a week's checks may leave in one log. Anybody can take such a name: where there are more, they count as any other. */
#define HEALTH_PROBES 200
#define HEALTH_PROBE_NAME "bansho-probe-" /* how their names begin */
/* It names a login as our own probes do; *probes counts such lines. */
bool health_probe(struct str line, unsigned *probes);
/* Counts a line of the journal at which no filter looks: is there anything for one? A line of our own probes says nothing. */
void health_glance(struct source_health *h, struct str message, int64_t time_us, unsigned *probes);
/* The state of what came since then (seconds). */
enum source_state health_state(const struct source_health *h, int64_t since);

/* How often something comes, for a reader that goes on and on. Milliseconds of a clock that only goes forward; zeroed: nothing came yet. */
struct source_pace {
    int64_t first, last, longest; /* longest: pause between two */
};
#define PACE_KNOWN_MS (2 * 86400000ll) /* so long something must have come before a pause means anything */
#define PACE_SILENT_MS (6 * 3600000ll) /* shorter pauses never do, and then those that are PACE_TIMES as long as the longest before */
#define PACE_TIMES 4
void pace_come(struct source_pace *p, int64_t ms);
/* From when on it has fallen silent if nothing comes; 0: not known. */
int64_t pace_silent_at(const struct source_pace *p);
/* Does a line speak of how a login ended? Words only, in either case; for lines that no filter knows. */
bool speaks_of_login(struct str line);
