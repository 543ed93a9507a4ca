#include "site/exposed_search.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/worker.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define LOOK_MAX 65536  /* of a file's beginning, and of its end */
#define READS_MAX 4000  /* files looked into */
#define LINKS_MAX 50    /* followed in one directory */
#define DIR_MAX 50000   /* names of one directory */
#define EACH_MAX 400    /* candidates kept until the gravest are chosen */

enum { FLAG_CUT = 1, FLAG_UNREADABLE = 2 };

struct walk {
    const struct root *root;
    const char *dir;
    struct arena *arena;
    LIST(struct candidate) found;
    size_t entries, reads, listings;
    int64_t deadline;
    unsigned flags;
};

struct entry {
    const char *name;
    bool is_dir, is_link;
};
struct entries {
    LIST(struct entry) list;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* The entries are sorted. */
static bool is_there(const struct entries *e, const char *name)
{
    const struct entry key = {.name = name};
    return e->list.n && bsearch(&key, e->list.v, e->list.n, sizeof key, by_name);
}

static const char *full(struct walk *w, const char *path)
{
    return arena_printf(w->arena, "%s/%s", w->dir, path);
}

static const char *join(struct walk *w, const char *below, const char *name)
{
    return *below ? arena_printf(w->arena, "%s/%s", below, name) : name;
}

static void found(struct walk *w, enum exposed_id id, const char *path, const char *object, uint64_t size, struct str head)
{
    if (w->found.n >= EACH_MAX) {
        w->flags |= FLAG_CUT;
        return;
    }
    head.n = head.n < EXPOSED_HEAD ? head.n : EXPOSED_HEAD;
    *list_push(w->arena, &w->found) = (struct candidate){.id = id, .path = path, .object = object, .size = size, .head = {arena_dup(w->arena, head), head.n}};
}

/* Beginning and end of a regular file. false: it is none, or cannot be read. */
static bool look_into(struct walk *w, const char *path, struct buf *head, struct buf *tail, uint64_t *ret_size)
{
    struct stat st;
    if (++w->reads > READS_MAX) {
        w->flags |= FLAG_CUT;
        return false;
    }
    if (root_stat(w->root, path, &st) < 0 || !S_ISREG(st.st_mode))
        return false;
    int fd = root_openat(w->root, path, O_RDONLY);
    if (fd < 0)
        return false;
    int r = root_read_fd(fd, head);
    if (tail && r == -EFBIG && lseek(fd, -(off_t)LOOK_MAX, SEEK_END) >= 0)
        r = root_read_fd(fd, tail);
    close(fd);
    *ret_size = (uint64_t)st.st_size;
    return r == 0 || r == -EFBIG;
}

static void take_file(struct walk *w, const char *below, const char *name, unsigned depth)
{
    bool look;
    uint64_t size;
    enum exposed_id id = exposed_name(name, depth, &look);
    if (id == EXPOSED_COUNT)
        return;
    const char *path = join(w, below, name);
    /* A program's own files are many: only small ones can be what is looked for. */
    struct stat st;
    if (id == EXPOSED_PHPINFO && (root_stat(w->root, full(w, path), &st) < 0 || st.st_size > 4096))
        return;
    bool archive = id == EXPOSED_ARCHIVE;
    _cleanup_(buf_free) struct buf head = BUF(look && !archive ? LOOK_MAX : 512), tail = BUF(LOOK_MAX);
    if (!look_into(w, full(w, path), &head, archive ? &tail : NULL, &size) || !size)
        return;
    if (look)
        id = exposed_content(id, name, depth, buf_str(&head), tail.n ? buf_str(&tail) : buf_str(&head), size);
    if (id != EXPOSED_COUNT)
        found(w, id, path, path, size, buf_str(&head));
}

/* A file below a directory that gives the whole away: .git/HEAD. */
static void take_mark(struct walk *w, enum exposed_id id, const char *path, const char *mark)
{
    _cleanup_(buf_free) struct buf head = BUF(EXPOSED_HEAD);
    uint64_t size;
    const char *file = arena_printf(w->arena, "%s/%s", path, mark);
    if (look_into(w, full(w, file), &head, NULL, &size) && size)
        found(w, id, file, path, size, buf_str(&head));
}

/* Installers that are left open. `without`: not where this file is in the same directory or the one above (then it is set up). */
static const struct {
    const char *mark, *file, *without;
} installers[] = {
    {"wp-admin", "wp-admin/setup-config.php", "wp-config.php"},
    {"administrator", "installation/index.php", NULL}, /* Joomla */
    {"manager", "setup/index.php", NULL},              /* MODX */
    {"installer.php", "installer.php", NULL},          /* Duplicator */
};

static void take_installers(struct walk *w, const char *below, const struct entries *e)
{
    for (size_t i = 0; i < ARRAY_SIZE(installers); i++) {
        const char *path = join(w, below, installers[i].file), *without = installers[i].without;
        struct stat st;
        if (!is_there(e, installers[i].mark) || (without && (is_there(e, without) || root_exists(w->root, full(w, join(w, below, arena_printf(w->arena, "../%s", without)))))))
            continue;
        if (root_stat(w->root, full(w, path), &st) == 0 && S_ISREG(st.st_mode))
            found(w, EXPOSED_INSTALLER, path, path, (uint64_t)st.st_size, STR(""));
    }
}

/* Without an index file the server may list the directory. Asked for those that matter: the upper ones, and where things are put. */
static void take_listing(struct walk *w, const char *below, unsigned depth, const struct entries *e)
{
    static const char *const indexes[] = {"index.html", "index.htm", "index.php", "index.cgi", "index.pl", "index.xhtml", "index.shtml", "default.html", "default.htm", "Default.htm", "index.nginx-debian.html"};
    static const char *const telling[] = {"upload", "backup", "bak", "files", "log", "tmp", "data", "private", "old"};
    const char *last = strrchr(below, '/');
    bool asked = depth <= 1;
    for (size_t i = 0; i < ARRAY_SIZE(telling); i++)
        asked |= str_search(str_of(last ? last : below), str_of(telling[i])) >= 0;
    for (size_t i = 0; i < ARRAY_SIZE(indexes); i++)
        asked &= !is_there(e, indexes[i]);
    if (!asked || !e->list.n || str_starts(str_of(w->dir), STR("/usr/share/")) || *(last ? last + 1 : below) == '.')
        return;
    if (w->listings++ >= EXPOSED_LISTINGS)
        return; /* the same answer is likely: this is no gap in what was looked at */
    const char *path = *below ? arena_printf(w->arena, "%s/", below) : "";
    found(w, EXPOSED_LISTING, path, path, 0, STR(""));
}

struct reading {
    struct walk *w;
    struct entries *into;
    size_t n;
};

static bool take_entry(void *arg, int fd, const char *name, unsigned char type)
{
    struct reading *r = arg;
    struct stat st;
    r->n++;
    if (++r->w->entries > EXPOSED_ENTRIES || r->into->list.n >= DIR_MAX) {
        r->w->flags |= FLAG_CUT;
        return false;
    }
    bool is_dir = type == DT_DIR || (type == DT_UNKNOWN && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode));
    *list_push(r->w->arena, &r->into->list) = (struct entry){arena_dupz(r->w->arena, name), is_dir, type == DT_LNK};
    return true;
}

