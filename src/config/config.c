#include "config/config.h"
#include "base/i18n.h"
#include "config/report.h"
#include <assert.h>
#include <errno.h>
#include <unistd.h>

#define ITEMS_OF_DEFAULT 16

/* A default is read as the file's values are. Our own rows are right: a test reads them all. */
static void add_default(struct config *c, const struct option *o)
{
    struct token items[ITEMS_OF_DEFAULT];
    struct str rest = str_of(o->fallback), one;
    struct reading r = {.config = c, .items = items};
    if (!option_type_takes_list(o->type))
        items[r.n++] = (struct token){.text = rest};
    else
        while (r.n < ITEMS_OF_DEFAULT && str_field(&rest, ',', &one))
            items[r.n++] = (struct token){.text = str_of(arena_dup(c->arena, str_trim(one)))};
    struct value v = {.option = o, .instance = ""};
    if (option_read(&r, &v))
        *list_push(c->arena, &c->defaults) = v;
}

struct config *config_new(void)
{
    struct arena *a = arena_new(64u << 20);
    struct config *c = arena_zalloc(a, sizeof *c);
    c->arena = a;
    for (size_t i = 0; i < options_n; i++)
        if (options[i].fallback)
            add_default(c, &options[i]);
    assert(c->errors.n == 0);
    return c;
}

void config_free(struct config *c)
{
    if (c)
        arena_free(c->arena);
}

/* notify.command and probe.password-file come from it: whoever may write it may do more than its owner thinks. */
static void look_at_mode(const struct root *root, const char *path, struct config *c)
{
    struct stat st;
    if (root->live && root_stat(root, path, &st) == 0 && ((st.st_mode & 022) || (st.st_uid != 0 && st.st_uid != geteuid())))
        config_remark(c, path, 0, 0, _("others than root may write this file: chown root:root, chmod 644"));
}

/* For those who only want to know that the file is unusable, and where it begins to be. */
static void tell_first(const struct config *c, struct err *err)
{
    const struct config_error *first = NULL;
    size_t n = 0;
    for (size_t i = 0; i < c->errors.n; i++) {
        if (c->errors.v[i].warning)
            continue;
        first = first ? first : &c->errors.v[i];
        n++;
    }
    if (first && n == 1)
        err_at(err, -EINVAL, first->file, first->line, first->column, "%s", first->text);
    else if (first)
        err_at(err, -EINVAL, first->file, first->line, first->column, _("%s (and more errors: bansho config check)"), first->text);
}

int config_load(const struct root *root, const char *path, struct config **ret, struct err *err)
{
    _cleanup_(buf_free) struct buf bytes = BUF(CONFIG_MAX);
    int r = root_read(root, path, &bytes);
    if (r == -EFBIG)
        return err_at(err, r, path, 0, 0, _("larger than %u KiB"), CONFIG_MAX / 1024);
    if (r == -EINVAL)
        return err_at(err, -ENXIO, path, 0, 0, _("not a regular file"));
    if (r < 0 && r != -ENOENT)
        return err_at(err, r, path, 0, 0, "%s", err_name(r));
    struct config *c = config_new();
    if (r == -ENOENT) {
        *ret = c;
        return 0;
    }
    c->path = arena_dupz(c->arena, path);
    look_at_mode(root, c->path, c);
    r = config_parse(buf_str(&bytes), c->path, c);
    if (r < 0)
        tell_first(c, err);
    *ret = c;
    return r;
}

const struct value *config_value(const struct config *c, const char *section, const char *instance, const char *name)
{
    for (size_t i = 0; i < c->values.n; i++) {
        const struct value *v = &c->values.v[i];
        if (strcmp(v->option->name, name) == 0 && strcmp(v->option->section, section) == 0 && strcmp(v->instance, instance) == 0)
            return v;
    }
    for (size_t i = 0; i < c->defaults.n; i++) {
        const struct value *v = &c->defaults.v[i];
        if (strcmp(v->option->name, name) == 0 && strcmp(v->option->section, section) == 0)
            return v;
    }
    return NULL;
}

int64_t config_number(const struct config *c, const char *section, const char *name)
{
    const struct value *v = config_value(c, section, "", name);
    assert(v);
    return v->number;
}

const char *config_text(const struct config *c, const char *section, const char *name, const char *otherwise)
{
    const struct value *v = config_value(c, section, "", name);
    return v ? v->text : otherwise;
}

bool config_source_has(const struct config *c, const char *source, const struct addr *a)
{
    if (strcmp(source, "any") == 0)
        return true;
    const struct value *v = config_value(c, "source", source, "prefixes");
    for (size_t i = 0; v && i < v->prefixes.n; i++)
        if (prefix_has(&v->prefixes.v[i], a))
            return true;
    return false;
}

bool config_sources_cover(const struct config *c, const struct prefix *p)
{
    for (size_t i = 0; i < c->values.n; i++)
        for (size_t k = 0; k < c->values.v[i].prefixes.n; k++)
            if (prefix_covers(&c->values.v[i].prefixes.v[k], p))
                return true;
    return false;
}
