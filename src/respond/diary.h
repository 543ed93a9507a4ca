/* diary.h: watch.db, what bansho-watch remembers: how far each log was read, every login event, every verdict, and the outbox: acts that follow from verdicts, until
   they were done. All of it is kept in one transaction (diary_save), so that kill -9 at any moment leaves a state in which everything that was read has led to what it leads
   to, and the rest will be read again. What was not saved yet is in memory; while the disk is full, everything goes on there, and diary_save catches up:
   DIARY_UNSAVED events and DIARY_POSTS acts, of which one filter takes up half; what is beyond is not kept, and counted.

   Nothing waits for the disk (store/store.h, "Commits that do not wait"): a power loss takes away whole transactions, the last ones. Nothing is lost with them, because the
   positions go back together with the events, verdicts and acts: the lines after them are read again, and lead to the same ids. Only what comes from no log is waited for:
   that somebody was forgiven.

   An act's id says what it is for: "address/203.0.113.7/32/1764554400123456", the verdict, its network and the deciding line's time (of a login: and the account). It may be sent before it is saved:
   read again after a crash, the same line leads to the same id.

   Events are in a table for each day (UTC, by the time they were read), dropped whole after DIARY_DAYS; at most DIARY_EVENTS_A_DAY a day are kept. Of a day that is dropped
   the last login of each account at each source (guard_source) stays, for DIARY_LOGINS_DAYS: the newest DIARY_LOGINS of them. */
#pragma once
#include "guard/feed.h"
#include "log/positions.h"
#include "respond/respond.h"

#define DIARY_DAYS 8
#define DIARY_EVENTS_A_DAY 500000
#define DIARY_LOGINS_DAYS 60         /* as long as the detectors know them (guard/presence.h) */
#define DIARY_LOGINS 20000           /* more the detectors do not know either */
#define DIARY_UNSAVED 200000
#define DIARY_POSTS 20000
#define DIARY_VERDICTS_DAYS 90
#define DIARY_ID 128
#define DIARY_FILTERS 16           /* that are told apart; what is beyond counts as the last one */

enum post_state {
    POST_WAITING,
    POST_DONE,     /* the wall answered */
    POST_OBSERVED, /* mode = observe: it would have been asked */
    POST_REFUSED,  /* reason */
    POST_LATE,     /* its time was over before it could be sent */
    POST_FORGIVEN, /* Forgive came first */
};
const char *post_state_name(enum post_state s);

/* One act of the outbox. */
struct post {
    char id[DIARY_ID];
    struct prefix who;
    int64_t time_us, until;     /* until: seconds */
    char *why, *reason;
    enum post_state state;
    unsigned tries;
    unsigned filter;            /* that found the deciding line: diary_filter */
    bool paid;                  /* it has its part of the budget (budget.h) */
    bool flying;                /* sent, not answered */
    bool canary;                /* of a self-test (respond/canary.h): it counts nowhere */
    bool saved;                 /* the store has it as it is */
    struct post *next;
};

struct diary_counts {
    uint64_t events, verdicts;              /* since the start */
    uint64_t kinds[VERDICT_KINDS];          /* of the verdicts */
    uint64_t waiting, done, observed, refused, late; /* of the outbox */
    uint64_t unkept;                        /* events that were not kept: a full day, or a full disk for long */
    uint64_t lost;                          /* acts that had no room */
    bool failing;                           /* what is new cannot be written */
};

struct diary;
int diary_open(const char *path, struct diary **ret, struct err *err) _must_check_;
void diary_free(struct diary *d); /* NULL is fine */
void diary_freep(struct diary **d);
struct store *diary_store(struct diary *d);

/* From the next diary_save on they are kept. */
void diary_event(struct diary *d, const struct feed_event *e);
/* NULL: there is no act to be done (or no room). Else its row, waiting or, with `observe`, only noted. */
struct post *diary_verdict(struct diary *d, const struct verdict *v, const struct feed_event *e, bool observe);
/* The act of a self-test: until: seconds. NULL: no room. */
struct post *diary_canary(struct diary *d, const char *id, const struct prefix *who, int64_t time_us, int64_t until, bool observe);
/* Its state has changed. reason: NULL or why. */
void diary_posted(struct diary *d, struct post *p, enum post_state state, const char *reason);
struct post *diary_posts(struct diary *d); /* in order; those that wait, and those that are not saved yet */
const char *diary_filter(const struct diary *d, unsigned filter); /* its name; NULL: there are no more */
/* Acts that were done since then (microseconds), by filter and by the minute of the deciding line. */
typedef void diary_done_fn(void *arg, unsigned filter, int64_t time_us, unsigned n);
int diary_done(struct diary *d, int64_t since_us, diary_done_fn *fn, void *arg, struct err *err) _must_check_;

