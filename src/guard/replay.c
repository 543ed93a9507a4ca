#include "guard/replay.h"
#include "base/cursor.h"
#include "base/i18n.h"
#include "base/worker.h"
#include "filter/sieve.h"
#include "guard/replay_journal.h"
#include "log/journal.h"
#include "log/lines.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUT_MAX (64u << 20)
#define TIMEOUT_MS 3600000
#define NUMBERS 12 /* of put_end */
#define ACCOUNT_MAX 256

/* One log: its files one after the other, or the journal's entries of one service, with matchers of its own (a filter remembers dates and connections). The next event waits until it is its turn. */
struct stream {
    const size_t *files;       /* indexes, oldest first */
    size_t n, at;
    struct lines *lines;       /* of files[at]; NULL: not open yet */
    struct str block;
    struct replay_journal *journal; /* instead of files */
    struct sieve *sieve;       /* its filters: all, or those that are for this journal */
    int64_t time;              /* the last that was told */
    bool waiting;
    struct guard_event event;
    char account[ACCOUNT_MAX];
    size_t filter;
    uint64_t line;
};

struct reader {
    const struct replay_options *o;
    struct arena *arena;
    LIST(struct stream) streams;
    struct replay_seen *seen;
    struct guard *guard;
    struct stream *turn;       /* whose event is told */
    struct replay_losses lost;
    struct buf *out;
    uint64_t told, untold, names;
    int64_t from, to;
};

static int by_change(const void *a, const void *b, void *files)
{
    const struct replay_file *f = files, *x = &f[*(const size_t *)a], *y = &f[*(const size_t *)b];
    return x->changed != y->changed ? (x->changed < y->changed ? -1 : 1) : strcmp(x->name, y->name);
}

/* Of other kinds nothing follows here (take_event). */
#define KINDS_COUNTED (1u << EVENT_LOGIN_FAILED | 1u << EVENT_LOGIN_OK | 1u << EVENT_MAIL_ACCEPTED)

/* All filters are for a log; those of a service for its part of the journal. */
static int make_sieve(const struct replay_options *o, struct arena *a, struct stream *s, struct err *err)
{
    struct matcher_options m = {.today = o->now, .journal = s->journal, .counts_only = true, .kinds = KINDS_COUNTED};
    LIST(struct filter_definition) some = {0};
    for (size_t i = 0; s->journal && i < s->journal->filters.n; i++)
        *list_push(a, &some) = o->journal_filters.v[s->journal->filters.v[i]];
    return s->journal ? sieve_new(some.v, some.n, &m, SIEVE_USUAL, &s->sieve, err) : sieve_new(o->filters.v, o->filters.n, &m, SIEVE_USUAL, &s->sieve, err);
}

/* Groups the files by the log they belong to. */
static int make_streams(struct reader *r, struct err *err)
{
    const struct replay_options *o = r->o;
    bool *placed = arena_zalloc(r->arena, o->files.n + 1);
    for (size_t i = 0; i < o->files.n; i++) {
        if (placed[i])
            continue;
        size_t *files = arena_zalloc(r->arena, o->files.n * sizeof *files), n = 0;
        for (size_t k = i; k < o->files.n; k++)
            if (strcmp(o->files.v[k].log, o->files.v[i].log) == 0) {
                files[n++] = k;
                placed[k] = true;
            }
        qsort_r(files, n, sizeof *files, by_change, o->files.v);
        struct stream s = {.files = files, .n = n};
        int e = make_sieve(o, r->arena, &s, err);
        *list_push(r->arena, &r->streams) = s;
        if (e < 0)
            return e;
    }
    return 0;
}

/* The journal, once for each service. */
static int make_journals(struct reader *r, struct err *err)
{
    struct replay_journals all = {0};
    replay_journals_make(r->o, r->arena, &all);
    for (size_t i = 0; i < all.n; i++) {
        struct stream s = {.journal = all.v[i]};
        int e = make_sieve(r->o, r->arena, &s, err);
        *list_push(r->arena, &r->streams) = s;
        if (e < 0)
            return e;
    }
    return 0;
}

