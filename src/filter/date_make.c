#include "filter/date_parts.h"
#include "base/buf.h"
#include "base/i18n.h"
#include "filter/shape.h"
#include <errno.h>
#include <stdlib.h>

/* The templates that are tried where a filter names none, in this order; the forms of date that logs have. */
static const char *const defaults[] = {
    "%ExY(?P<_sep>[-/.])%m(?P=_sep)%d(?:T|  ?)%H:%M:%S(?:[.,]%f)?(?:\\s*%z)?",  /* 2005-01-23T21:59:59.98 */
    "(?:%a )?%b %d %k:%M:%S(?:\\.%f)?(?: %ExY)?",                                /* Sun Jan 23 21:59:59.011 2005 */
    "(?:%a )?%b %d %ExY %k:%M:%S(?:\\.%f)?",                                     /* Sun Jan 23 2005 21:59:59 */
    "%d(?P<_sep>[-/])%m(?P=_sep)(?:%ExY|%Exy) %k:%M:%S",                         /* 23/01/2005 21:59:59 */
    "%d(?P<_sep>[-/])%b(?P=_sep)%ExY[ :]?%H:%M:%S(?:\\.%f)?(?: %z)?",            /* 23/Jan/2005:21:59:59 -0000 */
    "%m/%d/%ExY:%H:%M:%S",                                                       /* 01/23/2005:21:59:59 */
    "%m-%d-%ExY %k:%M:%S(?:\\.%f)?",                                             /* 01-23-2005 21:59:59 */
    "EPOCH",
    "{^LN-BEG}%H:%M:%S",
    "^<%m/%d/%Exy@%H:%M:%S>",                                                    /* <01/23/05@21:59:59> */
    "%Exy%Exm%Exd  ?%H:%M:%S",                                                   /* 050123 21:59:59 */
    "%b %d, %ExY %I:%M:%S %p",                                                   /* Jan 23, 2005 9:59:59 PM */
    "^%b-%d-%Exy %k:%M:%S",                                                      /* Jan-23-05 21:59:59 */
    "%ExY%Exm%Exd(?:T|  ?)%ExH%ExM%ExS(?:[.,]%f)?(?:\\s*%z)?",                   /* 20050123T215959 */
    "(?:%Z )?(?:%a )?%b %d %k:%M:%S(?:\\.%f)?(?: %ExY)?",                        /* CET Jan 23 21:59:59 */
    "(?:%z )?(?:%a )?%b %d %k:%M:%S(?:\\.%f)?(?: %ExY)?",                        /* +01:00 Jan 23 21:59:59 */
    "TAI64N",
};

#define TEMPLATES_MAX 500

static bool known(const struct date_detector *d, const char *name)
{
    for (size_t i = 0; i < d->list.n; i++)
        if (strcmp(d->list.v[i].t->name, name) == 0)
            return true;
    return false;
}

static void learn_shape(struct entry *e)
{
    struct arena *a = arena_new(16u << 20);
    const struct syntax *s = syntax_of(a, &e->t->re.text);
    struct shape shape = s ? shape_of(s) : (struct shape){0};
    e->anchored = shape.anchored;
    e->first = shape.first;
    e->last = shape.last;
    arena_free(a);
}

static int append(struct arena *a, struct date_detector *d, const struct date_template *t, bool ignore_twice, struct err *err)
{
    if (known(d, t->name)) {
        struct regex unused = t->re;
        regex_done(&unused);
        return ignore_twice ? 0 : err_set(err, -EINVAL, _("the same date twice: %s"), t->name);
    }
    if (d->list.n == TEMPLATES_MAX)
        return err_set(err, -E2BIG, "%s", _("too many dates"));
    struct entry *e = list_push(a, &d->list);
    *e = (struct entry){.t = arena_zalloc(a, sizeof *e->t), .distance = FAR, .memo = arena_zalloc(a, sizeof *e->memo), .place = (unsigned)d->list.n - 1};
    *e->t = *t;
    learn_shape(e);
    return 0;
}

static int add(struct arena *a, struct date_detector *d, struct str pattern, double weight, bool ignore_twice, struct err *err)
{
    struct date_template t;
    int r = date_template_new(a, pattern, d->decades, &t, err);
    if (r < 0)
        return r;
    t.weight = weight;
    return append(a, d, &t, ignore_twice, err);
}

static bool begins_line(const char *pattern) { return *pattern == '^' || strncmp(pattern, "{^LN-BEG}", 9) == 0; }

/* The defaults bound to the beginning of the line, then (all) the others. */
static int add_defaults(struct arena *a, struct date_detector *d, bool all, struct err *err)
{
    size_t before = d->list.n;
    bool twice = before > 0;
    int r = 0;
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(defaults); i++)
        if (!begins_line(defaults[i]))
            r = add(a, d, str_of(arena_printf(a, "{^LN-BEG}%s", defaults[i])), 100, twice, err);
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(defaults); i++)
        if (all || begins_line(defaults[i]))
            r = add(a, d, str_of(defaults[i]), 1, twice, err);
    for (size_t i = before; i < d->list.n; i++)
        d->list.v[i].usual = true;
    return r;
}

