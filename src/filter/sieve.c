#include "filter/sieve.h"
#include "filter/matcher_sieve.h"
#include "filter/scan.h"
#include "filter/utf8.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define LINE_END 2 /* bytes that may stand behind the last line of a block */
#define HITS_MAX 65536 /* of one block; lines behind the last of them are seen by all */

/* Whose text it is: an expression's, or that of a calendar's only date. */
struct target {
    unsigned text, filter, taker;
    bool wanted;
    unsigned calendar; /* +1; 0: an expression's */
};
struct hit { unsigned text, end; };

struct dates {
    struct calendar *calendar;
    uint64_t *filters;  /* bits: those that it serves */
    bool leaves_out;    /* it need not see every line */
    uint64_t line;      /* the last line with a text of its date */
};

struct sieve {
    struct arena *a;
    struct matcher **matchers;
    size_t n, words;
    LIST(struct dates) dates;
    struct calendar *eager;          /* the only one that must see every line, besides those that leave out some; NULL: there are none, or several */
    bool slow;                       /* some filter or several calendars see every line */
    enum sieve_way way;
    struct scan *scan;
    LIST(struct scan_text) texts;
    LIST(struct target) targets;     /* by text */
    unsigned *first_target;          /* of each text, and their end */
    bool *idle;                      /* texts for which alone no line is read: nobody asks for what it may be */
    uint64_t *always, *chosen;       /* bits: filters that see every line, and this one */
    uint64_t *also_always, *also;    /* the same, of filters that can take it, but for which it alone would not be read */
    uint64_t pairs[65536 / 64];      /* bits: bytes that stand side by side in some text */
    uint64_t line;                   /* marks */
    struct str block;
    bool ascii;
    struct hit *hits;
    size_t hits_n, hits_at, looked_at; /* looked_at: how much of the block was looked through */
};

static unsigned char lower(unsigned char c) { return (unsigned char)str_lower((char)c); }
static size_t pair(char a, char b) { return (size_t)lower((unsigned char)a) << 8 | lower((unsigned char)b); }

static unsigned text_index(struct sieve *s, const struct needle *needle, bool caseless)
{
    struct str text = str_span(needle->text, needle->n);
    for (unsigned i = 0; i < s->texts.n; i++)
        if (s->texts.v[i].caseless == caseless && str_eq(s->texts.v[i].text, text))
            return i;
    *list_push(s->a, &s->texts) = (struct scan_text){str_span(arena_dup(s->a, text), text.n), caseless};
    for (size_t i = 1; i < text.n; i++)
        s->pairs[pair(text.p[i - 1], text.p[i]) / 64] |= 1ull << (pair(text.p[i - 1], text.p[i]) % 64);
    return (unsigned)s->texts.n - 1;
}

static void add_filter(struct sieve *s, unsigned filter)
{
    struct matcher *m = s->matchers[filter];
    for (unsigned i = 0; i < matcher_takers(m); i++) {
        const struct needles *v = matcher_needles(m, i);
        bool wanted = matcher_wants(m, i);
        if (!v || s->way == SIEVE_OPEN)
            (wanted ? s->always : s->also_always)[filter / 64] |= 1ull << (filter % 64);
        for (unsigned k = 0; v && k < v->n; k++)
            *list_push(s->a, &s->targets) = (struct target){text_index(s, &v->v[k], v->caseless), filter, i, wanted};
    }
    size_t i = 0;
    while (i < s->dates.n && s->dates.v[i].calendar != matcher_calendar(m))
        i++;
    if (i == s->dates.n)
        *list_push(s->a, &s->dates) = (struct dates){.calendar = matcher_calendar(m), .filters = arena_zalloc(s->a, s->words * sizeof(uint64_t))};
    s->dates.v[i].filters[filter / 64] |= 1ull << (filter % 64);
    s->slow |= s->always[filter / 64] || s->also_always[filter / 64];
}