static void free_streams(struct reader *r)
{
    for (size_t i = 0; i < r->streams.n; i++) {
        sieve_free(r->streams.v[i].sieve);
        replay_journal_free(r->streams.v[i].journal);
    }
}

static size_t places(const struct replay_options *o) { return o->files.n + (o->journal != NULL); }
static const char *place_name(const struct replay_options *o, size_t i) { return i < o->files.n ? o->files.v[i].name : "journal"; }

/* Which of `seen` is read now. */
static size_t place_of(const struct reader *r, const struct stream *s) { return s->journal ? r->o->files.n : s->files[s->at]; }

/* The next line of the log, over the ends of its files. What goes wrong with one is written down, and the next is read. */
static bool next_line(struct reader *r, struct stream *s, struct str *ret)
{
    struct err err = {0};
    if (s->journal && replay_journal_next(s->journal, r->arena, &r->seen[r->o->files.n], &r->lost, ret)) {
        sieve_block(s->sieve, *ret);
        return true;
    }
    for (; s->at < s->n; s->at++) {
        const struct replay_file *f = &r->o->files.v[s->files[s->at]];
        struct replay_seen *seen = &r->seen[s->files[s->at]];
        int e = s->lines ? 0 : lines_open(f->fd, f->name, &s->lines, &err);
        if (e == 0 && !s->block.n && (e = lines_block(s->lines, &s->block, &err)) > 0)
            sieve_block(s->sieve, s->block);
        if (e >= 0 && s->block.n && str_line(&s->block, ret)) {
            seen->lines++;
            return true;
        }
        if (e < 0)
            seen->fault = arena_dupz(r->arena, err.text);
        if (s->lines)
            seen->cut = lines_health(s->lines).cut;
        lines_close(s->lines);
        s->lines = NULL;
        s->block = (struct str){0};
    }
    return false;
}

/* Of other kinds than logins nothing follows here. fail2ban's filters know failures only, whatever they are. */
static bool take_event(struct reader *r, struct stream *s, size_t filter, const struct matcher_event *m)
{
    bool sent = m->kind == EVENT_MAIL_ACCEPTED && m->user.n && m->host.n; /* mail servers tell a login that succeeded with the first message only */
    if (m->kind != EVENT_LOGIN_FAILED && m->kind != EVENT_LOGIN_OK && !sent)
        return false;
    struct replay_seen *seen = &r->seen[place_of(r, s)];
    struct str user = m->user.p ? m->user : STR("");
    seen->found++;
    s->time = m->timed ? m->time_us / 1000000 : s->time;
    s->event = (struct guard_event){.time = s->time, .attempts = m->attempts, .success = m->kind != EVENT_LOGIN_FAILED};
    s->event.addressed = addr_parse(m->host, &s->event.address);
    r->names += !s->event.addressed && m->host.n && !s->event.success;
    size_t n = user.n < sizeof s->account ? user.n : sizeof s->account;
    memcpy(s->account, user.p, n);
    s->event.account = str_span(s->account, n);
    s->filter = filter;
    s->line = s->journal ? 0 : seen->lines;
    seen->timeless += !s->time;
    return s->time && s->time >= r->o->since;
}

/* Reads until there is an event. */
static void advance(struct reader *r, struct stream *s)
{
    struct str line;
    struct matcher_event m;
    size_t filter;
    s->waiting = false;
    while (!s->waiting && next_line(r, s, &line)) {
        const int64_t *time_us = s->journal ? &s->journal->entry.time_us : NULL;
        if (sieve_line(s->sieve, line, time_us, time_us ? *time_us / 1000000 : r->o->now, &filter, &m) == MATCHER_FOUND)
            s->waiting = take_event(r, s, s->journal ? s->journal->filters.v[filter] : filter, &m);
    }
}

