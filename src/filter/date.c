#include "filter/date_parts.h"
#include "filter/utf8.h"

#define UNUSED_SECONDS 300
#define GROUPS_KEPT 64
#define BEHIND 2 /* bytes behind a date by which it is known that it ends there: where they are not enough, nothing is kept */

/* A line whose places are counted in characters. */
struct text {
    struct str s;
    bool ascii, glimpsed;
    uint64_t possible; /* bits of templates, where it was glimpsed */
};

static size_t byte_of(const struct text *t, size_t index) { return t->ascii ? (index < t->s.n ? index : t->s.n) : utf8_offset(t->s, index); }
static size_t index_of(const struct text *t, size_t byte) { return t->ascii ? byte : utf8_count(str_span(t->s.p, byte)); }

/* The character at a place, +1; 0: there is none. */
static uint32_t char_at(const struct text *t, size_t index)
{
    size_t at = index == SIZE_MAX ? t->s.n : byte_of(t, index);
    uint32_t c = 0;
    if (t->ascii)
        return at < t->s.n ? (uint32_t)(unsigned char)t->s.p[at] + 1 : 0;
    return utf8_next(str_from(t->s, at), &c) ? c + 1 : 0;
}

static bool is_alnum(uint32_t c)
{
    c--;
    return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct hit {
    struct regex_found f;
    size_t start, end, index; /* in characters; of the template */
    bool known;               /* by the template's memo: f is not filled */
};

static bool begins_as(const struct memo *m, const struct text *t, int64_t now)
{
    return m->sure && t->ascii && t->s.n > m->n && now == m->now && memcmp(t->s.p, m->text, m->n) == 0;
}

static struct glimpse *make_glimpse(struct date_detector *d)
{
    const struct regex_text *v[GLIMPSE_MAX];
    for (unsigned i = 0; i < d->list.n; i++) {
        d->list.v[i].bit = i;
        v[i] = &d->list.v[i].t->re.text;
    }
    return glimpse_new(d->a, v, d->list.n);
}

/* Whether a template could match somewhere in the line. */
static bool possible(struct date_detector *d, struct text *t, size_t i)
{
    if (!t->ascii || d->thorough || d->list.n > GLIMPSE_MAX || d->list.n == 1)
        return true;
    if (!d->glimpse)
        d->glimpse = make_glimpse(d);
    if (!t->glimpsed)
        t->possible = glimpse_line(d->glimpse, t->s);
    t->glimpsed = true;
    return t->possible >> d->list.v[i].bit & 1;
}

static bool try_at(struct date_detector *d, const struct text *t, size_t i, size_t from, size_t to, struct hit *ret)
{
    struct hit h = {.index = i};
    if (!regex_search(&d->list.v[i].t->re, str_span(t->s.p, to), t->ascii, from, &h.f))
        return false;
    h.start = index_of(t, h.f.spans[0]);
    h.end = index_of(t, h.f.spans[1]);
    *ret = h;
    return true;
}

/* It is known that the template is not in the line, by how that begins. */
static bool fails(const struct date_detector *d, const struct text *t, size_t i)
{
    const struct entry *e = &d->list.v[i];
    if (!e->anchored || !t->ascii || d->thorough || t->s.n <= NO_TEXT)
        return false;
    return !syntax_has(&e->first, (unsigned char)t->s.p[0]) || (e->memo->fails && memcmp(t->s.p, e->memo->no_text, NO_TEXT) == 0);
}

/* At the second line of the same beginning it is proven. */
static void keep_failure(struct date_detector *d, const struct text *t, size_t i)
{
    struct entry *e = &d->list.v[i];
    struct memo *m = e->memo;
    if (!e->anchored || !t->ascii || d->thorough || t->s.n <= NO_TEXT)
        return;
    bool same = m->has_no_text && memcmp(t->s.p, m->no_text, NO_TEXT) == 0;
    if (same && m->judged)
        return;
    m->judged = same;
    m->fails = same && regex_fails_sure(&e->t->re, str_span(t->s.p, NO_TEXT));
    memcpy(m->no_text, t->s.p, NO_TEXT);
    m->has_no_text = true;
}

/* In the whole line. */
static bool try_line(struct date_detector *d, const struct text *t, size_t i, int64_t now, struct hit *ret)
{
    const struct memo *m = d->list.v[i].memo;
    if (fails(d, t, i))
        return false;
    if (!bound(&d->list.v[i]) || !begins_as(m, t, now)) {
        bool found = try_at(d, t, i, 0, t->s.n, ret);
        if (!found)
            keep_failure(d, t, i);
        return found;
    }
    *ret = (struct hit){.index = i, .start = m->start, .end = m->end, .known = true};
    return true;
}

/* The characters around the last place are the same as they were, or the inner ones are no letters: it can be trusted. */
static bool same_place(const struct date_detector *d, const struct text *t)
{
    uint32_t at_start = char_at(t, d->start), before_end = char_at(t, d->end - 1);
    bool left = char_at(t, d->start - 1) == d->before_start || (at_start == d->at_start && !is_alnum(d->at_start));
    bool right = char_at(t, d->end) == d->at_end || (before_end == d->before_end && !is_alnum(d->before_end));
    return left && right;
}

/* Whether the winning template could match exactly where the last date was. */
static bool possible_there(struct date_detector *d, const struct text *t)
{
    const struct entry *e = &d->list.v[d->last];
    if (!d->thorough && t->ascii && d->end <= t->s.n && d->start < d->end && (e->first.ascii[0] | e->first.ascii[1]) &&
        (!syntax_has(&e->first, (unsigned char)t->s.p[d->start]) || !syntax_has(&e->last, (unsigned char)t->s.p[d->end - 1])))
        return false;
    struct text there = {.s = str_span(t->s.p + byte_of(t, d->start), byte_of(t, d->end) - byte_of(t, d->start)), .ascii = t->ascii};
    return d->end <= t->s.n && possible(d, &there, d->last);
}

/* The template that won last. 1: it wins again; 0: it does not; 2: it found something elsewhere, which is kept. *ret_skip: it need not be tried again.
   *ret_later: it may have something elsewhere, which matters only where no other template is sure of its own. */
static int try_last(struct date_detector *d, struct text *t, struct hit *ret, size_t *ret_skip, bool *ret_later, int64_t now)
{
    if (d->last >= d->list.n)
        return 0;
    const struct entry *e = &d->list.v[d->last];
    bool here = !bound(e) && same_place(d, t), found;
    if (here) {
        found = try_at(d, t, d->last, byte_of(t, d->start), byte_of(t, d->end), ret);
    } else if (!bound(e) && d->list.n > 1 && !possible_there(d, t)) {
        *ret_skip = d->last;
        *ret_later = true;
        return 0;
    } else {
        found = (bound(e) || possible(d, t, d->last)) && try_line(d, t, d->last, now, ret);
        *ret_skip = d->last;
    }
    if (!found)
        return 0;
    return d->list.n == 1 || bound(e) || (ret->start == d->start && ret->end == d->end) ? 1 : 2;
}

/* By its memo, a template that is bound matches. */
static bool is_known(const struct date_detector *d, const struct text *t, size_t i, int64_t now) { return bound(&d->list.v[i]) && begins_as(d->list.v[i].memo, t, now); }

/* Such a one stands before all others but `skip`: it wins, whatever that finds. */
static bool known_first(const struct date_detector *d, const struct text *t, size_t skip, int64_t now)
{
    size_t i = skip == 0 ? 1 : 0;
    return i < d->list.n && is_known(d, t, i, now);
}

static bool try_all(struct date_detector *d, struct text *t, size_t skip, bool later, int64_t now, struct hit *best, bool have_best)
{
    struct hit h;
    if (later && !known_first(d, t, skip, now) && possible(d, t, skip))
        have_best = try_line(d, t, skip, now, best);
    if (d->glimpse && !known_first(d, t, skip, now) && !possible(d, t, 0) && !t->possible)
        return have_best;
    for (size_t i = 0; i < d->list.n; i++) {
        const struct entry *e = &d->list.v[i];
        if (i == skip || (t->glimpsed && !(t->possible >> e->bit & 1)) || fails(d, t, i) || (!is_known(d, t, i, now) && !possible(d, t, i)) || !try_line(d, t, i, now, &h))
            continue;
        bool wins = i + 1 == d->list.n || bound(e) || (h.start == 0 && e->hits && !d->list.v[i + 1].hits);
        if (wins || !(h.start > e->distance || h.start > d->start)) {
            *best = h;
            return true;
        }
        if (!have_best || h.start < best->start) { /* it may be in the message: somebody else may know better */
            *best = h;
            have_best = true;
        }
    }
    return have_best;
}

static double weight(const struct entry *e) { return (double)e->hits * e->t->weight / (double)(e->distance ? e->distance : 1); }

static bool movable(const struct date_detector *d, size_t from, size_t to)
{
    const struct entry *e = &d->list.v[from], *at = &d->list.v[to];
    return weight(e) > weight(at) || e->last_used - UNUSED_SECONDS > at->last_used;
}

/* Moves a template forward that wins often. Returns its new place. */
static size_t reorder(struct date_detector *d, size_t i)
{
    size_t to = d->first_unused < i ? d->first_unused : i / 2;
    if (!movable(d, i, to)) {
        if (to == i - 1 || !movable(d, i, i - 1))
            return i;
        to = i - 1;
    }
    struct entry e = d->list.v[i];
    memmove(d->list.v + to + 1, d->list.v + to, (i - to) * sizeof e);
    d->list.v[to] = e;
    while (d->first_unused < d->list.n && d->list.v[d->first_unused].hits)
        d->first_unused++;
    return to;
}

static void remember(struct date_detector *d, const struct text *t, const struct hit *h, int64_t now)
{
    struct entry *e = &d->list.v[h->index];
    size_t i = h->index;
    e->hits++;
    e->last_used = now;
    e->distance = h->start;
    if (d->first_unused == i)
        d->first_unused++;
    d->start = h->start;
    d->end = h->end;
    if (!bound(e)) {
        d->before_start = char_at(t, h->start - 1);
        d->at_start = char_at(t, h->start);
        d->before_end = char_at(t, h->end - 1);
        d->at_end = char_at(t, h->end);
    }
    if (i && i != d->last)
        i = reorder(d, i);
    d->last = i;
}

static bool keep_spans(const struct date_detector *d, const struct hit *h, size_t *spans)
{
    unsigned groups = d->list.v[h->index].t->re.text.groups + 1;
    if (groups <= GROUPS_KEPT)
        memcpy(spans, h->f.spans, 2 * groups * sizeof *spans);
    return groups <= GROUPS_KEPT;
}

static int two_digits(const char *p)
{
    return p[0] >= '0' && p[0] <= '5' && p[1] >= '0' && p[1] <= '9' ? (p[0] - '0') * 10 + p[1] - '0' : -1;
}

#define FIRST_US (94694400 * (int64_t)1000000) /* 1973: since then, clocks are changed at full minutes only */
#define YEAR_US (31557600 * (int64_t)1000000)
#define DAYS_US (3 * 86400 * (int64_t)1000000)

/* Between two seconds there, what year a date without one means may change. */
static bool year_is_near(int64_t us, int64_t now)
{
    if (us < FIRST_US || now < 0 || now > INT64_MAX / 2000000)
        return true;
    int64_t off = us - now * 1000000;
    return (off > -DAYS_US && off < DAYS_US) || (off > -YEAR_US - DAYS_US && off < -YEAR_US + DAYS_US);
}

/* The line begins as the last one did but for its seconds: no usual template looks at those but for being 00 to 59, so that it finds the same, at that time. */
static bool know_seconds(struct entry *e, const struct text *t, int64_t now)
{
    struct memo *m = e->memo;
    size_t at = m->seconds;
    if (!at || !m->sure || !t->ascii || t->s.n <= m->n || now != m->now || memcmp(t->s.p, m->text, at) != 0 || memcmp(t->s.p + at + 2, m->text + at + 2, m->n - at - 2) != 0)
        return false;
    int second = two_digits(t->s.p + at);
    int64_t us = m->found.us + (second - two_digits(m->text + at)) * (int64_t)1000000;
    if (second < 0 || year_is_near(us, now) || year_is_near(m->found.us, now))
        return false;
    memcpy(m->text + at, t->s.p + at, 2);
    m->found.us = us;
    return true;
}

/* Where the seconds of what was just kept are, by the groups of its time. */
static size_t seconds_of(const struct entry *e)
{
    const struct memo *m = e->memo;
    const struct regex_text *r = &e->t->re.text;
    if (!e->usual || !bound(e) || e->t->kind != DATE_PARTS || !m->found.timed || r->groups >= MEMO_GROUPS)
        return 0;
    for (size_t i = 0; i < r->names.n; i++) {
        const size_t *span = m->spans + 2 * (size_t)r->names.v[i].number;
        if (strcmp(r->names.v[i].name, "S") == 0 && span[0] != SIZE_MAX && span[1] == span[0] + 2 && two_digits(m->text + m->found.start + span[0]) >= 0)
            return m->found.start + span[0];
    }
    return 0;
}

/* The line begins as the last one with a date did. */
static bool know(struct date_detector *d, const struct text *t, int64_t now, bool seconds, struct date_found *ret)
{
    struct entry *e = d->last < d->list.n ? &d->list.v[d->last] : NULL;
    if (!e || (!begins_as(e->memo, t, now) && !(seconds && know_seconds(e, t, now))) || e->memo->start != d->start || e->memo->end != d->end)
        return false;
    if (!bound(e) && !d->in_place)
        return false;
    e->hits++;
    e->last_used = now;
    e->memo->used = true;
    *ret = e->memo->found;
    return true;
}

/* Whether what was found depends on nothing behind the first n bytes. */
static bool proven(struct date_detector *d, const struct text *t, size_t n)
{
    size_t start, end;
    struct entry *e = &d->list.v[d->last];
    if (!bound(e)) /* it was looked for at the place of the last one, and nowhere else */
        return true;
    return regex_search_sure(&e->t->re, str_span(t->s.p, n), &start, &end) && start == d->start && end == d->end;
}

/* Keeps what a template found that is bound, or that found it where the last one was. It is proven at the second line of the same beginning, or at once where that was of use the last time. */
static void keep(struct date_detector *d, const struct text *t, int64_t now, const struct date_found *found)
{
    const struct entry *e = &d->list.v[d->last];
    struct memo *m = e->memo;
    size_t n = d->end + BEHIND;
    bool fits = (bound(e) || d->in_place) && !d->thorough && t->ascii && n <= MEMO_MAX && n < t->s.n, same = fits && m->n == n && memcmp(t->s.p, m->text, n) == 0;
    m->sure = (same || (fits && m->used)) && proven(d, t, n);
    m->used = false;
    m->n = fits ? n : 0;
    if (!fits)
        return;
    memcpy(m->text, t->s.p, n);
    m->start = d->start;
    m->end = d->end;
    m->now = now;
    m->found = *found;
    m->seconds = m->sure ? seconds_of(e) : 0;
}

/* The time of a match; the last one is not reckoned again. */
static bool time_of(const struct entry *e, const struct hit *h, struct str date, int64_t now, int64_t *ret)
{
    struct memo *m = e->memo;
    unsigned groups = e->t->re.text.groups + 1;
    size_t spans[2 * MEMO_GROUPS], n = 2 * (size_t)groups;
    bool fits = groups <= MEMO_GROUPS && date.n <= MEMO_MAX;
    if (!fits)
        return date_template_time(e->t, &h->f, now, ret);
    for (size_t i = 0; i < n; i++)
        spans[i] = h->f.spans[i] == SIZE_MAX ? SIZE_MAX : h->f.spans[i] - (size_t)(date.p - h->f.subject.p);
    bool same = m->date_n == date.n && m->date_now == now && memcmp(m->date, date.p, date.n) == 0 && memcmp(m->spans + 2, spans + 2, (n - 2) * sizeof *spans) == 0;
    if (!same) {
        memcpy(m->date, date.p, date.n);
        memcpy(m->spans, spans, n * sizeof *spans);
        m->date_n = date.n;
        m->date_now = now;
        m->timed = date_template_time(e->t, &h->f, now, &m->us);
    }
    *ret = m->us;
    return m->timed;
}

static struct date_found found_by(const struct entry *e, const struct hit *h, int64_t now)
{
    struct date_found found = {.name = e->t->name};
    if (h->known)
        return e->memo->found;
    struct str date = regex_group(&h->f, 1);
    if (!date.n)
        return found;
    found.start = (size_t)(date.p - h->f.subject.p);
    found.end = found.start + date.n;
    found.timed = time_of(e, h, date, now, &found.us);
    return found;
}

bool date_detector_again(struct date_detector *d, struct str line, int64_t now)
{
    struct text t = {.s = line, .ascii = true};
    struct date_found unused;
    const struct date_found *last = d->last < d->list.n ? &d->list.v[d->last].memo->found : NULL;
    return last && last->timed && !last->start && know(d, &t, now, false, &unused);
}

bool date_detector_find(struct date_detector *d, struct str line, bool ascii, int64_t now, struct date_found *ret)
{
    struct text t = {.s = line.p ? line : STR(""), .ascii = ascii};
    struct hit h = {0};
    size_t skip = SIZE_MAX, spans[2 * GROUPS_KEPT], start = d->start, end = d->end;
    if (know(d, &t, now, true, ret))
        return true;
    bool later = false;
    int last = try_last(d, &t, &h, &skip, &later, now);
    if (last == 2 && keep_spans(d, &h, spans)) /* the same template may be tried once more */
        h.f.spans = spans;
    if (last != 1 && !try_all(d, &t, skip, later, now, &h, last == 2))
        return false;
    struct entry *e = &d->list.v[h.index];
    struct date_found found = found_by(e, &h, now);
    remember(d, &t, &h, now);
    d->in_place = last == 1 && skip == SIZE_MAX && start == d->start && end == d->end;
    if (!h.known)
        keep(d, &t, now, &found);
    *ret = found;
    return true;
}
