#include "filter/matcher.h"
#include "base/i18n.h"
#include "base/addr.h"
#include "filter/calendar.h"
#include "filter/expression.h"
#include "filter/matcher_sieve.h"
#include "filter/window.h"
#include <errno.h>
#include <stdlib.h>

#define EXPRESSIONS_MAX 2000
struct matcher {
    struct arena *a, *scratch; /* scratch: of one line */
    struct group_names names;
    LIST(struct expression) fail, ignore; /* fail: failregexes, and behind them the expressions of events */
    size_t failures;                      /* how many of them are failregexes */
    uint32_t kinds;                       /* that are asked for; 0: all */
    unsigned char field_at[EVENT_FIELDS]; /* each field's place among the names; FIELDS_MAX: no expression has it */
    struct expression pref;
    bool has_pref, raw, live;
    struct calendar *calendar;
    struct window window;
    struct connections connections;
    struct failure *told;      /* of the last event: freed at the next line */
    struct lines told_lines;
    struct buf host;
    struct addr address;       /* what host is, if addressed */
    bool addressed;
    struct fields event;                  /* what the last event said */
    /* the line in work */
    const struct calendar_line *now;
    bool ascii;
    uint64_t worth;                       /* only expressions of this mark are tried, besides those without needles; 0: all */
};

static int prefix_expression(struct matcher *m, const struct filter_definition *d, bool no_names, struct err *err)
{
    if (!d->prefregex.text || !str_trim(str_of(d->prefregex.text)).n)
        return 0;
    int r = expression_new(m->a, &d->prefregex, no_names, false, &m->names, &m->pref, err);
    m->has_pref = r == 0;
    return r;
}

static int fail_expressions(struct matcher *m, const struct filter_definition *d, bool no_names, struct err *err)
{
    for (size_t i = 0; i < d->failregex.n; i++) {
        struct expression e;
        const struct filter_text *t = &d->failregex.v[i];
        int r = expression_new(m->a, t, no_names, d->maxlines > 1, &m->names, &e, err);
        if (r < 0)
            return r;
        *list_push(m->a, &m->fail) = e;
        if (!e.identifies && !(m->has_pref && m->pref.identifies))
            return err_at(err, -EINVAL, t->file, t->line, 0, _("no group tells who it was (<HOST>, <ADDR>, <F-ID> ...): %.300s"), t->text);
    }
    return 0;
}

static int event_expressions(struct matcher *m, const struct filter_definition *d, bool no_names, struct err *err)
{
    m->failures = m->fail.n;
    for (size_t i = 0; i < m->fail.n; i++)
        m->fail.v[i].kind = d->failkind;
    for (size_t i = 0; i < d->events.n; i++) {
        struct expression e;
        int r = expression_new(m->a, &d->events.v[i].text, no_names, d->maxlines > 1, &m->names, &e, err);
        if (r < 0)
            return r;
        e.kind = d->events.v[i].kind;
        *list_push(m->a, &m->fail) = e;
    }
    return 0;
}

static void place_fields(struct matcher *m)
{
    memset(m->field_at, FIELDS_MAX, sizeof m->field_at);
    for (unsigned i = 0; i < m->names.n; i++) {
        enum event_field f;
        if (event_field_of(str_of(m->names.v[i]), &f))
            m->field_at[f] = (unsigned char)i;
    }
}

static int expressions(struct matcher *m, const struct filter_definition *d, struct err *err)
{
    bool no_names = d->usedns && strcmp(d->usedns, "no") == 0;
    if (d->failregex.n > EXPRESSIONS_MAX || d->events.n > EXPRESSIONS_MAX || d->ignoreregex.n > EXPRESSIONS_MAX)
        return err_set(err, -E2BIG, _("%s: more than %d expressions"), d->name, EXPRESSIONS_MAX);
    int r = prefix_expression(m, d, no_names, err);
    if (r == 0)
        r = fail_expressions(m, d, no_names, err);
    if (r == 0)
        r = event_expressions(m, d, no_names, err);
    for (size_t i = 0; r == 0 && i < d->ignoreregex.n; i++) {
        struct expression e;
        r = expression_new(m->a, &d->ignoreregex.v[i], no_names, false, &m->names, &e, err);
        if (r == 0)
            *list_push(m->a, &m->ignore) = e;
    }
    place_fields(m);
    m->connections.fields = m->names.n > FIELDS_KNOWN ? m->names.n : FIELDS_KNOWN;
    return r;
}

