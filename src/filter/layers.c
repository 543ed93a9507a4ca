#include "filter/layers.h"
#include "base/i18n.h"
#include "filter/interpolate.h"
#include <ctype.h>
#include <errno.h>
#include <limits.h>

struct parsed {
    const char *path;
    struct ini ini;
    bool exists;
};
struct paths {
    LIST(const char *) list;
};
struct reading {
    struct load *l;
    const struct root *root;
    struct layers *out;
    LIST(struct parsed) parsed; /* each file is parsed once */
    struct paths order;         /* to be merged */
    struct paths above;         /* files that are being included */
    size_t named;               /* paths seen in [INCLUDES] */
    struct err *err;
};

static bool holds(const struct paths *p, const char *path)
{
    for (size_t i = 0; i < p->list.n; i++)
        if (strcmp(p->list.v[i], path) == 0)
            return true;
    return false;
}

/* Index of the file in r->parsed, or -errno. A directory counts as nothing, as for fail2ban. */
static ptrdiff_t parse_file(struct reading *r, const char *path)
{
    for (size_t i = 0; i < r->parsed.n; i++)
        if (strcmp(r->parsed.v[i].path, path) == 0)
            return (ptrdiff_t)i;
    if (r->parsed.n == LAYERS_FILES_MAX)
        return err_at(r->err, -EINVAL, path, 0, 0, _("more than %d files belong together"), LAYERS_FILES_MAX);
    struct parsed p = {.path = path};
    struct stat st;
    int e = root_stat(r->root, path, &st);
    if (e == 0 && !S_ISDIR(st.st_mode)) {
        _cleanup_(buf_free) struct buf b = BUF(INI_FILE_MAX);
        e = root_read(r->root, path, &b);
        if (e == -EFBIG)
            return err_at(r->err, -EINVAL, path, 0, 0, _("larger than %u bytes"), INI_FILE_MAX);
        if (e == -EINVAL)
            return err_at(r->err, -EINVAL, path, 0, 0, _("not a regular file"));
        e = e < 0 ? e : ini_parse(r->l, buf_str(&b), path, &p.ini, r->err);
        p.exists = e == 0;
        if (e == -EINVAL)
            return e;
    }
    if (e < 0 && e != -ENOENT && e != -ENOTDIR)
        return err_at(r->err, e, path, 0, 0, "%s", err_name(e));
    *list_push(r->l->a, &r->parsed) = p;
    return (ptrdiff_t)r->parsed.n - 1;
}

static const char *local_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    return arena_printf(a, "%.*s.local", (int)(dot && dot > base ? dot - path : (ptrdiff_t)strlen(path)), path);
}

static int collect_all(struct reading *r, const struct paths *files);

/* One value of [INCLUDES]: a path on each line, relative to the file. */
static int collect_named(struct reading *r, const char *path, size_t parsed, const char *key)
{
    const struct ini_section *s = ini_section(&r->parsed.v[parsed].ini, "INCLUDES");
    const struct ini_option *o = s ? ini_option(s, key) : NULL;
    o = s && !o ? ini_option(&r->parsed.v[parsed].ini.defaults, key) : o;
    if (!o)
        return 0;
    struct traced value = {0};
    struct ini_option at = *o; /* the list may move */
    int e = interpolate(r->l, &r->parsed.v[parsed].ini, "INCLUDES", key, NULL, &value, r->err);
    const char *slash = strrchr(path, '/');
    struct str rest = traced_str(&value), one;
    while (e >= 0 && str_field(&rest, '\n', &one)) {
        if (!one.n)
            continue;
        if (++r->named > 10 * LAYERS_FILES_MAX || one.n > PATH_MAX)
            return err_at(r->err, -EINVAL, at.file, at.line, 0, _("more than %d files belong together"), LAYERS_FILES_MAX);
        struct paths file = {0};
        const char *full = one.p[0] == '/' ? arena_dup(r->l->a, one) : arena_printf(r->l->a, "%.*s/%.*s", (int)(slash - path), path, (int)one.n, one.p);
        ptrdiff_t i = holds(&r->above, full) ? 0 : parse_file(r, full);
        if (i < 0)
            return (int)i;
        if (holds(&r->above, full))
            continue;
        if (!r->parsed.v[i].exists)
            *list_push(r->l->a, &r->out->missing) = (struct missing){full, at.file, at.line};
        *list_push(r->l->a, &file.list) = full;
        *list_push(r->l->a, &r->above.list) = path;
        e = collect_all(r, &file);
        r->above.list.n--;
    }
    return e;
}

static int collect(struct reading *r, const char *path)
{
    ptrdiff_t i = parse_file(r, path);
    if (i < 0)
        return (int)i;
    if (!r->parsed.v[i].exists)
        return 0;
    if (r->above.list.n > LAYERS_DEPTH_MAX)
        return err_at(r->err, -EINVAL, path, 0, 0, _("more than %d files include one another"), LAYERS_DEPTH_MAX);
    int e = collect_named(r, path, (size_t)i, "before");
    if (e < 0)
        return e;
    if (r->order.list.n == LAYERS_FILES_MAX)
        return err_at(r->err, -EINVAL, path, 0, 0, _("more than %d files belong together"), LAYERS_FILES_MAX);
    *list_push(r->l->a, &r->order.list) = path;
    return collect_named(r, path, (size_t)i, "after");
}

