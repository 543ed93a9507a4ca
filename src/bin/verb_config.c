/* verb_config.c: `bansho config check|show|defaults`. */
#include "bin/verbs.h"
#include "config/config.h"
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static void print_place(struct buf *b, const char *file, unsigned line, unsigned column)
{
    text_escape(b, str_of(file));
    if (line)
        buf_printf(b, ":%u:%u", line, column);
}

static void print_errors(const struct config *c, FILE *out)
{
    for (size_t i = 0; i < c->errors.n; i++) {
        const struct config_error *e = &c->errors.v[i];
        _cleanup_(buf_free) struct buf b = BUF(65536);
        print_place(&b, e->file, e->line, e->column);
        buf_printf(&b, ": %s", e->warning ? _("warning: ") : "");
        text_escape(&b, str_of(e->text));
        fprintf(out, "%s\n", b.p);
    }
}

/* An option of the command line may name a file relative to where we are; the root is always a whole tree. */
static int absolute(const char *path, struct buf *ret, struct err *err)
{
    char here[PATH_MAX];
    if (path[0] == '/') {
        buf_addz(ret, path);
        return 0;
    }
    if (!getcwd(here, sizeof here))
        return err_set(err, -errno, "%s", err_name(-errno));
    buf_printf(ret, "%s/%s", here, path);
    return 0;
}

static int load(const struct call *call, struct config **ret, struct err *err)
{
    _cleanup_(buf_free) struct buf path = BUF(2 * PATH_MAX);
    const char *dir = call_option(call, "root");
    struct root root;
    int r = call->args_n < 2 || dir ? 0 : absolute(call->args[1], &path, err);
    if (r < 0)
        return r;
    r = root_open(dir ? dir : "/", &root, err);
    if (r < 0)
        return r;
    if (call->args_n == 2 && dir)
        buf_addz(&path, call->args[1]);
    struct stat st;
    const char *file = path.n ? path.p : CONFIG_PATH;
    r = path.n ? root_stat(&root, file, &st) : 0;
    /* Whoever names a file wants that one, and not the defaults. */
    r = r < 0 ? err_at(err, r, file, 0, 0, "%s", err_name(r)) : config_load(&root, file, ret, err);
    root_close(&root);
    return r;
}

static enum outcome check(struct config *c, bool sound)
{
    print_errors(c, stdout);
    if (!sound)
        return OUTCOME_USAGE;
    _cleanup_(buf_free) struct buf b = BUF(8192);
    if (c->path) {
        text_escape(&b, str_of(c->path));
        printf(_("%s: good; %zu values are set, the defaults hold for the rest\n"), b.p, c->values.n);
    } else
        printf(_("there is no %s; the defaults hold\n"), CONFIG_PATH);
    return OUTCOME_FINE;
}

/* What is in force, in the order of the rows: named sections as the file names them. */
struct row {
    const struct option *option;
    const char *instance;
    const struct value *value; /* NULL: not set, and no default */
};
struct rows {
    LIST(struct row) list;
};

static void collect(const struct config *c, struct rows *ret)
{
    for (size_t i = 0; i < options_n; i++) {
        const struct option *o = &options[i];
        if (!o->named) {
            *list_push(c->arena, &ret->list) = (struct row){o, "", config_value(c, o->section, "", o->name)};
            continue;
        }
        for (size_t k = 0; k < c->values.n; k++)
            if (c->values.v[k].option == o)
                *list_push(c->arena, &ret->list) = (struct row){o, c->values.v[k].instance, &c->values.v[k]};
    }
}

static const char *row_name(struct arena *a, const struct row *r)
{
    return arena_printf(a, "%s%s%s%s%s", r->option->section, *r->option->section ? "." : "", r->instance, *r->instance ? "." : "", r->option->name);
}

static void print_row(struct config *c, const struct row *r, size_t names, size_t values)
{
    _cleanup_(buf_free) struct buf b = BUF(65536), value = BUF(32768);
    text_pad(&b, str_of(row_name(c->arena, r)), names);
    buf_addz(&b, "  ");
    if (r->value) {
        _cleanup_(buf_free) struct buf raw = BUF(16384);
        config_write_value(&raw, r->option, r->value->text);
        text_escape(&value, buf_str(&raw));
    } else
        buf_addz(&value, "-");
    if (text_width(buf_str(&value)) < values)
        text_pad(&b, buf_str(&value), values);
    else
        buf_adds(&b, buf_str(&value));
    buf_addz(&b, "  ");
    if (r->value && r->value->file)
        print_place(&b, r->value->file, r->value->line, r->value->column);
    else
        buf_addz(&b, r->value ? _("default") : _("not set"));
    printf("%s\n", b.p);
}