static int encoding(const struct filter_definition *d, bool *ret_latin1, struct err *err)
{
    static const char *const utf8[] = {"auto", "utf-8", "utf8", "ascii", "us-ascii"}, *const latin1[] = {"latin-1", "latin1", "iso-8859-1", "iso8859-1"};
    struct str name = str_of(d->logencoding ? d->logencoding : "auto");
    bool known = false;
    for (size_t i = 0; i < ARRAY_SIZE(utf8); i++)
        known |= str_ieq(name, str_of(utf8[i]));
    for (size_t i = 0; i < ARRAY_SIZE(latin1); i++)
        *ret_latin1 |= str_ieq(name, str_of(latin1[i]));
    return known || *ret_latin1 ? 0 : err_set(err, -EINVAL, _("%s: logencoding = %.60s is not supported (UTF-8 and ISO-8859-1 are)"), d->name, d->logencoding);
}

static int settings(struct matcher *m, const struct filter_definition *d, const struct matcher_options *o, struct matcher *const *others, size_t n, struct err *err)
{
    struct calendar_options c = {.datepattern = str_of(d->datepattern.text), .today = o->today, .live = o->live, .journal = o->journal, .thorough = o->thorough, .uncounted = o->uncounted};
    struct err why = {0};
    int r = encoding(d, &c.latin1, err);
    if (r < 0)
        return r;
    if (d->maxlines > WINDOW_MAX)
        return err_set(err, -EINVAL, _("%s: maxlines is more than %d"), d->name, WINDOW_MAX);
    m->live = o->live;
    m->kinds = o->kinds;
    m->raw = d->usedns && strcmp(d->usedns, "raw") == 0;
    m->connections.max = o->connections ? o->connections : 100;
    m->connections.counts_only = o->counts_only;
    if (!window_init(&m->window, d->maxlines ? d->maxlines : 1))
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    for (size_t i = 0; i < n; i++)
        if (calendar_serves(others[i]->calendar, &c)) {
            m->calendar = calendar_share(others[i]->calendar);
            return 0;
        }
    r = calendar_new(&c, &m->calendar, &why);
    return r == 0 ? 0 : err_at(err, r, d->datepattern.file, d->datepattern.line, 0, "datepattern: %s", why.text);
}

/* What a line must contain so that an expression can take it: what prefregex says will do as well as what the expression says itself. */
static void find_needles(struct matcher *m, const struct filter_definition *d)
{
    static const struct needles none;
    struct needles pref = m->has_pref ? needles_of(&m->pref.re.text, false) : none;
    for (size_t i = 0; i < m->fail.n + m->ignore.n && d->maxlines <= 1; i++) {
        bool fail = i < m->fail.n;
        struct expression *e = fail ? &m->fail.v[i] : &m->ignore.v[i - m->fail.n];
        struct needles own = needles_of(&e->re.text, false), *best = fail && pref.score > own.score ? &pref : &own;
        if (!best->n)
            continue;
        struct needles *kept = arena_zalloc(m->a, sizeof *kept);
        *kept = *best;
        e->needles = kept;
    }
}

int matcher_new(const struct filter_definition *d, const struct matcher_options *o, struct matcher **ret, struct err *err)
{
    return matcher_new_beside(d, o, NULL, 0, ret, err);
}

