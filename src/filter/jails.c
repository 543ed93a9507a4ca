#include "filter/jails.h"
#include "base/i18n.h"
#include "filter/interpolate.h"
#include "filter/jail_values.h"
#include <errno.h>

static const char *const first_keys[] = {"enabled", "backend", "filter", NULL};
/* What a jail may say for itself; order and defaults as fail2ban has them. */
static const char *const jail_keys[] = {"enabled", "backend", "maxretry", "maxmatches", "findtime", "bantime", "bantime.increment", "bantime.factor", "bantime.formula",
    "bantime.multipliers", "bantime.maxtime", "bantime.rndtime", "bantime.overalljails", "ignorecommand", "ignoreself", "ignoreip", "ignorecache", "filter",
    "logtimezone", "logencoding", "logpath", "action", "usedns", "prefregex", "ignoreregex", "failregex", "maxlines", "datepattern", "journalmatch", NULL};
static const struct {
    const char *key, *text;
} jail_defaults[] = {{"enabled", "false"}, {"backend", "auto"}, {"filter", ""}, {"action", ""}};

struct loading {
    struct load *l;
    const struct root *root;
    const char *dir;
    struct layers layers;
    uint32_t place; /* of what nobody wrote */
};

static struct traced text_of(struct loading *p, const char *s)
{
    struct traced t = {0};
    traced_add(p->l, &t, str_of(s), p->place);
    return t;
}

static void set_option(struct loading *p, struct ini_section *s, const char *key, struct traced value)
{
    struct ini_option *o = ini_option(s, key);
    if (!o) {
        o = list_push(p->l->a, &s->options);
        *o = (struct ini_option){.key = key, .file = s->file, .line = s->line};
    }
    o->value = value;
}

static int read_jail_files(struct load *l, const struct root *root, const char *dir, struct loading *ret, struct err *err)
{
    struct loading p = {.l = l, .root = root, .dir = dir};
    const char *base = arena_printf(l->a, "%s/jail", dir);
    p.place = load_origin(l, arena_printf(l->a, "%s.conf", base), 0);
    int e = layers_read(l, root, base, &p.layers, err);
    if (e == -ENOENT)
        return err_set(err, e, _("there is no %s.conf and no %s.local"), base, base);
    if (e < 0)
        return e;
    p.layers.ini.defaults.file = arena_printf(l->a, "%s.conf", base);
    set_option(&p, &p.layers.ini.defaults, "fail2ban_version", text_of(&p, JAILS_FAIL2BAN_VERSION));
    set_option(&p, &p.layers.ini.defaults, "fail2ban_confpath", text_of(&p, dir));
    *ret = p;
    return 0;
}

/* The values that the jail has of these, in order. */
static int take_values(struct loading *p, const char *jail, const char *const keys[], struct names_of *ret, struct err *err)
{
    struct names_of values = {0};
    for (size_t i = 0; keys[i]; i++) {
        struct traced v = {0};
        int e = interpolate(p->l, &p->layers.ini, jail, keys[i], NULL, &v, err);
        for (size_t k = 0; e == -ENOENT && k < ARRAY_SIZE(jail_defaults); k++)
            if (strcmp(jail_defaults[k].key, keys[i]) == 0) {
                v = text_of(p, jail_defaults[k].text);
                e = 0;
            }
        if (e == -ENOENT)
            continue;
        if (e < 0)
            return e;
        named_set(p->l, &values, keys[i], v);
    }
    *ret = values;
    return 0;
}

/* What is a truth or a number for fail2ban is one, too, where the filter's values refer to it. */
static int as_fail2ban_has_them(struct loading *p, struct names_of *values, struct err *err)
{
    static const char *const truths[] = {"enabled", "bantime.increment", "ignoreself", "bantime.overalljails"};
    for (size_t i = 0; i < ARRAY_SIZE(truths); i++) {
        struct named *n = named_find(values, truths[i]);
        bool is;
        int e = n ? jail_truth(p->l, n, &is, err) : 0;
        if (e < 0)
            return e;
        struct traced t = {0};
        if (n && n->text.n)
            traced_add(p->l, &t, is ? STR("True") : STR("False"), n->text.from[0]);
        else if (n)
            t = text_of(p, "False");
        if (n)
            n->text = t;
    }
    return 0;
}

