#include "guard/feed_parts.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "filter/regex.h"
#include "guard/login_event.h"
#include "log/news.h"
#include "log/services.h"
#include <errno.h>
#include <stdlib.h>

#define AT_ONCE (1u << 20)
#define ENTRIES_AT_ONCE 5000
#define SHORT_MS 5          /* journald says only every 250 ms that there is more: after something came it is asked more often, */
#define SHORT_FOR_MS 3000   /* for so long */
#define LINE_MAX_BYTES (2u << 20)
#define ARENA_MAX (64u << 20)
#define MINUTE_US 60000000ll
#define DAY_US (DAY * 1000000ll)

int feed_new(const struct feed_options *o, struct feed **ret, struct err *err)
{
    struct feed *f = calloc(1, sizeof *f);
    if (!f)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    f->o = *o;
    f->arena = arena_new(ARENA_MAX);
    f->turn = arena_new(ARENA_MAX);
    f->line = BUF(LINE_MAX_BYTES);
    int r = feed_make(f, err);
    if (r < 0)
        feed_free(f);
    else
        *ret = f;
    return r;
}

void feed_free(struct feed *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->groups.n; i++) {
        sieve_free(f->groups.v[i].sieve);
        free(f->groups.v[i].log);
    }
    follow_free(f->files);
    journal_stream_close(f->journal);
    free(f->waiting.v);
    buf_free(&f->line);
    arena_free(f->turn);
    arena_free(f->arena);
    free(f);
}

void feed_freep(struct feed **f) { feed_free(*f); }

int feed_seal(struct feed *f, struct err *err)
{
    for (size_t i = 0; i < f->groups.n; i++)
        sieve_ready(f->groups.v[i].sieve);
    return regex_seal(err);
}

int feed_begin(struct feed *f, const struct feed_start *s, struct err *err)
{
    f->since = s->since;
    f->drained_us = s->read_until;
    f->earlier = s->read_until > 0;
    struct follow_options fo = {.root = f->o.root, .patterns = f->patterns.v, .n = f->patterns.n, .known = s->known, .known_n = s->known_n, .read_until = s->read_until,
                                .back = s->read_until ? 0 : FEED_BACK, .back_since = s->since};
    struct journal_want jw = {.root = f->o.root, .matches = f->matches.v, .since_us = s->journal_since * 1000000, .after = s->journal, .fields = JOURNAL_LINE | JOURNAL_UNIT | JOURNAL_UID};
    int r = f->patterns.n ? follow_new(&fo, &f->files, err) : 0;
    if (r == 0 && f->matches.n)
        r = journal_stream_open(&jw, &f->journal, err);
    return r;
}

/* --- events of one turn */

static bool probes_name(struct str account)
{
    return str_starts(account, STR("bansho-probe-")) || str_starts(account, STR("bansho-nobody-"));
}

bool feed_is_documentation(const struct addr *a)
{
    static const char *const networks[] = {"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"};
    struct prefix p;
    for (size_t i = 0; i < ARRAY_SIZE(networks); i++)
        if (prefix_parse(str_of(networks[i]), true, &p) && prefix_has(&p, a))
            return true;
    return false;
}

/* Our probes ask from the machine itself, or from documentation networks (dialogue/stranger.h), from which nobody comes over the Internet: a stranger who uses
   their names from elsewhere is counted like any other. */
static bool probes_place(const struct feed *f, const struct addr *a)
{
    if (feed_is_documentation(a))
        return true;
    for (size_t i = 0; i < f->o.rules->never_n; i++)
        if (prefix_has(&f->o.rules->never[i], a))
            return true;
    return false;
}

static void wait_turn(struct feed *f, struct feed_event e)
{
    if (f->waiting.n == f->waiting.cap) {
        size_t cap = f->waiting.cap ? 2 * f->waiting.cap : 64;
        struct feed_waiting *v = realloc(f->waiting.v, cap * sizeof *v);
        if (!v)
            return;
        f->waiting.v = v;
        f->waiting.cap = cap;
    }
    e.event.account = str_span(arena_dup(f->turn, e.event.account), e.event.account.n);
    e.event.time = e.time_us / 1000000;
    e.probe = e.event.addressed && probes_name(e.event.account) && probes_place(f, &e.event.address);
    f->waiting.v[f->waiting.n] = (struct feed_waiting){e, f->waiting.n};
    f->waiting.n++;
}

