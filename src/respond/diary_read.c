/* diary_read.c: what is remembered. */
#include "respond/diary_parts.h"
#include "base/clock.h"
#include <errno.h>
#include <stdio.h>

#define LOADED (DIARY_POSTS / 2)

int diary_load_posts(struct diary *d, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
    _cleanup_(statement_donep) struct statement *st = NULL;
    size_t n = 0;
    int r = store_prepare(d->store, "SELECT o.id, o.network, o.time_us, o.until, o.why, o.tries, v.filter FROM outbox o LEFT JOIN verdict v ON v.id = o.id WHERE o.state = 0 AND o.act <> '" DIARY_CANARY "' ORDER BY o.seq LIMIT ?1", &st, err);
    if (r == 0)
        statement_int(st, 1, LOADED);
    while (r == 0 && (r = statement_step(st, err)) > 0) {
        struct prefix who;
        const char *id = statement_column_text(st, 0, a);
        r = 0;
        if (!id || strlen(id) >= DIARY_ID || !prefix_parse(str_of(statement_column_text(st, 1, a)), false, &who))
            continue;
        struct post *p = diary_post_new(d, statement_column_text(st, 6, a), id, &who, statement_column_int(st, 2), statement_column_int(st, 3), statement_column_text(st, 4, a));
        if (!p)
            break;
        p->tries = (unsigned)statement_column_int(st, 5);
        p->saved = true;
        n++;
    }
    d->more_posts = n == LOADED;
    return r;
}

int diary_done(struct diary *d, int64_t since_us, diary_done_fn *fn, void *arg, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(d->store, "SELECT filter, max(time_us), count(*) FROM (SELECT v.filter, o.time_us FROM outbox o LEFT JOIN verdict v ON v.id = o.id"
                                    " WHERE o.state = ?2 AND o.time_us > ?1 AND o.act <> '" DIARY_CANARY "') GROUP BY filter, time_us / 60000000", &st, err);
    if (r == 0) {
        statement_int(st, 1, since_us);
        statement_int(st, 2, POST_DONE);
    }
    while (r == 0 && (r = statement_step(st, err)) > 0) {
        arena_reset(a);
        fn(arg, diary_filter_of(d, statement_column_text(st, 0, a)), statement_column_int(st, 1), (unsigned)statement_column_int(st, 2));
        r = 0;
    }
    return r;
}

int diary_days(struct diary *d, struct arena *a, int64_t **ret, size_t *ret_n, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    LIST(int64_t) days = {0};
    int r = store_prepare(d->store, "SELECT day FROM day ORDER BY day", &st, err);
    while (r == 0 && (r = statement_step(st, err)) > 0) {
        *list_push(a, &days) = statement_column_int(st, 0);
        r = 0;
    }
    if (r < 0)
        return r;
    *ret = days.v;
    *ret_n = days.n;
    return 0;
}

/* --- the detectors' memory, made anew */

/* After this row of this day: the order of reading is what counts, since many logs tell no more than the second. */
struct forgiven {
    struct prefix who;
    int64_t day, row;
};

struct replay {
    struct diary *d;
    int64_t failures_since;
    LIST(struct forgiven) forgiven;
    size_t next; /* of them */
    int64_t first_day, time_us; /* whose events are there; of the last event */
    diary_event_fn *event;
    diary_forgiven_fn *forgive;
    void *arg;
};

static int load_forgiven(struct replay *p, struct arena *a, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(p->d->store, "SELECT network, day, row FROM forgiven ORDER BY day, row", &st, err);
    while (r == 0 && (r = statement_step(st, err)) > 0) {
        struct forgiven f = {.day = statement_column_int(st, 1), .row = statement_column_int(st, 2)};
        if (prefix_parse(str_of(statement_column_text(st, 0, a)), false, &f.who))
            *list_push(a, &p->forgiven) = f;
        r = 0;
    }
    return r;
}

static void forgive_before(struct replay *p, int64_t day, int64_t row)
{
    for (; p->next < p->forgiven.n; p->next++) {
        const struct forgiven *f = &p->forgiven.v[p->next];
        if (f->day > day || (f->day == day && f->row >= row))
            return;
        p->forgive(p->arg, &f->who, p->time_us && f->day >= p->first_day ? p->time_us : f->day * DIARY_DAY_US);
    }
}

static int replay_day(struct replay *p, int64_t day, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    _cleanup_(statement_donep) struct statement *st = NULL;
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT time_us, address, account, kind, attempts, rowid FROM event_%lld WHERE probe = 0 AND (time_us >= ?1 OR kind IN (%d, %d)) ORDER BY rowid", (long long)day,
             EVENT_LOGIN_OK, EVENT_MAIL_ACCEPTED);
    int r = store_prepare(p->d->store, sql, &st, err);
    if (r == 0)
        statement_int(st, 1, p->failures_since);
    while (r == 0 && (r = statement_step(st, err)) > 0) {
        arena_reset(a);
        int64_t time_us = statement_column_int(st, 0), kind = statement_column_int(st, 3);
        struct guard_event e = {.time = time_us / 1000000, .success = kind == EVENT_LOGIN_OK || kind == EVENT_MAIL_ACCEPTED, .refused = kind == EVENT_LOGIN_REFUSED,
                                .attempts = (unsigned)statement_column_int(st, 4)};
        e.addressed = addr_parse(str_of(statement_column_text(st, 1, a)), &e.address);
        e.account = str_of(statement_column_text(st, 2, a));
        forgive_before(p, day, statement_column_int(st, 5));
        p->event(p->arg, &e, p->time_us = time_us);
        r = 0;
    }
    return r;
}

