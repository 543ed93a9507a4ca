#include "guard/replay.h"
#include "base/cursor.h"
#include "base/i18n.h"
#include "base/worker.h"
#include "filter/regex.h"
#include "filter/sieve.h"
#include "guard/login_event.h"
#include "guard/replay_health.h"
#include "guard/replay_journal.h"
#include "log/journal.h"
#include "log/lines.h"
#include "log/timeline.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUT_MAX (64u << 20)
#define TIMEOUT_MS 3600000
#define NUMBERS 12 /* of put_end */
#define EVENTS_MEMORY (8u << 20) /* of events that wait for their turn; more wait in a file */

/* One log: its files one after the other, or the journal's entries of one service. */
struct stream {
    const size_t *files;       /* indexes, oldest first */
    size_t n, at;
    struct lines *lines;       /* of files[at]; NULL: not open yet */
    struct str block, whole;   /* what of a block is still to be read; all of it */
    struct replay_health health;
    struct replay_journal *journal; /* instead of files */
    struct sieve *sieve;       /* of a journal: its own filters; NULL: the one that all files are read with, one after the other */
    int64_t time;              /* the last that was told */
};

/* An event on its way; the account's bytes follow it where it waits for its turn. */
struct happening {
    struct guard_event event;
    size_t filter, place;
    uint64_t line;
};

struct reader {
    const struct replay_options *o;
    struct arena *arena;
    LIST(struct stream) streams;
    struct replay_seen *seen;
    struct sieve *sieve;       /* of all filters, for files */
    struct timeline *timeline; /* the events of several streams, each read from its beginning to its end; NULL: there is one */
    int spill;
    int error;                 /* of the timeline */
    struct guard *guard;
    const struct happening *turn; /* what is told */
    struct replay_losses lost;
    struct buf *out;
    uint32_t *services;        /* of each filter: replay_health_of */
    uint64_t told, untold, names;
    int64_t from, to;
};

static int by_change(const void *a, const void *b, void *files)
{
    const struct replay_file *f = files, *x = &f[*(const size_t *)a], *y = &f[*(const size_t *)b];
    return x->changed != y->changed ? (x->changed < y->changed ? -1 : 1) : strcmp(x->name, y->name);
}

static void ask_health(struct reader *r)
{
    const struct replay_options *o = r->o;
    r->services = arena_zalloc(r->arena, (o->filters.n + 1) * sizeof *r->services);
    for (size_t i = 0; i < o->filters.n; i++)
        r->services[i] = replay_health_of(o->filters.v[i].name);
    for (size_t i = 0; i < r->streams.n; i++) {
        struct stream *s = &r->streams.v[i];
        for (size_t k = 0; k < (s->journal ? s->journal->filters.n : o->filters.n); k++)
            s->health.asked |= r->services[s->journal ? s->journal->filters.v[k] : k];
        s->health.own = s->journal ? NULL : replay_health_own(o->files.v[s->files[0]].log);
    }
}

static struct matcher_options matching(const struct replay_options *o, bool journal)
{
    return (struct matcher_options){.today = o->now, .journal = journal, .counts_only = true, .uncounted = true, .kinds = LOGIN_EVENT_KINDS};
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
        *list_push(r->arena, &r->streams) = (struct stream){.files = files, .n = n};
    }
    struct matcher_options m = matching(o, false);
    return o->files.n ? sieve_new(o->filters.v, o->filters.n, &m, SIEVE_USUAL, &r->sieve, err) : 0;
}

/* The journal, once for each service. */
static int make_journals(struct reader *r, struct err *err)
{
    struct replay_journals all = {0};
    replay_journals_make(r->o, r->arena, &all);
    struct matcher_options m = matching(r->o, true);
    int e = 0;
    for (size_t i = 0; e == 0 && i < all.n; i++) {
        struct stream *s = list_push(r->arena, &r->streams);
        LIST(struct filter_definition) some = {0};
        *s = (struct stream){.journal = all.v[i]};
        for (size_t k = 0; k < s->journal->filters.n; k++)
            *list_push(r->arena, &some) = r->o->journal_filters.v[s->journal->filters.v[k]];
        e = sieve_new(some.v, some.n, &m, SIEVE_USUAL, &s->sieve, err);
    }
    return e;
}