int matcher_new_beside(const struct filter_definition *d, const struct matcher_options *o, struct matcher *const *others, size_t n, struct matcher **ret, struct err *err)
{
    struct matcher *m = calloc(1, sizeof *m);
    if (!m)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    m->a = arena_new(256u << 20);
    m->scratch = arena_new(64u << 20);
    m->host = BUF(4 * MATCHER_LINE);
    int r = settings(m, d, o, others, n, err);
    if (r == 0)
        r = expressions(m, d, err);
    if (r == 0)
        find_needles(m, d);
    if (r < 0)
        matcher_free(m);
    else
        *ret = m;
    return r;
}

void matcher_free(struct matcher *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->fail.n; i++)
        regex_done(&m->fail.v[i].re);
    for (size_t i = 0; i < m->ignore.n; i++)
        regex_done(&m->ignore.v[i].re);
    if (m->has_pref)
        regex_done(&m->pref.re);
    calendar_free(m->calendar);
    window_done(&m->window);
    connections_done(&m->connections);
    failure_free(m->told);
    lines_clear(&m->told_lines);
    buf_free(&m->host);
    arena_free(m->scratch);
    arena_free(m->a);
    free(m);
}

void matcher_ready(struct matcher *m)
{
    for (size_t i = 0; i < m->fail.n; i++)
        regex_ready(&m->fail.v[i].re);
    for (size_t i = 0; i < m->ignore.n; i++)
        regex_ready(&m->ignore.v[i].re);
    if (m->has_pref)
        regex_ready(&m->pref.re);
    calendar_ready(m->calendar);
}

void matcher_restart(struct matcher *m)
{
    calendar_restart(m->calendar); /* others may share it: once more does no harm */
    window_clear(&m->window);
    connections_done(&m->connections);
    failure_free(m->told);
    m->told = NULL;
    lines_clear(&m->told_lines);
}

void matcher_freep(struct matcher **m) { matcher_free(*m); }

/* A line that has nothing of what an expression needs is not shown to it. */
static bool worth_it(const struct matcher *m, const struct expression *e) { return !m->worth || !e->needles || e->worth == m->worth; }

static bool many(const struct matcher *m) { return m->window.max > 1; }

static struct str all_text(struct matcher *m) { return many(m) ? window_text(&m->window, false) : calendar_text(m->calendar); }

/* worth: only those are asked for which the line is worth it. */
static bool ignored(struct matcher *m, struct str text, bool worth)
{
    struct regex_found f;
    for (size_t i = 0; i < m->ignore.n; i++) {
        if ((worth && !worth_it(m, &m->ignore.v[i])) || !regex_search(&m->ignore.v[i].re, text, m->ascii, 0, &f))
            continue;
        m->ignore.v[i].hits++;
        return true;
    }
    return false;
}

/* What <SKIPLINES> took, all of it. */
static struct str skipped_by(struct matcher *m, const struct expression *e, const struct regex_found *f)
{
    struct str all = {0};
    for (size_t i = 0; i < e->re.text.names.n; i++) {
        struct str name = str_of(e->re.text.names.v[i].name), part = regex_group(f, e->re.text.names.v[i].number);
        if (str_starts(name, STR("skiplines")) && part.n)
            all = str_of(arena_printf(m->scratch, "%.*s%.*s", (int)all.n, all.n ? all.p : "", (int)part.n, part.p));
    }
    return all;
}

/* The lines that were matched, in a list that lives in scratch. */
static size_t matched_lines(struct matcher *m, const struct str **ret)
{
    if (!many(m)) {
        *ret = &m->now->line;
        return 1;
    }
    struct str *v = arena_zalloc(m->scratch, (m->window.n + 1) * sizeof *v);
    size_t n = 0;
    for (size_t i = 0; i < m->window.n; i++)
        if (m->window.v[i].matched)
            v[n++] = buf_str(&m->window.v[i].text);
    *ret = v;
    return n;
}

