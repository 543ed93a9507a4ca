/* feed.h: what this machine's services log, while it is written, as events in the order of their times: followed files and the journal -> filters -> events. Each
   service's lines come from its one live source (log/sources.h), and only its own filters see them, whatever others write in its name.

   feed_new compiles the filters, which needs writable code for a moment; then feed_seal, and the process may be confined; feed_begin opens what is read.

   Times are what the lines say. A file's line that says it is from before everything was last read, or from the future, by more than a minute, has a wrong clock or
   time zone, and counts as of now; by more than a day, it is an old line. Events of one turn are sorted; while much is caught up after a long pause, files and the journal may be
   up to a turn's lines apart. */
#pragma once
#include "guard/detect.h"
#include "filter/definition.h"
#include "filter/event.h"
#include "log/follow.h"
#include "log/health.h"
#include "log/journal_stream.h"
#include "log/sources.h"

#define FEED_BACK (1u << 20) /* at the first start: of each file at most so many bytes of its end */

struct feed_options {
    const struct root *root;
    const struct log_sources *sources;
    const struct filter_definition *filters, *journal_filters; /* the same filters, in the same order, for lines of files and of the journal */
    size_t filters_n;
    const struct guard_rules *rules; /* for whom is never shut out: our own probes come from there */
    int64_t now;
    void (*news)(void *arg, const char *text); /* what a person should know, for the log */
    void *news_arg;
    int64_t (*ms)(void *arg); /* milliseconds of a clock that only goes forward; NULL: the system's */
    void *ms_arg;
};

/* From where to go on. Zeroed: the first start. */
struct feed_start {
    const struct follow_place *known;
    size_t known_n;
    int64_t read_until;                      /* microseconds */
    const struct journal_position *journal;  /* NULL: none */
    int64_t journal_since;                   /* without `journal`: seconds, from when on it is read */
    int64_t since;                           /* seconds: what happened before is not told */
};

struct feed_event {
    int64_t time_us, read_us;
    struct guard_event event;    /* .account is valid during the call */
    enum event_kind kind;
    size_t source;
    const char *filter, *log;    /* log: the file, or "journal" */
    bool probe;                  /* of our own probes: a name that they use, from an address that nobody else comes from. It counts nowhere */
};
typedef void feed_fn(void *arg, const struct feed_event *e);

/* One service's log, for Status. */
struct feed_source {
    const struct log_service *service;
    enum source_kind kind;
    bool filtered;               /* some filter knows its lines; else they are not read */
    uint64_t lines, events, undated;
    int64_t read_us;             /* when a line of it was read last; 0: none yet. A file that several services write counts for the first one */
    int64_t lag_us;              /* so long after it was written, by its own time, the line of its last event was read */
    bool unparsed;               /* lines speak of logins, and no filter understands them (any more). A web server's need not speak of any */
    bool silent;                 /* nothing comes any more, for much longer than ever before (log/health.h). Not known of services that write into one file, but of the first one */
    int64_t understood_us;       /* when a line of its logins was understood last; 0: none yet */

    struct source_pace pace;     /* of what is read */
    int64_t understood_ms;
    unsigned known;              /* bits: that a line came, that one was understood; before, it is not known how it is */
    unsigned telling, probes;    /* lines that should have been understood since then: up to HEALTH_TELLING; those of our own probes */
};
/* Once something was understood, lines that are not mean nothing for so long: a night in which nobody logs in. */
#define FEED_UNDERSTOOD_MS (6 * 3600000ll)

struct feed;
/* What the options point to must live as long. Filters of no service that is known see every followed file. -ENOENT: nothing can be followed; -EINVAL: a filter. */
int feed_new(const struct feed_options *o, struct feed **ret, struct err *err) _must_check_;
/* Of this process, for as long as it lives: the expressions' machine code is there for all lines, those that are not ASCII too, and is never written again (filter/regex.h). */
int feed_seal(struct feed *f, struct err *err) _must_check_;
int feed_begin(struct feed *f, const struct feed_start *s, struct err *err) _must_check_;
void feed_free(struct feed *f); /* NULL is fine */
void feed_freep(struct feed **f);

/* Descriptors that become readable when there is something; up to 3; how many, or -errno. After a wake: feed_woken. Whatever woke, feed_turn looks everywhere. */
int feed_fds(struct feed *f, int ret[3]) _must_check_;
void feed_woken(struct feed *f);
/* Milliseconds after which feed_turn is to be called although nothing woke; -1: never. For some seconds after something came this is short: journald tells late. */
int feed_timeout(const struct feed *f);
/* Reads what is new, about 1 MB of it or 5000 entries. 1: there may be more; 0: everything was read; -errno. */
int feed_turn(struct feed *f, int64_t now_us, feed_fn *fn, void *arg, struct err *err) _must_check_;

/* Of networks that nobody has, for documentation (RFC 5737, RFC 3849, RFC 9637): from there come only probes of our own. */
bool feed_is_documentation(const struct addr *a);

/* Where it is: for positions_put and positions_put_journal, and follow_done afterwards. */
struct follow *feed_follow(struct feed *f);                                     /* NULL: no files */
bool feed_journal_position(const struct feed *f, struct journal_position *ret); /* false: no journal */
bool feed_pending(const struct feed *f);                                        /* something was read since feed_done */
void feed_done(struct feed *f);

size_t feed_sources(const struct feed *f, const struct feed_source **ret);
/* Changes with every source that became unparsed or silent, or is so no more; and when that comes to be known: an earlier process may have had it told. */
uint64_t feed_health_changes(const struct feed *f);
