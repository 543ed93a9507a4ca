/* verb_filter_files.c: `bansho filter list`, `bansho filter lint`. */
#include "base/rootfs.h"
#include "bin/filter_files.h"
#include "filter/examples.h"
#include "filter/sieve.h"
#include "term/emit.h"
#include <errno.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>


struct found {
    const char *name;
    bool block;          /* for others to include */
    struct filter_definition d;
    struct err wrong;    /* .text empty: it can be used */
    LIST(const struct filter_text *) slow; /* rules that are tried on every line */
    struct examples examples;
};
struct filters {
    LIST(struct found) list;
    size_t wrong, examples, examples_wrong;
    bool lint;          /* examples are tried */
};

static void look_at(struct arena *a, const char *dir, const char *name, struct filters *ret)
{
    struct found *f = list_push(a, &ret->list);
    _cleanup_(matcher_freep) struct matcher *m = NULL;
    struct matcher_options o = {.today = (int64_t)time(NULL)};
    f->name = name;
    int r = filter_load(a, dir, str_of(name), &f->d, &f->wrong);
    f->block = r == -ENODATA || (r == 0 && !f->d.failregex.n && !f->d.events.n);
    if (r == 0 && !f->block)
        r = matcher_new(&f->d, &o, &m, &f->wrong);
    for (size_t i = 0, rule; m && (rule = matcher_slow_rule(m, i)); i++) {
        uint64_t hits;
        *list_push(a, &f->slow) = matcher_rule(m, rule, &hits);
    }
    if (r == 0 && ret->lint && !f->block)
        r = examples_try(a, dir, name, &f->d, &f->examples, &f->wrong);
    ret->examples += f->examples.n;
    ret->examples_wrong += f->examples.wrong.n;
    if (f->block)
        f->wrong = (struct err){0};
    else if (r < 0 && !f->wrong.text[0])
        err_at(&f->wrong, r, dir, 0, 0, "%s", err_name(r));
    ret->wrong += r < 0 && !f->block;
}

/* What cannot be loaded by itself, but is part of one that can, is for others to include. */
static void find_blocks(struct arena *a, const char *dir, struct filters *all)
{
    for (size_t i = 0; i < all->list.n; i++) {
        struct found *f = &all->list.v[i];
        const char *path = arena_printf(a, "%s/%s.conf", dir, f->name);
        for (size_t k = 0; k < all->list.n && f->wrong.text[0]; k++)
            for (size_t n = 0; k != i && n < all->list.v[k].d.files.n; n++)
                f->block |= strcmp(all->list.v[k].d.files.v[n], path) == 0;
        if (f->block && f->wrong.text[0]) {
            f->wrong = (struct err){0};
            all->wrong--;
        }
    }
}

static const char *whole_path(struct arena *a, const char *path)
{
    char here[PATH_MAX];
    return path[0] == '/' ? path : getcwd(here, sizeof here) ? arena_printf(a, "%s/%s", here, path) : path;
}

/* Every NAME.conf in the directory. */
static int look_at_all(struct arena *a, const char *dir, struct filters *ret, struct err *err)
{
    struct names names;
    int r = filter_names(a, dir, &names, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < names.list.n; i++)
        look_at(a, dir, names.list.v[i], ret);
    find_blocks(a, dir, ret);
    return 0;
}

static void print_place(const char *file, unsigned line, const char *text)
{
    _cleanup_(buf_free) struct buf b = BUF(8192);
    text_escape(&b, str_of(file));
    if (line)
        buf_printf(&b, ":%u", line);
    buf_addz(&b, ": ");
    text_escape(&b, str_of(text));
    printf("%s\n", b.p);
}

static void print_wrong(const struct err *e) { print_place(e->file, e->line, e->text); }

static void print_examples(const struct examples *x)
{
    for (size_t i = 0; i < x->wrong.n; i++)
        print_place(x->wrong.v[i].file, x->wrong.v[i].line, x->wrong.v[i].text);
}

static void print_rules(const struct found *f)
{
    size_t n = f->d.failregex.n + f->d.events.n;
    printf(ngettext("%zu rule", "%zu rules", n), n);
    if (f->slow.n)
        printf(_(", of which slow: %zu"), f->slow.n);
    printf("\n");
}

static void print_row(const struct found *f, size_t width)
{
    _cleanup_(buf_free) struct buf b = BUF(8192);
    text_escape(&b, str_of(f->name));
    for (size_t n = text_width(str_of(f->name)); n < width + 2; n++)
        buf_addc(&b, ' ');
    printf("%s", b.p);
    if (f->wrong.text[0])
        print_wrong(&f->wrong);
    else if (f->block)
        printf("%s\n", _("for other filters to include"));
    else
        print_rules(f);
}

static void json_faults(struct emit *j, const struct examples *x)
{
    emit_list(j, "wrong");
    for (size_t i = 0; i < x->wrong.n; i++) {
        emit_object(j, NULL);
        emit_text(j, "text", x->wrong.v[i].text);
        emit_text(j, "file", x->wrong.v[i].file);
        emit_int(j, "line", x->wrong.v[i].line);
        emit_end(j);
    }
    emit_end(j);
}