int diary_replay(struct diary *d, int64_t failures_since, diary_event_fn *fn, diary_forgiven_fn *forgiven, void *arg, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(16u << 20);
    struct replay p = {.d = d, .failures_since = failures_since, .event = fn, .forgive = forgiven, .arg = arg, .first_day = INT64_MAX};
    int64_t *days = NULL;
    size_t n = 0;
    int r = load_forgiven(&p, a, err);
    if (r == 0)
        r = diary_days(d, a, &days, &n, err);
    if (r == 0)
        r = diary_replay_logins(d, fn, arg, err);
    if (n)
        p.first_day = days[0];
    for (size_t i = 0; r == 0 && i < n; i++)
        r = replay_day(&p, days[i], err);
    if (r == 0)
        forgive_before(&p, INT64_MAX, 0);
    return r;
}

int diary_known(struct diary *d, int64_t since, diary_known_fn *fn, void *arg, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(d->store, "SELECT network, until, times FROM verdict WHERE until > ?1 AND forgiven = 0 ORDER BY time_us", &st, err);
    if (r == 0)
        statement_int(st, 1, since);
    while (r == 0 && (r = statement_step(st, err)) > 0) {
        struct prefix who;
        arena_reset(a);
        if (prefix_parse(str_of(statement_column_text(st, 0, a)), false, &who))
            fn(arg, &who, statement_column_int(st, 1), (unsigned)statement_column_int(st, 2));
        r = 0;
    }
    return r;
}

int diary_told(struct diary *d, const struct verdict *v, int64_t time_us, int64_t now, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    char who[ADDR_TEXT + 4];
    int r = store_prepare(d->store, "SELECT 1 FROM verdict WHERE network = ?1 AND forgiven = 0 AND (time_us = ?2 OR until > ?3) LIMIT 1", &st, err);
    if (r < 0)
        return r;
    statement_text(st, 1, prefix_text(&v->who, who));
    statement_int(st, 2, time_us);
    statement_int(st, 3, now);
    return statement_step(st, err);
}

static int forgive_verdicts(struct diary *d, const struct prefix *who, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
    _cleanup_(statement_donep) struct statement *st = NULL, *verdict = NULL, *post = NULL;
    LIST(const char *) ids = {0};
    int r = store_prepare(d->store, "SELECT id, network FROM verdict WHERE until > 0 AND forgiven = 0", &st, err);
    while (r == 0 && (r = statement_step(st, err)) > 0) {
        struct prefix p;
        if (prefix_parse(str_of(statement_column_text(st, 1, a)), false, &p) && prefix_overlaps(who, &p))
            *list_push(a, &ids) = statement_column_text(st, 0, a);
        r = 0;
    }
    if (r == 0)
        r = store_prepare(d->store, "UPDATE verdict SET forgiven = 1 WHERE id = ?1", &verdict, err);
    if (r == 0) /* those that are not in memory, too */
        r = store_prepare(d->store, "UPDATE outbox SET state = ?2 WHERE id = ?1 AND state = 0", &post, err);
    for (size_t i = 0; r == 0 && i < ids.n; i++) {
        statement_text(verdict, 1, ids.v[i]);
        statement_text(post, 1, ids.v[i]);
        statement_int(post, 2, POST_FORGIVEN);
        r = statement_run(verdict, err);
        if (r == 0)
            r = statement_run(post, err);
    }
    return r;
}

int diary_put_forgiven(struct diary *d, const struct prefix *who, int64_t day, int64_t row, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    char text[ADDR_TEXT + 4];
    int r = store_prepare(d->store, "INSERT OR REPLACE INTO forgiven VALUES (?1, ?2, ?3)", &st, err);
    if (r < 0)
        return r;
    statement_text(st, 1, prefix_text(who, text));
    statement_int(st, 2, day);
    statement_int(st, 3, row);
    r = statement_run(st, err);
    return r < 0 ? r : forgive_verdicts(d, who, err);
}

int diary_forgive(struct diary *d, struct feed *f, const struct prefix *who, int64_t now_us, struct err *err)
{
    for (struct post *p = d->posts; p; p = p->next)
        if (p->state == POST_WAITING && prefix_overlaps(who, &p->who))
            diary_posted(d, p, POST_FORGIVEN, NULL);
    return diary_keep(d, f, now_us / 1000000, who, err);
}
