#include "filter/interpolate.h"
#include "base/i18n.h"
#include <ctype.h>
#include <errno.h>
#include <strings.h>

struct place {
    struct load *l;
    const struct ini *ini;
    const char *section;
    const struct names_of *vars;
    struct err *err;
};

static char *small(struct arena *a, struct str s)
{
    char *z = arena_dup(a, s);
    for (char *p = z; *p; p++)
        *p = str_lower(*p);
    return z;
}

/* The raw text of a name; key in small letters. */
static const struct traced *raw(const struct place *at, const char *key)
{
    const struct named *v = at->vars ? named_find_any_case(at->vars, key) : NULL;
    if (v)
        return &v->text;
    const struct ini_section *s = ini_section(at->ini, at->section);
    const struct ini_option *o = s ? ini_option(s, key) : NULL;
    o = o ? o : ini_option(&at->ini->defaults, key);
    return o ? &o->value : NULL;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || (unsigned char)c >= 0x80;
}

/* "lt_file/prefix": the length of what stands before the `/`; 0 where the name has not that form. */
static size_t section_length(const char *name)
{
    size_t n = 0;
    while (is_word(name[n]))
        n++;
    return n && name[n] == '/' && name[n + 1] ? n : 0;
}

/* The raw text that %(section/name)s means. */
static const struct traced *raw_of_section(const struct place *at, const char *name, size_t n)
{
    const char *key = name + n + 1, *section = arena_dup(at->l->a, str_span(name, n));
    const struct ini_section *s = NULL;
    if (strcasecmp(section, "default") != 0) {
        bool known = strcasecmp(section, "known") == 0;
        s = ini_section(at->ini, known ? arena_printf(at->l->a, "KNOWN/%s", at->section) : section);
        if (!s && !known)
            return NULL;
    }
    const struct ini_option *o = s ? ini_option(s, key) : NULL;
    o = o ? o : ini_option(&at->ini->defaults, key);
    return o ? &o->value : NULL;
}

static int expand(const struct place *at, const struct traced *value, unsigned depth, struct traced *out);

/* value has "%(" at i. *ret_end is behind the reference. */
static int put_reference(const struct place *at, const struct traced *value, size_t i, unsigned depth, struct traced *out, size_t *ret_end)
{
    struct str rest = str_from(traced_str(value), i + 2);
    ptrdiff_t close = str_find(rest, ')');
    if (close < 1 || close > NAME_LENGTH_MAX || (size_t)close + 1 >= rest.n || rest.p[close + 1] != 's')
        return traced_wrong(at->l, value, i, at->err, _("%%( is not followed by NAME)s"));
    const char *name = arena_dup(at->l->a, str_span(rest.p, (size_t)close)), *key = small(at->l->a, str_of(name));
    *ret_end = i + 2 + (size_t)close + 2;
    int e = load_step(at->l, value->from[i], at->err);
    if (e < 0)
        return e;
    if (strcmp(key, "__name__") == 0) {
        traced_add(at->l, out, str_of(at->section), value->from[i]);
        return 0;
    }
    const struct traced *v = raw(at, key);
    size_t n = section_length(name);
    if (!v && n && strcmp(name, key) == 0)
        v = raw_of_section(at, name, n);
    if (!v)
        return traced_wrong(at->l, value, i, at->err, _("%%(%s)s: there is no such value in [%s]"), name, at->section);
    struct traced copy = *v; /* expanding may move what v points into */
    if (copy.n && memchr(copy.p, '%', copy.n))
        return expand(at, &copy, depth + 1, out);
    traced_put(at->l, out, &copy, 0, copy.n, depth);
    return 0;
}

static int expand(const struct place *at, const struct traced *value, unsigned depth, struct traced *out)
{
    if (depth > INTERPOLATION_DEPTH)
        return traced_wrong(at->l, value, 0, at->err, _("%%(...)s is more than %d levels deep, or refers to itself"), INTERPOLATION_DEPTH);
    for (size_t i = 0; i < value->n;) {
        const char *percent = memchr(value->p + i, '%', value->n - i);
        size_t next = percent ? (size_t)(percent - value->p) : value->n;
        traced_put(at->l, out, value, i, next - i, depth - 1);
        i = next;
        if (i == value->n)
            break;
        char c = i + 1 < value->n ? value->p[i + 1] : 0;
        if (c == '%') {
            traced_put(at->l, out, value, i, 1, depth - 1);
            i += 2;
        } else if (c == '(') {
            int e = put_reference(at, value, i, depth, out, &i);
            if (e < 0)
                return e;
        } else
            return traced_wrong(at->l, value, i, at->err, _("%% is not followed by %% or (NAME)s; a %% itself is written %%%%"));
    }
    return load_spent(at->l, traced_place(at->l, value, 0, value->n).file, at->err);
}

int interpolate(struct load *l, const struct ini *i, const char *section, const char *key, const struct names_of *vars, struct traced *ret, struct err *err)
{
    struct place at = {.l = l, .ini = i, .section = section, .vars = vars, .err = err};
    if (!ini_section(i, section) && strcmp(section, "DEFAULT") != 0)
        return -ENOENT;
    const struct traced *v = raw(&at, small(l->a, str_of(key)));
    if (!v)
        return -ENOENT;
    struct traced out = {0}, copy = *v;
    if (!copy.n || !memchr(copy.p, '%', copy.n)) {
        *ret = copy;
        return 0;
    }
    int e = expand(&at, &copy, 1, &out);
    if (e >= 0)
        *ret = out;
    return e;
}

int interpolate_path(struct load *l, const struct ini *i, const char *section, const char *key, const struct names_of *vars, struct traced *ret, struct err *err)
{
    size_t n = section_length(key);
    bool blanks = false;
    for (const char *p = key + n + 1; n && *p; p++)
        blanks |= isspace((unsigned char)*p) || *p == '>';
    if (n && !blanks) {
        const char *name = key + n + 1, *from = arena_dup(l->a, str_span(key, n));
        bool known = strcasecmp(from, "known") == 0;
        const char *among[] = {known ? arena_printf(l->a, "KNOWN/%s", section) : strcasecmp(from, "default") == 0 ? "DEFAULT" : from, known ? section : NULL};
        for (size_t k = 0; k < ARRAY_SIZE(among) && among[k]; k++) {
            int e = interpolate(l, i, among[k], name, NULL, ret, err);
            if (e != -ENOENT)
                return e;
        }
    }
    return interpolate(l, i, section, key, vars, ret, err);
}