static int by_time(const void *a, const void *b)
{
    const struct feed_waiting *x = a, *y = b;
    return x->e.time_us != y->e.time_us ? (x->e.time_us < y->e.time_us ? -1 : 1) : x->seq < y->seq ? -1 : 1;
}

static void tell(struct feed *f, feed_fn *fn, void *arg)
{
    if (f->waiting.n > 1)
        qsort(f->waiting.v, f->waiting.n, sizeof *f->waiting.v, by_time);
    for (size_t i = 0; i < f->waiting.n; i++)
        fn(arg, &f->waiting.v[i].e);
    f->waiting.n = 0;
    arena_reset(f->turn);
}

static void news(struct feed *f, const char *text)
{
    if (text && f->o.news)
        f->o.news(f->o.news_arg, text);
}

/* --- files */

static int64_t time_of(const struct feed *f, const struct matcher_event *m, int64_t now_us)
{
    int64_t t = m->timed ? m->time_us : now_us;
    bool early = t < f->drained_us - MINUTE_US && t > f->drained_us - DAY_US - MINUTE_US, late = t > now_us + MINUTE_US;
    return early || late ? now_us : t;
}

static void take_found(struct feed *f, const struct feed_group *g, size_t filter, const struct matcher_event *m, const char *log, int64_t time_us, int64_t now_us)
{
    struct feed_event e = {.time_us = time_us, .read_us = now_us, .kind = m->kind, .source = g->source, .filter = f->o.filters[g->filters[filter]].name, .log = log};
    if (!login_event_of(f->o.rules, sieve_matcher(g->sieve, filter), m, &e.event) || time_us / 1000000 < f->since)
        return;
    struct feed_source *s = &f->sources.v[g->source];
    s->events++;
    s->undated += !m->timed;
    s->lag_us = now_us - time_us;
    if (e.event.hidden && !f->hidden)
        news(f, _("a failed or successful login came through a proxy of guard.trusted-proxies, and the log does not say from where: such ones count for nobody. Let the web server log the client's address, or "
                  "X-Forwarded-For (bansho.conf(5))"));
    f->hidden |= e.event.hidden;
    wait_turn(f, e);
}

/* Lines of one log belong together, those of another one do not. */
static void turn_to(struct feed_group *g, const char *log)
{
    if (g->log && strcmp(g->log, log) == 0)
        return;
    if (g->log)
        sieve_restart(g->sieve);
    free(g->log);
    g->log = strdup(log);
}

static void take_block(struct feed *f, const struct follow_item *item, int64_t now_us)
{
    struct feed_group *g = &f->groups.v[f->group_of.v[item->pattern]];
    struct str rest = item->text, line;
    const char *log = NULL;
    bool glances = feed_glances(f, g->services);
    turn_to(g, item->log);
    sieve_block(g->sieve, rest);
    while (str_line(&rest, &line)) {
        struct matcher_event m;
        size_t filter;
        f->sources.v[g->source].lines++;
        enum matcher_result r = sieve_line(g->sieve, line, NULL, now_us / 1000000, &filter, &m);
        if (r != MATCHER_MISSED)
            feed_understood(f, g->knows[filter], now_us);
        else if (glances)
            feed_missed(f, g->services, line);
        if (r != MATCHER_FOUND)
            continue;
        log = log ? log : arena_dupz(f->turn, item->log);
        take_found(f, g, filter, &m, log, time_of(f, &m, now_us), now_us);
    }
    f->sources.v[g->source].read_us = now_us;
    pace_come(&f->sources.v[g->source].pace, f->ms);
}

static bool take_files(struct feed *f, int64_t now_us, bool *any)
{
    struct follow_item item;
    size_t bytes = 0;
    while (f->files && bytes < AT_ONCE) {
        if (follow_next(f->files, &item) <= 0)
            return false;
        *any = true;
        bytes += item.text.n;
        if (item.kind == FOLLOW_LINES)
            take_block(f, &item, now_us);
        else
            news(f, follow_news(&item, f->turn));
    }
    return f->files;
}