/* false: it could not be opened, or nothing of it be read. */
static bool read_dir(struct walk *w, const char *path, struct entries *ret)
{
    struct reading r = {.w = w, .into = ret};
    int e = root_each(w->root, path, take_entry, &r);
    w->flags |= e < 0 && r.n ? FLAG_CUT : 0;
    return e == 0 || r.n;
}

static void walk_dir(struct walk *w, const char *below, unsigned depth);

static void take_dir(struct walk *w, const char *path, const char *name, unsigned depth)
{
    static const struct { const char *dir, *mark; } histories[] = {{".git", "HEAD"}, {".svn", "wc.db"}, {".svn", "entries"}, {".hg", "requires"}, {".bzr", "README"}, {"CVS", "Entries"}};
    static const char *const skipped[] = {"node_modules", "wp-includes", "wp-admin", "vendor"};
    for (size_t i = 0; i < ARRAY_SIZE(histories); i++)
        if (strcmp(name, histories[i].dir) == 0) {
            take_mark(w, EXPOSED_HISTORY, path, histories[i].mark);
            if (w->found.n && strcmp(w->found.v[w->found.n - 1].object, path) == 0)
                return;
        }
    for (size_t i = 0; i < ARRAY_SIZE(skipped); i++)
        if (strcmp(name, skipped[i]) == 0)
            return;
    if (depth < EXPOSED_DEPTH && strcmp(name, ".git") != 0 && strcmp(name, ".svn") != 0 && strcmp(name, ".hg") != 0)
        walk_dir(w, path, depth + 1);
}