/* The values of the filter, as the jail may refer to them: %(known/failregex)s. */
static int read_filter(struct loading *p, const char *jail, const struct names_of *first, struct filter_reader *r, struct err *err)
{
    const struct named *f = named_find(first, "filter");
    struct spec spec;
    struct names_of combined;
    struct err why = {0};
    uint32_t place = f->text.n ? f->text.from[0] & ~0xffu : p->place;
    int e = spec_parse(p->l->a, traced_str(&f->text), &spec, &why);
    if (e < 0)
        return traced_wrong(p->l, &f->text, 0, err, "filter: %s", why.text);
    e = reader_read(p->l, p->root, arena_printf(p->l->a, "%s/filter.d", p->dir), &spec, place, r, err);
    if (e < 0)
        return e;
    reader_auto_logtype(r, traced_str(&named_find(first, "backend")->text), p->place);
    e = reader_options(r, filter_keys, first, true, err);
    e = e < 0 ? e : reader_combined(r, &combined, err);
    struct ini_section *s = ini_section(&p->layers.ini, jail);
    for (size_t i = 0; e >= 0 && i < combined.list.n; i++)
        if (strncmp(combined.list.v[i].key, "known/", 6) != 0)
            set_option(p, s, arena_printf(p->l->a, "known/%s", combined.list.v[i].key), combined.list.v[i].text);
    return e;
}

static int fill(struct loading *p, struct arena *a, struct jail *j, struct err *err)
{
    struct names_of first, values, combined = {0};
    struct filter_reader r = {.l = p->l, .name = "", .layers.ini.defaults.name = "DEFAULT"};
    int e = take_values(p, j->name, first_keys, &first, err);
    e = e < 0 ? e : as_fail2ban_has_them(p, &first, err);
    if (e < 0)
        return e;
    bool has_filter = named_find(&first, "filter")->text.n;
    e = has_filter ? read_filter(p, j->name, &first, &r, err) : 0;
    e = e < 0 ? e : take_values(p, j->name, jail_keys, &values, err);
    e = e < 0 ? e : as_fail2ban_has_them(p, &values, err);
    if (has_filter && e >= 0) {
        e = reader_options(&r, filter_keys, &values, false, err);
        e = e < 0 ? e : reader_combined(&r, &combined, err);
    }
    e = e < 0 ? e : reader_define(&r, &combined, &values, a, &j->filter, err);
    e = e < 0 ? e : jail_values(p->l, &values, a, j, err);
    for (size_t i = 0; e >= 0 && i < 2; i++) {
        struct traced v;
        if (interpolate(p->l, &p->layers.ini, j->name, i ? "protocol" : "port", NULL, &v, NULL) >= 0)
            *(i ? &j->protocol : &j->port) = arena_dup(a, traced_str(&v));
    }
    return e < 0 ? e : load_spent(p->l, p->layers.files.v[0], err);
}

static void set_wrong(struct arena *a, struct jail *j, const struct err *err, int code)
{
    struct jail bare = {.name = j->name, .file = j->file, .line = j->line, .enabled = j->enabled, .filter_spec = j->filter_spec};
    bare.wrong = (struct filter_text){arena_dupz(a, *err->text ? err->text : err_name(code)), arena_dupz(a, *err->file ? err->file : j->file), err->line};
    *j = bare;
}

/* Each enabled jail is loaded with a budget of its own: one that is too large does not spoil the others. */
static void load_jail(const struct root *root, const char *dir, struct arena *a, struct jail *j)
{
    struct load l;
    struct loading p;
    struct err err = {0};
    load_begin(&l);
    int e = read_jail_files(&l, root, dir, &p, &err);
    e = e < 0 ? e : fill(&p, a, j, &err);
    if (e < 0)
        set_wrong(a, j, &err, e);
    load_end(&l);
}

static void first_look(struct loading *p, struct arena *a, const struct ini_section *s, struct jail *ret)
{
    struct jail j = {.name = arena_dupz(a, s->name), .file = arena_dupz(a, s->file), .line = s->line};
    struct names_of first;
    struct err err = {0};
    p->l->steps = 0;
    int e = take_values(p, s->name, first_keys, &first, &err);
    e = e < 0 ? e : jail_truth(p->l, named_find(&first, "enabled"), &j.enabled, &err);
    if (e >= 0)
        j.filter_spec = arena_dup(a, traced_str(&named_find(&first, "filter")->text));
    else
        set_wrong(a, &j, &err, e);
    *ret = j;
}

int jails_load(struct arena *a, const struct root *root, const char *dir, struct jails *ret, struct err *err)
{
    struct load l;
    struct loading p;
    struct jails all = {0};
    load_begin(&l);
    int e = read_jail_files(&l, root, dir, &p, err);
    for (size_t i = 0; e >= 0 && i < p.layers.ini.sections.n; i++) {
        const struct ini_section *s = &p.layers.ini.sections.v[i];
        if (strcmp(s->name, "INCLUDES") == 0 || strncmp(s->name, "KNOWN/", 6) == 0)
            continue;
        struct jail *j = list_push(a, &all.list);
        first_look(&p, a, s, j);
        if (j->enabled && !j->wrong.text)
            load_jail(root, dir, a, j);
    }
    load_end(&l);
    if (e >= 0)
        *ret = all;
    return e < 0 ? e : 0;
}