static void free_streams(struct reader *r)
{
    for (size_t i = 0; i < r->streams.n; i++) {
        sieve_free(r->streams.v[i].sieve);
        replay_journal_free(r->streams.v[i].journal);
    }
    sieve_free(r->sieve);
}

static size_t places(const struct replay_options *o) { return o->files.n + (o->journal != NULL); }
static const char *place_name(const struct replay_options *o, size_t i) { return i < o->files.n ? o->files.v[i].name : "journal"; }

/* Which of `seen` is read now. */
static size_t place_of(const struct reader *r, const struct stream *s) { return s->journal ? r->o->files.n : s->files[s->at]; }

/* The next entry of the journal in which a filter finds something. */
static bool next_of_journal(struct reader *r, struct stream *s, size_t *ret_filter, struct matcher_event *ret)
{
    struct str line;
    while (replay_journal_next(s->journal, r->arena, &r->seen[r->o->files.n], &r->lost, &line)) {
        const int64_t *time_us = &s->journal->entry.time_us;
        sieve_block(s->sieve, line);
        enum matcher_result result = sieve_line(s->sieve, line, time_us, *time_us / 1000000, ret_filter, ret);
        if (result == MATCHER_MISSED)
            replay_health_line(&s->health, line);
        else
            s->health.understood |= r->services[s->journal->filters.v[*ret_filter]];
        if (result == MATCHER_FOUND)
            return true;
    }
    return false;
}

/* The rest of the file up to the next line in which a filter finds something. false: it ends before; its fault is written down. */
static bool next_of_file(struct reader *r, struct stream *s, size_t *ret_filter, struct matcher_event *ret)
{
    struct err err = {0};
    const struct replay_file *f = &r->o->files.v[s->files[s->at]];
    struct replay_seen *seen = &r->seen[s->files[s->at]];
    int e = s->lines ? 1 : lines_open(f->fd, f->name, &s->lines, &err);
    while (e >= 0) {
        enum matcher_result result = MATCHER_MISSED;
        while (result != MATCHER_FOUND && s->block.n) {
            result = sieve_next(r->sieve, &s->block, r->o->now, &seen->lines, ret_filter, ret);
            if (result != MATCHER_MISSED)
                s->health.understood |= r->services[*ret_filter];
        }
        if (result == MATCHER_FOUND)
            return true;
        replay_health_block(&s->health, s->whole);
        s->whole = (struct str){0};
        if ((e = lines_block(s->lines, &s->block, &err)) <= 0)
            break;
        s->whole = s->block;
        sieve_block(r->sieve, s->block);
    }
    if (e < 0)
        seen->fault = arena_dupz(r->arena, err.text);
    if (s->lines)
        seen->cut = lines_health(s->lines).cut;
    lines_close(s->lines);
    s->lines = NULL;
    s->block = (struct str){0};
    return false;
}

/* The same over the ends of the log's files: what goes wrong with one of them does not keep the next from being read. */
static bool next_of_files(struct reader *r, struct stream *s, size_t *ret_filter, struct matcher_event *ret)
{
    for (; s->at < s->n; s->at++)
        if (next_of_file(r, s, ret_filter, ret))
            return true;
    return false;
}

