/* search_job.c: reads the files of one job, in a confined process, and writes what it finds as it finds it (search_job.h). */
#include "filter/search_job.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "log/journal_stream.h"
#include "log/lines.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define WRITE_AT (32u << 10)
#define SAY_FROM_EACH (1u << 20) /* bytes of log */
#define SAY_FROM_ENTRIES 5000   /* of the journal */
#define FIRST_LINES 50           /* that are asked for a date, to know where a file begins */

struct job {
    struct search_work *w;
    int fd;
    struct buf out;
    size_t file;
    int64_t key;        /* of what was said last */
    struct belongs *belongs; /* NULL: no account is asked for */
    struct selection_log log;
    struct search_seen seen;
    uint64_t before;    /* bytes of the file before the block */
    uint64_t from_said; /* where its place in time was said last */
};

static size_t said_begin(struct buf *b, enum search_said kind)
{
    size_t at = b->n;
    buf_put_u32(b, 0);
    buf_put_u32(b, kind);
    return at;
}

static void said_end(struct buf *b, size_t at)
{
    uint32_t n = (uint32_t)(b->n - at - SAID_HEAD);
    for (unsigned i = 0; i < 4; i++)
        b->p[at + i] = (char)(n >> 8 * i);
}

static void put_cut(struct buf *b, struct str s)
{
    buf_put_str(b, str_span(s.p, s.n < SEARCH_FIELD ? s.n : SEARCH_FIELD));
}

/* Its kind counted from 1, or 0; the host; then number and text of each field, EVENT_FIELDS at the end. */
static void put_event(struct buf *b, const struct known_event *e)
{
    buf_put_u32(b, e->known ? (uint32_t)e->kind + 1 : 0);
    if (!e->known)
        return;
    put_cut(b, e->host);
    for (uint32_t f = 0; f < EVENT_FIELDS; f++)
        if (e->field[f].p) {
            buf_put_u32(b, f);
            put_cut(b, e->field[f]);
        }
    buf_put_u32(b, EVENT_FIELDS);
}

static void get_event(struct cursor *c, struct known_event *ret)
{
    uint32_t kind = cursor_below(c, EVENT_KINDS + 1), f, last = 0;
    *ret = (struct known_event){.known = kind > 0};
    if (!kind)
        return;
    ret->kind = (enum event_kind)(kind - 1);
    ret->host = cursor_str(c);
    c->bad |= !ret->host.p || ret->host.n > SEARCH_FIELD;
    while (!c->bad && (f = cursor_below(c, EVENT_FIELDS + 1)) < EVENT_FIELDS) {
        ret->field[f] = cursor_str(c);
        c->bad |= f < last || !ret->field[f].p || ret->field[f].n > SEARCH_FIELD;
        last = f + 1;
    }
}

void said_put_line(struct buf *b, const struct search_line *l)
{
    buf_put_u32(b, (uint32_t)l->file);
    buf_put_u32(b, (l->timed ? 1 : 0) | (l->cut ? 2 : 0));
    buf_put_u64(b, (uint64_t)l->time_us);
    buf_put_u32(b, (uint32_t)l->date_start);
    buf_put_u32(b, (uint32_t)l->date_end);
    buf_put_u64(b, l->offset);
    buf_put_str(b, l->text);
    put_event(b, &l->event);
}

bool said_get_line(struct cursor *c, size_t files, struct search_line *ret)
{
    struct search_line l = {.file = cursor_below(c, (uint32_t)files)};
    uint32_t flags = cursor_below(c, 4);
    l.timed = flags & 1;
    l.cut = flags & 2;
    l.time_us = (int64_t)cursor_u64(c);
    l.date_start = cursor_u32(c);
    l.date_end = cursor_u32(c);
    l.offset = cursor_u64(c);
    l.text = cursor_str(c);
    get_event(c, &l.event);
    if (c->bad || c->rest.n || !l.text.p || l.text.n > SEARCH_LINE || l.date_start > l.date_end || l.date_end > l.text.n)
        return false;
    *ret = l;
    return true;
}

static int flush(struct job *j)
{
    int r = j->out.full ? -ENOMEM : fd_write_all(j->fd, buf_str(&j->out));
    buf_reset(&j->out);
    return r;
}

static void raise_key(struct job *j, bool timed, int64_t us)
{
    if (timed && us > j->key)
        j->key = us;
}

static int say_line(struct job *j, struct str line, uint64_t offset, const struct date_found *date, bool timed)
{
    struct search_line l = {.file = j->file, .timed = timed, .time_us = timed ? date->us : 0, .offset = offset, .text = line, .cut = line.n > SEARCH_LINE};
    if (l.cut)
        l.text.n = SEARCH_LINE;
    if (timed && date->end <= l.text.n) {
        l.date_start = date->start;
        l.date_end = date->end;
    }
    if (j->w->known)
        known_line(j->w->known, l.text, l.date_start, l.date_end, l.time_us, &l.event);
    raise_key(j, timed, l.time_us);
    j->seen.found++;
    size_t at = said_begin(&j->out, SAID_LINE);
    buf_put_u64(&j->out, (uint64_t)j->key);
    said_put_line(&j->out, &l);
    said_end(&j->out, at);
    return j->out.n >= WRITE_AT ? flush(j) : 0;
}

