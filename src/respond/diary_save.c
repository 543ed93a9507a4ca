/* diary_save.c: everything that was read and what it led to, in one transaction. */
#include "respond/diary_parts.h"
#include "base/clock.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int run(struct store *s, const char *sql, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(s, sql, &st, err);
    return r < 0 ? r : statement_run(st, err);
}

static int run_day(struct store *s, const char *format, int64_t day, struct err *err) __attribute__((format(printf, 2, 0)));
static int run_day(struct store *s, const char *format, int64_t day, struct err *err)
{
    char sql[512];
    snprintf(sql, sizeof sql, format, (long long)day, (long long)day);
    return run(s, sql, err);
}

/* What is too old goes. */
static int drop_old(struct diary *d, int64_t day, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    int64_t *days = NULL;
    size_t n = 0;
    char sql[256];
    int r = diary_days(d, a, &days, &n, err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (days[i] > day - DIARY_DAYS)
            continue;
        r = diary_keep_logins(d, days[i], err);
        if (r == 0)
            r = run_day(d->store, "DROP TABLE IF EXISTS event_%lld", days[i], err);
        if (r == 0)
            r = run_day(d->store, "DELETE FROM day WHERE day = %lld", days[i], err);
    }
    if (r == 0)
        r = diary_drop_logins(d, day, err);
    const long long before = (day - DIARY_VERDICTS_DAYS) * DIARY_DAY_US;
    snprintf(sql, sizeof sql, "DELETE FROM verdict WHERE time_us < %lld AND until < %lld", before, (long long)(day * DAY));
    if (r == 0)
        r = run(d->store, sql, err);
    snprintf(sql, sizeof sql, "DELETE FROM outbox WHERE time_us < %lld AND state <> %d", before, POST_WAITING);
    if (r == 0)
        r = run(d->store, sql, err);
    if (r == 0)
        r = run(d->store, "DELETE FROM outbox WHERE act = '" DIARY_CANARY "'", err);
    if (r == 0)
        r = run(d->store, "DELETE FROM news WHERE id NOT IN (SELECT id FROM verdict)", err);
    snprintf(sql, sizeof sql, "DELETE FROM forgiven WHERE day <= %lld", (long long)(day - DIARY_LOGINS_DAYS));
    return r < 0 ? r : run(d->store, sql, err);
}

static int events_of_day(struct diary *d, int64_t day, int64_t *ret, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT max(rowid) FROM event_%lld", (long long)day);
    int r = store_prepare(d->store, sql, &st, err);
    if (r == 0)
        r = statement_step(st, err);
    if (r < 0)
        return r;
    *ret = r ? statement_column_int(st, 0) : 0;
    return 0;
}

/* Numbers of news that were told, and whose rows a power loss took (commits do not wait for the disk), must not be given to other news, which would then never be told. The
   first save of a process, which waits for the disk, begins far behind all of them; so does each day. In 53 bits there is room for ten million years of restarts. */
#define NEWS_APART 1048576

static int set_news_apart(struct diary *d, struct err *err)
{
    int r = run(d->store, "INSERT INTO sqlite_sequence (name, seq) SELECT 'news', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'news')", err);
    return r < 0 ? r : run_day(d->store, "UPDATE sqlite_sequence SET seq = seq + %lld WHERE name = 'news'", NEWS_APART, err);
}

static int begin_day(struct diary *d, int64_t day, int64_t *ret_n, struct err *err)
{
    int r = run_day(d->store, "CREATE TABLE IF NOT EXISTS event_%lld (time_us INTEGER NOT NULL, address TEXT, source TEXT, account TEXT, kind INTEGER NOT NULL, attempts INTEGER NOT NULL, filter TEXT,"
                              " log TEXT, probe INTEGER NOT NULL)", day, err);
    if (r == 0)
        r = run_day(d->store, "CREATE INDEX IF NOT EXISTS event_source_%lld ON event_%lld (source)", day, err);
    if (r == 0) /* of a name that strangers choose only so much that a day's index stays small beside its table */
        r = run_day(d->store, "CREATE INDEX IF NOT EXISTS event_account_%lld ON event_%lld (substr(account, 1, 32) COLLATE NOCASE, kind) WHERE account IS NOT NULL", day, err);
    if (r == 0)
        r = run_day(d->store, "INSERT OR IGNORE INTO day VALUES (%lld)", day, err);
    if (r == 0)
        r = drop_old(d, day, err);
    if (r == 0)
        r = set_news_apart(d, err);
    return r < 0 ? r : events_of_day(d, day, ret_n, err);
}

static int put_line(struct statement *st, const struct diary_line *l, struct err *err)
{
    char who[ADDR_TEXT], source[ADDR_TEXT + 4];
    struct prefix from = guard_source(&l->who.addr);
    statement_int(st, 1, l->time_us);
    statement_text(st, 2, l->who.length ? addr_text(&l->who.addr, who) : NULL);
    statement_text(st, 3, l->account);
    statement_int(st, 4, l->kind);
    statement_int(st, 5, l->attempts);
    statement_text(st, 6, l->filter);
    statement_text(st, 7, l->log);
    statement_int(st, 8, l->probe);
    statement_text(st, 9, l->who.length ? prefix_text(&from, source) : NULL);
    return statement_run(st, err);
}

