#include "filter/calendar.h"
#include "filter/utf8.h"
#include <errno.h>
#include <stdlib.h>

#define TIME_OFF 60     /* seconds that a date may be off when lines are live, and for which a line without date takes the last one */
#define DATE_AT_BEGIN 2 /* bytes that may stand before a date that begins a line */

struct calendar {
    struct arena *a;
    struct calendar_options o;
    struct date_detector *dates;
    struct buf clean, date_text, dated, text;
    unsigned owners;
    bool has_last;
    int64_t last_us;
    struct calendar_count count;
    struct calendar_line now;
    struct str seen;        /* the text, where it was asked for */
    bool lf, own;           /* own: the line has its time from nowhere else */
    struct deferred { struct str line; int64_t now; } deferred[CALENDAR_DEFERRED];
    size_t deferred_n;
};

int calendar_new(const struct calendar_options *o, struct calendar **ret, struct err *err)
{
    struct calendar *c = calloc(1, sizeof *c);
    if (!c)
        return -ENOMEM;
    c->a = arena_new(256u << 20);
    c->o = *o;
    c->owners = 1;
    c->clean = BUF(4 * CALENDAR_LINE);
    c->date_text = BUF(CALENDAR_LINE);
    c->dated = c->text = BUF(6 * CALENDAR_LINE);
    int r = date_detector_new(c->a, o->datepattern, o->today, &c->dates, err);
    if (r < 0) {
        calendar_free(c);
        return r;
    }
    if (o->thorough)
        date_detector_thorough(c->dates);
    *ret = c;
    return 0;
}

struct calendar *calendar_share(struct calendar *c)
{
    c->owners++;
    return c;
}

void calendar_ready(struct calendar *c) { date_detector_ready(c->dates); }

void calendar_restart(struct calendar *c)
{
    date_detector_restart(c->dates);
    c->has_last = false;
    c->last_us = 0;
    c->now = (struct calendar_line){0};
    c->deferred_n = 0;
}

void calendar_free(struct calendar *c)
{
    if (!c || --c->owners)
        return;
    date_detector_done(c->dates);
    buf_free(&c->clean);
    buf_free(&c->date_text);
    buf_free(&c->dated);
    buf_free(&c->text);
    arena_free(c->a);
    free(c);
}

bool calendar_serves(const struct calendar *c, const struct calendar_options *o)
{
    return str_eq(str_trim(c->o.datepattern), str_trim(o->datepattern)) && c->o.latin1 == o->latin1 && c->o.today == o->today && c->o.live == o->live && c->o.journal == o->journal && c->o.thorough == o->thorough &&
           c->o.uncounted == o->uncounted;
}

/* The line as expressions may see it: without newline, cut, valid UTF-8. */
static struct str clean(struct calendar *c, struct str line, bool ascii)
{
    size_t whole = line.n;
    while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
        line.n--;
    bool cut = line.n > CALENDAR_LINE;
    c->count.cut += cut;
    if (cut)
        for (line.n = CALENDAR_LINE; line.n > CALENDAR_LINE - 4 && (line.p[line.n] & 0xc0) == 0x80;)
            line.n--;
    c->lf = c->lf && line.n == whole;
    c->now.ascii = ascii || utf8_ascii(line);
    if (c->now.ascii)
        return line;
    c->lf = false;
    buf_reset(&c->clean);
    if (c->o.latin1)
        utf8_from_latin1(line, &c->clean);
    else
        c->count.not_utf8 += utf8_repair(line, &c->clean) > 0;
    return buf_str(&c->clean);
}

static bool last_is_near(const struct calendar *c, int64_t now) { return c->has_last && c->last_us > (now - TIME_OFF) * 1000000; }

static void know_time(struct calendar *c, int64_t us)
{
    c->now.timed = true;
    c->now.time_us = us;
}

static void put_line(struct calendar *c, struct str line, size_t start, size_t end)
{
    c->now.line = line;
    c->now.start = start;
    c->now.end = end;
}

/* A line without a date of its own: it happened when the last one did, if that was just now. */
static void take_last(struct calendar *c, struct str line)
{
    buf_reset(&c->dated);
    buf_adds(&c->dated, buf_str(&c->date_text));
    buf_adds(&c->dated, line);
    c->lf = false;
    put_line(c, buf_str(&c->dated), 0, c->date_text.n);
    know_time(c, c->last_us);
}

