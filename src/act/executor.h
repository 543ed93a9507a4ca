/* executor.h: every act passes here: who may, how often (budget an hour), not after three failures in a row (breaker), not at all while bansho only
   observes. Each is recorded in acts.db, those that were refused or only observed too, so that they can be seen: `bansho changes --acts`.
   Runs as root in `bansho`; later in bansho-act, behind its socket. */
#pragma once
#include "config/config.h"
#include "model/act.h"
#include "store/store.h"

enum act_outcome { ACT_PERMITTED, ACT_DONE, ACT_FAILED, ACT_OBSERVED, ACT_REFUSED, ACT_UNREACHED, ACT_CUT_OFF, ACT_OUTCOME_COUNT };
const char *act_outcome_name(enum act_outcome o); /* "permitted" (began, its end is not known) "done" "failed" "observed" "refused" "not-reached" "interrupted" */

struct executor {
    struct store *store;
    bool observe;
    enum caller caller;
    const char *who;
    int64_t now;       /* seconds since the epoch */
};

#define ACT_STORE_FILE "acts.db"
#define ACT_BREAKER 3 /* failures in a row on one object, within an hour */

/* mode = observe, written in bansho.conf, holds for everybody. Where nothing is written, only what bansho would do by itself is observed: what the
   administrator orders is done. */
bool executor_observes(const struct config *c, enum caller caller);

/* dir: where acts.db lies. */
int executor_open(const char *dir, bool observe, enum caller caller, const char *who, int64_t now, struct executor *ret, struct err *err) _must_check_;
/* Acts that a killed run left as permitted, and that no change knows of: they were not reached. Only with the journal's lock held, when nobody is within a
   change; acts on units are also ordered without it (bansho service), so they count as left after an hour. */
int executor_sweep(struct executor *e, struct err *err) _must_check_;
void executor_close(struct executor *e);
/* What change/ and the rooms below ask through; valid while e is. */
struct act_desk executor_desk(struct executor *e);

struct act_record {
    int64_t time;
    const char *act, *object, *who;
    enum act_outcome outcome;
};
struct act_records {
    LIST(struct act_record) list;
};
/* The latest `max`, newest first. 0, also where nothing was ever recorded. */
int executor_records(const char *dir, size_t max, struct arena *a, struct act_records *ret, struct err *err) _must_check_;
