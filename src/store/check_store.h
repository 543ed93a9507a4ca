/* check_store.h: what `bansho check` remembers from run to run: each finding's last decided state and since when it is so, what somebody accepted,
   when each check last answered. Belongs to bansho: /var/lib/bansho/check.db for root, below $XDG_STATE_HOME otherwise. */
#pragma once
#include "model/check.h"
#include "store/store.h"

#define CHECK_STORE_FILE "check.db"
#define CHECK_STORE_TEXT_MAX 4096 /* an object with a longer name is not remembered */

struct past_finding {
    const char *id, *object, *title;
    enum state state;           /* the last one that was decided: never unknown */
    int64_t since;              /* when it became wrong, or right */
    int64_t first_seen, last_seen; /* last_seen: when it was last decided */
};

struct acceptance {
    const char *id, *object, *why, *who;
    int64_t until; /* in force before this moment */
    int64_t made;
};

struct look {
    const char *id;
    int64_t last; /* when the check last gave an answer other than unknown */
};

/* How many findings of one chapter were what, in one run that asked everything. Accepted ones and those with nothing to judge are in none. */
struct chapter_run {
    int64_t time;
    uint32_t chapter, ok, soon, now, unknown;
};
#define CHECK_STORE_CHART 30 /* so many runs are loaded */

struct past {
    LIST(struct past_finding) findings; /* sorted by id, object (bytes) */
    LIST(struct acceptance) accepted;   /* the same; expired ones too */
    LIST(struct look) looks;            /* sorted by id */
    int64_t last_run;                   /* 0: none */
    LIST(struct chapter_run) chapters;  /* by run, then by chapter */
};

/* The directory for this caller: $STATE_DIRECTORY (systemd) if set, /var/lib/bansho for root, else $XDG_STATE_HOME/bansho or ~/.local/state/bansho.
   NULL: there is none (no home). In the arena. */
const char *check_store_dir(struct arena *a);
int check_store_open(const char *dir, struct store **ret, struct err *err) _must_check_;
int check_store_load(struct store *s, struct arena *a, struct past *ret, struct err *err) _must_check_;

/* Reads what a past run left, without creating anything: 0 with an empty past where there is no store yet. */
int check_store_peek(const char *dir, struct arena *a, struct past *ret, struct err *err) _must_check_;

/* What checks left for their next run, sorted for memo_find, in the arena. Creates nothing: 0 with none where there is no store yet. */
struct memos {
    LIST(struct memo) list;
};
int check_store_memos(const char *dir, struct arena *a, struct memos *ret, struct err *err) _must_check_;

/* Within a transaction (store_begin). */
int check_store_put(struct store *s, const struct past_finding rows[], size_t n, struct err *err) _must_check_;
int check_store_forget(struct store *s, const char *id, const char *object, struct err *err) _must_check_;
int check_store_looked(struct store *s, const char *id, int64_t now, struct err *err) _must_check_;
/* Notes the run itself; the latest 1,000 are kept. */
int check_store_ran(struct store *s, int64_t now, int64_t took_ms, size_t wrong, size_t unknown, struct err *err) _must_check_;
/* How the chapters of the run that check_store_ran noted last stand (`time` is not looked at). */
int check_store_chapters(struct store *s, const struct chapter_run rows[], size_t n, struct err *err) _must_check_;
int check_store_accept(struct store *s, const struct acceptance *a, struct err *err) _must_check_;
/* rows[0..n) of one check replace those that it left before. */
int check_store_put_memos(struct store *s, const struct memo rows[], size_t n, struct err *err) _must_check_;
/* Forgets an acceptance; 0 where there is none. */
int check_store_withdraw(struct store *s, const char *id, const char *object, struct err *err) _must_check_;

/* Binary search; NULL: not there. */
const struct past_finding *past_finding(const struct past *p, const char *id, const char *object);
const struct acceptance *past_acceptance(const struct past *p, const char *id, const char *object, int64_t now); /* in force only */
bool past_looked(const struct past *p, const char *id);