static void tell(void *arg, const struct verdict *v)
{
    struct reader *r = arg;
    char who[ADDR_TEXT + 4];
    if (r->told >= REPLAY_VERDICTS || r->out->n > OUTPUT_MAX / 2) {
        r->untold++;
        return;
    }
    r->told++;
    buf_put_u32(r->out, v->kind);
    buf_put_u32(r->out, v->looks);
    buf_put_u64(r->out, (uint64_t)v->time);
    buf_put_u64(r->out, (uint64_t)v->until);
    buf_put_z(r->out, prefix_text(&v->who, who));
    buf_put_str(r->out, v->account.p ? v->account : STR(""));
    buf_put_u32(r->out, v->count);
    buf_put_u32(r->out, v->times);
    buf_put_u32(r->out, (uint32_t)r->turn->filter);
    buf_put_u32(r->out, (uint32_t)place_of(r, r->turn));
    buf_put_u64(r->out, r->turn->line);
}

static void put_end(struct reader *r, struct buf *out)
{
    struct guard_counts c = guard_counts(r->guard);
    uint64_t given_up = 0;
    for (size_t i = 0; i < r->streams.n; i++)
        for (size_t k = 0; k < r->o->filters.n; k++)
            given_up += k < sieve_filters(r->streams.v[i].sieve) ? matcher_counts(sieve_matcher(r->streams.v[i].sieve, k)).limits : 0;
    const uint64_t numbers[NUMBERS] = {r->untold, r->names, given_up, (uint64_t)r->from, (uint64_t)r->to, c.failures, c.successes, c.unaddressed, c.after, c.lost, c.sources, c.bytes};
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        buf_put_u64(out, numbers[i]);
    for (size_t i = 0; i < places(r->o); i++) {
        const struct replay_seen *s = &r->seen[i];
        buf_put_z(out, s->fault);
        buf_put_u64(out, s->lines);
        buf_put_u64(out, s->found);
        buf_put_u64(out, s->timeless);
        buf_put_u64(out, s->cut);
    }
    buf_put_u32(out, (uint32_t)r->lost.n);
    for (size_t i = 0; i < r->lost.n; i++) {
        buf_put_z(out, r->lost.v[i].unit);
        buf_put_u64(out, r->lost.v[i].messages);
    }
}

/* Whose event comes next: the earliest. */
static struct stream *next_turn(struct reader *r)
{
    struct stream *first = NULL;
    for (size_t i = 0; i < r->streams.n; i++) {
        struct stream *s = &r->streams.v[i];
        if (s->waiting && (!first || s->event.time < first->event.time))
            first = s;
    }
    return first;
}

/* In the confined child. The verdicts come first, their number behind them. */
static int read_all(void *arg, struct buf *out)
{
    struct reader *r = arg;
    struct buf verdicts = BUF(OUTPUT_MAX);
    r->out = &verdicts;
    for (size_t i = 0; i < r->streams.n; i++)
        advance(r, &r->streams.v[i]);
    while ((r->turn = next_turn(r))) {
        r->from = r->from && r->from < r->turn->event.time ? r->from : r->turn->event.time;
        r->to = r->turn->event.time > r->to ? r->turn->event.time : r->to;
        guard_event(r->guard, &r->turn->event, tell, r);
        advance(r, r->turn);
    }
    put_end(r, out);
    buf_put_u64(out, r->told);
    buf_adds(out, buf_str(&verdicts));
    buf_free(&verdicts);
    return 0;
}

static struct replay_verdict get_verdict(struct cursor *c, const struct replay_options *o, struct arena *a)
{
    struct replay_verdict v = {.v = {.kind = cursor_below(c, VERDICT_SPARED + 1), .looks = cursor_below(c, LOOKS_PROTECTED + 1)}};
    v.v.time = (int64_t)cursor_u64(c);
    v.v.until = (int64_t)cursor_u64(c);
    c->bad |= !prefix_parse(cursor_str(c), true, &v.v.who);
    v.v.account = str_of(arena_dup(a, cursor_str(c)));
    v.v.count = cursor_u32(c);
    v.v.times = cursor_u32(c);
    uint32_t filter = cursor_below(c, (uint32_t)o->filters.n), file = cursor_below(c, (uint32_t)places(o));
    v.filter = c->bad ? "" : o->filters.v[filter].name;
    v.file = c->bad ? "" : place_name(o, file);
    v.line = cursor_u64(c);
    return v;
}

