/* matcher.h: runs one filter over the lines of one log: finds the date, cuts it out, tries prefregex, failregex and ignoreregex, joins the lines of a connection.
   What fail2ban finds in its normal mode, this finds, with two differences: a name is reported as it stands, since nobody is asked for its address; and times are
   what the log says, unless `live`. It asks nobody and opens nothing: everything is ready when it was made, and the process may be confined.

   A line is cut to MATCHER_LINE bytes, at the border of a character, and counted in `cut`: what stands behind is not seen. Bytes that are not UTF-8 become U+FFFD
   and NUL stays what it is, as for Python. Regular expressions have a limit of steps (regex.h). Memory: maxlines lines, and `connections` of failure.h. */
#pragma once
#include "base/addr.h"
#include "filter/definition.h"
#include <stdint.h>

#define MATCHER_LINE 65536

struct matcher_options {
    int64_t today;        /* real seconds: which years can be meant */
    bool live;            /* lines are being written now: a time that is more than a minute off is wrong, and now is meant */
    bool journal;         /* lines are messages of the journal: they happen now, unless a date stands at their very beginning */
    unsigned connections; /* 0: 100, as fail2ban */
    uint32_t kinds;       /* bits of enum event_kind: nobody asks for events of others, which may then be missed; 0: all are asked for (sieve.h) */
    bool counts_only;     /* nobody asks for `matches` of an event: lines are counted, not kept */
    bool uncounted;       /* nobody asks for lines that were cut, not UTF-8 or undated: fewer are counted then */
    bool thorough;        /* dates are looked for without any short cut: slower, the same result; for comparison */
};

enum matcher_result {
    MATCHER_MISSED,  /* no expression took it */
    MATCHER_FOUND,   /* a failure, or what another kind of expression finds: the event */
    MATCHER_IGNORED, /* an ignoreregex took it */
    MATCHER_HELD,    /* it belongs to a connection whose failure or address is not known yet, or says that there was none */
};

struct matcher_event {
    enum event_kind kind;
    struct str host;      /* what would be banned: an address, a network, a name, or an id; .n 0: not said, which no failregex does */
    bool addressed;       /* host is this one address */
    struct addr address;
    bool timed;
    int64_t time_us;      /* microseconds since the epoch */
    struct str user;      /* .p NULL: not said */
    unsigned attempts;
    unsigned rule;        /* the failregex, from 1; also of what is held. Expressions of events count on behind the last failregex */
    const struct str *matches; /* the last lines that it was seen in */
    unsigned matches_n;
};

struct matcher;

/* Compiles a filter. Its texts must live as long as the matcher. -EINVAL with file and line: it cannot be loaded. */
int matcher_new(const struct filter_definition *d, const struct matcher_options *o, struct matcher **ret, struct err *err) _must_check_;
/* regex_ready for all its expressions. */
void matcher_ready(struct matcher *m);
/* Another log begins: dates, connections and lines of the one before are forgotten, its counts are not. */
void matcher_restart(struct matcher *m);
void matcher_free(struct matcher *m);
void matcher_freep(struct matcher **m);

/* One line, without its newline. now: seconds. time_us: its time, where the source knows it (the journal), else NULL. *ret is filled for MATCHER_FOUND (.rule for
   HELD too) and valid until the next call. */
enum matcher_result matcher_line(struct matcher *m, struct str line, const int64_t *time_us, int64_t now, struct matcher_event *ret) PARSER(matcher);

/* What the last event said; .p NULL: nothing. Valid as long as it is. */
struct str matcher_field(const struct matcher *m, enum event_field f);
/* The n-th name of a group of the filter, from 0; NULL: there are no more. */
const char *matcher_group(const struct matcher *m, size_t n);

struct matcher_count {
    uint64_t cut, not_utf8;    /* lines */
    uint64_t undated;          /* lines without a date */
    uint64_t limits;           /* searches given up */
    bool jit;                  /* expressions are machine code */
    bool sees_lines_apart;     /* each line is for itself (maxlines = 1) */
};
struct matcher_count matcher_counts(const struct matcher *m);
size_t matcher_rules(const struct matcher *m); /* failregexes and, behind them, expressions of events */
enum event_kind matcher_rule_kind(const struct matcher *m, size_t rule);
uint64_t matcher_rule_fields(const struct matcher *m, size_t rule); /* bits of enum event_field: which it can give, by itself or by prefregex */
/* Hits of a rule (from 1) and the text of the filter it came from. */
const struct filter_text *matcher_rule(const struct matcher *m, size_t rule, uint64_t *ret_hits);
/* The date templates that hit, most recent order; fn returning false stops. */
void matcher_dates(const struct matcher *m, bool (*fn)(void *ctx, const char *name, uint64_t hits), void *ctx);