static int collect_all(struct reading *r, const struct paths *files)
{
    for (size_t i = 0; i < files->list.n; i++) {
        const char *local = local_of(r->l->a, files->list.v[i]);
        int e = collect(r, files->list.v[i]);
        if (e >= 0 && !holds(files, local))
            e = collect(r, local);
        if (e < 0)
            return e;
    }
    return 0;
}

bool layers_condition(const char *name, struct str *ret_base, const char **ret_condition)
{
    size_t n = 0;
    while (isalnum((unsigned char)name[n]) || name[n] == '_' || (unsigned char)name[n] >= 0x80)
        n++;
    if (!n || name[n] != '?' || !name[n + 1])
        return false;
    *ret_base = str_span(name, n);
    *ret_condition = name + n + 1;
    return true;
}

static void put(struct load *l, struct ini_section *s, const struct ini_option *o)
{
    struct ini_option *old = ini_option(s, o->key);
    if (old)
        *old = *o;
    else
        *list_push(l->a, &s->options) = *o;
    load_take(l, sizeof *o);
}

static size_t section_index(struct load *l, struct ini *i, const char *name, const struct ini_section *like)
{
    const struct ini_section *s = ini_section(i, name);
    if (s)
        return (size_t)(s - i->sections.v);
    load_take(l, 4 * sizeof *s);
    *list_push(l->a, &i->sections) = (struct ini_section){.name = name, .file = like->file, .line = like->line};
    return i->sections.n - 1;
}

/* What the section said is kept under KNOWN/, then the file's values are put into it. */
static void merge_section(struct load *l, struct ini *all, const struct ini_section *s)
{
    struct str base;
    const char *condition = NULL, *name = layers_condition(s->name, &base, &condition) ? arena_dup(l->a, base) : s->name;
    bool old = ini_section(all, name);
    size_t to = section_index(l, all, name, s), known = old ? section_index(l, all, arena_printf(l->a, "KNOWN/%s", name), s) : 0;
    for (size_t i = 0; i < s->options.n; i++) {
        struct ini_option o = s->options.v[i];
        if (condition)
            o.key = arena_printf(l->a, "%s?%s", o.key, condition);
        const struct ini_option *before = old ? ini_option(&all->sections.v[to], o.key) : NULL;
        if (before)
            put(l, &all->sections.v[known], before);
        put(l, &all->sections.v[to], &o);
    }
}

static int merge(struct reading *r, const struct paths *files)
{
    int e = collect_all(r, files);
    if (e < 0)
        return e;
    if (!r->order.list.n)
        return -ENOENT;
    for (size_t i = 0; i < r->order.list.n; i++) {
        const char *path = r->order.list.v[i];
        ptrdiff_t at = parse_file(r, path); /* parsed already */
        const struct ini *one = &r->parsed.v[at].ini;
        for (size_t k = 0; k < one->defaults.options.n; k++)
            put(r->l, &r->out->ini.defaults, &one->defaults.options.v[k]);
        for (size_t k = 0; k < one->sections.n; k++)
            merge_section(r->l, &r->out->ini, &one->sections.v[k]);
        *list_push(r->l->a, &r->out->files) = path;
        if (r->out->ini.sections.n > INI_SECTIONS_MAX)
            return err_at(r->err, -EINVAL, path, 0, 0, _("more than %d sections"), INI_SECTIONS_MAX);
        e = load_spent(r->l, path, r->err);
        if (e < 0)
            return e;
    }
    return 0;
}

/* The names in BASE.d that end so; a directory that is not there has none. */
static int add_directory(struct reading *r, const char *base, const char *end, struct paths *files)
{
    const char *dir = arena_printf(r->l->a, "%s.d", base);
    struct names names = {0};
    int e = root_list(r->root, dir, LAYERS_FILES_MAX, r->l->a, &names);
    if (e == -ENOENT || e == -ENOTDIR)
        return 0;
    if (e < 0)
        return err_at(r->err, e, dir, 0, 0, "%s", err_name(e));
    for (size_t i = 0; i < names.list.n; i++)
        if (names.list.v[i][0] != '.' && str_ends(str_of(names.list.v[i]), str_of(end)))
            *list_push(r->l->a, &files->list) = arena_printf(r->l->a, "%s/%s", dir, names.list.v[i]);
    return 0;
}

static void add_file(struct reading *r, const char *path, struct paths *files)
{
    if (root_exists(r->root, path))
        *list_push(r->l->a, &files->list) = path;
}

int layers_read(struct load *l, const struct root *root, const char *base, struct layers *ret, struct err *err)
{
    struct layers out = {.ini.defaults.name = "DEFAULT"};
    struct reading r = {.l = l, .root = root, .out = &out, .err = err};
    struct paths files = {0};
    add_file(&r, arena_printf(l->a, "%s.conf", base), &files);
    int e = add_directory(&r, base, ".conf", &files);
    add_file(&r, arena_printf(l->a, "%s.local", base), &files);
    e = e < 0 ? e : add_directory(&r, base, ".local", &files);
    e = e < 0 ? e : merge(&r, &files);
    if (e >= 0)
        *ret = out;
    return e;
}