static void remember_date(struct calendar *c, struct str text, int64_t us)
{
    buf_reset(&c->date_text);
    buf_adds(&c->date_text, text);
    c->last_us = us;
    c->has_last = true;
}

static void find_date(struct calendar *c, struct str line, int64_t now)
{
    struct date_found d = {0};
    bool found = date_detector_find(c->dates, line, c->now.ascii, now, &d), empty = found && d.start == d.end;
    if (c->o.journal && !(found && d.timed && d.start <= DATE_AT_BEGIN)) {
        remember_date(c, STR(""), now * 1000000);
        know_time(c, now * 1000000);
        put_line(c, line, 0, 0);
        return;
    }
    c->own = found && d.timed;
    if (c->own) {
        remember_date(c, str_span(line.p + d.start, d.end - d.start), d.us);
        know_time(c, d.us);
        put_line(c, line, d.start, d.end);
        return;
    }
    c->now.no_date = !empty;
    c->count.undated += c->now.no_date;
    if (last_is_near(c, now)) {
        take_last(c, line);
        return;
    }
    put_line(c, line, d.start, d.end);
    if (empty || c->o.live)
        know_time(c, now * 1000000);
}

/* A time that is more than a minute off cannot be meant while lines are being written. */
static void judge_time(struct calendar *c, int64_t now)
{
    int64_t off = c->now.time_us - now * 1000000;
    if (!c->o.live || !c->now.timed || (off <= (TIME_OFF + 1) * 1000000 - 1 && off >= -(TIME_OFF + 1) * 1000000 + 1))
        return;
    know_time(c, now * 1000000);
    c->last_us = c->now.time_us;
    c->has_last = true;
}

static void next(struct calendar *c, struct str line, const int64_t *time_us, int64_t now, bool ascii, bool lf)
{
    c->lf = lf;
    c->seen.p = NULL;
    c->own = true;
    c->now.timed = c->now.no_date = false;
    line = clean(c, line, ascii);
    if (time_us) {
        remember_date(c, STR(""), *time_us);
        know_time(c, *time_us);
        put_line(c, line, 0, 0);
    } else {
        find_date(c, line, now);
    }
    judge_time(c, now);
}

void calendar_next(struct calendar *c, struct str line, const int64_t *time_us, int64_t now, bool ascii, bool lf)
{
    next(c, line, time_us, now, ascii, lf);
    if (!c->deferred_n)
        return;
    if (!c->own) { /* the time of the line before is asked for */
        calendar_settle(c);
        next(c, line, time_us, now, ascii, lf);
    }
    c->deferred_n = 0;
}

bool calendar_pass(struct calendar *c, struct str line, int64_t now)
{
    bool usual = !c->o.live && !c->o.journal && c->has_last && line.n && line.n <= CALENDAR_LINE && line.p[line.n - 1] != '\r';
    return usual && date_detector_again(c->dates, line, now);
}

bool calendar_leaves_out(const struct calendar *c, struct date_alone *ret)
{
    return c->o.uncounted && !c->o.journal && date_detector_alone(c->dates, ret);
}

void calendar_defer(struct calendar *c, struct str line, int64_t now)
{
    if (c->deferred_n == CALENDAR_DEFERRED)
        calendar_settle(c);
    c->deferred[c->deferred_n++] = (struct deferred){line, now};
}

/* Of lines that each have a time of their own or none, the last that has one decides. */
void calendar_settle(struct calendar *c)
{
    while (c->deferred_n) {
        const struct deferred *l = &c->deferred[--c->deferred_n];
        next(c, l->line, NULL, l->now, true, false);
        if (c->own)
            c->deferred_n = 0;
    }
}

const struct calendar_line *calendar_line(const struct calendar *c) { return &c->now; }

struct str calendar_text(struct calendar *c)
{
    const struct calendar_line *l = &c->now;
    if (c->seen.p)
        return c->seen;
    if (c->lf && l->start == 0) {
        c->seen = str_span(l->line.p + l->end, l->line.n - l->end + 1);
        return c->seen;
    }
    buf_reset(&c->text);
    buf_add(&c->text, l->line.p, l->start);
    buf_adds(&c->text, str_from(l->line, l->end));
    buf_addc(&c->text, '\n');
    c->seen = buf_str(&c->text);
    return c->seen;
}

struct calendar_count calendar_counts(const struct calendar *c) { return c->count; }
const struct date_detector *calendar_dates(const struct calendar *c) { return c->dates; }