static void print_json(const struct filters *all)
{
    struct emit j = emit_to(stdout);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.filters/1");
    emit_list(&j, "filters");
    for (size_t i = 0; i < all->list.n; i++) {
        const struct found *f = &all->list.v[i];
        emit_object(&j, NULL);
        emit_text(&j, "name", f->name);
        emit_bool(&j, "usable", !f->block && !f->wrong.text[0]);
        emit_bool(&j, "included", f->block);
        emit_int(&j, "rules", (int64_t)f->d.failregex.n);
        emit_int(&j, "slow_rules", (int64_t)f->slow.n);
        emit_int(&j, "events", (int64_t)f->d.events.n);
        emit_int(&j, "examples", (int64_t)f->examples.n);
        json_faults(&j, &f->examples);
        if (f->wrong.text[0]) {
            emit_object(&j, "error");
            emit_text(&j, "text", f->wrong.text);
            emit_text(&j, "file", f->wrong.file);
            emit_int(&j, "line", f->wrong.line);
            emit_end(&j);
        }
        emit_end(&j);
    }
    emit_end(&j);
    emit_done(&j);
}

enum outcome filter_list(const struct call *c, const char *dir)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(512u << 20);
    struct filters all = {0};
    struct err err = {0};
    size_t width = 0;
    if (look_at_all(a, whole_path(a, dir), &all, &err) < 0)
        return complain(&err);
    for (size_t i = 0; i < all.list.n; i++) {
        size_t n = text_width(str_of(all.list.v[i].name));
        width = n > width ? n : width;
    }
    if (call_option(c, "json"))
        print_json(&all);
    for (size_t i = 0; i < all.list.n && !call_option(c, "json"); i++)
        print_row(&all.list.v[i], width);
    return OUTCOME_FINE;
}

static void print_missing(const struct found *f)
{
    for (size_t i = 0; i < f->d.missing.n; i++) {
        if (str_ends(str_of(f->d.missing.v[i].path), STR(".local"))) /* the owner may write one */
            continue;
        _cleanup_(buf_free) struct buf b = BUF(8192);
        text_escape(&b, str_of(f->d.missing.v[i].file));
        buf_printf(&b, ":%u: %s", f->d.missing.v[i].line, _("included, but not there: "));
        text_escape(&b, str_of(f->d.missing.v[i].path));
        printf("%s\n", b.p);
    }
}

static void print_slow(const struct found *f)
{
    for (size_t i = 0; i < f->slow.n; i++) {
        _cleanup_(buf_free) struct buf b = BUF(8192);
        text_escape(&b, str_of(f->slow.v[i]->file));
        buf_printf(&b, ":%u: %s", f->slow.v[i]->line, _("slow: no text is known that must stand in what it matches, so it is tried on every line"));
        printf("%s\n", b.p);
    }
}

static int look_at_path(struct arena *a, const char *path, struct filters *ret, struct err *err)
{
    const char *whole = whole_path(a, path), *slash = strrchr(whole, '/');
    struct root root;
    struct stat st;
    int r = root_open("/", &root, err);
    if (r < 0)
        return r;
    r = root_stat(&root, whole, &st);
    root_close(&root);
    if (r < 0)
        return err_at(err, r, path, 0, 0, "%s", err_name(r));
    if (S_ISDIR(st.st_mode))
        return look_at_all(a, whole, ret, err);
    struct str name = str_of(slash + 1);
    if (!str_ends(name, STR(".conf")) || name.n == 5)
        return err_at(err, -EINVAL, path, 0, 0, _("a filter is a file NAME.conf; a directory is looked at whole"));
    look_at(a, arena_dup(a, str_span(whole, slash > whole ? (size_t)(slash - whole) : 1)), arena_dup(a, str_span(name.p, name.n - 5)), ret);
    return 0;
}

enum outcome filter_lint(const struct call *c, const char *path)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(512u << 20);
    struct filters all = {.lint = true};
    struct err err = {0};
    bool json = call_option(c, "json");
    if (look_at_path(a, path, &all, &err) < 0)
        return complain(&err);
    if (json)
        print_json(&all);
    for (size_t i = 0; i < all.list.n && !json; i++) {
        print_missing(&all.list.v[i]);
        print_slow(&all.list.v[i]);
        if (all.list.v[i].wrong.text[0])
            print_wrong(&all.list.v[i].wrong);
        print_examples(&all.list.v[i].examples);
    }
    if (!json)
        printf(_("filters: %zu; cannot be used: %zu\n"), all.list.n, all.wrong);
    if (!json && all.examples + all.examples_wrong)
        printf(_("examples: %zu; wrong: %zu\n"), all.examples, all.examples_wrong);
    return all.wrong + all.examples_wrong ? OUTCOME_WRONG : OUTCOME_FINE;
}
