/* source_look_read.c: the confined child of source_look.h. */
#include "base/clock.h"
#include "base/i18n.h"
#include "filter/line_head.h"
#include "guard/login_event.h"
#include "guard/source_look_parts.h"
#include "log/lines.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define LINES_AT_ONCE 1024 /* between two looks at the clock */
#define ENTRY_LONGEST (2u << 20)

/* Whose line it is, of those that share a log; NULL: another one's. */
static struct looked *whose(struct looking *k, uint64_t sources, const size_t *filter, struct str line)
{
    struct line_head head;
    if ((sources & (sources - 1)) == 0)
        return &k->sources.v[__builtin_ctzll(sources)];
    bool known = !filter && line_head(line, &head);
    for (size_t i = 0; i < k->sources.n && (filter || known); i++) {
        struct looked *s = &k->sources.v[i];
        if (!(sources >> i & 1))
            continue;
        for (size_t f = 0; filter && f < s->filters.n; f++)
            if (s->filters.v[f] == *filter)
                return s;
        if (known && log_service_has_program(s->look.source->service, head.ident))
            return s;
    }
    return NULL;
}

static void count_verdict(void *arg, const struct verdict *v)
{
    struct looked *s = arg;
    s->look.shut_out += v->kind == VERDICT_ADDRESS && v->times == 1;
}

/* A login of our own probes, from here. */
static bool is_probe(const struct guard_rules *r, const struct guard_event *e)
{
    bool own = false;
    for (size_t i = 0; i < r->never_n && !own; i++)
        own = e->addressed && prefix_has(&r->never[i], &e->address);
    return own && str_starts(e->account, str_of(HEALTH_PROBE_NAME));
}

static void take_event(const struct looking *k, struct looked *s, const struct matcher *of, const struct matcher_event *m, int64_t us)
{
    struct guard_event e;
    if (!us || !s->guard || !login_event_of(&k->o->rules, of, m, &e) || is_probe(&k->o->rules, &e))
        return;
    e.time = us / 1000000;
    guard_event(s->guard, &e, count_verdict, s);
}

static void keep_sample(struct looked *s, struct str line)
{
    size_t at = s->sampled++ % LOOK_SAMPLES, n = line.n < LOOK_SAMPLE ? line.n : LOOK_SAMPLE;
    memcpy(s->samples[at], line.p, n);
    s->samples_n[at] = n;
}

/* Without a filter: is there anything for one? In a file, which may be that of several. */
static void glance_at(struct looking *k, uint64_t sources, struct str line)
{
    struct looked *s = whose(k, sources, NULL, line);
    if (!s)
        return;
    health_line(&s->look.health, health_probe(line, &s->probes) ? STR("") : line, NULL, false, false);
}

/* sources: who may have written it. time_us: NULL where the line says it. */
static void take_line(struct looking *k, struct sieve *sieve, uint64_t sources, struct str line, const int64_t *time_us)
{
    if (k->glance) {
        glance_at(k, sources, line);
        return;
    }
    struct matcher_event m;
    size_t filter;
    int64_t us = 0;
    enum matcher_result result = sieve_line(sieve, line, time_us, time_us ? *time_us / 1000000 : k->o->now, &filter, &m);
    bool dated = sieve_time(sieve, &us), matched = result != MATCHER_MISSED;
    struct looked *s = whose(k, sources, matched ? &filter : NULL, line);
    if (!s || (dated && us < k->o->since * 1000000))
        return;
    uint64_t telling = s->look.health.telling;
    health_line(&s->look.health, line, dated ? &us : NULL, matched, source_look_web(s->look.source->service));
    s->last_us = dated ? us : s->last_us;
    k->first_us = k->first_us || !dated ? k->first_us : us;
    if (result == MATCHER_FOUND)
        take_event(k, s, sieve_matcher(sieve, filter), &m, m.timed ? m.time_us : s->last_us);
    if (!matched && s->look.health.telling > telling)
        keep_sample(s, line);
}

static bool in_time(const struct looking *k, uint64_t *n)
{
    return ++*n % LINES_AT_ONCE || clock_monotonic_ms() < k->deadline;
}

static void fault(struct looking *k, uint64_t sources, const char *text)
{
    for (size_t i = 0; i < k->sources.n; i++)
        if (sources >> i & 1) {
            k->sources.v[i].look.fault = k->sources.v[i].look.fault ? k->sources.v[i].look.fault : arena_dupz(k->a, text);
            k->sources.v[i].look.whole = false;
        }
}

static int open_piece(struct looking *k, const struct piece *p, struct lines **ret, struct err *err)
{
    struct stat st;
    int fd = root_openat(k->o->root, p->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, fd, "%s: %s", p->path, err_name(fd));
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || lseek(fd, (off_t)p->from, SEEK_SET) < 0) {
        close(fd);
        return err_set(err, -EINVAL, "%s: %s", p->path, err_name(EINVAL));
    }
    return lines_open(fd, p->path, ret, err);
}

/* -ETIME: there was more than can be read in the time. */
static int read_piece(struct looking *k, const struct look_log *log, const struct piece *p, struct err *err)
{
    _cleanup_(lines_closep) struct lines *lines = NULL;
    struct str block, line;
    uint64_t n = 0;
    bool inside = p->from > 0; /* a line whose beginning is not read */
    int r = open_piece(k, p, &lines, err);
    while (r == 0 && (r = lines_block(lines, &block, err)) > 0) {
        if (!k->glance)
            sieve_block(k->sieve, block);
        for (r = 0; str_line(&block, &line); inside = false) {
            if (!in_time(k, &n))
                return err_set(err, -ETIME, _("%s: there is more than can be read in the time"), p->path);
            if (!inside)
                take_line(k, k->sieve, log->sources, line, NULL);
        }
    }
    return r;
}