/* s with every {DATE} in it replaced. */
static struct str put_date(struct arena *a, struct str s, struct str date)
{
    _cleanup_(buf_free) struct buf b = BUF(REGEX_TEXT_MAX);
    date = date_template_unbound(date);
    for (size_t i = 0; i < s.n;) {
        bool here = str_istarts(str_from(s, i), STR("{DATE}")) && (i == 0 || s.p[i - 1] != '\\');
        if (here)
            buf_adds(&b, date);
        else
            buf_addc(&b, s.p[i]);
        i += here ? 6 : 1;
    }
    return str_span(arena_dup(a, buf_str(&b)), b.n);
}

/* Every default in the place of {DATE}. Those without codes (EPOCH, TAI64N) stand there by their name, and match its letters, as in fail2ban. */
static int add_around(struct arena *a, struct date_detector *d, struct str pattern, struct err *err)
{
    bool twice = d->list.n > 0;
    int r = 0;
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(defaults); i++) {
        struct str date = str_of(strcmp(defaults[i], "EPOCH") == 0 ? "Epoch" : defaults[i]);
        r = add(a, d, put_date(a, pattern, date), 1, twice, err);
    }
    return r;
}

static int add_line(struct arena *a, struct date_detector *d, struct str pattern, struct err *err)
{
    bool codes = str_find(pattern, '%') >= 0, date = false;
    for (size_t i = 0; i < pattern.n && !date; i++)
        date = (codes ? str_starts : str_istarts)(str_from(pattern, i), STR("{DATE}"));
    if (str_ieq(pattern, STR("{^LN-BEG}")))
        return add_defaults(a, d, false, err);
    if (str_ieq(pattern, STR("{DEFAULT}")))
        return 0; /* what fail2ban does with it: all defaults where nothing else is said, else nothing */
    if (date)
        return add_around(a, d, pattern, err);
    if (str_ieq(pattern, STR("{NONE}")))
        pattern = STR("{UNB}^");
    return add(a, d, pattern, 1, false, err);
}

/* No line was seen yet. */
static void begin(struct date_detector *d)
{
    d->in_place = false;
    d->first_unused = 0;
    d->last = d->end = FAR;
    d->start = 1;
    d->before_start = d->at_start = d->before_end = d->at_end = 0;
}

static int by_place(const void *a, const void *b)
{
    unsigned x = ((const struct entry *)a)->place, y = ((const struct entry *)b)->place;
    return x < y ? -1 : x > y;
}

void date_detector_restart(struct date_detector *d)
{
    qsort(d->list.v, d->list.n, sizeof *d->list.v, by_place);
    for (size_t i = 0; i < d->list.n; i++) {
        struct entry *e = &d->list.v[i];
        *e->memo = (struct memo){0};
        e->hits = 0;
        e->last_used = 0;
        e->distance = FAR;
    }
    begin(d);
}

int date_detector_new(struct arena *a, struct str datepattern, int64_t today, struct date_detector **ret, struct err *err)
{
    struct date_detector *d = arena_zalloc(a, sizeof *d);
    struct str line;
    int r = 0;
    d->a = a;
    d->decades = date_decades(a, today);
    begin(d);
    while (r == 0 && str_line(&datepattern, &line))
        if ((line = str_trim(line)).n)
            r = add_line(a, d, line, err);
    if (r == 0 && !d->list.n)
        r = add_defaults(a, d, true, err);
    if (r < 0)
        date_detector_done(d);
    else
        *ret = d;
    return r;
}

void date_detector_ready(struct date_detector *d)
{
    for (size_t i = 0; i < d->list.n; i++)
        regex_ready(&d->list.v[i].t->re);
}

void date_detector_thorough(struct date_detector *d) { d->thorough = true; }

void date_detector_done(struct date_detector *d)
{
    for (size_t i = 0; d && i < d->list.n; i++)
        regex_done(&d->list.v[i].t->re);
    if (d)
        glimpse_done(d->glimpse);
}

void date_detector_hits(const struct date_detector *d, bool (*fn)(void *ctx, const char *name, uint64_t hits), void *ctx)
{
    for (size_t i = 0; i < d->list.n; i++)
        if (d->list.v[i].hits && !fn(ctx, d->list.v[i].t->name, d->list.v[i].hits))
            return;
}

bool date_detector_alone(const struct date_detector *d, struct date_alone *ret)
{
    const struct entry *e = d->list.v;
    if (d->list.n != 1 || !bound(e) || d->thorough)
        return false;
    struct date_alone made = {.needles = needles_of(&e->t->re.text, true)};
    if (!made.needles.n)
        return false;
    struct arena *a = arena_new(16u << 20);
    const struct syntax *s = syntax_of(a, &e->t->re.text);
    made.beside = s && shape_beside(s, 1, &made.before, &made.behind);
    arena_free(a);
    *ret = made;
    return true;
}