/* Where a link leads, only the files right there: what lies below could be the whole machine. */
static void take_links(struct walk *w, const char *below, const struct entries *e)
{
    size_t n = 0;
    for (size_t i = 0; i < e->list.n && n < LINKS_MAX; i++) {
        const char *path = join(w, below, e->list.v[i].name);
        struct stat st;
        if (e->list.v[i].is_link && root_stat(w->root, full(w, path), &st) == 0 && S_ISDIR(st.st_mode)) {
            n++;
            walk_dir(w, path, EXPOSED_DEPTH);
        }
    }
}

static void walk_dir(struct walk *w, const char *below, unsigned depth)
{
    struct entries e = {0};
    if (clock_monotonic_ms() > w->deadline)
        w->flags |= FLAG_CUT;
    if ((w->flags & FLAG_CUT) || !read_dir(w, *below ? full(w, below) : w->dir, &e)) {
        w->flags |= depth == 0 && !(w->flags & FLAG_CUT) ? FLAG_UNREADABLE : 0;
        return;
    }
    if (e.list.n)
        qsort(e.list.v, e.list.n, sizeof e.list.v[0], by_name);
    take_listing(w, below, depth, &e);
    take_installers(w, below, &e);
    for (size_t i = 0; i < e.list.n; i++) /* the files of a directory before what is below it: caps cut the deepest */
        if (!e.list.v[i].is_dir)
            take_file(w, below, e.list.v[i].name, depth);
    for (size_t i = 0; i < e.list.n; i++)
        if (e.list.v[i].is_dir)
            take_dir(w, join(w, below, e.list.v[i].name), e.list.v[i].name, depth);
    if (depth < 2)
        take_links(w, below, &e);
}

static int by_gravity(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    return x->id != y->id ? (int)x->id - (int)y->id : strcmp(x->path, y->path);
}

struct job {
    const struct root *root;
    const char *const *dirs;
    size_t n;
};

static int search(void *arg, struct buf *out)
{
    const struct job *job = arg;
    struct walk w = {.root = job->root, .deadline = clock_monotonic_ms() + EXPOSED_MS};
    for (size_t k = 0; k < job->n; k++) {
        w.dir = job->dirs[k];
        w.arena = arena_new(256u << 20);
        w.found.v = NULL;
        w.found.n = w.found.cap = w.listings = 0;
        w.flags = 0;
        walk_dir(&w, "", 0);
        if (w.found.n)
            qsort(w.found.v, w.found.n, sizeof w.found.v[0], by_gravity);
        if (w.found.n > EXPOSED_EACH)
            w.flags |= FLAG_CUT;
        for (size_t i = 0; i < w.found.n && i < EXPOSED_EACH; i++) {
            const struct candidate *c = &w.found.v[i];
            buf_put_u32(out, 1);
            buf_put_u32(out, c->id);
            buf_put_z(out, c->path);
            buf_put_z(out, c->object);
            buf_put_u64(out, c->size);
            buf_put_str(out, c->head);
        }
        buf_put_u32(out, 0);
        buf_put_u32(out, w.flags);
        arena_free(w.arena);
    }
    return out->full ? -E2BIG : 0;
}

int exposed_decode(struct str bytes, size_t n, struct arena *a, struct exposed_found *ret)
{
    struct cursor c = cursor_of(bytes);
    struct exposed_found r = {0};
    for (size_t done = 0; done < n && !c.bad;) {
        if (cursor_below(&c, 2)) {
            struct candidate x = {.start = done, .id = (enum exposed_id)cursor_below(&c, EXPOSED_COUNT)};
            x.path = arena_dup(a, cursor_str(&c));
            x.object = arena_dup(a, cursor_str(&c));
            x.size = cursor_u64(&c);
            struct str head = cursor_str(&c);
            x.head = str_span(arena_dup(a, head), head.n);
            if (head.n > EXPOSED_HEAD)
                return -EBADMSG;
            if (!c.bad)
                *list_push(a, &r.list) = x;
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

int exposed_search(const struct root *root, const char *const *dirs, size_t n, struct arena *a, struct exposed_found *ret, struct err *err)
{
    struct job job = {root, dirs, n};
    struct worker_options o = {.kind = WORKER_FILES, .timeout_ms = EXPOSED_MS + 3000, .max_output = 16u << 20};
    _cleanup_(buf_free) struct buf out = BUF(16u << 20);
    int r = worker_run(&o, search, &job, &out, err);
    if (r == 0)
        r = exposed_decode(buf_str(&out), n, a, ret);
    return r == -EBADMSG ? err_set(err, r, "the reader of the document roots gave a broken answer") : r;
}
