#include "filter/reader.h"
#include "base/i18n.h"
#include "filter/interpolate.h"
#include "filter/substitute.h"
#include <errno.h>
#include <limits.h>
#include <unistd.h>

const char *absolute_path(struct arena *a, const char *path)
{
    char here[PATH_MAX];
    if (path[0] == '/')
        return arena_dupz(a, path);
    return getcwd(here, sizeof here) ? arena_printf(a, "%s/%s", here, path) : NULL;
}

static struct traced text_of(struct load *l, const char *s, uint32_t place)
{
    struct traced t = {0};
    traced_add(l, &t, str_of(s), place);
    return t;
}

int reader_read(struct load *l, const struct root *root, const char *dir, const struct spec *spec, uint32_t place, struct filter_reader *ret, struct err *err)
{
    struct filter_reader r = {.l = l, .name = spec->name};
    struct origin at = l->origins.v[place >> 8];
    bool bare = spec->name[0] == '/' || strncmp(spec->name, "./", 2) == 0;
    const char *base = bare ? absolute_path(l->a, spec->name) : arena_printf(l->a, "%s/%s", dir, spec->name);
    if (!base || strlen(base) > PATH_MAX - 64)
        return err_at(err, -ENAMETOOLONG, at.file, at.line, 0, "%s", err_name(-ENAMETOOLONG));
    for (size_t i = 0; i < spec->options.n; i++)
        named_set(l, &r.init, spec->options.v[i].key, text_of(l, spec->options.v[i].text, place));
    int e = layers_read(l, root, base, &r.layers, err);
    if (e == -ENOENT)
        return err_at(err, e, at.file, at.line, 0, _("there is no %s.conf and no %s.local"), base, base);
    if (e >= 0)
        *ret = r;
    return e;
}

void reader_auto_logtype(struct filter_reader *r, struct str backend, uint32_t place)
{
    const struct named *said = named_find(&r->init, "logtype");
    const struct ini_section *s = ini_section(&r->layers.ini, "Definition");
    if ((said && said->text.n) || (s && ini_option(s, "logtype")))
        return;
    named_set(r->l, &r->init, "logtype", text_of(r->l, str_starts(backend, STR("systemd")) ? "journal" : "file", place));
}

static void merge_into(struct load *l, struct names_of *to, const struct names_of *from)
{
    for (size_t i = 0; from && i < from->list.n; i++)
        named_set(l, to, from->list.v[i].key, from->list.v[i].text);
}

/* Every value of [Init] is there as known/NAME, and under its name where the spec does not say it. Without variables, as fail2ban reads it. */
static int take_init(struct filter_reader *r, struct err *err)
{
    const struct ini_section *s = ini_section(&r->layers.ini, "Init");
    for (size_t i = 0; s && i < s->options.n; i++) {
        const char *key = s->options.v[i].key;
        bool known = strncmp(key, "known/", 6) == 0;
        struct traced v = {0};
        int e = interpolate(r->l, &r->layers.ini, "Init", key, NULL, &v, err);
        if (e < 0)
            return e;
        if (!known)
            named_set(r->l, &r->init, arena_printf(r->l->a, "known/%s", key), v);
        if (!named_find(&r->init, key))
            named_set(r->l, &r->init, key, v);
    }
    return 0;
}

static int take_own(struct filter_reader *r, const char *key, struct err *err)
{
    struct traced v = {0};
    int e = interpolate(r->l, &r->layers.ini, "Definition", key, &r->given, &v, err);
    if (e == -ENOENT)
        return 0;
    if (e >= 0)
        named_set(r->l, &r->own, key, v);
    return e;
}