/* Whether it belongs to the account is asked last: only what fits otherwise may lead to more. us: the line's own time, or 0. */
static bool belongs(struct job *j, struct str line, int64_t us) { return !j->belongs || belongs_line(j->belongs, line, j->w->o->selection->account, us); }

/* A line that may be wanted. */
static int take(struct job *j, struct str block, size_t at, size_t end)
{
    const struct selection *s = j->w->o->selection;
    struct str line = str_span(block.p + at, end - at);
    struct date_found date = {0};
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    if (!selection_line(s, &j->log, line))
        return 0;
    bool timed = line_time_of(&j->w->time, block, at, &date);
    if (!belongs(j, line, timed ? date.us : 0))
        return 0;
    if (!timed && selection_timed(s)) {
        j->seen.timeless++;
        return 0;
    }
    return timed && !selection_time(s, date.us) ? 0 : say_line(j, line, j->before + at, &date, timed);
}

static int say_key(struct job *j)
{
    size_t at = said_begin(&j->out, SAID_FROM);
    buf_put_u64(&j->out, (uint64_t)j->key);
    said_end(&j->out, at);
    return flush(j);
}

/* Tells how far in time it is, so that others need not wait. */
static int say_from(struct job *j, struct str block)
{
    const char *lf = block.n > 1 ? memrchr(block.p, '\n', block.n - 1) : NULL;
    struct date_found date = {0};
    if (j->before + block.n - j->from_said < SAY_FROM_EACH)
        return flush(j);
    j->from_said = j->before + block.n;
    bool timed = line_time_of(&j->w->time, block, lf ? (size_t)(lf - block.p) + 1 : 0, &date);
    raise_key(j, timed, date.us);
    return say_key(j);
}

/* The next line that is looked at: the one that holds the needle, or just the next where one may belong to what the account did. false: none. */
static bool next_line(struct job *j, struct str block, size_t at, size_t *ret_begin, size_t *ret_end)
{
    ptrdiff_t hit = j->belongs && j->belongs->n ? 0 : seek_find(&j->w->needle, str_from(block, at));
    if (at >= block.n || hit < 0)
        return false;
    const char *lf = hit ? memrchr(block.p + at, '\n', (size_t)hit) : NULL, *end = memchr(block.p + at + hit, '\n', block.n - at - (size_t)hit);
    *ret_begin = lf ? (size_t)(lf - block.p) + 1 : at;
    *ret_end = end ? (size_t)(end - block.p) : block.n;
    return true;
}

static int search_block(struct job *j, struct str block)
{
    size_t begin, end;
    int r = 0;
    for (size_t at = 0; r == 0 && next_line(j, block, at, &begin, &end); at = end + 1)
        r = take(j, block, begin, end);
    return r < 0 ? r : say_from(j, block);
}

static int open_file(const struct search_options *o, size_t file, struct lines **ret, struct err *err)
{
    const char *name = o->files.v[file].name;
    struct stat st;
    int fd;
    if (!o->root) {
        fd = lines_file(name, &st, err);
    } else {
        fd = root_stat(o->root, name, &st);
        if (fd == 0 && !S_ISREG(st.st_mode))
            return err_set(err, -EINVAL, _("%s is not a file"), name);
        fd = fd < 0 ? fd : root_openat(o->root, name, O_RDONLY);
        if (fd < 0)
            (void)!err_set(err, fd, "%s: %s", name, err_name(fd));
    }
    return fd < 0 ? fd : lines_open(fd, name, ret, err);
}

/* -errno only where nobody listens any more: what is wrong with a file is told. */
static int search_file(struct job *j, struct str *ret_fault, struct err *err)
{
    struct lines *l = NULL;
    struct str block;
    int r = open_file(j->w->o, j->file, &l, err), said = 0;
    line_time_begin(&j->w->time, j->w->o->files.v[j->file].changed);
    j->before = j->from_said = 0;
    while (r >= 0 && said == 0 && (r = lines_block(l, &block, err)) > 0) {
        said = search_block(j, block);
        j->before += block.n;
    }
    *ret_fault = r < 0 ? str_of(err->text) : (struct str){0};
    if (l) {
        j->seen.cut = lines_health(l).cut;
        j->seen.bytes = lines_health(l).bytes;
        lines_close(l);
    }
    return said;
}