/* No text can begin before such a date and end behind it. */
static bool parts_texts(const struct sieve *s, const struct date_alone *d)
{
    for (unsigned x = 0; x < 128 && d->beside; x++)
        for (unsigned y = 0; y < 128 && syntax_has(&d->before, (unsigned char)x); y++)
            if (syntax_has(&d->behind, (unsigned char)y) && s->pairs[pair((char)x, (char)y) / 64] >> (pair((char)x, (char)y) % 64) & 1)
                return false;
    return d->beside;
}

static void add_dates(struct sieve *s)
{
    for (unsigned i = 0; i < s->dates.n && s->way != SIEVE_OPEN; i++) {
        struct date_alone d;
        struct dates *own = &s->dates.v[i];
        own->leaves_out = calendar_leaves_out(own->calendar, &d) && parts_texts(s, &d);
        for (unsigned k = 0; own->leaves_out && k < d.needles.n; k++)
            *list_push(s->a, &s->targets) = (struct target){.text = text_index(s, &d.needles.v[k], d.needles.caseless), .calendar = i + 1};
        s->slow |= !own->leaves_out && s->eager;
        s->eager = own->leaves_out ? s->eager : own->calendar;
    }
}

static int by_text(const void *a, const void *b)
{
    const struct target *x = a, *y = b;
    return x->text != y->text ? (x->text < y->text ? -1 : 1) : x->filter != y->filter ? (x->filter < y->filter ? -1 : 1) : 0;
}

static void prepare(struct sieve *s)
{
    for (unsigned i = 0; i < s->n; i++)
        add_filter(s, i);
    add_dates(s);
    if (s->targets.n)
        qsort(s->targets.v, s->targets.n, sizeof *s->targets.v, by_text);
    s->first_target = arena_zalloc(s->a, (s->texts.n + 2) * sizeof *s->first_target);
    s->idle = arena_zalloc(s->a, s->texts.n + 1);
    memset(s->idle, true, s->texts.n);
    for (unsigned i = 0; i < s->targets.n; i++) {
        const struct target *t = &s->targets.v[i];
        s->first_target[t->text + 1] = i + 1;
        s->idle[t->text] = s->idle[t->text] && !t->wanted && !t->calendar;
    }
    scan_new(s->texts.v, s->texts.n, s->way == SIEVE_PLAIN, &s->scan);
}

int sieve_new(const struct filter_definition *d, size_t n, const struct matcher_options *o, enum sieve_way way, struct sieve **ret, struct err *err)
{
    struct arena *a = arena_new(256u << 20);
    struct sieve *s = arena_zalloc(a, sizeof *s);
    int r = 0;
    s->a = a;
    s->way = way;
    s->words = n / 64 + 1;
    s->matchers = arena_zalloc(a, (n + 1) * sizeof(struct matcher *));
    s->always = arena_zalloc(a, s->words * sizeof *s->always);
    s->chosen = arena_zalloc(a, s->words * sizeof *s->chosen);
    s->also_always = arena_zalloc(a, s->words * sizeof *s->also_always);
    s->also = arena_zalloc(a, s->words * sizeof *s->also);
    s->hits = malloc(HITS_MAX * sizeof *s->hits);
    if (!s->hits)
        r = err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    for (; r == 0 && s->n < n; s->n += r == 0)
        r = matcher_new_beside(&d[s->n], o, s->matchers, s->n, &s->matchers[s->n], err);
    if (r < 0) {
        sieve_free(s);
        return r;
    }
    prepare(s);
    *ret = s;
    return 0;
}

void sieve_ready(struct sieve *s)
{
    for (size_t i = 0; i < s->n; i++)
        matcher_ready(s->matchers[i]);
}

void sieve_restart(struct sieve *s)
{
    for (size_t i = 0; i < s->n; i++)
        matcher_restart(s->matchers[i]);
    s->block = (struct str){0};
    s->hits_n = s->hits_at = s->looked_at = 0;
}

void sieve_free(struct sieve *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++)
        matcher_free(s->matchers[i]);
    scan_free(s->scan);
    free(s->hits);
    arena_free(s->a);
}

void sieve_freep(struct sieve **s) { sieve_free(*s); }