static bool take_event(struct reader *r, struct stream *s, const struct matcher *of, size_t filter, const struct matcher_event *m, struct happening *ret)
{
    struct guard_event e;
    if (!login_event_of(&r->o->rules, of, m, &e))
        return false;
    struct replay_seen *seen = &r->seen[place_of(r, s)];
    seen->found++;
    e.time = s->time = m->timed ? m->time_us / 1000000 : s->time;
    r->names += !e.addressed && m->host.n && !e.success;
    seen->timeless += !s->time;
    *ret = (struct happening){e, filter, place_of(r, s), s->journal ? 0 : seen->lines};
    return s->time && s->time >= r->o->since;
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
    buf_put_u64(r->out, (uint64_t)v->since);
    buf_put_z(r->out, prefix_text(&v->who, who));
    buf_put_str(r->out, v->account.p ? v->account : STR(""));
    buf_put_u32(r->out, v->count);
    buf_put_u32(r->out, v->times);
    buf_put_u32(r->out, (uint32_t)r->turn->filter);
    buf_put_u32(r->out, (uint32_t)r->turn->place);
    buf_put_u64(r->out, r->turn->line);
}

static uint64_t given_up_by(const struct sieve *s)
{
    uint64_t n = 0;
    for (size_t i = 0; s && i < sieve_filters(s); i++)
        n += matcher_counts(sieve_matcher(s, i)).limits;
    return n;
}

static void put_end(struct reader *r, struct buf *out)
{
    struct guard_counts c = guard_counts(r->guard);
    uint64_t given_up = 0;
    for (size_t i = 0; i <= r->streams.n; i++)
        given_up += given_up_by(i < r->streams.n ? r->streams.v[i].sieve : r->sieve);
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
        buf_put_u32(out, s->unparsed);
    }
    buf_put_u32(out, (uint32_t)r->lost.n);
    for (size_t i = 0; i < r->lost.n; i++) {
        buf_put_z(out, r->lost.v[i].unit);
        buf_put_u64(out, r->lost.v[i].messages);
    }
}

static void happen(struct reader *r, const struct happening *h)
{
    r->from = r->from && r->from < h->event.time ? r->from : h->event.time;
    r->to = h->event.time > r->to ? h->event.time : r->to;
    r->turn = h;
    guard_event(r->guard, &h->event, tell, r);
}

/* What can be told by now: the earliest first. */
static void tell_waiting(struct reader *r)
{
    struct str record;
    size_t stream;
    int64_t key;
    int e;
    while ((e = timeline_next(r->timeline, &stream, &key, &record)) > 0) {
        struct happening h;
        memcpy(&h, record.p, sizeof h);
        h.event.account = str_from(record, sizeof h);
        happen(r, &h);
    }
    r->error = e < 0 ? e : r->error;
}

static void wait_turn(struct reader *r, size_t stream, const struct happening *h)
{
    char record[sizeof *h + LOGIN_EVENT_ACCOUNT];
    memcpy(record, h, sizeof *h);
    memcpy(record + sizeof *h, h->event.account.p, h->event.account.n);
    int e = timeline_put(r->timeline, stream, h->event.time, str_span(record, sizeof *h + h->event.account.n));
    r->error = e < 0 ? e : r->error;
    if (stream + 1 == r->streams.n)
        tell_waiting(r);
}

/* From its beginning to its end. */
static void read_stream(struct reader *r, size_t stream)
{
    struct stream *s = &r->streams.v[stream];
    struct matcher_event m;
    size_t filter;
    if (!s->journal)
        sieve_restart(r->sieve);
    while (r->error == 0 && (s->journal ? next_of_journal : next_of_files)(r, s, &filter, &m)) {
        struct happening h;
        if (!take_event(r, s, sieve_matcher(s->sieve ? s->sieve : r->sieve, filter), s->journal ? s->journal->filters.v[filter] : filter, &m, &h))
            continue;
        if (r->timeline)
            wait_turn(r, stream, &h);
        else
            happen(r, &h);
    }
    if (r->timeline)
        timeline_end(r->timeline, stream);
    for (size_t i = 0; i < (s->journal ? 1 : s->n); i++)
        r->seen[s->journal ? r->o->files.n : s->files[i]].unparsed |= replay_health_unparsed(&s->health);
}

/* Where the code of expressions cannot be protected, they are read as they are. */
static void seal(void *arg)
{
    struct err unused = {0};
    (void)arg;
    (void)!regex_seal(&unused);
}

