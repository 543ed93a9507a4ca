#include "respond/diary_parts.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/i18n.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX (128u << 20)

static const char *const migrations[] = {
    POSITIONS_SCHEMA
    "CREATE TABLE verdict (id TEXT PRIMARY KEY, kind INTEGER NOT NULL, looks INTEGER NOT NULL, network TEXT NOT NULL, account TEXT, time_us INTEGER NOT NULL,"
    " until INTEGER NOT NULL, count INTEGER NOT NULL, times INTEGER NOT NULL, filter TEXT, log TEXT, forgiven INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
    "CREATE INDEX verdict_network ON verdict (network);"
    "CREATE INDEX verdict_time ON verdict (time_us);"
    "CREATE TABLE outbox (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, act TEXT NOT NULL, network TEXT NOT NULL, time_us INTEGER NOT NULL, until INTEGER NOT NULL, why TEXT,"
    " state INTEGER NOT NULL, tries INTEGER NOT NULL, reason TEXT);"
    "CREATE INDEX outbox_state ON outbox (state, seq);"
    "CREATE TABLE forgiven (network TEXT PRIMARY KEY, day INTEGER NOT NULL, row INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE day (day INTEGER PRIMARY KEY);",
    /* What is to be told, in the order in which it was kept: each verdict, and again when it was refused. Numbers are never used again. */
    "CREATE TABLE origin (name TEXT NOT NULL); INSERT INTO origin VALUES (lower(hex(randomblob(8))));"
    "CREATE TABLE news (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL);"
    "CREATE INDEX news_id ON news (id, seq);"
    "INSERT INTO news (id) SELECT id FROM verdict ORDER BY time_us;",
    "CREATE TABLE login (source TEXT NOT NULL, account TEXT NOT NULL, address TEXT NOT NULL, time_us INTEGER NOT NULL, PRIMARY KEY (source, account)) WITHOUT ROWID;"
    "CREATE INDEX login_time ON login (time_us);",
};

const char *post_state_name(enum post_state s)
{
    static const char *const names[] = {[POST_WAITING] = "waiting", [POST_DONE] = "done", [POST_OBSERVED] = "observed", [POST_REFUSED] = "refused", [POST_LATE] = "late",
                                        [POST_FORGIVEN] = "forgiven"};
    return names[s];
}

int diary_count_posts(struct diary *d, struct err *err)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    int r = store_prepare(d->store, "SELECT state, count(*) FROM outbox WHERE act <> '" DIARY_CANARY "' GROUP BY state", &st, err);
    uint64_t *const of[] = {[POST_WAITING] = &d->counts.waiting, [POST_DONE] = &d->counts.done, [POST_OBSERVED] = &d->counts.observed, [POST_REFUSED] = &d->counts.refused,
                            [POST_LATE] = &d->counts.late};
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(of); i++)
        *of[i] = 0;
    while (r == 0 && (r = statement_step(st, err)) > 0) {
        int64_t state = statement_column_int(st, 0);
        if (state >= 0 && state < (int64_t)ARRAY_SIZE(of))
            *of[state] = (uint64_t)statement_column_int(st, 1);
        r = 0;
    }
    return r;
}

int diary_open(const char *path, struct diary **ret, struct err *err)
{
    struct diary *d = calloc(1, sizeof *d);
    if (!d)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    d->arena = arena_new(ARENA_MAX);
    d->posts_end = &d->posts;
    int r = store_open(path, migrations, ARRAY_SIZE(migrations), &d->store, err);
    if (r == 0 && store_readonly_why(d->store))
        r = err_set(err, -EROFS, "%s", store_readonly_why(d->store));
    if (r == 0)
        r = store_unwaited(d->store, err);
    if (r == 0)
        r = diary_count_posts(d, err);
    if (r == 0)
        r = diary_load_posts(d, err);
    if (r < 0)
        diary_free(d);
    else
        *ret = d;
    return r;
}

void diary_post_free(struct diary *d, struct post *p)
{
    d->posts_n--;
    d->posts_of[p->filter]--;
    free(p->why);
    free(p->reason);
    free(p);
}

void diary_free(struct diary *d)
{
    if (!d)
        return;
    for (struct post *p = d->posts, *next; p; p = next) {
        next = p->next;
        diary_post_free(d, p);
    }
    for (size_t i = 0; i < DIARY_FILTERS; i++)
        free(d->filters[i]);
    store_close(d->store);
    arena_free(d->arena);
    free(d);
}

void diary_freep(struct diary **d) { diary_free(*d); }

struct store *diary_store(struct diary *d) { return d->store; }

/* --- in memory */

void diary_event(struct diary *d, const struct feed_event *e)
{
    d->counts.events++;
    if (d->lines.n >= DIARY_UNSAVED) {
        d->counts.unkept++;
        return;
    }
    struct diary_line l = {.time_us = e->time_us, .kind = e->kind, .probe = e->probe, .attempts = e->event.attempts, .filter = e->filter, .log = arena_dupz(d->arena, e->log)};
    if (e->event.addressed)
        l.who = (struct prefix){e->event.address, e->event.address.v6 ? 128 : 32};
    if (e->event.account.n)
        l.account = arena_dup(d->arena, e->event.account);
    *list_push(d->arena, &d->lines) = l;
}