/* day_n: in and out. How many had no room: ret_unkept. */
static int put_lines(struct diary *d, int64_t day, int64_t *day_n, uint64_t *ret_unkept, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    char sql[256];
    snprintf(sql, sizeof sql, "INSERT INTO event_%lld (time_us, address, account, kind, attempts, filter, log, probe, source) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", (long long)day);
    int r = d->lines.n ? store_prepare(d->store, sql, &st, err) : 0;
    for (size_t i = 0; r == 0 && i < d->lines.n; i++) {
        if (*day_n >= DIARY_EVENTS_A_DAY) {
            *ret_unkept = d->lines.n - i;
            break;
        }
        r = put_line(st, &d->lines.v[i], err);
        (*day_n)++;
    }
    return r;
}

/* What was put just now is news, unless it was there already. */
#define NEWS "INSERT INTO news (id) SELECT ?1 WHERE changes() > 0"

static int put_news(struct statement *st, const char *id, struct err *err)
{
    statement_text(st, 1, id);
    return statement_run(st, err);
}

static int put_told(struct diary *d, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL, *news = NULL;
    int r = d->told.n ? store_prepare(d->store, "INSERT OR IGNORE INTO verdict (id, kind, looks, network, account, time_us, until, count, times, filter, log)"
                                                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)", &st, err) : 0;
    if (r == 0 && d->told.n)
        r = store_prepare(d->store, NEWS, &news, err);
    for (size_t i = 0; r == 0 && i < d->told.n; i++) {
        const struct diary_told *t = &d->told.v[i];
        char who[ADDR_TEXT + 4];
        statement_text(st, 1, t->id);
        statement_int(st, 2, t->kind);
        statement_int(st, 3, t->looks);
        statement_text(st, 4, prefix_text(&t->who, who));
        statement_text(st, 5, t->account);
        statement_int(st, 6, t->time_us);
        statement_int(st, 7, t->until);
        statement_int(st, 8, t->count);
        statement_int(st, 9, t->times);
        statement_text(st, 10, t->filter);
        statement_text(st, 11, t->log);
        r = statement_run(st, err);
        if (r == 0)
            r = put_news(news, t->id, err);
    }
    return r;
}

/* What is in the store with an end already (read again after a crash) stays as it is. */
static int put_posts(struct diary *d, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL, *news = NULL;
    int r = 0;
    for (struct post *p = d->posts; r == 0 && p; p = p->next) {
        char who[ADDR_TEXT + 4];
        if (p->saved)
            continue;
        if (!st)
            r = store_prepare(d->store, "INSERT INTO outbox (id, act, network, time_us, until, why, state, tries, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
                                        " ON CONFLICT (id) DO UPDATE SET state = ?7, tries = ?8, reason = ?9 WHERE state = 0", &st, err);
        if (r < 0)
            return r;
        statement_text(st, 1, p->id);
        statement_text(st, 2, p->canary ? DIARY_CANARY : response_act_name(RESPONSE_BAN));
        statement_text(st, 3, prefix_text(&p->who, who));
        statement_int(st, 4, p->time_us);
        statement_int(st, 5, p->until);
        statement_text(st, 6, p->why);
        statement_int(st, 7, p->state);
        statement_int(st, 8, p->tries);
        statement_text(st, 9, p->reason);
        r = statement_run(st, err);
        if (p->canary)
            continue;
        if (r == 0 && p->state == POST_REFUSED && !news)
            r = store_prepare(d->store, NEWS, &news, err);
        if (r == 0 && p->state == POST_REFUSED)
            r = put_news(news, p->id, err);
    }
    return r;
}

/* Those that have come to their end are needed no more. */
static void tidy(struct diary *d)
{
    struct post **at = &d->posts;
    d->posts_end = &d->posts;
    while (*at) {
        struct post *p = *at;
        p->saved = true;
        if (p->state == POST_WAITING) {
            at = d->posts_end = &p->next;
            continue;
        }
        *at = p->next;
        diary_post_free(d, p);
    }
}

static int put_positions(struct diary *d, struct feed *f, struct err *err)
{
    struct journal_position p;
    int r = f && feed_follow(f) ? positions_put(d->store, feed_follow(f), err) : 0;
    if (r == 0 && f && feed_journal_position(f, &p))
        r = positions_put_journal(d->store, "watch", &p, err);
    return r;
}

int diary_keep(struct diary *d, struct feed *f, int64_t now, const struct prefix *forgiven, struct err *err)
{
    int64_t day = now / DAY, day_n = d->day_n;
    uint64_t unkept = 0;
    int r = store_begin(d->store, err);
    if (r == 0 && day != d->day)
        r = begin_day(d, day, &day_n, err);
    if (r == 0)
        r = put_lines(d, day, &day_n, &unkept, err);
    if (r == 0)
        r = put_told(d, err);
    if (r == 0)
        r = put_posts(d, err);
    if (r == 0 && forgiven)
        r = diary_put_forgiven(d, forgiven, day, day_n, err);
    if (r == 0)
        r = put_positions(d, f, err);
    if (r == 0)
        r = store_commit(d->store, err);
    if (r == 0 && forgiven)
        r = store_sync(d->store, err);
    else if (r == 0)
        (void)!store_flush(d->store, NULL); /* what a power loss takes is read again */
    d->failing = r < 0;
    if (r < 0) {
        store_rollback(d->store);
        return r;
    }
    d->day = day;
    d->day_n = day_n;
    d->counts.unkept += unkept;
    d->lines = (__typeof__(d->lines)){0};
    d->told = (__typeof__(d->told)){0};
    arena_reset(d->arena);
    tidy(d);
    if (f)
        feed_done(f);
    if (forgiven)
        r = diary_count_posts(d, err);
    if (r == 0 && d->more_posts && !d->posts)
        r = diary_load_posts(d, err);
    return r;
}

int diary_save(struct diary *d, struct feed *f, int64_t now, struct err *err) { return diary_keep(d, f, now, NULL, err); }