static bool keep_hit(void *ctx, unsigned text, size_t end)
{
    struct sieve *s = ctx;
    if (s->hits_n == HITS_MAX) {
        s->looked_at = s->hits[HITS_MAX - 1].end - 1; /* others may end at the same place */
        return false;
    }
    s->hits[s->hits_n++] = (struct hit){text, (unsigned)end};
    return true;
}

void sieve_block(struct sieve *s, struct str block)
{
    s->block = block;
    s->ascii = utf8_ascii(block);
    s->hits_n = s->hits_at = s->looked_at = 0;
    if (s->way == SIEVE_OPEN || block.n > UINT32_MAX)
        return;
    if (scan_run(s->scan, block, keep_hit, s))
        s->looked_at = block.n;
}

static void choose(struct sieve *s, unsigned text)
{
    for (unsigned i = s->first_target[text], n = s->first_target[text + 1]; i < n; i++) {
        const struct target *t = &s->targets.v[i];
        if (t->calendar) {
            s->dates.v[t->calendar - 1].line = s->line;
            continue;
        }
        (t->wanted ? s->chosen : s->also)[t->filter / 64] |= 1ull << (t->filter % 64);
        matcher_mark(s->matchers[t->filter], t->taker, s->line);
    }
}

/* The hits in a line that ends at that byte of the block. */
static void choose_hits(struct sieve *s, size_t end)
{
    unsigned last = (unsigned)s->texts.n;
    for (; s->hits_at < s->hits_n && s->hits[s->hits_at].end <= end; s->hits_at++) {
        if (s->hits[s->hits_at].text != last)
            choose(s, s->hits[s->hits_at].text);
        last = s->hits[s->hits_at].text;
    }
}

static bool choose_joined(void *ctx, unsigned text, size_t end)
{
    (void)end;
    choose(ctx, text);
    return true;
}

/* Where a date was cut out, a text may stand that the raw line does not have. */
static void look_at_cut(struct sieve *s, const struct calendar_line *l)
{
    size_t before = l->start < NEEDLE_LONGEST ? l->start : NEEDLE_LONGEST, behind = l->line.n - l->end;
    char joined[2 * NEEDLE_LONGEST];
    if (!before || !behind)
        return;
    size_t p = pair(l->line.p[l->start - 1], l->line.p[l->end]);
    if (!(s->pairs[p / 64] >> (p % 64) & 1))
        return;
    behind = behind < NEEDLE_LONGEST ? behind : NEEDLE_LONGEST;
    memcpy(joined, l->line.p + l->start - before, before);
    memcpy(joined + before, l->line.p + l->end, behind);
    scan_run(s->scan, str_span(joined, before + behind), choose_joined, s);
}

/* How many filters, in their order, are to see the line: none behind the last that it was chosen for. */
static size_t last_chosen(const struct sieve *s)
{
    for (size_t w = s->words; w-- > 0;)
        if (s->chosen[w])
            return w * 64 + 64 - (size_t)__builtin_clzll(s->chosen[w]);
    return 0;
}

static enum matcher_result try_filters(struct sieve *s, bool all, int64_t now, size_t *ret_filter, struct matcher_event *ret)
{
    size_t n = all ? s->n : last_chosen(s);
    for (size_t w = 0; w * 64 < n; w++)
        for (uint64_t bits = all ? ~0ull : s->chosen[w] | s->also[w]; bits; bits &= bits - 1) {
            size_t i = w * 64 + (size_t)__builtin_ctzll(bits);
            if (i >= n)
                break;
            enum matcher_result r = matcher_try(s->matchers[i], all ? 0 : s->line, now, ret);
            if (r == MATCHER_MISSED)
                continue;
            *ret_filter = i;
            return r;
        }
    return MATCHER_MISSED;
}

/* Whether a filter that this calendar serves will see the line. */
static bool asked(const struct sieve *s, const struct dates *d)
{
    size_t n = last_chosen(s);
    for (size_t w = 0; w * 64 < n; w++)
        if ((s->chosen[w] | s->also[w]) & d->filters[w])
            return true;
    return false;
}

