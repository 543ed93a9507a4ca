#include "base/cursor.h"
#include "base/i18n.h"
#include "base/worker.h"
#include "guard/source_look_parts.h"
#include "log/files.h"
#include "log/journal.h"
#include "log/lines.h"
#include <errno.h>
#include <stdlib.h>

#define ROTATED_OF 64    /* logs of which rotated files are looked for */
#define GUARD_BYTES (2u << 20)
#define OUTPUT_MAX (1u << 20)

bool source_look_web(const struct log_service *s) { return str_starts(str_of(s->object), STR("web")); }

/* --- which files */

static void add_log(struct looking *k, const char *path, size_t source)
{
    struct stat st;
    if (root_stat(k->o->root, path, &st) < 0 || !S_ISREG(st.st_mode))
        return;
    *list_push(k->a, &k->logs) = (struct look_log){.path = path, .changed = (int64_t)st.st_mtime, .size = (uint64_t)st.st_size, .sources = 1ull << source};
}

static void add_files(struct looking *k, size_t source)
{
    const struct log_source *s = k->sources.v[source].look.source;
    for (size_t i = 0; i < s->files.n; i++) {
        struct names names = {0};
        if (root_glob(k->o->root, s->files.v[i], LOOK_LOGS, k->a, &names) < 0)
            k->sources.v[source].look.passed_over++;
        for (size_t n = 0; n < names.list.n; n++)
            add_log(k, names.list.v[n], source);
    }
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct look_log *)a)->path, ((const struct look_log *)b)->path);
}

static int by_change(const void *a, const void *b)
{
    const struct look_log *x = a, *y = b;
    return x->changed != y->changed ? (x->changed > y->changed ? -1 : 1) : by_path(a, b);
}

/* Patterns overlap, and several services write into one file. */
static void merge_logs(struct looking *k)
{
    size_t n = 0;
    if (!k->logs.n)
        return;
    qsort(k->logs.v, k->logs.n, sizeof *k->logs.v, by_path);
    for (size_t i = 0; i < k->logs.n; i++)
        if (n && strcmp(k->logs.v[n - 1].path, k->logs.v[i].path) == 0)
            k->logs.v[n - 1].sources |= k->logs.v[i].sources;
        else
            k->logs.v[n++] = k->logs.v[i];
    k->logs.n = n;
    qsort(k->logs.v, n, sizeof *k->logs.v, by_change);
}

static bool packed(const char *path)
{
    static const struct str ends[] = {{".gz", 3}, {".xz", 3}, {".zst", 4}, {".bz2", 4}};
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        if (str_ends(str_of(path), ends[i]))
            return true;
    return false;
}

static int newest_first(const void *a, const void *b)
{
    const struct log_file *x = a, *y = b;
    return x->changed != y->changed ? (x->changed > y->changed ? -1 : 1) : strcmp(x->path, y->path);
}

/* What was rotated since then, as far as there is room. */
static bool add_rotated(struct looking *k, const struct look_log *log, uint64_t *room, struct arena *a, struct piece *v, size_t max, size_t *n)
{
    struct log_files all = {0};
    log_files_add(k->o->root, log->path, NULL, a, &all);
    if (all.list.n)
        qsort(all.list.v, all.list.n, sizeof *all.list.v, newest_first);
    for (size_t i = 0; i < all.list.n; i++) {
        struct stat st;
        const struct log_file *f = &all.list.v[i];
        if (strcmp(f->path, log->path) == 0)
            continue;
        if (f->changed < k->o->since)
            return true;
        if (packed(f->path) || *n == max || root_stat(k->o->root, f->path, &st) < 0)
            return false;
        uint64_t size = (uint64_t)st.st_size, taken = size < *room ? size : *room;
        v[(*n)++] = (struct piece){f->path, size - taken};
        *room -= taken;
        if (taken < size)
            return false;
    }
    return true;
}

static void choose_pieces(struct looking *k, struct look_log *log, uint64_t *all, bool rotated)
{
    struct piece v[8];
    uint64_t room = *all < k->o->bytes ? *all : k->o->bytes, begun = room, taken = log->size < room ? log->size : room;
    size_t n = 1;
    v[0] = (struct piece){log->path, log->size - taken};
    room -= taken;
    log->whole = taken == log->size && rotated && add_rotated(k, log, &room, k->a, v, ARRAY_SIZE(v), &n);
    *all -= begun - room;
    while (n--)
        *list_push(k->a, &log->pieces) = v[n];
}

