#include "filter/examples.h"
#include "base/buf.h"
#include "base/i18n.h"
#include <errno.h>
#include <time.h>

/* `\;` is ; everywhere: behind a blank it could not stand in the file. */
static struct str without_escape(struct arena *a, struct str s)
{
    char *p = arena_zalloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == ';')
            continue;
        p[n++] = s.p[i];
    }
    return str_span(p, n);
}

/* A value, in quotes or up to a blank. false: the quotes are not closed. */
static bool take_value(struct arena *a, struct str *rest, struct str *ret)
{
    char *p = arena_zalloc(a, rest->n + 1);
    size_t n = 0, i = 0;
    bool quoted = rest->n && rest->p[0] == '"';
    for (i = quoted; i < rest->n && rest->p[i] != (quoted ? '"' : ' '); i++) {
        if (quoted && rest->p[i] == '\\' && i + 1 < rest->n && (rest->p[i + 1] == '"' || rest->p[i + 1] == '\\'))
            i++;
        p[n++] = rest->p[i];
    }
    if (quoted && i == rest->n)
        return false;
    *rest = str_from(*rest, i + quoted);
    *ret = str_span(p, n);
    return true;
}

static int take_time(struct str value, struct example *e, struct err *err)
{
    uint64_t seconds;
    if (!str_u64(value, INT64_MAX / 1000000, &seconds))
        return err_set(err, -EINVAL, _("time is seconds since 1970, not %.*s"), value.n > 40 ? 40 : (int)value.n, value.p);
    e->time = (int64_t)seconds;
    e->timed = true;
    return 0;
}

static int take_field(struct arena *a, struct str *rest, struct example *e, struct err *err)
{
    ptrdiff_t eq = str_find(*rest, '=');
    struct str name = str_span(rest->p, eq < 0 ? 0 : (size_t)eq), value;
    enum event_field f = EVENT_FIELDS;
    bool host = str_eq(name, STR("host")), time = str_eq(name, STR("time"));
    if (!host && !time && !event_field_of(name, &f))
        return err_set(err, -EINVAL, _("here \" | \" or a FIELD=value should stand: %.*s"), rest->n > 60 ? 60 : (int)rest->n, rest->p);
    *rest = str_from(*rest, name.n + 1);
    if (!take_value(a, rest, &value))
        return err_set(err, -EINVAL, _("the quotes of %.*s are not closed"), (int)name.n, name.p);
    if (time)
        return take_time(value, e, err);
    *(host ? &e->host : &e->value[f]) = value;
    return 0;
}

int example_parse(struct arena *a, struct str text, struct example *ret, struct err *err)
{
    struct example e = {0};
    struct str rest = without_escape(a, text), kind;
    size_t n = 0;
    while (n < rest.n && rest.p[n] != ' ')
        n++;
    kind = str_span(rest.p, n);
    e.none = str_eq(kind, STR("none"));
    if (!e.none && !event_kind_of(kind, &e.kind))
        return err_set(err, -EINVAL, _("there is no kind of event with the name %.*s (bansho-filters(7) has the list)"), kind.n > 60 ? 60 : (int)kind.n, kind.p);
    rest = str_from(rest, n);
    while (rest.n && !str_starts(rest, STR(" | "))) {
        while (rest.n && rest.p[0] == ' ')
            rest = str_from(rest, 1);
        int r = take_field(a, &rest, &e, err);
        if (r < 0)
            return r;
    }
    if (!rest.n)
        return err_set(err, -EINVAL, "%s", _("the line of the log is missing: KIND FIELD=value ... | LINE"));
    e.line = str_from(rest, 3);
    *ret = e;
    return 0;
}

static void put_field(struct buf *b, const char *name, struct str value)
{
    buf_printf(b, " %s=\"", name);
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '"' || value.p[i] == '\\')
            buf_addc(b, '\\');
        buf_addc(b, value.p[i]);
    }
    buf_addc(b, '"');
}

/* What was found, as it would stand in the file. */
static const char *found_text(struct arena *a, const struct matcher *m, enum matcher_result r, const struct matcher_event *e, bool timed)
{
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    if (r != MATCHER_FOUND)
        return "none";
    buf_addz(&b, event_kinds[e->kind].name);
    if (e->host.n)
        put_field(&b, "host", e->host);
    if (timed && e->timed)
        buf_printf(&b, " time=%lld", (long long)(e->time_us / 1000000));
    for (unsigned i = 0; i < EVENT_FIELDS; i++) {
        struct str s = matcher_field(m, (enum event_field)i);
        if (s.n)
            put_field(&b, event_fields[i].name, s);
    }
    return arena_dup(a, buf_str(&b));
}

