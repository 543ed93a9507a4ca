/* define.c: from a filter's resolved values to what the engine gets (definition.h). */
#include "base/i18n.h"
#include "filter/interpolate.h"
#include "filter/reader.h"
#include <errno.h>

const char *const filter_keys[] = {"usedns", "prefregex", "ignoreregex", "failregex", "maxlines", "datepattern", "journalmatch", NULL};

struct filter_text text_copy(struct load *l, struct arena *a, const struct traced *t, size_t at, size_t n)
{
    struct origin o = traced_place(l, t, at, n);
    return (struct filter_text){.text = arena_dup(a, str_span(t->p ? t->p + at : "", n)), .file = arena_dupz(a, o.file), .line = o.line};
}

struct defining {
    struct filter_reader *r;
    struct arena *a;
    struct filter_definition *d;
    struct err *err;
};

static const char *word(struct defining *p, const struct traced *t)
{
    return arena_dup(p->a, traced_str(t));
}

static int take_prefregex(struct defining *p, const struct traced *t)
{
    if (t->n)
        p->d->prefregex = text_copy(p->r->l, p->a, t, 0, t->n);
    return 0;
}

static int take_datepattern(struct defining *p, const struct traced *t)
{
    p->d->datepattern = text_copy(p->r->l, p->a, t, 0, t->n);
    return 0;
}

static int take_usedns(struct defining *p, const struct traced *t)
{
    p->d->usedns = word(p, t);
    return 0;
}

static int take_logencoding(struct defining *p, const struct traced *t)
{
    p->d->logencoding = t->n ? word(p, t) : NULL;
    return 0;
}

static int take_logtype(struct defining *p, const struct traced *t)
{
    p->d->logtype = word(p, t);
    return 0;
}

static int take_maxlines(struct defining *p, const struct traced *t)
{
    uint64_t n;
    struct str s = ini_strip(traced_str(t), NULL);
    if (!s.n)
        return 0;
    if (!str_u64(s, MAXLINES_MAX, &n) || n == 0)
        return traced_wrong(p->r->l, t, 0, p->err, _("maxlines must be a number from 1 to %d, not %.*s"), MAXLINES_MAX, s.n > 40 ? 40 : (int)s.n, s.p);
    p->d->maxlines = (unsigned)n;
    return 0;
}

/* One regex a line; empty lines are none. */
static int take_regexes(struct defining *p, const struct traced *t, bool fail)
{
    struct str rest = traced_str(t), line;
    while (str_field(&rest, '\n', &line)) {
        if (!line.n)
            continue;
        if ((fail ? p->d->failregex.n : p->d->ignoreregex.n) == FILTER_REGEXES_MAX)
            return traced_wrong(p->r->l, t, (size_t)(line.p - t->p), p->err, _("more than %d regular expressions"), FILTER_REGEXES_MAX);
        struct filter_text one = text_copy(p->r->l, p->a, t, (size_t)(line.p - t->p), line.n);
        if (fail)
            *list_push(p->a, &p->d->failregex) = one;
        else
            *list_push(p->a, &p->d->ignoreregex) = one;
    }
    return 0;
}

static int take_failregex(struct defining *p, const struct traced *t)
{
    return take_regexes(p, t, true);
}

static int take_ignoreregex(struct defining *p, const struct traced *t)
{
    return take_regexes(p, t, false);
}

/* Each line is an alternative of its own. */
static int take_journalmatch(struct defining *p, const struct traced *t)
{
    struct str rest = traced_str(t), line;
    while (str_field(&rest, '\n', &line)) {
        struct words words;
        struct err why = {0};
        if (!line.n)
            continue;
        if (spec_words(p->a, line, &words, &why) < 0)
            return traced_wrong(p->r->l, t, (size_t)(line.p - t->p), p->err, "journalmatch: %s", why.text);
        if (p->d->journalmatch.n && words.list.n)
            *list_push(p->a, &p->d->journalmatch) = "+";
        for (size_t i = 0; i < words.list.n; i++)
            *list_push(p->a, &p->d->journalmatch) = words.list.v[i];
    }
    return 0;
}

/* `filter_wins`: fail2ban's server gets the filter's own value last (it is there only by the spec or [Init]); else the jail's comes last or both count. */
static const struct {
    const char *key;
    bool filter_wins;
    int (*take)(struct defining *p, const struct traced *t);
} takers[] = {
    {"usedns", true, take_usedns},
    {"prefregex", true, take_prefregex},
    {"ignoreregex", false, take_ignoreregex},
    {"failregex", false, take_failregex},
    {"maxlines", true, take_maxlines},
    {"datepattern", false, take_datepattern},
    {"journalmatch", false, take_journalmatch},
    {"logtype", false, take_logtype},
    {"logencoding", false, take_logencoding},
};

static int take_all(struct defining *p, const struct names_of *filter, const struct names_of *jail)
{
    for (size_t i = 0; i < ARRAY_SIZE(takers); i++) {
        const struct named *f = named_find(filter, takers[i].key), *j = jail ? named_find(jail, takers[i].key) : NULL;
        const struct named *order[] = {takers[i].filter_wins ? j : f, takers[i].filter_wins ? f : j};
        for (size_t k = 0; k < 2; k++) {
            int e = order[k] ? takers[i].take(p, &order[k]->text) : 0;
            if (e < 0)
                return e;
        }
    }
    return 0;
}

#define EVENT_PREFIX "event."

