/* diary_parts.h: what diary.c, diary_save.c and diary_read.c share. */
#pragma once
#include "respond/diary.h"

struct diary_line {            /* an event that is not saved yet */
    int64_t time_us;
    struct prefix who;         /* .length 0: no address */
    const char *account, *filter, *log;
    enum event_kind kind;
    unsigned attempts;
    bool probe;
};

struct diary_told {            /* a verdict that is not saved yet */
    char id[DIARY_ID];
    enum verdict_kind kind;
    enum verdict_looks looks;
    struct prefix who;
    const char *account, *filter, *log;
    int64_t time_us, until;
    unsigned count, times;
};

struct diary {
    struct store *store;
    struct arena *arena;       /* of what is not saved yet */
    LIST(struct diary_line) lines;
    LIST(struct diary_told) told;
    struct post *posts, **posts_end;
    size_t posts_n, posts_of[DIARY_FILTERS];
    char *filters[DIARY_FILTERS];
    bool more_posts;           /* waiting ones that are in the store only */
    int64_t day;               /* whose table is there; 0: none yet */
    int64_t day_n;             /* events in it */
    bool failing;
    struct diary_counts counts;
};

#define DIARY_CANARY "canary" /* outbox.act of a self-test's */
#define DIARY_DAY_US (DAY * 1000000ll)

/* diary_read.c */
int diary_load_posts(struct diary *d, struct err *err) _must_check_;
int diary_days(struct diary *d, struct arena *a, int64_t **ret, size_t *ret_n, struct err *err) _must_check_;
int diary_put_forgiven(struct diary *d, const struct prefix *who, int64_t day, int64_t row, struct err *err) _must_check_;
/* diary_logins.c */
int diary_keep_logins(struct diary *d, int64_t day, struct err *err) _must_check_;
int diary_drop_logins(struct diary *d, int64_t day, struct err *err) _must_check_;
int diary_replay_logins(struct diary *d, diary_event_fn *fn, void *arg, struct err *err) _must_check_;
/* diary_save.c: diary_save; forgiven: NULL, or whom this concerns, too. */
int diary_keep(struct diary *d, struct feed *f, int64_t now, const struct prefix *forgiven, struct err *err) _must_check_;
/* diary.c */
int diary_count_posts(struct diary *d, struct err *err) _must_check_;
struct post *diary_post_new(struct diary *d, const char *filter, const char *id, const struct prefix *who, int64_t time_us, int64_t until, const char *why);
unsigned diary_filter_of(struct diary *d, const char *name);
void diary_post_free(struct diary *d, struct post *p);
