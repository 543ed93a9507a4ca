#include "act/executor.h"
#include "act/registry.h"
#include "base/clock.h"
#include "base/i18n.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HOUR 3600
#define OBJECT_MAX 1024
#define KEPT (400 * (int64_t)DAY) /* a year and a little: then a record is thrown away */

static const char *const migrations[] = {
    "CREATE TABLE act (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, name TEXT NOT NULL, object TEXT NOT NULL, caller INTEGER NOT NULL, who TEXT NOT NULL,"
    " outcome TEXT NOT NULL); CREATE INDEX act_by_name ON act (name, time);",
};

static const char *const outcomes[ACT_OUTCOME_COUNT] = {"permitted", "done", "failed", "observed", "refused", "not-reached", "interrupted"};

const char *act_outcome_name(enum act_outcome o)
{
    return outcomes[o];
}

bool executor_observes(const struct config *c, enum caller caller)
{
    const struct value *v = config_value(c, "", "", "mode");
    bool observe = v && strcmp(v->text, "observe") == 0;
    return observe && (v->file || caller != CALLER_ADMIN);
}

static int forget(struct store *s, int64_t before, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, "DELETE FROM act WHERE time < ?1", &st, err);
    if (r < 0)
        return r;
    statement_int(st, 1, before);
    return statement_run(st, err);
}

int executor_open(const char *dir, bool observe, enum caller caller, const char *who, int64_t now, struct executor *ret, struct err *err)
{
    char path[4096];
    struct executor e = {.observe = observe, .caller = caller, .who = who, .now = now};
    if (snprintf(path, sizeof path, "%s/" ACT_STORE_FILE, dir) >= (int)sizeof path)
        return err_set(err, -ENAMETOOLONG, "%s: %s", dir, err_name(ENAMETOOLONG));
    int r = store_open(path, migrations, ARRAY_SIZE(migrations), &e.store, err);
    if (r == 0 && store_readonly_why(e.store)) {
        r = err_set(err, -EROFS, _("%s cannot be written (%s): what was done could not be recorded, so nothing is done"), path, store_readonly_why(e.store));
        store_closep(&e.store);
    }
    if (r == 0 && (r = forget(e.store, now - KEPT, err)) < 0)
        store_closep(&e.store);
    if (r == 0)
        *ret = e;
    return r;
}

int executor_sweep(struct executor *e, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(e->store, "UPDATE act SET outcome = ?1 WHERE outcome = 'permitted' AND (name NOT LIKE 'unit.%' OR time < ?2)", &st, err);
    if (r < 0)
        return r;
    statement_text(st, 1, outcomes[ACT_UNREACHED]);
    statement_int(st, 2, e->now - HOUR);
    return statement_run(st, err);
}

void executor_close(struct executor *e)
{
    store_closep(&e->store);
}

/* Runs one statement with a name, a time, an object with the number of the latest rows that count (NULL: the statement has neither), and an answer of one number. */
static int number(struct store *s, const char *sql, const char *name, int64_t since, const char *object, int64_t *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, sql, &st, err);
    if (r < 0)
        return r;
    statement_text(st, 1, name);
    statement_int(st, 2, since);
    if (object) {
        statement_text(st, 3, object);
        statement_int(st, 4, ACT_BREAKER);
    }
    r = statement_step(st, err);
    *ret = r == 1 ? statement_column_int(st, 0) : 0;
    return r < 0 ? r : 0;
}