/* Ours, beyond fail2ban's language: the name of a kind, or one regex a line for it. */
static int take_failkind(struct defining *p, const struct traced *t)
{
    struct str name = ini_strip(traced_str(t), NULL);
    if (event_kind_of(name, &p->d->failkind))
        return 0;
    return traced_wrong(p->r->l, t, 0, p->err, _("there is no kind of event with the name %.*s (bansho-filters(7) has the list)"), name.n > 60 ? 60 : (int)name.n, name.p);
}

static int take_events(struct defining *p, const char *key, const struct traced *t)
{
    struct str rest = traced_str(t), line, name = str_from(str_of(key), strlen(EVENT_PREFIX));
    struct filter_event e;
    if (!event_kind_of(name, &e.kind))
        return traced_wrong(p->r->l, t, 0, p->err, _("there is no kind of event with the name %.*s (bansho-filters(7) has the list)"), name.n > 60 ? 60 : (int)name.n, name.p);
    while (str_field(&rest, '\n', &line)) {
        if (!line.n)
            continue;
        if (p->d->events.n == FILTER_REGEXES_MAX)
            return traced_wrong(p->r->l, t, (size_t)(line.p - t->p), p->err, _("more than %d regular expressions"), FILTER_REGEXES_MAX);
        e.text = text_copy(p->r->l, p->a, t, (size_t)(line.p - t->p), line.n);
        *list_push(p->a, &p->d->events) = e;
    }
    return 0;
}

/* *ret_ours: the name is one of ours. */
static int take_ours(struct defining *p, const struct names_of *combined, const struct ini_option *o, bool *ret_ours)
{
    struct traced v = {0};
    bool kind = strcmp(o->key, "failkind") == 0;
    *ret_ours = kind || strncmp(o->key, EVENT_PREFIX, strlen(EVENT_PREFIX)) == 0;
    int e = *ret_ours ? reader_value(p->r, combined, o->key, &v, p->err) : 0;
    if (e < 0 || !*ret_ours || !v.n)
        return e;
    return kind ? take_failkind(p, &v) : take_events(p, o->key, &v);
}

/* What the engine does not need to have said: where the log comes from, and its encoding. */
static int take_rest(struct defining *p, const struct names_of *combined)
{
    struct traced v = {0};
    struct filter_reader *r = p->r;
    if (!p->d->logtype && interpolate(r->l, &r->layers.ini, "Definition", "logtype", &r->given, &v, NULL) >= 0)
        take_logtype(p, &v);
    const struct ini_section *s = ini_section(&r->layers.ini, "Definition");
    for (size_t i = 0; s && i < s->options.n; i++) {
        bool taken = false;
        for (size_t k = 0; k < ARRAY_SIZE(takers); k++)
            taken |= strcmp(takers[k].key, s->options.v[i].key) == 0;
        int e = taken ? 0 : take_ours(p, combined, &s->options.v[i], &taken);
        if (e < 0)
            return e;
        if (!taken)
            reader_extra(r, combined, &s->options.v[i], p->a, list_push(p->a, &p->d->extras));
    }
    return load_spent(r->l, r->layers.files.n ? r->layers.files.v[0] : NULL, p->err);
}

int reader_define(struct filter_reader *r, const struct names_of *combined, const struct names_of *jail, struct arena *a, struct filter_definition *ret,
                  struct err *err)
{
    struct filter_definition d = {.name = arena_dupz(a, r->name), .maxlines = 1};
    struct defining p = {.r = r, .a = a, .d = &d, .err = err};
    int e = take_all(&p, combined, jail);
    e = e < 0 ? e : take_rest(&p, combined);
    if (e < 0)
        return e;
    for (size_t i = 0; i < r->layers.files.n; i++)
        *list_push(a, &d.files) = arena_dupz(a, r->layers.files.v[i]);
    for (size_t i = 0; i < r->layers.missing.n; i++) {
        const struct missing *m = &r->layers.missing.v[i];
        *list_push(a, &d.missing) = (struct filter_missing){arena_dupz(a, m->path), arena_dupz(a, m->file), m->line};
    }
    *ret = d;
    return 0;
}

static int load_spec(struct load *l, struct arena *a, const struct root *root, const char *dir, struct str text, struct filter_definition *ret, struct err *err)
{
    struct spec spec;
    struct filter_reader r;
    struct names_of all;
    const char *where = arena_dup(l->a, text);
    uint32_t place = load_origin(l, where, 0);
    const char *whole = absolute_path(l->a, dir);
    if (!whole)
        return err_set(err, -errno, "%s", err_name(errno));
    struct err why = {0};
    int e = spec_parse(l->a, text, &spec, &why);
    if (e < 0)
        return err_at(err, e, where, 0, 0, "%s", why.text);
    e = reader_read(l, root, whole, &spec, place, &r, err);
    if (e < 0)
        return e;
    reader_auto_logtype(&r, STR("auto"), place);
    e = reader_options(&r, filter_keys, NULL, false, err);
    e = e < 0 ? e : reader_combined(&r, &all, err);
    return e < 0 ? e : reader_define(&r, &all, NULL, a, ret, err);
}

int filter_load(struct arena *a, const char *dir, struct str spec, struct filter_definition *ret, struct err *err)
{
    struct root root;
    struct load l;
    int e = root_open("/", &root, err);
    if (e < 0)
        return e;
    load_begin(&l);
    e = spec.n > INI_FILE_MAX ? err_set(err, -EINVAL, _("larger than %u bytes"), INI_FILE_MAX) : load_spec(&l, a, &root, dir, spec, ret, err);
    load_end(&l);
    root_close(&root);
    return e;
}