static bool as_expected(const struct matcher *m, enum matcher_result r, const struct matcher_event *e, const struct example *x)
{
    if (r != MATCHER_FOUND || x->none)
        return r != MATCHER_FOUND && x->none;
    bool same = e->kind == x->kind && str_eq(e->host, x->host) && (!x->timed || (e->timed && e->time_us / 1000000 == x->time));
    for (unsigned i = 0; i < EVENT_FIELDS; i++) {
        struct str s = matcher_field(m, (enum event_field)i);
        same &= s.n || x->value[i].n ? str_eq(s, x->value[i]) : s.p || !x->value[i].p;
    }
    return same;
}

static void fault(struct arena *a, struct examples *x, const struct filter_text *at, const char *text)
{
    *list_push(a, &x->wrong) = (struct example_fault){at->file, at->line, text};
}

static void try_one(struct arena *a, struct matcher *m, const struct filter_text *t, struct examples *ret)
{
    struct example x;
    struct err err = {0};
    struct matcher_event e = {0};
    ret->n++;
    if (example_parse(a, str_of(t->text), &x, &err) < 0) {
        fault(a, ret, t, arena_dupz(a, err.text));
        return;
    }
    enum matcher_result r = matcher_line(m, x.line, NULL, (int64_t)time(NULL), &e);
    if (!as_expected(m, r, &e, &x))
        fault(a, ret, t, arena_printf(a, _("wrong example; found was: %s"), found_text(a, m, r, &e, x.timed)));
}

static const struct filter_extra *extra(const struct filter_definition *d, const char *key)
{
    for (size_t i = 0; i < d->extras.n; i++)
        if (strcmp(d->extras.v[i].key, key) == 0)
            return &d->extras.v[i];
    return NULL;
}

static void try_all(struct arena *a, const struct filter_definition *d, const char *key, struct matcher *m, struct examples *ret)
{
    const struct filter_extra *x = extra(d, key);
    for (size_t i = 0; x && i < x->lines.n; i++)
        try_one(a, m, &x->lines.v[i], ret);
}

/* Names that are the engine's own. */
static bool engine_name(struct str s)
{
    static const char *const names[] = {"fid", "fport", "ip4", "ip6", "dns", "cidr", "content", "mlfid", "nofail", "mlfforget", "mlfgained"};
    bool known = str_starts(s, STR("alt_")) || str_starts(s, STR("tuple_")) || str_starts(s, STR("skiplines"));
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        known |= str_eq(s, str_of(names[i]));
    return known;
}

static void judge_rules(struct arena *a, const struct matcher *m, struct examples *ret)
{
    for (size_t i = 1; i <= matcher_rules(m); i++) {
        uint64_t hits;
        const struct filter_text *t = matcher_rule(m, i, &hits);
        uint64_t lacks = event_kinds[matcher_rule_kind(m, i)].needs & ~matcher_rule_fields(m, i);
        if (!hits)
            fault(a, ret, t, _("no example hits this expression"));
        for (unsigned f = 0; f < EVENT_FIELDS; f++)
            if (lacks >> f & 1)
                fault(a, ret, t, arena_printf(a, _("events of this kind have the field %s, and this expression does not give it"), event_fields[f].name));
    }
}

static void judge_names(struct arena *a, const struct filter_definition *d, const struct matcher *m, struct examples *ret)
{
    enum event_field f;
    struct filter_text at = d->failregex.n ? d->failregex.v[0] : d->events.n ? d->events.v[0].text : (struct filter_text){"", "", 0};
    for (size_t i = 0; matcher_group(m, i); i++) {
        struct str name = str_of(matcher_group(m, i));
        if (!engine_name(name) && !event_field_of(name, &f))
            fault(a, ret, &at, arena_printf(a, _("there is no field %s (bansho-filters(7) has the list)"), name.p));
    }
}

static int try_as(struct arena *a, const struct filter_definition *d, const char *key, bool whole, struct examples *ret, struct err *err)
{
    struct matcher_options o = {.today = (int64_t)time(NULL), .journal = !whole};
    _cleanup_(matcher_freep) struct matcher *m = NULL;
    int r = matcher_new(d, &o, &m, err);
    if (r < 0)
        return r;
    try_all(a, d, key, m, ret);
    if (whole) {
        judge_rules(a, m, ret);
        judge_names(a, d, m, ret);
    }
    return 0;
}

int examples_try(struct arena *a, const char *dir, const char *name, const struct filter_definition *d, struct examples *ret, struct err *err)
{
    struct examples x = {0};
    struct filter_definition journal;
    int r = 0;
    if (d->events.n || extra(d, "examples"))
        r = try_as(a, d, "examples", true, &x, err);
    if (r == 0 && extra(d, "examples.journal")) {
        r = filter_load(a, dir, str_of(arena_printf(a, "%s[logtype=journal]", name)), &journal, err);
        r = r < 0 ? r : try_as(a, &journal, "examples.journal", false, &x, err);
    }
    if (r == 0)
        *ret = x;
    return r;
}