static bool put_address(struct matcher *m, struct str text, struct str cidr)
{
    char t[ADDR_TEXT + 4];
    _cleanup_(buf_free) struct buf b = BUF(256);
    struct prefix p;
    bool four = !cidr.n && addr_parse4(text, &m->address); /* there is one way to write it */
    m->addressed = four || (!cidr.n && addr_parse(text, &m->address));
    if (m->addressed) {
        buf_adds(&m->host, four ? text : str_of(addr_text(&m->address, t)));
        return true;
    }
    buf_adds(&b, text);
    buf_addz(&b, cidr.n ? "/" : "");
    buf_adds(&b, cidr);
    if (b.full || !prefix_parse(buf_str(&b), false, &p))
        return false;
    bool whole = p.length == (p.addr.v6 ? 128 : 32);
    buf_addz(&m->host, whole ? addr_text(&p.addr, t) : prefix_text(&p, t));
    return true;
}

/* What would be banned, in one form for one address. */
static void put_host(struct matcher *m, const struct fields *f)
{
    struct str ip = f->v[FIELD_IP4].p ? f->v[FIELD_IP4] : f->v[FIELD_IP6], id = f->v[FIELD_FID];
    bool address = ip.p != NULL, other = id.p && (address || f->v[FIELD_DNS].p) && !str_eq(id, address ? ip : f->v[FIELD_DNS]);
    buf_reset(&m->host);
    m->addressed = false;
    if (!address)
        ip = f->v[FIELD_DNS].p ? f->v[FIELD_DNS] : id;
    struct str text = other && id.p ? id : ip;
    bool parse = !other && address ? true : !m->raw && (!f->v[FIELD_DNS].p || address);
    struct str inside = text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']' ? str_span(text.p + 1, text.n - 2) : text;
    if (!parse || !put_address(m, other || !address ? inside : text, other || !address ? (struct str){0} : f->v[FIELD_CIDR]))
        buf_adds(&m->host, text);
}

static void put_event(struct matcher *m, const struct fields *f, const struct lines *l, unsigned rule, struct matcher_event *ret)
{
    put_host(m, f);
    bool addressed = m->addressed || addr_parse(buf_str(&m->host), &m->address);
    fields_copy(&m->event, f, m->connections.fields);
    *ret = (struct matcher_event){.kind = m->fail.v[rule - 1].kind, .host = buf_str(&m->host), .addressed = addressed, .address = m->address, .timed = m->now->timed,
                                  .time_us = m->now->time_us, .user = f->v[FIELD_USER], .attempts = l->n, .rule = rule, .matches = l->kept, .matches_n = l->kept_n};
}

static bool identified(const struct fields *f) { return f->v[FIELD_IP4].p || f->v[FIELD_IP6].p || f->v[FIELD_DNS].p || f->v[FIELD_FID].p; }

static void tell_lines(struct matcher *m, const struct str *lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (m->connections.counts_only)
            m->told_lines.n++;
        else
            lines_add(&m->told_lines, lines[i]);
}

/* What connections are joined by is for failures: each event stands for itself. */
static enum matcher_result match_event(struct matcher *m, const struct fields *f, unsigned rule, struct matcher_event *ret)
{
    const struct str *lines;
    size_t n = matched_lines(m, &lines);
    tell_lines(m, lines, n);
    put_event(m, f, &m->told_lines, rule, ret);
    return MATCHER_FOUND;
}

/* A failregex took the line. MATCHER_MISSED: it tells nobody whose failure it was, so the next one is tried. */
static enum matcher_result match(struct matcher *m, struct fields *f, unsigned rule, int64_t now, struct matcher_event *ret)
{
    const struct str *lines;
    size_t n = matched_lines(m, &lines);
    struct lines *told = &m->told_lines;
    if (rule > m->failures)
        return match_event(m, f, rule, ret);
    ret->rule = rule;
    if (f->v[FIELD_MLFID].p) {
        struct failure *whole = connections_merge(&m->connections, f, lines, n, now);
        if (!whole)
            return MATCHER_HELD;
        if (!whole->cached)
            m->told = whole;
        fields_copy(f, &whole->f, m->connections.fields);
        told = &whole->matches;
        if (!f->v[FIELD_NOFAIL].n && !identified(f)) {
            whole->pending = true;
            return MATCHER_HELD;
        }
    } else {
        tell_lines(m, lines, n);
    }
    if (f->v[FIELD_NOFAIL].n)
        return MATCHER_HELD;
    if (!identified(f))
        return MATCHER_MISSED;
    put_event(m, f, told, rule, ret);
    return MATCHER_FOUND;
}