/* In the confined child. The verdicts come first; their number is the last of all. */
static int read_all(void *arg, struct buf *out)
{
    struct reader *r = arg;
    r->out = out;
    if (r->streams.n > 1)
        r->error = timeline_new(r->streams.n, EVENTS_MEMORY, r->spill, &r->timeline);
    for (size_t i = 0; i < r->streams.n; i++)
        read_stream(r, i);
    if (r->timeline && r->error == 0)
        tell_waiting(r);
    timeline_free(r->timeline);
    if (r->error < 0)
        return r->error;
    put_end(r, out);
    buf_put_u64(out, r->told);
    return 0;
}

static struct replay_verdict get_verdict(struct cursor *c, const struct replay_options *o, struct arena *a)
{
    struct replay_verdict v = {.v = {.kind = cursor_below(c, VERDICT_KINDS), .looks = cursor_below(c, VERDICT_LOOKS)}};
    v.v.time = (int64_t)cursor_u64(c);
    v.v.until = (int64_t)cursor_u64(c);
    v.v.since = (int64_t)cursor_u64(c);
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
    size_t end = bytes.n < sizeof(uint64_t) ? 0 : bytes.n - sizeof(uint64_t);
    struct cursor c = cursor_of(str_span(bytes.p, end)), last = cursor_of(str_from(bytes, end));
    uint64_t v[NUMBERS], n = cursor_u64(&last);
    if (last.bad || n > REPLAY_VERDICTS)
        return -EBADMSG;
    struct replay_verdict *verdicts = arena_zalloc(a, (size_t)n * sizeof *verdicts + 1);
    for (uint64_t i = 0; i < n; i++)
        verdicts[i] = get_verdict(&c, o, a);
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
        s.unparsed = cursor_u32(&c);
        *list_push(a, &got.seen) = s;
    }
    uint32_t lost = cursor_below(&c, REPLAY_LOST + 1);
    for (uint32_t i = 0; i < lost && !c.bad; i++) {
        struct replay_lost l = {.unit = arena_dup(a, cursor_str(&c))};
        l.messages = cursor_u64(&c);
        *list_push(a, &got.lost) = l;
    }
    if (c.bad || c.rest.n)
        return -EBADMSG;
    got.verdicts.v = verdicts;
    got.verdicts.n = got.verdicts.cap = (size_t)n;
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
    struct reader r = {.o = o, .arena = a, .seen = arena_zalloc(a, (places(o) + 1) * sizeof(struct replay_seen)), .guard = guard_new(&o->rules),
                       .spill = timeline_spill(NULL)};
    struct worker_options w = {.kind = WORKER_FILES, .first = seal, .timeout_ms = o->timeout_ms ? o->timeout_ms : TIMEOUT_MS, .max_output = OUTPUT_MAX,
                               .waiting = o->progress ? how_far : NULL, .waiting_arg = (void *)(uintptr_t)o};
    _cleanup_(buf_free) struct buf out = BUF(OUTPUT_MAX);
    int e = r.guard ? lines_prepare(err) : err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    if (e == 0)
        e = make_streams(&r, err);
    if (e == 0 && o->journal)
        e = make_journals(&r, err);
    if (e == 0)
        ask_health(&r);
    if (o->journal)
        journal_prepare();
    if (e == 0)
        e = worker_run(&w, read_all, &r, &out, err);
    if (e == -ENOSPC || e == -EIO)
        err_set(err, e, _("what was found cannot be put into order: %s"), err_name(e));
    if (e == 0 && get_all(buf_str(&out), o, a, ret) < 0)
        e = err_set(err, -EBADMSG, "%s", _("the reader of the logs gave a broken answer"));
    for (size_t i = 0; e == 0 && i < o->not_read.n; i++)
        *list_push(a, &ret->seen) = o->not_read.v[i];
    if (r.spill >= 0)
        close(r.spill);
    free_streams(&r);
    guard_free(r.guard);
    return e;
}
