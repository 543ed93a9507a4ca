#include "filter/search.h"
#include "base/i18n.h"
#include "base/worker.h"
#include "filter/copies.h"
#include "filter/search_job.h"
#include "log/journal.h"
#include "log/lines.h"
#include "log/timeline.h"
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#define MEMORY (2u << 20) /* of the timeline, which may take twice as much */
#define SIDE_BY_SIDE_MAX 16
#define READ_AT_ONCE (64u << 10)
#define PROGRESS_MS 500

/* Files that one process reads one after the other. */
struct job_files {
    size_t at, n; /* in order */
};

struct running {
    struct worker_stream worker;
    size_t job;
    size_t ended;    /* of its files */
    bool crooked;    /* said what cannot be understood */
    struct buf said; /* a message that is not complete */
};

struct search {
    const struct search_options *o;
    struct arena *arena;
    search_fn *fn;
    void *arg;
    struct line_time time;
    struct known *known;
    struct seek needle;
    char needle_room[ADDRESS_NEEDLE];
    int64_t *first;            /* of each file, microseconds */
    size_t *order, n;          /* file indexes: those of a job together, the oldest first */
    struct job_files *jobs;    /* the oldest first */
    size_t jobs_n, next;
    struct copies *copies;
    unsigned *log;             /* of each file: its number among the logs whose lines may be copies of each other */
    struct running running[SIDE_BY_SIDE_MAX];
    size_t running_n, side_by_side;
    struct timeline *timeline;
    struct search_seen *seen;
    bool enough;
};

static unsigned processors(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return n < 1 ? 1 : n > SIDE_BY_SIDE_MAX ? SIDE_BY_SIDE_MAX : (unsigned)n;
}

static struct search_work work_of(struct search *s, const size_t *files, size_t n)
{
    return (struct search_work){.o = s->o, .time = s->time, .needle = s->needle, .known = s->known, .files = files, .n = n};
}

/* Where each file begins in time. One that does not tell may begin at any time. */
static int first_times(struct search *s, struct err *err)
{
    struct search_work w = work_of(s, s->order, s->n);
    struct worker_stream worker;
    _cleanup_(buf_free) struct buf out = BUF(8 * s->n + 8);
    int r = worker_start(WORKER_FILES, search_first_times, &w, &worker, err);
    if (r < 0)
        return r;
    r = buf_read_fd(&out, worker.fd);
    int ended = worker_end(&worker, false, err);
    struct cursor c = cursor_of(buf_str(&out));
    for (size_t i = 0; i < s->n; i++) {
        uint64_t v = cursor_u64(&c);
        s->first[s->order[i]] = c.bad ? INT64_MIN : (int64_t)v;
    }
    return r < 0 ? err_set(err, r, "%s", err_name(r)) : ended;
}

static int by_first(const void *a, const void *b, void *search)
{
    const struct search *s = search;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    if (s->first[x] != s->first[y])
        return s->first[x] < s->first[y] ? -1 : 1;
    int64_t cx = s->o->files.v[x].changed, cy = s->o->files.v[y].changed;
    return cx != cy ? (cx < cy ? -1 : 1) : x < y ? -1 : x > y;
}

static int by_log(const void *a, const void *b, void *search)
{
    const struct search *s = search;
    int c = strcmp(s->o->files.v[*(const size_t *)a].log, s->o->files.v[*(const size_t *)b].log);
    return c ? c : by_first(a, b, search);
}

static int by_first_file(const void *a, const void *b, void *search)
{
    const struct search *s = search;
    const struct job_files *x = a, *y = b;
    return by_first(&s->order[x->at], &s->order[y->at], search);
}

/* A file that was last written before `since`, or begins after `until`, holds nothing that is wanted. */
static void leave_out(struct search *s, bool late)
{
    const struct selection *w = s->o->selection;
    size_t kept = 0;
    for (size_t i = 0; i < s->n; i++) {
        size_t f = s->order[i];
        bool unread = late ? s->first[f] != INT64_MIN && s->first[f] / 1000000 > w->until : !s->o->files.v[f].journal && s->o->files.v[f].changed < w->since;
        s->seen[f].unread = unread;
        if (!unread)
            s->order[kept++] = f;
    }
    s->n = kept;
}

/* A job for each file, or, where lines are joined, for each log. */
static void make_jobs(struct search *s)
{
    bool joined = s->o->selection->account.n;
    const struct search_file *f = s->o->files.v;
    s->jobs = arena_zalloc(s->arena, (s->n + 1) * sizeof *s->jobs);
    if (s->n)
        qsort_r(s->order, s->n, sizeof *s->order, joined ? by_log : by_first, s);
    for (size_t i = 0; i < s->n; i++) {
        if (joined && i && strcmp(f[s->order[i]].log, f[s->order[i - 1]].log) == 0)
            s->jobs[s->jobs_n - 1].n++;
        else
            s->jobs[s->jobs_n++] = (struct job_files){i, 1};
    }
    if (s->jobs_n)
        qsort_r(s->jobs, s->jobs_n, sizeof *s->jobs, by_first_file, s);
}