static enum matcher_result try_rules(struct matcher *m, struct str text, const struct fields *before, int64_t now, struct matcher_event *ret)
{
    struct regex_found found;
    for (size_t i = 0; i < m->fail.n; i++) {
        struct expression *e = &m->fail.v[i];
        if (!worth_it(m, e) || !regex_search(&e->re, text, m->ascii, 0, &found))
            continue;
        struct fields f;
        fields_copy(&f, before, m->connections.fields);
        expression_fields(e, &found, m->scratch, &f);
        if (many(m))
            window_mark(&m->window, text, found.spans[0], found.spans[1], skipped_by(m, e, &found));
        enum matcher_result r = MATCHER_MISSED;
        if (m->ignore.n && ignored(m, many(m) ? window_text(&m->window, true) : text, false))
            r = MATCHER_IGNORED;
        else if (m->now->no_date && !m->now->timed && m->live)
            continue;
        else if ((r = match(m, &f, (unsigned)i + 1, now, ret)) != MATCHER_MISSED)
            e->hits++;
        if (many(m))
            window_drop_marked(&m->window);
        if (r != MATCHER_MISSED)
            return r;
        if (many(m))
            text = window_text(&m->window, false);
    }
    return MATCHER_MISSED;
}

/* Whether a few are ignored is asked before anything else, as by fail2ban. */
static bool asks_first(const struct matcher *m) { return m->ignore.n && m->ignore.n + 2 < m->failures; }

/* A part of the text as a line of its own. */
static struct str with_newline(struct matcher *m, struct str text, struct str part)
{
    size_t end = (size_t)(part.p - text.p) + part.n;
    if (!many(m) && end < text.n && text.p[end] == '\n')
        return str_span(part.p, part.n + 1);
    char *p = arena_zalloc(m->scratch, part.n + 1);
    memcpy(p, part.p, part.n);
    p[part.n] = '\n';
    return str_span(p, part.n + 1);
}

static enum matcher_result judge(struct matcher *m, int64_t now, struct matcher_event *ret)
{
    struct regex_found found;
    struct fields f;
    memset(f.v, 0, m->connections.fields * sizeof *f.v);
    f.said = 0;
    struct str text = all_text(m);
    if (asks_first(m) && ignored(m, text, true))
        return MATCHER_IGNORED;
    if (!m->has_pref)
        return try_rules(m, text, &f, now, ret);
    if (!regex_search(&m->pref.re, text, m->ascii, 0, &found))
        return MATCHER_MISSED;
    m->pref.hits++;
    expression_fields(&m->pref, &found, m->scratch, &f);
    struct str content = f.v[FIELD_CONTENT];
    f.v[FIELD_CONTENT] = (struct str){0};
    if (!content.n)
        return try_rules(m, text, &f, now, ret);
    struct str inner = with_newline(m, text, content);
    for (unsigned i = 0; many(m) && i < m->names.n; i++) /* the window's text will be made anew */
        if (f.v[i].p)
            f.v[i] = str_span(arena_dup(m->scratch, f.v[i]), f.v[i].n);
    enum matcher_result r = try_rules(m, inner, &f, now, ret);
    if (many(m) && r == MATCHER_MISSED)
        window_set(&m->window, str_span(inner.p, content.n));
    return r;
}

static void forget_line(struct matcher *m)
{
    failure_free(m->told);
    m->told = NULL;
    lines_clear(&m->told_lines);
    arena_reset(m->scratch);
}