static int record(struct executor *e, const struct act *act, const char *object, enum act_outcome o, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    char shortened[OBJECT_MAX];
    snprintf(shortened, sizeof shortened, "%s", object);
    int r = store_prepare(e->store, "INSERT INTO act (time, name, object, caller, who, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &st, err);
    if (r < 0)
        return r;
    statement_int(st, 1, e->now);
    statement_text(st, 2, act->name);
    statement_text(st, 3, shortened);
    statement_int(st, 4, e->caller);
    statement_text(st, 5, e->who);
    statement_text(st, 6, outcomes[o]);
    return statement_run(st, err);
}

/* Refusals that do not depend on the past. */
static int may(const struct executor *e, const struct act *act, struct err *err)
{
    if (!act_by_name(act->name))
        return err_set(err, -EPERM, _("%s is not in the table of acts"), act->name);
    if (!(act->callers & e->caller))
        return err_set(err, -EPERM, _("%s is not permitted to this caller"), act->name);
    return 0;
}

/* The budget is the act's; the breaker is the act's on one object: three services that do not start must not keep a fourth from being started. */
static int within_limits(struct executor *e, const struct act *act, const char *object, struct err *err)
{
    int64_t used = 0, failed = 0;
    int r = number(e->store, "SELECT count(*) FROM act WHERE name = ?1 AND time > ?2 AND outcome IN ('permitted', 'done', 'failed')", act->name, e->now - HOUR, NULL, &used, err);
    if (r == 0)
        r = number(e->store,
                   "SELECT count(*) FROM (SELECT outcome FROM act WHERE name = ?1 AND time > ?2 AND object = ?3 AND outcome IN ('done', 'failed') ORDER BY id DESC LIMIT ?4) WHERE outcome = 'failed'",
                   act->name, e->now - HOUR, object, &failed, err);
    if (r < 0)
        return r;
    if (failed >= ACT_BREAKER)
        return err_set(err, -EDQUOT, _("%s %s failed %d times in a row within the hour and is held back until an hour has passed: bansho changes --acts"), act->name, object, ACT_BREAKER);
    if (used >= act->budget)
        return err_set(err, -EDQUOT, _("%s was done %u times within an hour, which is its limit: bansho changes --acts"), act->name, act->budget);
    return 0;
}

static int permit(void *arg, const struct act *act, const char *object, struct err *err)
{
    struct executor *e = arg;
    int r = store_begin(e->store, err);
    if (r < 0)
        return r;
    int no = may(e, act, err);
    if (no == 0 && e->observe)
        no = err_set(err, -EPERM, _("mode = observe: nothing was changed, what would have been done is recorded (bansho changes --acts)"));
    else if (no == 0)
        no = within_limits(e, act, object, err);
    r = record(e, act, object, no == 0 ? ACT_PERMITTED : e->observe ? ACT_OBSERVED : ACT_REFUSED, err);
    if (r == 0)
        r = store_commit(e->store, err);
    else
        store_rollback(e->store);
    return r < 0 ? r : no;
}

/* The last permitted row of this act and object; where it cannot be found, the end is a row of its own. */
static void done(void *arg, const struct act *act, const char *object, int result)
{
    enum act_outcome o = result == ACT_NEVER_BEGUN ? ACT_UNREACHED : result == ACT_INTERRUPTED ? ACT_CUT_OFF : result < 0 ? ACT_FAILED : ACT_DONE;
    struct executor *e = arg;
    _cleanup_(statement_donep) struct statement *st = NULL;
    char shortened[OBJECT_MAX];
    snprintf(shortened, sizeof shortened, "%s", object);
    if (store_begin(e->store, NULL) < 0)
        return;
    int r = store_prepare(e->store,
                          "UPDATE act SET outcome = ?1 WHERE id = (SELECT max(id) FROM act WHERE name = ?2 AND object = ?3 AND outcome = 'permitted')", &st, NULL);
    if (r == 0) {
        statement_text(st, 1, outcomes[o]);
        statement_text(st, 2, act->name);
        statement_text(st, 3, shortened);
        r = statement_run(st, NULL);
    }
    if (r < 0 || store_commit(e->store, NULL) < 0)
        store_rollback(e->store); /* the row stays "permitted": it began, its end is not known */
}

static const struct act *by_name(void *arg, const char *name)
{
    (void)arg;
    return act_by_name(name);
}

struct act_desk executor_desk(struct executor *e)
{
    return (struct act_desk){.permit = permit, .done = done, .by_name = by_name, .arg = e};
}

int executor_records(const char *dir, size_t max, struct arena *a, struct act_records *ret, struct err *err)
{
    char path[4096];
    _cleanup_(store_closep) struct store *s = NULL;
    _cleanup_(statement_donep) struct statement *st = NULL;
    if (snprintf(path, sizeof path, "%s/" ACT_STORE_FILE, dir) >= (int)sizeof path || access(path, F_OK) < 0)
        return 0;
    int r = store_open(path, migrations, ARRAY_SIZE(migrations), &s, err);
    if (r == 0)
        r = store_prepare(s, "SELECT time, name, object, who, outcome FROM act ORDER BY id DESC LIMIT ?1", &st, err);
    if (r < 0)
        return r;
    statement_int(st, 1, (int64_t)max);
    while ((r = statement_step(st, err)) == 1) {
        const char *outcome = statement_column_text(st, 4, a);
        struct act_record *rec = list_push(a, &ret->list);
        *rec = (struct act_record){.time = statement_column_int(st, 0), .act = statement_column_text(st, 1, a), .object = statement_column_text(st, 2, a), .who = statement_column_text(st, 3, a)};
        for (unsigned o = 0; outcome && o < ACT_OUTCOME_COUNT; o++)
            if (strcmp(outcome, outcomes[o]) == 0)
                rec->outcome = (enum act_outcome)o;
    }
    return r;
}