/* What was seen of one log; of a source with several logs the shortest counts. */
static void end_log(struct looking *k, uint64_t sources, bool read, bool whole)
{
    int64_t from = whole ? k->o->since : k->first_us / 1000000;
    for (size_t i = 0; i < k->sources.n; i++) {
        struct source_look *s = &k->sources.v[i].look;
        if (!(sources >> i & 1))
            continue;
        s->files += read;
        s->passed_over += !read;
        s->whole &= whole;
        s->from = read && from > s->from ? from : s->from;
    }
}

static void read_log(struct looking *k, const struct look_log *log)
{
    struct err err = {0};
    int r = 0;
    k->first_us = 0;
    if (!k->glance)
        sieve_restart(k->sieve);
    for (size_t i = 0; r == 0 && i < log->pieces.n; i++)
        r = read_piece(k, log, &log->pieces.v[i], &err);
    if (r < 0)
        fault(k, log->sources, err.text);
    end_log(k, log->sources, log->pieces.n > 0, log->whole && r == 0);
}

/* What persons wrote within the service's unit is none of it. A glance ends where a filter has to look anyway. */
static int read_entries(struct looking *k, size_t source, uint64_t *ret_n, struct err *err)
{
    struct looked *s = &k->sources.v[source];
    _cleanup_(buf_free) struct buf line = BUF(ENTRY_LONGEST);
    struct journal_entry e;
    int r;
    while ((r = journal_stream_next(k->journal, &e, err)) > 0) {
        if (!in_time(k, ret_n))
            return err_set(err, -ETIME, _("%s: there is more than can be read in the time"), "journal");
        if (e.kind != JOURNAL_ENTRY || e.by_user)
            continue;
        if (k->glance) {
            health_glance(&s->look.health, e.message, e.time_us, &s->probes);
            k->first_us = e.time_us;
            if (s->look.health.telling)
                return 0;
            continue;
        }
        buf_reset(&line);
        journal_line(&e, &line);
        sieve_block(s->sieve, buf_str(&line));
        take_line(k, s->sieve, 1ull << source, buf_str(&line), &e.time_us);
    }
    return r;
}

/* The guard wants to see what happened as it happened; a glance does not mind. */
static int open_journal(struct looking *k, const char *const *matches, struct err *err)
{
    const struct source_look_options *o = k->o;
    const struct journal_want w = {.root = o->root, .matches = matches, .since_us = o->since * 1000000, .newest = o->bytes / LOOK_ENTRY, .backwards = k->glance,
                                   .fields = k->glance ? JOURNAL_MESSAGE | JOURNAL_UID : JOURNAL_LINE | JOURNAL_UID};
    return k->journal ? journal_stream_again(k->journal, matches, err) : journal_stream_open(&w, &k->journal, err);
}

static void read_journal(struct looking *k, size_t source)
{
    struct err err = {0};
    uint64_t n = 0;
    k->first_us = 0;
    int r = open_journal(k, k->sources.v[source].look.source->service->matches, &err);
    if (r == 0)
        r = read_entries(k, source, &n, &err);
    if (r < 0)
        fault(k, 1ull << source, err.text);
    end_log(k, 1ull << source, true, r == 0 && n + 1 < k->o->bytes / LOOK_ENTRY);
    k->sources.v[source].look.files = 0;
}

static void put_source(const struct looked *s, struct buf *out)
{
    const struct source_look *l = &s->look;
    struct guard_counts c = s->guard ? guard_counts(s->guard) : (struct guard_counts){0};
    const uint64_t numbers[] = {l->health.lines, l->health.dated, l->health.matched, l->health.telling, c.failures, c.successes, c.sources, l->shut_out, c.after,
                                (uint64_t)l->health.last_line, (uint64_t)l->health.last_event, (uint64_t)l->from, l->files, l->passed_over};
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        buf_put_u64(out, numbers[i]);
    buf_put_u32(out, l->whole);
    buf_put_z(out, l->fault);
    for (size_t i = 0; i < LOOK_SAMPLES; i++)
        if (i < s->sampled)
            buf_put_str(out, str_span(s->samples[i], s->samples_n[i]));
        else
            buf_put_z(out, NULL);
}

/* Where no line tells its time, or none was read, the log was last written when it was changed. */
static void read_times(struct looking *k)
{
    for (size_t i = 0; i < k->logs.n; i++)
        for (size_t s = 0; s < k->sources.n; s++) {
            struct source_health *h = &k->sources.v[s].look.health;
            if (k->logs.v[i].sources >> s & 1 && !h->dated && k->logs.v[i].size && k->logs.v[i].changed > h->last_line)
                h->last_line = k->logs.v[i].changed;
        }
}

int source_look_read(void *arg, struct buf *out)
{
    struct looking *k = arg;
    k->deadline = clock_monotonic_ms() + k->o->timeout_ms;
    for (size_t i = 0; i < k->sources.n; i++)
        if (k->wanted >> i & 1 && k->sources.v[i].look.source->kind == SOURCE_JOURNAL)
            read_journal(k, i);
    journal_stream_close(k->journal);
    for (size_t i = 0; (k->glance || k->sieve) && i < k->logs.n; i++)
        if (k->logs.v[i].changed >= k->o->since && k->logs.v[i].sources & k->wanted)
            read_log(k, &k->logs.v[i]);
    read_times(k);
    for (size_t i = 0; i < k->sources.n; i++)
        put_source(&k->sources.v[i], out);
    return out->full ? -E2BIG : 0;
}