enum matcher_result matcher_try(struct matcher *m, uint64_t worth, int64_t now, struct matcher_event *ret)
{
    struct matcher_event e = {0};
    forget_line(m);
    m->now = calendar_line(m->calendar);
    m->worth = worth;
    if (many(m))
        window_add(&m->window, m->now->line, m->now->start, m->now->end);
    m->ascii = m->now->ascii && !many(m); /* lines before it may be other */
    enum matcher_result r = judge(m, now, &e);
    if (r == MATCHER_FOUND || r == MATCHER_HELD)
        *ret = e;
    return r;
}

enum matcher_result matcher_line(struct matcher *m, struct str line, const int64_t *time_us, int64_t now, struct matcher_event *ret)
{
    calendar_next(m->calendar, line, time_us, now, false, false);
    return matcher_try(m, 0, now, ret);
}

struct calendar *matcher_calendar(const struct matcher *m) { return m->calendar; }

size_t matcher_takers(const struct matcher *m) { return m->fail.n + (asks_first(m) ? m->ignore.n : 0); }

static struct expression *taker(const struct matcher *m, size_t i) { return i < m->fail.n ? &m->fail.v[i] : &m->ignore.v[i - m->fail.n]; }

const struct needles *matcher_needles(const struct matcher *m, size_t i) { return taker(m, i)->needles; }

/* Failregexes join connections, whatever comes of it. */
bool matcher_wants(const struct matcher *m, size_t i) { return !m->kinds || i < m->failures || (i < m->fail.n && m->kinds >> m->fail.v[i].kind & 1); }

void matcher_mark(struct matcher *m, size_t i, uint64_t worth) { taker(m, i)->worth = worth; }

struct matcher_count matcher_counts(const struct matcher *m)
{
    struct calendar_count seen = calendar_counts(m->calendar);
    struct matcher_count c = {.cut = seen.cut, .not_utf8 = seen.not_utf8, .undated = seen.undated};
    c.sees_lines_apart = m->window.max == 1;
    c.jit = m->fail.n == 0 || m->fail.v[0].re.jit;
    c.limits = m->has_pref ? m->pref.re.limits : 0;
    for (size_t i = 0; i < m->fail.n; i++)
        c.limits += m->fail.v[i].re.limits;
    for (size_t i = 0; i < m->ignore.n; i++)
        c.limits += m->ignore.v[i].re.limits;
    return c;
}

size_t matcher_rules(const struct matcher *m) { return m->fail.n; }

enum event_kind matcher_rule_kind(const struct matcher *m, size_t rule) { return m->fail.v[rule - 1].kind; }

static uint64_t fields_of(const struct expression *e)
{
    uint64_t bits = 0;
    enum event_field f;
    for (size_t i = 0; i < e->re.text.names.n; i++)
        bits |= event_field_of(str_of(e->re.text.names.v[i].name), &f) ? 1ull << f : 0;
    return bits;
}

uint64_t matcher_rule_fields(const struct matcher *m, size_t rule) { return fields_of(&m->fail.v[rule - 1]) | (m->has_pref ? fields_of(&m->pref) : 0); }

struct str matcher_field(const struct matcher *m, enum event_field f)
{
    return m->field_at[f] < FIELDS_MAX ? m->event.v[m->field_at[f]] : (struct str){0};
}

const char *matcher_group(const struct matcher *m, size_t n) { return n < m->names.n ? m->names.v[n] : NULL; }

const struct filter_text *matcher_rule(const struct matcher *m, size_t rule, uint64_t *ret_hits)
{
    *ret_hits = m->fail.v[rule - 1].hits;
    return m->fail.v[rule - 1].text;
}

void matcher_dates(const struct matcher *m, bool (*fn)(void *ctx, const char *name, uint64_t hits), void *ctx) { date_detector_hits(calendar_dates(m->calendar), fn, ctx); }