unsigned diary_filter_of(struct diary *d, const char *name)
{
    for (unsigned i = 0; i + 1 < DIARY_FILTERS; i++) {
        if (!d->filters[i])
            d->filters[i] = strdup(name ? name : "");
        if (d->filters[i] && strcmp(d->filters[i], name ? name : "") == 0)
            return i;
    }
    if (!d->filters[DIARY_FILTERS - 1])
        d->filters[DIARY_FILTERS - 1] = strdup("...");
    return DIARY_FILTERS - 1;
}

const char *diary_filter(const struct diary *d, unsigned filter) { return filter < DIARY_FILTERS ? d->filters[filter] : NULL; }

struct post *diary_post_new(struct diary *d, const char *filter, const char *id, const struct prefix *who, int64_t time_us, int64_t until, const char *why)
{
    unsigned of = diary_filter_of(d, filter);
    struct post *p = d->posts_n < DIARY_POSTS && d->posts_of[of] < DIARY_POSTS / 2 ? calloc(1, sizeof *p) : NULL;
    if (!p || !(p->why = strdup(why ? why : ""))) {
        free(p);
        return NULL;
    }
    memcpy(p->id, id, strlen(id) + 1);
    p->who = *who;
    p->time_us = time_us;
    p->until = until;
    *d->posts_end = p;
    d->posts_end = &p->next;
    d->posts_n++;
    d->posts_of[p->filter = of]++;
    return p;
}

static const char *why_of(struct diary *d, const struct verdict *v, const struct feed_event *e)
{
    switch (v->kind) {
    case VERDICT_NETWORK:
        return arena_printf(d->arena, _("%u of its addresses were shut out (%s)"), v->count, e->filter);
    case VERDICT_SPREAD:
        return arena_printf(d->arena, _("failed on an account that %u addresses or more are trying (%s)"), v->count, e->filter);
    case VERDICT_SPRAY:
        return arena_printf(d->arena, _("tried %u accounts or more, one after the other (%s)"), v->count, e->filter);
    case VERDICT_SLOW:
        return arena_printf(d->arena, _("%u failed logins, few at a time but again and again (%s)"), v->count, e->filter);
    default:
        return arena_printf(d->arena, _("%u failed logins (%s)"), v->count, e->filter);
    }
}

struct post *diary_verdict(struct diary *d, const struct verdict *v, const struct feed_event *e, bool observe)
{
    const struct response *to = response_to(v->kind);
    struct diary_told t = {.kind = v->kind, .looks = v->looks, .who = v->who, .time_us = e->time_us, .until = v->until, .count = v->count, .times = v->times,
                           .filter = e->filter, .log = arena_dupz(d->arena, e->log), .account = v->account.n ? arena_dup(d->arena, v->account) : NULL};
    char who[ADDR_TEXT + 4];
    int n = snprintf(t.id, sizeof t.id, "%s/%s/%lld", to->name, prefix_text(&v->who, who), (long long)e->time_us);
    if (v->kind == VERDICT_ENTERED) /* several accounts from one address, in one second. They exist: their names are nobody's choice */
        snprintf(t.id + n, sizeof t.id - (size_t)n, "/%016llx", (unsigned long long)hash_add(HASH_BEGIN, v->account));
    d->counts.verdicts++;
    d->counts.kinds[v->kind]++;
    if (d->told.n < DIARY_UNSAVED)
        *list_push(d->arena, &d->told) = t;
    for (size_t i = 0; i < to->acts_n; i++) {
        if (to->acts[i] != RESPONSE_BAN)
            continue; /* that it is kept is all of it */
        struct post *p = diary_post_new(d, e->filter, t.id, &v->who, e->time_us, v->until, why_of(d, v, e));
        if (!p) {
            d->counts.lost++;
            return NULL;
        }
        p->state = observe ? POST_OBSERVED : POST_WAITING;
        *(observe ? &d->counts.observed : &d->counts.waiting) += 1;
        return observe ? NULL : p;
    }
    return NULL;
}

struct post *diary_canary(struct diary *d, const char *id, const struct prefix *who, int64_t time_us, int64_t until, bool observe)
{
    struct post *p = diary_post_new(d, NULL, id, who, time_us, until, "bansho selftest");
    if (p) {
        p->canary = p->paid = true; /* no part of any budget */
        p->state = observe ? POST_OBSERVED : POST_WAITING;
    }
    return p;
}

void diary_posted(struct diary *d, struct post *p, enum post_state state, const char *reason)
{
    uint64_t *const of[] = {[POST_WAITING] = NULL, [POST_DONE] = &d->counts.done, [POST_OBSERVED] = &d->counts.observed, [POST_REFUSED] = &d->counts.refused,
                            [POST_LATE] = &d->counts.late, [POST_FORGIVEN] = NULL};
    if (p->state == POST_WAITING && state != POST_WAITING && d->counts.waiting && !p->canary)
        d->counts.waiting--;
    if (p->state != state && of[state] && !p->canary)
        (*of[state])++;
    free(p->reason);
    p->reason = reason ? strdup(reason) : NULL;
    p->state = state;
    p->flying = p->saved = false;
}

struct post *diary_posts(struct diary *d) { return d->posts; }

bool diary_pending(const struct diary *d)
{
    bool any = d->lines.n || d->told.n || d->more_posts;
    for (const struct post *p = d->posts; p && !any; p = p->next)
        any = !p->saved;
    return any;
}

struct diary_counts diary_counts(const struct diary *d)
{
    struct diary_counts c = d->counts;
    c.failing = d->failing;
    return c;
}