/* Logs that many write hold what is in the journal; what only one service writes has no copy elsewhere. */
static void number_logs(struct search *s)
{
    const struct search_file *f = s->o->files.v;
    unsigned n = 0;
    s->log = arena_zalloc(s->arena, (s->o->files.n + 1) * sizeof *s->log);
    for (size_t i = 0; i < s->o->files.n; i++)
        if (!f[i].service)
            s->log[i] = i && strcmp(f[i].log, f[i - 1].log) == 0 && s->log[i - 1] ? s->log[i - 1] : ++n;
    if (n > 1)
        s->copies = arena_zalloc(s->arena, sizeof *s->copies);
}

static int plan(struct search *s, struct err *err)
{
    size_t n = s->o->files.n;
    s->first = arena_zalloc(s->arena, (n + 1) * sizeof *s->first);
    s->order = arena_zalloc(s->arena, (n + 1) * sizeof *s->order);
    for (size_t i = 0; i < n; i++)
        s->order[s->n++] = i;
    leave_out(s, false);
    int r = first_times(s, err);
    if (r < 0)
        return r;
    leave_out(s, true);
    make_jobs(s);
    number_logs(s);
    return 0;
}

static int start_next(struct search *s, struct err *err)
{
    struct running *r = &s->running[s->running_n];
    struct search_work w = work_of(s, &s->order[s->jobs[s->next].at], s->jobs[s->next].n);
    int e = worker_start(WORKER_FILES, search_job, &w, &r->worker, err);
    if (e < 0)
        return e;
    r->job = s->next++;
    r->crooked = false;
    r->ended = 0;
    r->said = BUF(SAID_HEAD + SAID_MAX + READ_AT_ONCE);
    s->running_n++;
    return 0;
}

static bool take_end(struct search *s, struct running *r, struct cursor *c)
{
    uint32_t file = cursor_below(c, (uint32_t)s->o->files.n);
    struct search_seen seen = {.bytes = cursor_u64(c), .found = cursor_u64(c), .cut = cursor_u64(c), .timeless = cursor_u64(c)};
    struct str fault = cursor_str(c);
    if (c->bad || c->rest.n)
        return false;
    seen.fault = fault.p ? arena_dup(s->arena, fault) : NULL;
    seen.copies = s->seen[file].copies;
    s->seen[file] = seen;
    r->ended++;
    return true;
}

/* One message. false: it is none; *ret: what is wrong with ourselves. */
static bool take_said(struct search *s, struct running *r, struct str message, int *ret)
{
    struct cursor c = cursor_of(message);
    struct search_line line;
    enum search_said kind = cursor_below(&c, SAID_KINDS);
    if (kind == SAID_END)
        return take_end(s, r, &c);
    int64_t key = (int64_t)cursor_u64(&c);
    struct str record = c.rest;
    if (c.bad)
        return false;
    if (kind == SAID_FROM) {
        timeline_from(s->timeline, r->job, key);
        return !c.rest.n;
    }
    if (!said_get_line(&c, s->o->files.n, &line))
        return false;
    *ret = timeline_put(s->timeline, r->job, key, record);
    return true;
}

/* All messages that are complete. */
static int take_all(struct search *s, struct running *r)
{
    struct str rest = buf_str(&r->said);
    int e = 0;
    while (e == 0 && !r->crooked && rest.n >= SAID_HEAD) {
        struct cursor c = cursor_of(rest);
        uint32_t n = cursor_u32(&c);
        if (n > SAID_MAX)
            r->crooked = true;
        if (r->crooked || c.rest.n < n)
            break;
        r->crooked = !take_said(s, r, str_span(c.rest.p, n), &e);
        rest = str_from(c.rest, n);
    }
    memmove(r->said.p, rest.p, rest.n);
    r->said.n = rest.n;
    return e;
}

static void end_running(struct search *s, size_t at, bool stop)
{
    struct running *r = &s->running[at];
    const struct job_files *job = &s->jobs[r->job];
    struct err err = {0};
    int e = worker_end(&r->worker, stop || r->crooked, &err);
    size_t file = s->order[job->at + (r->ended < job->n ? r->ended : job->n - 1)];
    if (!stop && (e < 0 || r->crooked || r->said.n || r->ended < job->n))
        s->seen[file].fault = arena_printf(s->arena, "%s: %s", s->o->files.v[file].name, e < 0 ? err.text : _("the process that read it gave a broken answer"));
    timeline_end(s->timeline, r->job);
    buf_free(&r->said);
    *r = s->running[--s->running_n];
}