/* Those that were written last come first; what was not written since then needs no look. */
static void choose_logs(struct looking *k)
{
    uint64_t room = k->o->bytes_of_all;
    for (size_t i = 0; i < k->sources.n; i++)
        if (k->sources.v[i].look.source->kind == SOURCE_FILES)
            add_files(k, i);
    merge_logs(k);
    for (size_t i = 0; i < k->logs.n; i++)
        if (k->logs.v[i].changed >= k->o->since && room)
            choose_pieces(k, &k->logs.v[i], &room, i < ROTATED_OF);
}

/* --- with which filters */

struct loaded {
    LIST(struct filter_definition) list;
};

static int load(struct looking *k, const char *name, bool journal, struct loaded *into, size_t *ret, struct err *err)
{
    struct filter_definition d;
    for (size_t i = 0; i < into->list.n; i++)
        if (strcmp(into->list.v[i].name, name) == 0) {
            *ret = i;
            return 0;
        }
    const char *spec = journal ? arena_printf(k->a, "%s[logtype=journal]", name) : name;
    int r = filter_load(k->a, k->o->filters, str_of(spec), &d, err);
    if (r < 0)
        return r;
    *ret = into->list.n;
    *list_push(k->a, &into->list) = d;
    return 0;
}

/* Names that only fail2ban knows are passed over. */
static int load_of(struct looking *k, struct looked *s, struct loaded *into, struct err *err)
{
    const struct log_service *v = s->look.source->service;
    bool journal = s->look.source->kind == SOURCE_JOURNAL;
    for (size_t i = 0; i < ARRAY_SIZE(v->filters) + ARRAY_SIZE(v->more_filters); i++) {
        const char *name = i < ARRAY_SIZE(v->filters) ? v->filters[i] : v->more_filters[i - ARRAY_SIZE(v->filters)];
        struct err why = {0};
        size_t at = 0;
        int r = name ? load(k, name, journal, into, &at, &why) : -ENOENT;
        if (r < 0 && r != -ENOENT && r != -ENODATA)
            return err_at(err, r, why.file, why.line, why.column, "%s", why.text);
        if (r == 0)
            *list_push(k->a, &s->filters) = at;
    }
    return 0;
}

static int make_sieves(struct looking *k, struct err *err)
{
    struct loaded of_files = {0};
    struct matcher_options files = {.today = k->o->now, .counts_only = true}, journal = files;
    int r = 0;
    journal.journal = true;
    for (size_t i = 0; r == 0 && i < k->sources.n; i++) {
        struct looked *s = &k->sources.v[i];
        if (!(k->wanted >> i & 1))
            continue;
        struct loaded own = {0};
        bool from_journal = s->look.source->kind == SOURCE_JOURNAL;
        r = load_of(k, s, from_journal ? &own : &of_files, err);
        if (r == 0 && from_journal)
            r = sieve_new(own.list.v, own.list.n, &journal, SIEVE_PLAIN, &s->sieve, err);
    }
    return r == 0 && of_files.list.n ? sieve_new(of_files.list.v, of_files.list.n, &files, SIEVE_PLAIN, &k->sieve, err) : r;
}

/* --- the whole */

static void begin(struct looking *k)
{
    struct guard_rules rules = k->o->rules;
    rules.max_bytes = GUARD_BYTES;
    for (size_t i = 0; i < k->o->sources->list.n && k->sources.n < LOOK_SOURCES; i++) {
        const struct log_source *s = &k->o->sources->list.v[i];
        if (s->kind == SOURCE_NONE || (k->o->logins_only && source_look_web(s->service)))
            continue;
        k->wanted |= 1ull << k->sources.n;
        *list_push(k->a, &k->sources) = (struct looked){.look = {.source = s, .whole = true}, .guard = guard_new(&rules)};
    }
}

static void end(struct looking *k)
{
    for (size_t i = 0; i < k->sources.n; i++) {
        sieve_free(k->sources.v[i].sieve);
        guard_free(k->sources.v[i].guard);
    }
    sieve_free(k->sieve);
}