static void ask_or_defer(struct sieve *s, struct dates *d, struct str line, int64_t now, bool lf)
{
    bool ascii = s->ascii || utf8_ascii(line);
    if (!ascii || asked(s, d))
        calendar_next(d->calendar, line, NULL, now, ascii, lf);
    else if (d->line == s->line)
        calendar_defer(d->calendar, line, now);
}

static void settle(struct sieve *s)
{
    for (size_t i = 0; i < s->dates.n; i++)
        if (s->dates.v[i].leaves_out)
            calendar_settle(s->dates.v[i].calendar);
}

enum matcher_result sieve_line(struct sieve *s, struct str line, const int64_t *time_us, int64_t now, size_t *ret_filter, struct matcher_event *ret)
{
    size_t start = (size_t)((uintptr_t)line.p - (uintptr_t)s->block.p), end = start + line.n;
    bool inside = s->block.n && line.p && start <= s->block.n && end <= s->block.n, lf = inside && end < s->block.n && s->block.p[end] == '\n';
    bool all = !inside || end > s->looked_at;
    s->line++;
    memcpy(s->chosen, s->always, s->words * sizeof *s->chosen);
    memcpy(s->also, s->also_always, s->words * sizeof *s->also);
    if (inside)
        choose_hits(s, end);
    for (size_t i = 0; i < s->dates.n; i++) {
        const struct dates *d = &s->dates.v[i];
        if (d->leaves_out && !all && !time_us)
            continue;
        calendar_next(d->calendar, line, time_us, now, inside && s->ascii, lf);
        if (!all && !d->leaves_out)
            look_at_cut(s, calendar_line(d->calendar));
    }
    for (size_t i = 0; i < s->dates.n && !all && !time_us; i++)
        if (s->dates.v[i].leaves_out)
            ask_or_defer(s, &s->dates.v[i], line, now, lf);
    enum matcher_result r = try_filters(s, all, now, ret_filter, ret);
    if (inside && end + LINE_END >= s->block.n)
        settle(s);
    return r;
}

/* A line without any text for which it would be read, and with the date of the line before: most are. It is done then. */
static bool pass(struct sieve *s, struct str line, size_t start, int64_t now)
{
    size_t end = start + line.n;
    size_t hit = s->hits_at;
    while (hit < s->hits_n && s->hits[hit].end <= end && s->idle[s->hits[hit].text])
        hit++;
    if (s->slow || end > s->looked_at || end + LINE_END >= s->block.n || (hit < s->hits_n && s->hits[hit].end <= end) || !s->ascii)
        return false;
    if (s->eager && !calendar_pass(s->eager, line, now))
        return false;
    s->hits_at = hit;
    s->line++;
    return true;
}

enum matcher_result sieve_next(struct sieve *s, struct str *rest, int64_t now, uint64_t *lines, size_t *ret_filter, struct matcher_event *ret)
{
    struct str line;
    size_t start = s->block.n - rest->n;
    assert(!rest->n || (rest->n <= s->block.n && rest->p == s->block.p + start));
    for (; str_line(rest, &line); start = s->block.n - rest->n) {
        ++*lines;
        if (pass(s, line, start, now))
            continue;
        enum matcher_result r = sieve_line(s, line, NULL, now, ret_filter, ret);
        if (r != MATCHER_MISSED)
            return r;
    }
    return MATCHER_MISSED;
}

bool sieve_time(const struct sieve *s, int64_t *ret_us)
{
    for (size_t i = 0; i < s->dates.n; i++) {
        const struct calendar_line *l = calendar_line(s->dates.v[i].calendar);
        if (l->timed && !l->no_date) {
            *ret_us = l->time_us;
            return true;
        }
    }
    return false;
}

size_t sieve_filters(const struct sieve *s) { return s->n; }

struct matcher *sieve_matcher(const struct sieve *s, size_t filter) { return s->matchers[filter]; }

size_t matcher_slow_rule(const struct matcher *m, size_t n)
{
    for (size_t i = 0; i < matcher_rules(m); i++)
        if (!matcher_needles(m, i) && n-- == 0)
            return i + 1;
    return 0;
}
