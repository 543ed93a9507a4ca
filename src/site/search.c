#include "site/search.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/worker.h"
#include "site/literal.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <unistd.h>

#define VERSION_FILE 65536  /* a version stands near the beginning of its file */
#define HEADER 8192         /* as WordPress reads plug-in headers */
#define MAX_ADDONS 500      /* of one kind and program */
#define MAX_FILES 40        /* looked at in one add-on's directory */
#define MAX_FOUND 5000
#define MAX_LINKS 200       /* followed in one directory */

enum { FLAG_CUT = 1, FLAG_UNREADABLE = 2 };

struct job {
    const struct root *root;
    const char *const *dirs;
    size_t n;
    const struct search_contents *contents;
};

struct walk {
    const struct job *job;
    struct arena *arena;
    struct buf *out;
    size_t start, found, entries;
    int64_t deadline;
    unsigned flags;
};

/* The beginning of a regular file. */
static bool head_of(struct walk *w, const char *path, struct buf *b)
{
    int r = root_read(w->job->root, path, b);
    return r == 0 || r == -EFBIG;
}

static bool literal(enum literal_kind kind, struct str text, const char *name, struct str *ret)
{
    static bool (*const readers[])(struct str, const char *, struct str *) = {php_literal, xml_element, header_field, json_member};
    return readers[kind](text, name, ret);
}

static const char *version_in(struct walk *w, const char *dir, const struct version_source *v)
{
    _cleanup_(buf_free) struct buf b = BUF(VERSION_FILE), whole = BUF(200);
    if (!head_of(w, arena_printf(w->arena, "%s/%s", dir, v->file), &b))
        return NULL;
    for (size_t i = 0; i < ARRAY_SIZE(v->names) && v->names[i]; i++) {
        struct str part;
        if (!literal(v->kind, buf_str(&b), v->names[i], &part))
            return NULL;
        if (i)
            buf_addc(&whole, v->joints[i - 1]);
        buf_adds(&whole, part);
    }
    return arena_dup(w->arena, buf_str(&whole));
}

static bool addon_file(struct walk *w, const char *path, const struct addon_place *p, const char **ret_version)
{
    _cleanup_(buf_free) struct buf b = BUF(HEADER);
    struct str v;
    if (!head_of(w, path, &b) || (p->field && !literal(p->literal, buf_str(&b), p->field, &v)))
        return false;
    *ret_version = literal(p->literal, buf_str(&b), p->version, &v) ? arena_dup(w->arena, v) : "";
    return true;
}

/* The version of the add-on in `dir`, by its file or by the first file that matches. false: it is none. */
static bool addon_version(struct walk *w, const char *dir, const struct addon_place *p, const char **ret)
{
    if (!strchr(p->file, '*'))
        return addon_file(w, arena_printf(w->arena, "%s/%s", dir, p->file), p, ret);
    struct names files = {0};
    if (root_list(w->job->root, dir, 5000, w->arena, &files) < 0)
        return false;
    size_t looked = 0;
    for (size_t i = 0; i < files.list.n && looked < MAX_FILES; i++)
        if (fnmatch(p->file, files.list.v[i], 0) == 0 && looked++ < MAX_FILES && addon_file(w, arena_printf(w->arena, "%s/%s", dir, files.list.v[i]), p, ret))
            return true;
    return false;
}

static uint32_t put_addons(struct walk *w, const char *dir, size_t place, const struct addon_place *p, struct buf *out, bool *cut)
{
    struct names names = {0};
    uint32_t n = 0;
    *cut |= root_list(w->job->root, dir, MAX_ADDONS, w->arena, &names) == -E2BIG;
    for (size_t i = 0; i < names.list.n; i++) {
        const char *path = arena_printf(w->arena, "%s/%s", dir, names.list.v[i]), *version = "";
        struct stat st;
        if (clock_monotonic_ms() > w->deadline) {
            *cut = true;
            break;
        }
        if (root_stat(w->job->root, path, &st) < 0)
            continue;
        bool single = S_ISREG(st.st_mode) && strchr(p->file, '*') && fnmatch(p->file, names.list.v[i], 0) == 0;
        if (!(S_ISDIR(st.st_mode) ? addon_version(w, path, p, &version) : single && addon_file(w, path, p, &version)))
            continue;
        buf_put_u32(out, (uint32_t)place);
        buf_put_z(out, names.list.v[i]);
        buf_put_z(out, version);
        n++;
    }
    return n;
}

static const char *content_of(const struct walk *w, const char *below)
{
    for (size_t i = 0; i < w->job->contents->list.n; i++) {
        const struct search_content *c = &w->job->contents->list.v[i];
        if (c->start == w->start && strcmp(c->below, below) == 0)
            return c->dir;
    }
    return NULL;
}