/* Of the sources that were wanted; the others stay as they are. */
static int take_answer(struct looking *k, struct str bytes)
{
    struct cursor c = cursor_of(bytes);
    for (size_t i = 0; i < k->sources.n; i++) {
        struct source_look s = k->sources.v[i].look;
        uint64_t *const numbers[] = {&s.health.lines, &s.health.dated, &s.health.matched, &s.health.telling, &s.failed, &s.logins, &s.addresses, &s.shut_out, &s.kept_out};
        for (size_t n = 0; n < ARRAY_SIZE(numbers); n++)
            *numbers[n] = cursor_u64(&c);
        s.health.last_line = (int64_t)cursor_u64(&c);
        s.health.last_event = (int64_t)cursor_u64(&c);
        s.from = (int64_t)cursor_u64(&c);
        s.files = cursor_u64(&c);
        s.passed_over = cursor_u64(&c);
        s.whole = cursor_u32(&c);
        struct str fault = cursor_str(&c);
        s.fault = fault.p ? arena_dup(k->a, fault) : NULL;
        for (size_t n = 0; n < LOOK_SAMPLES; n++) {
            struct str sample = cursor_str(&c);
            s.samples[n] = sample.p ? arena_dup(k->a, sample) : NULL;
        }
        if (k->wanted >> i & 1)
            k->sources.v[i].look = s;
    }
    return c.bad || c.rest.n ? -EBADMSG : 0;
}

/* What the confined process could not load any more; it takes a millisecond. */
static int prepare(const struct looking *k, struct err *err)
{
    for (size_t i = 0; i < k->sources.n; i++)
        if (k->wanted >> i & 1 && k->sources.v[i].look.source->kind == SOURCE_JOURNAL) {
            journal_prepare();
            break;
        }
    return k->logs.n ? lines_prepare(err) : 0;
}

static int read_all(struct looking *k, struct err *err)
{
    int ready = prepare(k, err);
    if (ready < 0)
        return ready;
    struct worker_options w = {.kind = WORKER_FILES, .timeout_ms = k->o->timeout_ms + 5000, .max_output = OUTPUT_MAX};
    _cleanup_(buf_free) struct buf out = BUF(OUTPUT_MAX);
    int r = worker_run(&w, source_look_read, k, &out, err);
    return r == 0 && take_answer(k, buf_str(&out)) < 0 ? err_set(err, -EBADMSG, "%s", _("the reader of the logs gave a broken answer")) : r;
}

/* What was seen when the logins were read is not read again. */
static void take_glances(struct looking *k)
{
    struct journal_glances seen;
    journal_glances(k->a, &seen);
    for (size_t i = 0; i < k->sources.n && seen.since == k->o->since; i++)
        for (size_t n = 0; n < seen.list.n; n++) {
            struct source_look *s = &k->sources.v[i].look;
            if (s->source->kind != SOURCE_JOURNAL || s->source->service != seen.list.v[n].service)
                continue;
            s->health = seen.list.v[n].health;
            s->from = k->o->since;
            k->wanted &= ~(1ull << i);
        }
}

/* Most sources say nothing of logins most of the time, and compiling a filter costs more than reading all that. */
static int read_glance(struct looking *k, struct err *err)
{
    uint64_t more = 0;
    take_glances(k);
    k->glance = true;
    int r = k->wanted ? read_all(k, err) : 0;
    k->glance = false;
    for (size_t i = 0; i < k->sources.n; i++) {
        struct source_look *s = &k->sources.v[i].look;
        if (s->health.telling || s->fault)
            more |= 1ull << i;
    }
    for (size_t i = 0; i < k->sources.n; i++)
        if (more >> i & 1)
            k->sources.v[i].look = (struct source_look){.source = k->sources.v[i].look.source, .whole = true};
    k->wanted = more;
    return r;
}

int source_look(const struct source_look_options *o, struct arena *a, struct source_looks *ret, struct err *err)
{
    struct looking k = {.o = o, .a = a};
    struct source_looks all = {0};
    begin(&k);
    choose_logs(&k);
    int r = o->logins_only ? read_glance(&k, err) : 0;
    if (r == 0 && k.wanted)
        r = make_sieves(&k, err);
    if (r == 0 && k.wanted)
        r = read_all(&k, err);
    for (size_t i = 0; i < k.sources.n; i++)
        *list_push(a, &all.list) = k.sources.v[i].look;
    end(&k);
    if (r == 0)
        *ret = all;
    return r;
}

enum source_state source_look_state(const struct source_look *s, int64_t since)
{
    return s->fault && !s->health.lines ? SOURCE_UNREAD : health_state(&s->health, since);
}
