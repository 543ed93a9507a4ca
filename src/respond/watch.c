#include "respond/watch.h"
#include "base/clock.h"
#include "base/i18n.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct watch {
    struct watch_options o;
    struct diary *diary;
    struct feed *feed;
    struct guard *guard;
    struct sender sender;
    const struct feed_event *event;  /* whose verdicts are being told */
    bool verdicts, events;           /* since the last save */
    bool stirs;                      /* with the next save there is something to tell */
    int64_t save_ms, again_ms;       /* when it is to be saved, 0: nothing to save; how long after a failure */
    int64_t tidy_ms;                 /* when the store's log is put in order; 0: not to be done */
    int64_t since;
    uint64_t seen, probes, saves, decided; /* decided: canaries */
    uint64_t health_changes;
    struct canaries canaries;
};

static int64_t now_us(const struct watch *w)
{
    struct timespec t;
    if (w->o.now_us)
        return w->o.now_us(w->o.now_arg);
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

static void stir(const struct watch *w)
{
    if (w->o.stir)
        w->o.stir(w->o.news_arg);
}

int watch_new(const struct watch_options *o, struct watch **ret, struct err *err)
{
    struct watch *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    w->o = *o;
    w->since = now_us(w) / 1000000;
    struct feed_options f = {.root = o->root, .sources = o->sources, .filters = o->filters, .journal_filters = o->journal_filters, .filters_n = o->filters_n, .rules = &w->o.rules,
                             .now = w->since, .news = o->news, .news_arg = o->news_arg, .ms = o->ms, .ms_arg = o->now_arg};
    int r = (w->guard = guard_new(&o->rules)) ? 0 : err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    if (r == 0)
        r = diary_open(o->state, &w->diary, err);
    if (r == 0)
        r = feed_new(&f, &w->feed, err);
    if (r == 0) {
        sender_init(&w->sender, w->diary, o->send, o->send_arg);
        w->sender.news = o->news;
        w->sender.news_arg = o->news_arg;
        r = sender_limit(&w->sender, o->bans_per_hour, now_us(w), clock_monotonic_ms(), err);
    }
    if (r < 0)
        watch_free(w);
    else
        *ret = w;
    return r;
}

static void tell(void *arg, const struct verdict *v)
{
    struct watch *w = arg;
    (void)diary_verdict(w->diary, v, w->event, w->o.observe);
    w->verdicts = w->stirs = true;
    if (w->o.told)
        w->o.told(w->o.news_arg, v, w->event);
}

static void take_canary(struct watch *w, struct canary *c, const struct feed_event *e)
{
    int64_t now = now_us(w);
    if (!canary_see(c, e))
        return;
    w->decided++;
    w->verdicts = true;
    c->state = w->o.observe ? POST_OBSERVED : POST_WAITING;
    if (!diary_canary(w->diary, c->id, &c->who, e->time_us, now / 1000000 + CANARY_BAN, w->o.observe))
        c->state = POST_LATE;
}

static void take(void *arg, const struct feed_event *e)
{
    struct watch *w = arg;
    struct feed_event kept = *e;
    struct canary *c = e->event.addressed && w->canaries.n ? canary_find(&w->canaries, &e->event.address, now_us(w)) : NULL;
    kept.probe |= c != NULL;
    w->seen++;
    w->events = true;
    diary_event(w->diary, &kept);
    w->probes += kept.probe;
    if (c)
        take_canary(w, c, e);
    if (kept.probe)
        return;
    w->event = e;
    guard_event(w->guard, &e->event, tell, w);
    w->event = NULL;
}

int watch_seal(struct watch *w, struct err *err) { return feed_seal(w->feed, err); }

/* --- after a restart */

struct again {
    struct watch *w;
    int64_t time_us;
    LIST(struct verdict) told;       /* that may never have been told */
    LIST(int64_t) times;
    struct arena *a;
    int64_t now;
};

static void tell_again(void *arg, const struct verdict *v)
{
    struct again *g = arg;
    if (v->until <= g->now)
        return;
    *list_push(g->a, &g->told) = *v;
    g->told.v[g->told.n - 1].account = str_of(arena_dup(g->a, v->account));
    *list_push(g->a, &g->times) = g->time_us;
}

static void show_again(void *arg, const struct guard_event *e, int64_t time_us)
{
    struct again *g = arg;
    g->time_us = time_us;
    guard_event(g->w->guard, e, tell_again, g);
}

/* Its verdicts were told then, and forgiven. */
static void forgive_again(void *arg, const struct prefix *who, int64_t time_us)
{
    struct again *g = arg;
    size_t kept = 0;
    (void)guard_forgive(g->w->guard, who, time_us / 1000000); /* what is shown next is of that time, perhaps of days ago */
    for (size_t i = 0; i < g->told.n; i++)
        if (!prefix_overlaps(who, &g->told.v[i].who)) {
            g->told.v[kept] = g->told.v[i];
            g->times.v[kept++] = g->times.v[i];
        }
    g->told.n = g->times.n = kept;
}

static void know_again(void *arg, const struct prefix *who, int64_t until, unsigned times)
{
    struct again *g = arg;
    guard_known(g->w->guard, who, until, times);
}

static int tell_untold(struct again *g, struct err *err)
{
    for (size_t i = 0; i < g->told.n; i++) {
        const struct verdict *v = &g->told.v[i];
        struct feed_event e = {.time_us = g->times.v[i], .read_us = g->now * 1000000, .filter = "bansho.conf", .log = ""};
        int r = diary_told(g->w->diary, v, e.time_us, g->now, err);
        if (r < 0)
            return r;
        g->w->event = &e;
        if (r == 0)
            tell(g->w, v);
        g->w->event = NULL;
    }
    return 0;
}

static int remember(struct watch *w, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
    int64_t now = now_us(w) / 1000000, span = w->o.rules.find_time > GUARD_REMEMBERS ? w->o.rules.find_time : GUARD_REMEMBERS;
    struct again g = {.w = w, .a = a, .now = now};
    int r = diary_replay(w->diary, (now - span) * 1000000, show_again, forgive_again, &g, err);
    if (r == 0)
        r = diary_known(w->diary, now - w->o.rules.ban_time_max, know_again, &g, err);
    return r < 0 ? r : tell_untold(&g, err);
}

int watch_begin(struct watch *w, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(256u << 20);
    struct positions p = {0};
    struct journal_position j;
    struct feed_start s = {0};
    int r = positions_load(diary_store(w->diary), a, &p, err);
    int has = r == 0 ? positions_journal(diary_store(w->diary), "watch", a, &j, err) : r;
    if (has < 0)
        return has;
    s.known = p.files.v;
    s.known_n = p.files.n;
    s.read_until = p.read_until || !has ? p.read_until : j.seen_us; /* files that come later are no first start: they may hold what the journal had */
    s.journal = has ? &j : NULL;
    s.journal_since = now_us(w) / 1000000 - w->o.rules.find_time;
    s.since = s.read_until ? 0 : s.journal_since; /* many machines have nothing but the journal */
    r = remember(w, err);
    if (r == 0)
        r = feed_begin(w->feed, &s, err);
    if (r == 0)
        stir(w); /* what an earlier process kept may not have been told */
    return r;
}

/* --- saving */

static void want_save(struct watch *w, int64_t ms)
{
    int64_t at = clock_monotonic_ms() + ms;
    if (!w->again_ms && (!w->save_ms || at < w->save_ms))
        w->save_ms = at;
}

static void tidy(struct watch *w)
{
    w->tidy_ms = 0;
    (void)!store_tidy(diary_store(w->diary), NULL); /* a full disk is told by the next save; until then the log goes on */
}

static void save(struct watch *w)
{
    struct err err = {0};
    bool failing = w->again_ms;
    w->save_ms = 0;
    int r = diary_save(w->diary, w->feed, now_us(w) / 1000000, &err);
    if (r == 0 && w->saves == 0)
        (void)!store_sync(diary_store(w->diary), NULL); /* without any position it would be a first start again, which does not look for rotated files */
    if (r == 0) {
        w->saves++;
        w->verdicts = w->events = false;
        w->again_ms = 0;
        w->tidy_ms = store_wants_tidy(diary_store(w->diary), true) ? clock_monotonic_ms() + WATCH_TIDY_MS : 0;
        if (store_wants_tidy(diary_store(w->diary), false))
            tidy(w);
        if (failing && w->o.news)
            w->o.news(w->o.news_arg, _("what was seen is kept again"));
        if (failing || w->stirs)
            stir(w);
        w->stirs = false;
        return;
    }
    if (!failing)
        stir(w);
    if (!failing && w->o.news) {
        w->o.news(w->o.news_arg, err.text);
        w->o.news(w->o.news_arg, _("what is seen cannot be kept for now; everything goes on in memory"));
    }
    w->again_ms = !failing ? WATCH_AGAIN_MS : w->again_ms * 2 > WATCH_AGAIN_LAST_MS ? WATCH_AGAIN_LAST_MS : w->again_ms * 2;
    w->save_ms = clock_monotonic_ms() + w->again_ms;
}

void watch_free(struct watch *w)
{
    if (!w)
        return;
    if (w->diary && w->feed && (diary_pending(w->diary) || feed_pending(w->feed)))
        save(w);
    feed_free(w->feed);
    canaries_free(&w->canaries);
    diary_free(w->diary);
    guard_free(w->guard);
    free(w);
}

/* --- for the loop */

int watch_fds(struct watch *w, int ret[3]) { return feed_fds(w->feed, ret); }
void watch_woken(struct watch *w) { feed_woken(w->feed); }

static int sooner(int a, int b) { return a < 0 ? b : b < 0 ? a : a < b ? a : b; }

int watch_timeout(const struct watch *w)
{
    int64_t now = clock_monotonic_ms();
    int left = !w->save_ms ? -1 : w->save_ms > now ? (int)(w->save_ms - now) : 0;
    int tidying = !w->tidy_ms ? -1 : w->tidy_ms > now ? (int)(w->tidy_ms - now) : 0;
    return sooner(sooner(sooner(feed_timeout(w->feed), left), tidying), sender_timeout(&w->sender, now));
}

/* The first of several in a row is news. */
static void failed_since(const struct watch *w, uint64_t before)
{
    if (!before && w->sender.failures)
        stir(w);
}

/* Nothing has to be kept for it: who asks is told how it is now. */
static void tell_health(struct watch *w)
{
    if (feed_health_changes(w->feed) == w->health_changes)
        return;
    w->health_changes = feed_health_changes(w->feed);
    stir(w);
}

int watch_turn(struct watch *w, struct err *err)
{
    int r = feed_turn(w->feed, now_us(w), take, w, err);
    tell_health(w);
    if (r < 0)
        return r;
    int64_t ms = clock_monotonic_ms();
    uint64_t failures = w->sender.failures;
    bool spent = sender_spent(&w->sender);
    sender_go(&w->sender, now_us(w) / 1000000, ms);
    failed_since(w, failures);
    if (spent != sender_spent(&w->sender))
        stir(w);
    if (w->verdicts && !w->again_ms)
        save(w);
    else if (w->events || diary_pending(w->diary))
        want_save(w, WATCH_SAVE_MS);
    else if (feed_pending(w->feed))
        want_save(w, WATCH_SAVE_IDLE_MS);
    if (w->save_ms && w->save_ms <= ms)
        save(w);
    else if (w->tidy_ms && w->tidy_ms <= ms)
        tidy(w);
    return r;
}

void watch_answer(struct watch *w, const char *id, const char *refused)
{
    bool failed = w->sender.failures;
    if (!sender_answer(&w->sender, id, refused))
        return;
    struct canary *c = canary_by_id(&w->canaries, id);
    if (c) {
        c->answered_us = now_us(w);
        c->state = refused ? POST_REFUSED : POST_DONE;
        snprintf(c->reason, sizeof c->reason, "%s", refused ? refused : "");
    }
    w->stirs |= refused && !c;
    if (failed)
        stir(w);
    want_save(w, WATCH_SAVE_MS);
}

void watch_failed(struct watch *w, const char *id)
{
    uint64_t before = w->sender.failures;
    sender_failed(&w->sender, id, clock_monotonic_ms());
    failed_since(w, before);
}

int watch_save(struct watch *w, struct err *err)
{
    if (diary_pending(w->diary))
        save(w);
    return w->again_ms ? err_set(err, -EIO, "%s", _("what is seen cannot be kept for now; everything goes on in memory")) : 0;
}

void watch_lost(struct watch *w)
{
    uint64_t before = w->sender.failures;
    sender_lost(&w->sender, clock_monotonic_ms());
    failed_since(w, before);
}

int watch_forgive(struct watch *w, const struct prefix *who, size_t *ret_sources, struct err *err)
{
    *ret_sources = guard_forgive(w->guard, who, now_us(w) / 1000000);
    for (struct post *p = diary_posts(w->diary); p; p = p->next)
        if (p->flying && prefix_overlaps(who, &p->who))
            w->sender.flying--;
    return diary_forgive(w->diary, w->feed, who, now_us(w), err);
}

int watch_canary(struct watch *w, const struct addr *a, int64_t seconds, const struct canary **ret, struct err *err)
{
    int r = seconds > 0 ? canary_put(&w->canaries, a, now_us(w), seconds, err) : 0;
    if (seconds < 0)
        canary_drop(&w->canaries, a);
    if (r == 0)
        *ret = canary_find(&w->canaries, a, now_us(w));
    return r;
}

void watch_status(const struct watch *w, struct watch_status *ret)
{
    struct watch_status s = {.since = w->since, .events = w->seen, .probes = w->probes, .saves = w->saves, .canaries = w->decided, .diary = diary_counts(w->diary), .guard = guard_counts(w->guard),
                             .observe = w->o.observe, .send_failures = w->sender.failures, .beyond = sender_beyond(&w->sender)};
    s.sources_n = feed_sources(w->feed, &s.sources);
    for (size_t i = 0; i < s.sources_n; i++) {
        s.lines += s.sources[i].lines;
        s.unparsed += s.sources[i].unparsed;
        s.silent += s.sources[i].silent;
    }
    for (size_t i = 0; i < s.sources_n; i++)
        s.lag_us = s.sources[i].lag_us > s.lag_us ? s.sources[i].lag_us : s.lag_us;
    s.followed = feed_follow(w->feed) ? follow_counts(feed_follow(w->feed)).files : 0;
    *ret = s;
}

struct diary *watch_diary(struct watch *w) { return w->diary; }