static int get_all(struct str bytes, const struct replay_options *o, struct arena *a, struct replay *ret)
{
    struct cursor c = cursor_of(bytes);
    uint64_t v[NUMBERS];
    for (size_t i = 0; i < NUMBERS; i++)
        v[i] = cursor_u64(&c);
    struct replay got = {.untold = v[0], .names = v[1], .given_up = v[2], .from = (int64_t)v[3], .to = (int64_t)v[4]};
    got.counts = (struct guard_counts){.failures = v[5], .successes = v[6], .unaddressed = v[7], .after = v[8], .lost = v[9], .sources = v[10], .bytes = v[11]};
    for (size_t i = 0; i < places(o) && !c.bad; i++) {
        struct replay_seen s = {.name = place_name(o, i)};
        struct str fault = cursor_str(&c);
        s.fault = fault.p ? arena_dup(a, fault) : NULL;
        s.lines = cursor_u64(&c);
        s.found = cursor_u64(&c);
        s.timeless = cursor_u64(&c);
        s.cut = cursor_u64(&c);
        *list_push(a, &got.seen) = s;
    }
    uint32_t lost = cursor_below(&c, REPLAY_LOST + 1);
    for (uint32_t i = 0; i < lost && !c.bad; i++) {
        struct replay_lost l = {.unit = arena_dup(a, cursor_str(&c))};
        l.messages = cursor_u64(&c);
        *list_push(a, &got.lost) = l;
    }
    uint64_t n = cursor_u64(&c);
    for (uint64_t i = 0; i < n && i <= REPLAY_VERDICTS && !c.bad; i++)
        *list_push(a, &got.verdicts) = get_verdict(&c, o, a);
    if (c.bad || c.rest.n)
        return -EBADMSG;
    *ret = got;
    return 0;
}

/* The child reads through our own descriptors: where it is in them shows here. What is no file has no length. */
static void how_far(void *arg)
{
    const struct replay_options *o = arg;
    uint64_t done = 0, total = 0;
    for (size_t i = 0; i < o->files.n; i++) {
        struct stat st;
        off_t at = lseek(o->files.v[i].fd, 0, SEEK_CUR);
        if (at < 0 || fstat(o->files.v[i].fd, &st) < 0 || !S_ISREG(st.st_mode))
            continue;
        done += (uint64_t)at;
        total += (uint64_t)st.st_size;
    }
    o->progress(o->progress_arg, done < total ? done : total, total);
}

int replay_run(const struct replay_options *o, struct arena *a, struct replay *ret, struct err *err)
{
    struct reader r = {.o = o, .arena = a, .seen = arena_zalloc(a, (places(o) + 1) * sizeof(struct replay_seen)), .guard = guard_new(&o->rules)};
    struct worker_options w = {.kind = WORKER_FILES, .timeout_ms = o->timeout_ms ? o->timeout_ms : TIMEOUT_MS, .max_output = OUTPUT_MAX,
                               .waiting = o->progress ? how_far : NULL, .waiting_arg = (void *)(uintptr_t)o};
    _cleanup_(buf_free) struct buf out = BUF(OUTPUT_MAX);
    int e = r.guard ? lines_prepare(err) : err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    if (e == 0)
        e = make_streams(&r, err);
    if (e == 0 && o->journal)
        e = make_journals(&r, err);
    if (o->journal)
        journal_prepare();
    if (e == 0)
        e = worker_run(&w, read_all, &r, &out, err);
    if (e == 0 && get_all(buf_str(&out), o, a, ret) < 0)
        e = err_set(err, -EBADMSG, "%s", _("the reader of the logs gave a broken answer"));
    free_streams(&r);
    guard_free(r.guard);
    return e;
}
