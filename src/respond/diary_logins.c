/* diary_logins.c: who logged in from where, when the events of that day are gone: the last time of each account at each source. */
#include "respond/diary_parts.h"
#include "base/clock.h"
#include <stdio.h>

/* Those of a day whose events go now. A login that was told to be perhaps a thief's is no history, as long as it was not: within a day (guard/detect.c), unless it was forgiven.
   Nothing here sorts, so that a day of DIARY_EVENTS_A_DAY needs no room beside the file. */
int diary_keep_logins(struct diary *d, int64_t day, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    char sql[768];
    snprintf(sql, sizeof sql, "INSERT INTO login (source, account, address, time_us) SELECT e.source, e.account, e.address, e.time_us FROM event_%lld e WHERE e.kind IN (%d, %d)"
             " AND e.probe = 0 AND e.source IS NOT NULL AND e.account IS NOT NULL AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.network = e.source AND v.kind = %d AND v.forgiven = 0"
             " AND v.account = e.account COLLATE NOCASE AND e.time_us BETWEEN v.time_us AND v.time_us + %lld)"
             " ON CONFLICT (source, account) DO UPDATE SET time_us = max(time_us, excluded.time_us)",
             (long long)day, EVENT_LOGIN_OK, EVENT_MAIL_ACCEPTED, VERDICT_ENTERED, (long long)DIARY_DAY_US);
    int r = store_prepare(d->store, sql, &st, err);
    return r < 0 ? r : statement_run(st, err);
}

/* What is too old goes, and of too many the oldest. */
int diary_drop_logins(struct diary *d, int64_t day, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(d->store, "DELETE FROM login WHERE time_us < max(?1, ifnull((SELECT time_us FROM login ORDER BY time_us DESC LIMIT 1 OFFSET ?2), 0))", &st, err);
    if (r < 0)
        return r;
    statement_int(st, 1, (day - DIARY_LOGINS_DAYS) * DIARY_DAY_US);
    statement_int(st, 2, DIARY_LOGINS - 1);
    return statement_run(st, err);
}

int diary_replay_logins(struct diary *d, diary_event_fn *fn, void *arg, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(d->store, "SELECT time_us, address, account FROM login ORDER BY time_us", &st, err);
    while (r == 0 && (r = statement_step(st, err)) > 0) {
        arena_reset(a);
        int64_t time_us = statement_column_int(st, 0);
        struct guard_event e = {.time = time_us / 1000000, .success = true};
        e.addressed = addr_parse(str_of(statement_column_text(st, 1, a)), &e.address);
        e.account = str_of(statement_column_text(st, 2, a));
        fn(arg, &e, time_us);
        r = 0;
    }
    return r;
}