/* Is there anything that diary_save would keep, besides positions? */
bool diary_pending(const struct diary *d);
/* Everything, and f's positions (NULL: none), in one transaction; afterwards feed_done. now: seconds. -errno: nothing was kept, all of it stays in memory. */
int diary_save(struct diary *d, struct feed *f, int64_t now, struct err *err) _must_check_;

/* All that is kept of earlier events, oldest first, not those of probes; and between them each network that was forgiven, as it came, or, of days whose events are gone,
   with the time of that day. failures_since: microseconds. The strings are valid during the call. */
typedef void diary_event_fn(void *arg, const struct guard_event *e, int64_t time_us);
typedef void diary_forgiven_fn(void *arg, const struct prefix *who, int64_t time_us);
int diary_replay(struct diary *d, int64_t failures_since, diary_event_fn *fn, diary_forgiven_fn *forgiven, void *arg, struct err *err) _must_check_;
/* Who was shut out and for how long, as far as it ended after `since` (seconds): the latest of each network. */
typedef void diary_known_fn(void *arg, const struct prefix *who, int64_t until, unsigned times);
int diary_known(struct diary *d, int64_t since, diary_known_fn *fn, void *arg, struct err *err) _must_check_;
/* 1: this verdict was told, or one of its network holds still; 0: neither; -errno. */
int diary_told(struct diary *d, const struct verdict *v, int64_t time_us, int64_t now, struct err *err) _must_check_;

/* What happened from this network until now counts no more, and nothing of it is sent any more. Saves, in the same transaction. */
int diary_forgive(struct diary *d, struct feed *f, const struct prefix *who, int64_t now_us, struct err *err) _must_check_;

/* --- for people */

struct diary_shown_event {
    int64_t time_us;
    const char *kind, *address, *account, *filter, *log; /* address, account: NULL where not said */
    unsigned attempts;
    bool probe;
};
struct diary_page {            /* in the arena */
    LIST(struct diary_shown_event) events;
    int64_t day, row;          /* where to go on: before this one; 0: the newest */
    bool end;                  /* there are no older ones */
};
/* At most `most` events of an address's source (guard_source), the newest first, as far as they are saved. page: in and out, zeroed at first. */
int diary_events(struct diary *d, const struct addr *of, size_t most, struct arena *a, struct diary_page *page, struct err *err) _must_check_;

/* The same of one kind of an account; letters of either case. */
int diary_events_of_account(struct diary *d, const char *account, enum event_kind kind, size_t most, struct arena *a, struct diary_page *page, struct err *err) _must_check_;

struct diary_shown_verdict {
    const char *id, *network, *account, *filter, *log, *reason;
    enum verdict_kind kind;
    enum verdict_looks looks;
    int64_t time_us, until;
    unsigned count, times;
    bool forgiven;
    const char *state;         /* NULL: no act followed */
};
struct diary_verdicts {
    LIST(struct diary_shown_verdict) list;
};
/* The newest first. */
int diary_verdicts_of(struct diary *d, const struct addr *of, size_t most, struct arena *a, struct diary_verdicts *ret, struct err *err) _must_check_;

/* What is to be told: verdicts, and once more each whose act was refused, in the order in which they were kept. */
struct diary_news {
    LIST(struct diary_shown_verdict) list;
    const char *diary;         /* this file's own name: numbers of another one mean nothing */
    int64_t last;              /* go on after this */
    bool more;
};
/* At most `most` after that number; diary: the name that was told before; NULL or another one: what happened since `since_us`. As far as it is saved. */
int diary_since(struct diary *d, const char *diary, int64_t after, int64_t since_us, size_t most, struct arena *a, struct diary_news *ret, struct err *err) _must_check_;

struct diary_counts diary_counts(const struct diary *d);