int reader_options(struct filter_reader *r, const char *const keys[], const struct names_of *jail, bool all, struct err *err)
{
    const struct ini_section *s = ini_section(&r->layers.ini, "Definition");
    if (!s)
        return err_at(err, -ENODATA, r->layers.files.v[0], 0, 0, _("there is no [Definition]"));
    r->given = (struct names_of){0};
    r->own = (struct names_of){0};
    merge_into(r->l, &r->given, jail);
    merge_into(r->l, &r->given, &r->init);
    int e = 0;
    for (size_t i = 0; e >= 0 && keys[i]; i++)
        if (!named_find(&r->given, keys[i]))
            e = take_own(r, keys[i], err);
    e = e < 0 ? e : take_init(r, err);
    for (size_t i = 0; e >= 0 && all && i < s->options.n; i++)
        if (!named_find(&r->own, s->options.v[i].key))
            e = take_own(r, s->options.v[i].key, err);
    return e;
}

static int find_tag(void *context, const char *tag, struct traced *ret, struct err *err)
{
    struct filter_reader *r = context;
    const struct named *n = named_find(&r->found, tag);
    if (n) {
        *ret = n->text;
        return 0;
    }
    int e = interpolate_path(r->l, &r->layers.ini, "Definition", tag, &r->given, ret, err);
    if (e >= 0)
        named_set(r->l, &r->found, tag, *ret);
    return e;
}

int reader_combined(struct filter_reader *r, struct names_of *ret, struct err *err)
{
    struct names_of all = {0};
    merge_into(r->l, &all, &r->own);
    merge_into(r->l, &all, &r->init);
    int e = substitute(r->l, &all, find_tag, r, err);
    if (e >= 0)
        *ret = all;
    return e;
}

int reader_value(struct filter_reader *r, const struct names_of *combined, const char *key, struct traced *ret, struct err *err)
{
    struct traced v = {0};
    const struct named *n = named_find(combined, key);
    if (n)
        v = n->text;
    int e = n ? 0 : interpolate(r->l, &r->layers.ini, "Definition", key, &r->given, &v, err);
    e = n || e < 0 ? e : substitute_text(r->l, combined, find_tag, r, &v, err);
    if (e >= 0)
        *ret = v;
    return e < 0 ? e : 0;
}

/* A name that nothing needs may be wrong: fail2ban does not look at it, either. It has a small budget of its own. */
#define EXTRA_MEMORY (1u << 20)
#define EXTRA_STEPS 500

static struct filter_text resolve_extra(struct filter_reader *r, const struct names_of *combined, const struct ini_option *o, struct arena *a)
{
    struct traced v = {0};
    const struct named *n = named_find(combined, o->key);
    if (n)
        v = n->text;
    else if (interpolate(r->l, &r->layers.ini, "Definition", o->key, &r->given, &v, NULL) < 0 || substitute_text(r->l, combined, find_tag, r, &v, NULL) < 0)
        return (struct filter_text){0};
    if (r->l->spent)
        return (struct filter_text){0};
    struct filter_text t = text_copy(r->l, a, &v, 0, v.n);
    t.file = t.file ? t.file : arena_dupz(a, o->file);
    t.line = t.line ? t.line : o->line;
    return t;
}

static struct filter_text resolve_within(struct filter_reader *r, const struct names_of *combined, const struct ini_option *o, struct arena *a)
{
    struct load *l = r->l;
    size_t left = l->left, own = left < EXTRA_MEMORY ? left : EXTRA_MEMORY, steps = l->steps, work = l->work;
    l->left = own;
    l->work = EXTRA_MEMORY;
    l->steps = LOAD_STEPS - EXTRA_STEPS;
    struct filter_text t = resolve_extra(r, combined, o, a);
    l->left = left - (own - l->left);
    l->steps = steps;
    l->work = work;
    l->spent = false;
    return t;
}

void reader_extra(struct filter_reader *r, const struct names_of *combined, const struct ini_option *o, struct arena *a, struct filter_extra *ret)
{
    struct filter_extra x = {.key = arena_dupz(a, o->key)};
    struct str rest = traced_str(&o->value), line;
    while (str_field(&rest, '\n', &line))
        if (line.n)
            *list_push(a, &x.lines) = text_copy(r->l, a, &o->value, (size_t)(line.p - o->value.p), line.n);
    x.value = resolve_within(r, combined, o, a);
    *ret = x;
}
