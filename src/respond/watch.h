/* watch.h: bansho-watch without its loop: logs -> events -> verdicts -> what is remembered -> acts. The caller waits for the descriptors and the time that it is told here,
   and carries what is sent.

   In this order, whatever happens: lines are read, their verdicts are sent, then everything is saved in one transaction (respond/diary.h): where there was a verdict at once,
   where there were events within WATCH_SAVE_MS, else within WATCH_SAVE_IDLE_MS. Killed at any moment, the lines since then are read again and lead to the same verdicts with the same ids,
   which the wall knows already. The same holds after a power loss, for the transactions that the disk did not take in any more. So nobody waits for the disk, but in the
   first save of a process (without any position the next start would be a first one), and for the store's log to be put in order: WATCH_TIDY_MS after the last line that mattered.

   After a restart the detectors are as before: they are shown again what is kept of earlier events (failures of a day, logins of all days), and who is still shut out, and tell
   nothing of it, unless a verdict follows that was never told, because bansho.conf has changed.

   The first start reads the end of each log as it stands (FEED_BACK); until something was saved for the first time, every start is the first one, and what was rotated away in
   between is not looked for.

   mode = observe: verdicts are kept as what would have been done; nothing is sent. */
#pragma once
#include "respond/canary.h"
#include "respond/sender.h"

#define WATCH_SAVE_MS 1000
#define WATCH_SAVE_IDLE_MS 10000
#define WATCH_TIDY_MS 2000
#define WATCH_AGAIN_MS 5000        /* after the disk was full; doubled up to */
#define WATCH_AGAIN_LAST_MS 60000

struct watch_options {
    const char *state;              /* watch.db */
    const struct root *root;
    const struct log_sources *sources;
    const struct filter_definition *filters, *journal_filters;
    size_t filters_n;
    struct guard_rules rules;
    bool observe;
    unsigned bans_per_hour;         /* of each filter (budget.h); 0: without end */
    sender_send_fn *send;           /* NULL: nothing is sent, everything waits in the outbox */
    void *send_arg;
    void (*news)(void *arg, const char *text);
    void (*told)(void *arg, const struct verdict *v, const struct feed_event *e); /* NULL, or each verdict as it is told */
    void *news_arg;
    void (*stir)(void *arg);        /* NULL, or: there may be something to tell a person (diary_since, watch_status); it was kept already */
    int64_t (*now_us)(void *arg);   /* microseconds since the epoch; NULL: the system's clock */
    void *now_arg;
    int64_t (*ms)(void *arg);       /* for how long something did not come (feed.h); NULL: the system's clock; with now_arg */
};

struct watch;
/* Opens what is remembered, compiles the filters. What the options point to must live as long. */
int watch_new(const struct watch_options *o, struct watch **ret, struct err *err) _must_check_;
/* feed_seal; then the process may be confined (base/confine.h). */
int watch_seal(struct watch *w, struct err *err) _must_check_;
/* Opens the logs, brings the detectors to where they were. */
int watch_begin(struct watch *w, struct err *err) _must_check_;
/* Saves and frees. NULL is fine. */
void watch_free(struct watch *w);

/* As feed_fds, feed_woken. */
int watch_fds(struct watch *w, int ret[3]) _must_check_;
void watch_woken(struct watch *w);
int watch_timeout(const struct watch *w);
/* 1: there is more to be done at once; 0: wait; -errno: it cannot go on. */
int watch_turn(struct watch *w, struct err *err) _must_check_;

void watch_answer(struct watch *w, const char *id, const char *refused);
void watch_failed(struct watch *w, const char *id); /* it was answered that it could not be done now */
void watch_lost(struct watch *w);
/* Unban: failures from there are forgotten; *ret_sources: of so many addresses there was something. -errno: it is in force, but could not be kept. */
int watch_forgive(struct watch *w, const struct prefix *who, size_t *ret_sources, struct err *err) _must_check_;

/* A self-test's canary (respond/canary.h): seconds > 0: it lives so long from now on; 0: none; < 0: it is forgotten. *ret: how it is, valid until the next call; NULL: there is none. */
int watch_canary(struct watch *w, const struct addr *a, int64_t seconds, const struct canary **ret, struct err *err) _must_check_;

/* What was seen until now is in the store afterwards. */
int watch_save(struct watch *w, struct err *err) _must_check_;

struct watch_status {
    int64_t since;                  /* seconds: when it began */
    uint64_t lines, events, probes, saves, canaries; /* canaries: those that were to be shut out; they are no verdicts */
    size_t followed;                /* files */
    int64_t lag_us;                 /* the longest of the sources' */
    struct diary_counts diary;
    struct guard_counts guard;
    const struct feed_source *sources;
    size_t sources_n;
    unsigned unparsed, silent;      /* of them */
    bool observe;
    uint64_t send_failures;         /* in a row */
    size_t beyond;                  /* acts that wait for the budget of their filter */
};
void watch_status(const struct watch *w, struct watch_status *ret);
struct diary *watch_diary(struct watch *w);