/* --- the journal */

static void take_entry(struct feed *f, const struct journal_entry *e, int64_t now_us)
{
    if (e->by_user)
        return;
    buf_reset(&f->line);
    journal_line(e, &f->line);
    buf_addc(&f->line, '\n');
    struct str line = buf_str(&f->line);
    for (size_t i = 0; i < f->sources.n; i++) {
        struct matcher_event m;
        size_t filter;
        const struct log_service *s = f->sources.v[i].service;
        if (f->journal_group[i] == SIZE_MAX || !log_service_wrote(s, e->unit, e->identifier))
            continue;
        struct feed_group *g = &f->groups.v[f->journal_group[i]];
        f->sources.v[i].lines++;
        f->sources.v[i].read_us = now_us;
        pace_come(&f->sources.v[i].pace, f->ms);
        sieve_block(g->sieve, line);
        enum matcher_result r = sieve_line(g->sieve, str_span(line.p, line.n - 1), &e->time_us, e->time_us / 1000000, &filter, &m);
        if (r != MATCHER_MISSED)
            feed_understood(f, g->knows[filter], now_us);
        else if (feed_glances(f, 1u << i))
            feed_missed_entry(f, i, e);
        if (r != MATCHER_FOUND)
            continue;
        take_found(f, g, filter, &m, "journal", e->time_us, now_us);
        return;
    }
}

static int take_journal(struct feed *f, int64_t now_us, bool *any, struct err *err)
{
    struct journal_entry e;
    int r = 0;
    for (unsigned n = 0; f->journal && n < ENTRIES_AT_ONCE; n++) {
        r = journal_stream_next(f->journal, &e, err);
        if (r <= 0)
            return r;
        *any = f->journal_moved = true;
        if (e.kind == JOURNAL_ENTRY)
            take_entry(f, &e, now_us);
        else
            news(f, journal_news(&e, f->turn));
    }
    return f->journal != NULL;
}

/* --- for the loop */

int feed_fds(struct feed *f, int ret[3])
{
    int n = f->journal ? journal_stream_wait_fds(f->journal, ret) : 0;
    if (n >= 0 && f->files)
        ret[n++] = follow_fd(f->files);
    return n;
}

void feed_woken(struct feed *f)
{
    if (f->journal)
        journal_stream_woken(f->journal);
}

int feed_timeout(const struct feed *f)
{
    int own = f->files ? follow_timeout(f->files) : -1;
    int64_t left = f->judge_ms - feed_ms(f);
    int judge = !f->judge_ms ? -1 : left < 0 ? 0 : left > DAY * 1000 ? DAY * 1000 : (int)left;
    own = own < 0 || (judge >= 0 && judge < own) ? judge : own;
    if (f->journal && clock_monotonic_ms() < f->short_until_ms)
        return own >= 0 && own < SHORT_MS ? own : SHORT_MS;
    return own;
}

int feed_turn(struct feed *f, int64_t now_us, feed_fn *fn, void *arg, struct err *err)
{
    f->ms = feed_ms(f);
    bool any = false, more = take_files(f, now_us, &any);
    int r = take_journal(f, now_us, &any, err);
    size_t found = f->waiting.n;
    tell(f, fn, arg);
    feed_judge(f);
    if (r < 0)
        return r;
    if (!more)
        f->drained_us = now_us;
    if (found)
        f->short_until_ms = clock_monotonic_ms() + SHORT_FOR_MS;
    return more || r > 0;
}

struct follow *feed_follow(struct feed *f) { return f->files; }

bool feed_journal_position(const struct feed *f, struct journal_position *ret)
{
    if (f->journal)
        journal_stream_position(f->journal, ret);
    return f->journal != NULL;
}

bool feed_pending(const struct feed *f) { return f->journal_moved || (f->files && follow_pending(f->files)); }

void feed_done(struct feed *f)
{
    f->journal_moved = false;
    if (f->files)
        follow_done(f->files);
}

uint64_t feed_health_changes(const struct feed *f) { return f->health_changes; }

size_t feed_sources(const struct feed *f, const struct feed_source **ret)
{
    *ret = f->sources.v;
    return f->sources.n;
}