static enum outcome show(struct config *c)
{
    struct rows rows = {0};
    size_t names = 0, values = 0;
    collect(c, &rows);
    for (size_t i = 0; i < rows.list.n; i++) {
        const struct row *r = &rows.list.v[i];
        size_t n = text_width(str_of(row_name(c->arena, r))), v = r->value ? text_width(str_of(r->value->text)) : 1;
        names = n > names ? n : names;
        values = v > values && v <= 48 ? v : values;
    }
    for (size_t i = 0; i < rows.list.n; i++)
        print_row(c, &rows.list.v[i], names, values);
    return OUTCOME_FINE;
}

/* A file's name may hold any bytes, JSON only UTF-8. */
static const char *file_text(const struct config *c, const char *file)
{
    _cleanup_(buf_free) struct buf b = BUF(32768);
    if (file)
        text_escape(&b, str_of(file));
    return file ? arena_dup(c->arena, buf_str(&b)) : NULL;
}

static json_t *row_json(const struct config *c, const struct row *r)
{
    const struct value *v = r->value;
    json_t *o = json_pack("{s:s, s:s, s:s, s:s?, s:s?}", "section", r->option->section, "name", r->option->name, "instance", r->instance, "value",
                          v ? v->text : NULL, "file", v ? file_text(c, v->file) : NULL);
    if (o && v && v->file) {
        json_object_set_new(o, "line", json_integer(v->line));
        json_object_set_new(o, "column", json_integer(v->column));
    }
    return o;
}

static json_t *errors_json(const struct config *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->errors.n; i++) {
        const struct config_error *e = &c->errors.v[i];
        json_array_append_new(list, json_pack("{s:s, s:i, s:i, s:b, s:s}", "file", file_text(c, e->file), "line", (int)e->line, "column", (int)e->column, "warning",
                                              e->warning, "text", e->text));
    }
    return list;
}

static enum outcome show_json(struct config *c, bool sound)
{
    struct rows rows = {0};
    json_t *values = json_array();
    if (sound)
        collect(c, &rows);
    for (size_t i = 0; i < rows.list.n; i++)
        json_array_append_new(values, row_json(c, &rows.list.v[i]));
    json_t *all = json_pack("{s:s, s:s?, s:o, s:o}", "schema", "bansho.config/1", "file", file_text(c, c->path), "values", values, "errors", errors_json(c));
    int r = all ? json_dumpf(all, stdout, JSON_INDENT(2)) : -1;
    printf("\n");
    json_decref(all);
    return r == 0 && sound ? OUTCOME_FINE : OUTCOME_USAGE;
}

static enum outcome defaults(void)
{
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    config_write_defaults(&b, false);
    fwrite(b.p, 1, b.n, stdout);
    return OUTCOME_FINE;
}

static enum outcome config(const struct call *call)
{
    struct config *c = NULL;
    struct err err = {0};
    if (strcmp(call->args[0], "defaults") == 0)
        return defaults();
    int r = load(call, &c, &err);
    if (!c)
        return complain(&err);
    bool sound = r == 0, json = call_option(call, "json");
    enum outcome o = OUTCOME_USAGE;
    if (json)
        o = show_json(c, sound);
    else if (strcmp(call->args[0], "check") == 0)
        o = check(c, sound);
    else {
        print_errors(c, stderr);
        if (sound)
            o = show(c);
    }
    config_free(c);
    return o;
}

static const struct verb_option config_options[] = {
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("print JSON (schema bansho.config/1)")},
    {"root", 0, ARGUMENT_DIR, "DIR", NULL, N_("read the file of the server whose root is there")},
    {0},
};

const struct verb verb_config = {
    .name = "config",
    .usage = "check|show|defaults [FILE] [--root DIR] [--json]",
    .summary = N_("checks and shows how this server is meant to be"),
    .help = N_("check reads /etc/bansho/bansho.conf, or FILE, and tells every error in it with its line and column; it ends with 2 where there is one.\n\n"
               "show prints every option: its value and where it comes from.\n\n"
               "defaults prints a whole file: every option with its help and its default."),
    .options = config_options,
    .argument = ARGUMENT_WORDS,
    .words = "check|show|defaults",
    .min = 1,
    .max = 2,
    .run = config,
};