/* As the line that rsyslog would have written, without its date. */
static int take_entry(struct job *j, const struct journal_entry *e, struct buf *text)
{
    const struct date_found date = {.timed = true, .us = e->time_us};
    const struct selection *s = j->w->o->selection;
    buf_reset(text);
    if (e->kind == JOURNAL_SUPPRESSED)
        buf_printf(text, "systemd-journald: Suppressed %llu messages from %.*s", (unsigned long long)e->lost, (int)e->unit.n, e->unit.p);
    else
        journal_line(e, text);
    j->seen.bytes += text->n;
    struct str line = buf_str(text);
    if (!(j->belongs && j->belongs->n) && seek_find(&j->w->needle, line) < 0)
        return 0;
    return selection_time(s, e->time_us) && selection_line(s, &j->log, line) && belongs(j, line, e->time_us) ? say_line(j, line, 0, &date, true) : 0;
}

static int search_journal(struct job *j, struct str *ret_fault, struct err *err)
{
    const struct selection *s = j->w->o->selection;
    struct journal_want want = {.root = j->w->o->root, .since_us = s->since * 1000000, .until_us = s->until < INT64_MAX / 1000000 - 1 ? (s->until + 1) * 1000000 - 1 : 0, .fields = JOURNAL_LINE};
    _cleanup_(journal_stream_closep) struct journal_stream *stream = NULL;
    _cleanup_(buf_free) struct buf text = BUF(2u << 20);
    struct journal_entry e;
    struct err damage = {0};
    int r = journal_stream_open(&want, &stream, err), said = 0;
    for (uint64_t n = 1; r >= 0 && said == 0 && (r = journal_stream_next(stream, &e, err)) > 0; n++) {
        if (e.kind == JOURNAL_DAMAGED)
            (void)!err_set(&damage, -EBADMSG, _("the journal: %.*s cannot be read to its end"), (int)e.message.n, e.message.p);
        else if (e.kind == JOURNAL_ENTRY || e.kind == JOURNAL_SUPPRESSED)
            said = take_entry(j, &e, &text);
        raise_key(j, e.kind != JOURNAL_DAMAGED, e.time_us);
        if (said == 0 && n % SAY_FROM_ENTRIES == 0)
            said = say_key(j);
    }
    if (r >= 0 && damage.text[0])
        *err = damage;
    *ret_fault = err->text[0] ? str_of(err->text) : (struct str){0};
    return said;
}

int search_job(void *work, int fd)
{
    struct belongs belongs = {0};
    struct job j = {.w = work, .fd = fd, .out = BUF(WRITE_AT + SAID_MAX + 4096), .key = INT64_MIN};
    j.belongs = j.w->o->selection->account.n ? &belongs : NULL;
    int r = 0;
    for (size_t i = 0; r == 0 && i < j.w->n; i++) {
        struct str fault;
        struct err err = {0};
        j.file = j.w->files[i];
        const struct search_file *f = &j.w->o->files.v[j.file];
        j.seen = (struct search_seen){0};
        j.log = (struct selection_log){.of_site = f->of_site};
        if (f->service)
            (void)!service_set(str_of(f->service), &j.log.services);
        r = f->journal ? search_journal(&j, &fault, &err) : search_file(&j, &fault, &err);
        size_t at = said_begin(&j.out, SAID_END);
        buf_put_u32(&j.out, (uint32_t)j.file);
        const uint64_t numbers[] = {j.seen.bytes, j.seen.found, j.seen.cut, j.seen.timeless};
        for (size_t k = 0; k < ARRAY_SIZE(numbers); k++)
            buf_put_u64(&j.out, numbers[k]);
        buf_put_z(&j.out, fault.p);
        said_end(&j.out, at);
        r = r < 0 ? r : flush(&j);
    }
    buf_free(&j.out);
    return r;
}

static int64_t first_time(struct search_work *w, size_t file)
{
    struct lines *l = NULL;
    struct str block, line;
    struct date_found date;
    int64_t first = INT64_MIN;
    if (w->o->files.v[file].journal || strcmp(w->o->files.v[file].name, "-") == 0 || open_file(w->o, file, &l, NULL) < 0)
        return first;
    line_time_begin(&w->time, w->o->files.v[file].changed);
    if (lines_block(l, &block, NULL) > 0)
        for (unsigned i = 0; i < FIRST_LINES && first == INT64_MIN && str_line(&block, &line); i++)
            first = line_time_own(&w->time, line, &date) ? date.us : INT64_MIN;
    lines_close(l);
    return first;
}

int search_first_times(void *work, int fd)
{
    struct search_work *w = work;
    struct buf out = BUF(8 * w->n + 8);
    for (size_t i = 0; i < w->n; i++)
        buf_put_u64(&out, (uint64_t)first_time(w, w->files[i]));
    int r = fd_write_all(fd, buf_str(&out));
    buf_free(&out);
    return r;
}