/* Reads what one process says. */
static int hear(struct search *s, size_t at)
{
    struct running *r = &s->running[at];
    char part[READ_AT_ONCE];
    ssize_t n = read(r->worker.fd, part, sizeof part);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (n <= 0) {
        end_running(s, at, false);
        return 0;
    }
    buf_add(&r->said, part, (size_t)n);
    int e = take_all(s, r);
    if (r->crooked)
        end_running(s, at, false);
    return e;
}

static bool is_copy(struct search *s, const struct search_line *l)
{
    struct str text = str_from(l->text, l->date_start <= 1 ? l->date_end : 0);
    return s->copies && s->log[l->file] && l->timed && !l->cut && copies_told(s->copies, text, l->time_us, s->log[l->file] - 1);
}

static int tell(struct search *s)
{
    size_t source;
    int64_t key;
    struct str record;
    int r = 0;
    while (!s->enough && (r = timeline_next(s->timeline, &source, &key, &record)) > 0) {
        struct cursor c = cursor_of(record);
        struct search_line line;
        if (!said_get_line(&c, s->o->files.n, &line))
            continue;
        if (is_copy(s, &line))
            s->seen[line.file].copies++;
        else
            s->enough = !s->fn(s->arg, &line);
    }
    return r < 0 ? r : 0;
}

static int listen_once(struct search *s)
{
    struct pollfd p[SIDE_BY_SIDE_MAX];
    for (size_t i = 0; i < s->running_n; i++)
        p[i] = (struct pollfd){s->running[i].worker.fd, POLLIN, 0};
    int n = poll(p, s->running_n, s->o->progress ? PROGRESS_MS : -1), r = n < 0 && errno != EINTR ? -errno : 0;
    for (size_t i = s->running_n; n > 0 && r == 0 && i-- > 0;) /* from the last one on: an end moves the last one into the gap */
        if (p[i].revents)
            r = hear(s, i);
    return r;
}

static int run(struct search *s, struct err *err)
{
    int r = 0;
    while (r == 0 && !s->enough && (s->next < s->jobs_n || s->running_n)) {
        while (r == 0 && s->running_n < s->side_by_side && s->next < s->jobs_n)
            r = start_next(s, err);
        if (r < 0)
            break;
        r = listen_once(s);
        if (r == 0)
            r = tell(s);
        if (r == 0 && s->o->progress)
            s->o->progress(s->o->progress_arg, s->next - s->running_n, s->jobs_n);
        if (r < 0)
            err_set(err, r, _("what was found cannot be put into order: %s"), err_name(r));
    }
    while (s->running_n)
        end_running(s, 0, true);
    return r;
}

static int prepare(struct search *s, int spill, struct err *err)
{
    journal_prepare();
    int r = line_time_new(s->arena, s->o->now, &s->time, err);
    if (r == 0 && s->o->filters && (s->o->selection->account.n || s->o->events))
        r = known_new(s->arena, s->o->filters, s->o->now, &s->known, err);
    if (r == 0)
        r = lines_prepare(err);
    if (r == 0)
        r = worker_prepare(err);
    if (r == 0)
        r = plan(s, err);
    if (r == 0 && (r = timeline_new(s->jobs_n, MEMORY, spill, &s->timeline)) < 0)
        r = err_set(err, r, "%s", err_name(r));
    for (size_t i = 0; r == 0 && i < s->jobs_n; i++)
        timeline_from(s->timeline, i, s->first[s->order[s->jobs[i].at]]);
    return r;
}

int search_run(const struct search_options *o, search_fn *fn, void *arg, struct arena *a, struct search_seen **ret, struct err *err)
{
    struct search *s = arena_zalloc(a, sizeof *s);
    int spill = timeline_spill(o->spill_dir);
    *s = (struct search){.o = o, .arena = a, .fn = fn, .arg = arg, .side_by_side = o->side_by_side ? o->side_by_side : processors()};
    if (s->side_by_side > SIDE_BY_SIDE_MAX)
        s->side_by_side = SIDE_BY_SIDE_MAX;
    s->needle = selection_needle(o->selection, s->needle_room);
    s->seen = arena_zalloc(a, (o->files.n + 1) * sizeof *s->seen);
    *ret = s->seen;
    int r = prepare(s, spill, err);
    if (r == 0)
        r = run(s, err);
    timeline_free(s->timeline);
    line_time_done(&s->time);
    known_free(s->known);
    if (spill >= 0)
        close(spill);
    return r;
}