static void put_program(struct walk *w, const char *dir, const char *below, size_t index, const char *version, const char *file)
{
    const struct program *p = &programs[index];
    _cleanup_(buf_free) struct buf addons = BUF(1u << 20);
    const char *content = content_of(w, below);
    uint32_t n = 0;
    bool cut = false;
    for (size_t i = 0; i < ARRAY_SIZE(p->addons) && p->addons[i].kind; i++) {
        const char *at = p->addons[i].dir;
        const char *path = content && strncmp(at, "wp-content", 10) == 0 ? arena_printf(w->arena, "%s%s", content, at + 10) : arena_printf(w->arena, "%s/%s", dir, at);
        n += put_addons(w, path, i, &p->addons[i], &addons, &cut);
    }
    buf_put_u32(w->out, 1);
    buf_put_u32(w->out, (uint32_t)w->start);
    buf_put_u32(w->out, (uint32_t)index);
    buf_put_z(w->out, below);
    buf_put_z(w->out, version);
    buf_put_z(w->out, file);
    buf_put_u32(w->out, cut || addons.full);
    buf_put_u32(w->out, addons.full ? 0 : n);
    if (!addons.full)
        buf_adds(w->out, buf_str(&addons));
    w->found++;
}

struct entries {
    struct names dirs;   /* subdirectories */
    struct names links;  /* that may lead to directories */
    struct names all;    /* names that are marks of some program */
};

static bool is_mark(const char *name)
{
    for (size_t i = 0; i < programs_n; i++)
        if (strcmp(programs[i].mark, name) == 0)
            return true;
    return false;
}

struct reading {
    struct walk *w;
    struct entries *into;
    size_t n;
};

static bool take_entry(void *arg, int fd, const char *name, unsigned char type)
{
    struct reading *r = arg;
    struct walk *w = r->w;
    struct stat st;
    r->n++;
    if (++w->entries > SEARCH_ENTRIES) {
        w->flags |= FLAG_CUT;
        return false;
    }
    if (is_mark(name))
        *list_push(w->arena, &r->into->all.list) = arena_dupz(w->arena, name);
    if (type == DT_DIR || (type == DT_UNKNOWN && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)))
        *list_push(w->arena, &r->into->dirs.list) = arena_dupz(w->arena, name);
    else if (type == DT_LNK && r->into->links.list.n < MAX_LINKS)
        *list_push(w->arena, &r->into->links.list) = arena_dupz(w->arena, name);
    return true;
}

/* false: the directory could not be opened, or nothing of it be read. */
static bool read_dir(struct walk *w, const char *path, struct entries *ret)
{
    struct reading r = {.w = w, .into = ret};
    int e = root_each(w->job->root, path, take_entry, &r);
    w->flags |= e < 0 && r.n ? FLAG_CUT : 0;
    return e == 0 || r.n;
}

static bool has(const struct names *n, const char *name)
{
    for (size_t i = 0; i < n->list.n; i++)
        if (strcmp(n->list.v[i], name) == 0)
            return true;
    return false;
}

/* The program in this directory, if any. `up`: how its files are reached from the directory that is told. */
static const struct program *recognise(struct walk *w, const char *dir, const char *below, const struct entries *e, const char *up)
{
    for (size_t i = 0; i < programs_n; i++) {
        if (!has(&e->all, programs[i].mark))
            continue;
        for (size_t v = 0; v < ARRAY_SIZE(programs[i].versions) && programs[i].versions[v].file; v++) {
            const char *version = version_in(w, dir, &programs[i].versions[v]);
            if (version) {
                put_program(w, dir, below, i, version, arena_printf(w->arena, "%s%s", up, programs[i].versions[v].file));
                return &programs[i];
            }
        }
    }
    return NULL;
}

static bool skipped(const struct program *p, const char *name)
{
    static const char *const never[] = {"node_modules", ".git", "cache", "vendor", NULL};
    const char *const *lists[] = {never, p ? p->skip : NULL};
    for (size_t l = 0; l < ARRAY_SIZE(lists); l++)
        for (const char *const *s = lists[l]; s && *s; s++)
            if (strcmp(*s, name) == 0)
                return true;
    return false;
}

/* A program right behind a link: Debian's packages are put into sites so. What lies below is not walked: links may lead anywhere. */
static void look_behind(struct walk *w, const char *dir, const char *below, const struct names *links)
{
    for (size_t i = 0; i < links->list.n; i++) {
        struct entries e = {0};
        const char *path = arena_printf(w->arena, "%s/%s", dir, links->list.v[i]);
        if (read_dir(w, path, &e))
            recognise(w, path, arena_printf(w->arena, "%s/%s", below, links->list.v[i]), &e, "");
    }
}

/* The document root may be a program's public part only. */
static void look_above(struct walk *w, const char *dir)
{
    static const char *const parts[] = {"/public_html", "/public", "/web", "/webroot", "/htdocs", "/html"};
    struct entries e = {0};
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        if (!str_ends(str_of(dir), str_of(parts[i])))
            continue;
        const char *above = arena_dup(w->arena, str_span(dir, strlen(dir) - strlen(parts[i])));
        if (*above && read_dir(w, above, &e))
            recognise(w, above, "", &e, "../");
        return;
    }
}

static void walk_dir(struct walk *w, const char *below, unsigned depth)
{
    struct entries e = {0};
    const char *dir = arena_printf(w->arena, "%s%s", w->job->dirs[w->start], below);
    if (clock_monotonic_ms() > w->deadline || w->found >= MAX_FOUND)
        w->flags |= FLAG_CUT;
    if (w->flags & FLAG_CUT)
        return;
    if (!read_dir(w, dir, &e)) {
        if (depth == 0)
            w->flags |= FLAG_UNREADABLE;
        return;
    }
    const struct program *p = recognise(w, dir, below, &e, "");
    if (!p && depth == 0)
        look_above(w, dir);
    if (depth < 2)
        look_behind(w, dir, below, &e.links);
    for (size_t i = 0; i < e.dirs.list.n && depth < SEARCH_DEPTH; i++)
        if (!skipped(p, e.dirs.list.v[i]))
            walk_dir(w, arena_printf(w->arena, "%s/%s", below, e.dirs.list.v[i]), depth + 1);
}

static int search(void *arg, struct buf *out)
{
    const struct job *job = arg;
    struct walk w = {.job = job, .out = out, .deadline = clock_monotonic_ms() + SEARCH_MS};
    for (w.start = 0; w.start < job->n; w.start++) {
        w.arena = arena_new(256u << 20);
        w.flags = 0;
        walk_dir(&w, "", 0);
        arena_free(w.arena);
        buf_put_u32(out, 0);
        buf_put_u32(out, w.flags);
    }
    return out->full ? -E2BIG : 0;
}

static void decode_program(struct cursor *c, size_t n, struct arena *a, struct search_result *r)
{
    struct found_program f = {.start = cursor_below(c, (uint32_t)n)};
    f.program = &programs[cursor_below(c, (uint32_t)programs_n)];
    f.below = arena_dup(a, cursor_str(c));
    f.version = arena_dup(a, cursor_str(c));
    f.file = arena_dup(a, cursor_str(c));
    f.addons_cut = cursor_below(c, 2);
    uint32_t addons = cursor_below(c, 4 * MAX_ADDONS + 1);
    for (uint32_t i = 0; i < addons && !c->bad; i++) {
        const struct addon_place *p = &f.program->addons[cursor_below(c, ARRAY_SIZE(f.program->addons))];
        struct found_addon x = {p->kind ? p->kind : ""};
        x.name = arena_dup(a, cursor_str(c));
        x.version = arena_dup(a, cursor_str(c));
        *list_push(a, &f.addons) = x;
    }
    if (!c->bad)
        *list_push(a, &r->list) = f;
}

int search_decode(struct str bytes, size_t n, struct arena *a, struct search_result *ret)
{
    struct cursor c = cursor_of(bytes);
    struct search_result r = {0};
    for (size_t done = 0; done < n && !c.bad;) {
        if (cursor_below(&c, 2)) {
            decode_program(&c, n, a, &r);
            continue;
        }
        uint32_t flags = cursor_below(&c, 4);
        if (flags & FLAG_CUT)
            *list_push(a, &r.cut) = done;
        if (flags & FLAG_UNREADABLE)
            *list_push(a, &r.unreadable) = done;
        done++;
    }
    if (c.bad || c.rest.n)
        return -EBADMSG;
    *ret = r;
    return 0;
}

int search_programs(const struct root *root, const char *const *dirs, size_t n, const struct search_contents *contents, struct arena *a, struct search_result *ret, struct err *err)
{
    struct job job = {root, dirs, n, contents};
    struct worker_options o = {.kind = WORKER_FILES, .timeout_ms = SEARCH_MS + 3000, .max_output = 16u << 20};
    _cleanup_(buf_free) struct buf out = BUF(16u << 20);
    int r = worker_run(&o, search, &job, &out, err);
    if (r == 0)
        r = search_decode(buf_str(&out), n, a, ret);
    return r == -EBADMSG ? err_set(err, r, "the reader of the document roots gave a broken answer") : r;
}
