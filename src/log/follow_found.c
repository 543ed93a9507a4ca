/* follow_found.c: files of which nobody told where they went: at the start, after an overflow, when a log was emptied. */
#include "log/follow_parts.h"
#include "log/rotated.h"
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TRIES 100
#define MOMENT_MS 20
#define NUMBERED 4 /* rotations between two looks */
#define CANDIDATES_MAX 200000 /* what is beyond is taken for missed */
#define CANDIDATES_MEMORY (256u << 20)

static void gather_one(const void *node, VISIT order, void *arg)
{
    struct gather *g = arg;
    if (order != postorder && order != leaf)
        return;
    if (g->n == g->cap) {
        size_t cap = g->cap ? 2 * g->cap : 64;
        void **v = realloc(g->v, cap * sizeof(void *));
        if (!v)
            return;
        g->v = v;
        g->cap = cap;
    }
    g->v[g->n++] = *(void *const *)node;
}

struct gather gather_files(const struct follow *f)
{
    struct gather g = {0};
    twalk_r(f->by_inode, gather_one, &g);
    return g;
}

struct gather gather_dirs(const struct follow *f)
{
    struct gather g = {0};
    twalk_r(f->by_path, gather_one, &g);
    return g;
}

/* By log; what was live first. */
static int by_log(const void *a, const void *b)
{
    const struct file *x = *(struct file *const *)a, *y = *(struct file *const *)b;
    int d = strcmp(x->log, y->log);
    return d ? d : x->was_rotated - y->was_rotated;
}

/* The first of the missing that belong to this log; their number. */
static size_t missing_of(const struct gather *g, const char *log, struct file ***ret)
{
    size_t low = 0, high = g->n, n = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(((struct file *)g->v[middle])->log, log) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret = (struct file **)g->v + low;
    while (low + n < g->n && strcmp(((struct file *)g->v[low + n])->log, log) == 0)
        n++;
    return n;
}

/* A file that nobody knows, beside the live name of x's log: what x was, read so far as x was; or what came later, from its beginning. */
static void take_unknown(struct follow *f, const struct file *x, bool same, struct dir *d, const char *name, const struct statx *s)
{
    struct file *copy = file_new(f, x->log, x->pattern, path_dev(s), s->stx_ino);
    if (!copy)
        return;
    if (same) {
        copy->now = copy->done = x->now;
        copy->head = x->head;
        copy->head_n = x->head_n;
    }
    file_changed(f, copy);
    file_attach(f, copy, d, name, false);
    file_seen(f, copy, s);
}

static ssize_t read_head(const struct follow *f, const char *path, char head[HEAD_MAX])
{
    int fd = root_openat(f->root, path, O_RDONLY | O_NOFOLLOW);
    if (fd < 0)
        return fd;
    ssize_t n = pread(fd, head, HEAD_MAX, 0);
    close(fd);
    return n;
}

/* A copy of what the live file holds, or held when we read it: that is read there. Where it was emptied meanwhile, its beginning tells, and the copy is found then. */
static bool is_of_live(struct follow *f, struct dir *d, const char *log, const char *path, const struct statx *s)
{
    char copy[HEAD_MAX], live[HEAD_MAX];
    struct file *x = file_by_name(f, d, strrchr(log, '/') + 1);
    if (x && x->head_n && path_same(f, path, s, x) == 1)
        return true;
    ssize_t n = read_head(f, path, copy), m = read_head(f, log, live); /* in this order: what was copied is there, or was emptied */
    if (n <= 0 || m <= 0 || memcmp(copy, live, (size_t)(n < m ? n : m)) != 0)
        return false;
    if (x && !x->now.offset && !x->head_n) {
        x->head_n = (uint32_t)m;
        x->head = fingerprint(str_span(live, (size_t)m));
    }
    return true;
}

/* A name that the rotation of a log made, and the files of that log that are missing. */
struct candidate {
    struct dir *dir;
    char *name;
    struct statx s;
    struct file **missing;
    size_t n;
};
struct candidates {
    struct candidate *v;
    size_t n, cap;
};

static void add_candidate(struct follow *f, struct arena *a, struct dir *d, const char *name, const struct gather *missing, struct candidates *into)
{
    char path[PATH_MAX], log[PATH_MAX];
    struct candidate c = {.dir = d};
    if (into->n >= CANDIDATES_MAX || !path_join(path, d->path, name))
        return;
    rotated_of(str_of(path), log, sizeof log);
    c.n = strcmp(log, path) ? missing_of(missing, log, &c.missing) : 0;
    if (!c.n || path_packed(name) || path_stat(f, path, &c.s) < 0 || !S_ISREG(c.s.stx_mode))
        return;
    c.name = arena_dupz(a, name);
    *list_push(a, into) = c;
}

/* Which of the missing it is: by its inode and what it holds, or, copied, by that alone. */
static bool take_found(struct follow *f, const struct candidate *c, bool by_inode)
{
    char path[PATH_MAX];
    if (!path_join(path, c->dir->path, c->name) || file_by_inode(f, path_dev(&c->s), c->s.stx_ino))
        return false;
    for (size_t i = 0; i < c->n; i++) {
        struct file *x = c->missing[i];
        if (x->pattern == SIZE_MAX)
            continue; /* that log is not followed any more */
        bool it = x->dev == path_dev(&c->s) && x->ino == c->s.stx_ino;
        if (!x->looked_for || x->dir || it != by_inode || (!it && !x->head_n) || path_same(f, path, &c->s, x) != 1)
            continue;
        if (it && file_index(f, x)) {
            file_attach(f, x, c->dir, c->name, false);
            file_seen(f, x, &c->s);
        } else if (!it) {
            take_unknown(f, x, true, c->dir, c->name, &c->s);
            x->looked_for = false;
            x->copied = time_us(&c->s.stx_mtime);
        }
        return true;
    }
    return false;
}

/* A rotated file that was written since we were there (f->between), or since a copy was made in which we go on, of a log whose live file is not what it was: it stood in between. */
static void take_between(struct follow *f, const struct candidate *c)
{
    const struct file *x = c->missing[0];
    char path[PATH_MAX];
    int64_t since = f->between, copied = 0;
    for (size_t i = 0; i < c->n; i++)
        copied = c->missing[i]->copied > copied ? c->missing[i]->copied : copied;
    since = copied ? copied : since;
    if (x->pattern != SIZE_MAX && !x->was_rotated && f->between && made_since(&c->s.stx_mtime, since) && !file_by_inode(f, path_dev(&c->s), c->s.stx_ino) &&
        path_join(path, c->dir->path, c->name) && !is_of_live(f, c->dir, x->log, path, &c->s))
        take_unknown(f, x, false, c->dir, c->name, &c->s);
}

static bool dir_of_log(const char *log, char *ret, const char **ret_name)
{
    const char *slash = strrchr(log, '/');
    *ret_name = slash ? slash + 1 : log;
    return slash && (size_t)snprintf(ret, PATH_MAX, "%.*s", slash == log ? 1 : (int)(slash - log), log) < PATH_MAX;
}

static void list_candidates(struct follow *f, struct arena *a, const struct gather *missing, struct candidates *ret)
{
    char last[PATH_MAX] = "", path[PATH_MAX];
    const char *name;
    for (size_t i = 0; i < missing->n; i++) {
        if (!dir_of_log(((struct file *)missing->v[i])->log, path, &name) || strcmp(path, last) == 0)
            continue;
        memcpy(last, path, sizeof last);
        struct dir *d = dir_of_path(f, path);
        DIR *dir = d ? path_open_dir(f, path) : NULL;
        for (const struct dirent *e; dir && (e = readdir(dir));)
            add_candidate(f, a, d, e->d_name, missing, ret);
        if (dir)
            closedir(dir);
    }
}

/* Those that were found nowhere. */
static void give_up(struct follow *f, struct file *x)
{
    char path[PATH_MAX];
    const char *name;
    const struct dir *d = dir_of_log(x->log, path, &name) ? dir_of_path(f, path) : NULL;
    if (x->looked_for && !x->was_rotated && d && dir_follows(f, d, name) != SIZE_MAX)
        follow_tell(f, FOLLOW_MISSED, x->log, x->pattern, 0, false);
    x->looked_for = false;
    file_drop(f, x);
}

/* Names that are moved while a directory is listed can be overlooked: then there are events, or will be in a moment. */
static bool is_quiet(const struct follow *f, const struct gather *missing)
{
    struct pollfd p = {f->inotify, POLLIN, 0};
    bool all = true;
    for (size_t i = 0; i < missing->n; i++) {
        const struct file *x = missing->v[i];
        all &= x->dir || !x->looked_for;
    }
    return poll(&p, 1, all ? 0 : MOMENT_MS) == 0;
}

/* Looks once. Files that came in between are taken only where nothing moved meanwhile (or at last): else one that we know and overlooked would be taken for such a one. */
static bool look_for(struct follow *f, const struct gather *missing, bool last)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(CANDIDATES_MEMORY);
    struct candidates found = {0};
    list_candidates(f, a, missing, &found);
    for (size_t i = 0; i < 2 * found.n; i++)
        (void)!take_found(f, &found.v[i % found.n], i < found.n);
    bool done = last || is_quiet(f, missing);
    for (size_t i = 0; done && i < found.n; i++)
        take_between(f, &found.v[i]);
    return done;
}

/* Those that are looked for. Their inodes may be other files' by now. */
static struct gather gather_missing(struct follow *f)
{
    struct gather all = gather_files(f), missing = {.v = all.v};
    for (size_t i = 0; i < all.n; i++) {
        struct file *x = all.v[i];
        if (!x->looked_for)
            continue;
        missing.v[missing.n++] = x;
        if (!x->dir)
            file_unindex(f, x);
    }
    if (missing.n)
        qsort(missing.v, missing.n, sizeof(void *), by_log);
    return missing;
}

void find_rotated(struct follow *f)
{
    bool done = false;
    for (unsigned tries = 1; !done; tries++) {
        struct gather missing = gather_missing(f);
        done = !missing.n || look_for(f, &missing, tries == TRIES);
        for (size_t i = 0; i < missing.n; i++) {
            struct file *x = missing.v[i];
            if (done && x->dir)
                x->looked_for = false;
            else if (!x->dir && (done || !x->looked_for || !file_index(f, x)))
                give_up(f, x);
        }
        free(missing.v);
        if (!done)
            dirs_take_events(f);
    }
}

/* Those that are open are read on wherever they are; what stood in between has to be found all the same. */
static void find_between(struct follow *f)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(CANDIDATES_MEMORY);
    struct gather all = gather_files(f), displaced = {.v = all.v};
    struct candidates found = {0};
    for (size_t i = 0; i < all.n; i++) {
        struct file *x = all.v[i];
        if (x->displaced)
            displaced.v[displaced.n++] = x;
        x->displaced = false;
    }
    if (displaced.n)
        qsort(displaced.v, displaced.n, sizeof(void *), by_log);
    list_candidates(f, a, &displaced, &found);
    for (size_t i = 0; i < found.n; i++)
        take_between(f, &found.v[i]);
    free(all.v);
}

static int older_first(const void *a, const void *b)
{
    const struct file *x = *(struct file *const *)a, *y = *(struct file *const *)b;
    if (x->live != y->live)
        return x->live - y->live;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return strverscmp(y->name ? y->name : "", x->name ? x->name : ""); /* within a tick of the clock: a.log.2 is older than a.log.1 */
}

void queue_in_order(struct follow *f)
{
    struct gather all = gather_files(f);
    f->queue = NULL;
    f->queue_end = &f->queue;
    if (all.n)
        qsort(all.v, all.n, sizeof(void *), older_first);
    for (size_t i = 0; i < all.n; i++) {
        struct file *x = all.v[i];
        if (!x->queued)
            continue;
        x->queued = false;
        file_queue(f, x, false);
    }
    free(all.v);
}

void dirs_again(struct follow *f)
{
    struct gather all = gather_dirs(f), before = gather_files(f);
    f->scan++;
    f->looked_ms = follow_ms();
    f->between = f->seen_before - TICK_US;
    for (size_t i = 0; i < before.n; i++) {
        struct file *x = before.v[i];
        x->was_rotated = x->looked_for ? x->was_rotated : !x->live;
    }
    free(before.v);
    for (size_t i = 0; i < all.n; i++) {
        struct dir *d = all.v[i];
        bool there = dir_watch_again(f, d);
        for (size_t k = 0; there && k < d->steps_n; k++)
            dir_list(f, d, d->steps[k]);
    }
    free(all.v);
    struct gather files = gather_files(f);
    for (size_t i = 0; i < files.n; i++) {
        struct file *x = files.v[i];
        struct statx s;
        char path[PATH_MAX];
        if (x->scan == f->scan)
            continue;
        bool there = x->dir && path_join(path, x->dir->path, x->name) && path_stat(f, path, &s) == 0 && s.stx_ino == x->ino && path_dev(&s) == x->dev;
        if (there) {
            file_seen(f, x, &s);
            continue;
        }
        x->looked_for = x->fd < 0;
        x->displaced = !x->looked_for && !x->was_rotated;
        file_detach(f, x);
    }
    free(files.v);
    find_rotated(f);
    find_between(f);
    queue_in_order(f);
}

/* --- copytruncate */

/* Whether a file that nobody knows is what x was. */
static bool is_copy(struct follow *f, const struct file *x, const char *path, struct statx *ret)
{
    if (path_stat(f, path, ret) < 0 || !S_ISREG(ret->stx_mode))
        return false;
    const struct file *there = file_by_inode(f, path_dev(ret), ret->stx_ino);
    return there ? there != x && !there->live && there->done.offset == x->now.offset && there->done.tail == x->now.tail /* found before, and undone */
                 : x->head_n && path_same(f, path, ret, x) == 1;
}

static void take_if_unknown(struct follow *f, const struct file *x, bool same, struct dir *d, const char *name)
{
    char path[PATH_MAX];
    struct statx s;
    if (path_join(path, d->path, name) && path_stat(f, path, &s) == 0 && S_ISREG(s.stx_mode) && !file_by_inode(f, path_dev(&s), s.stx_ino) &&
        (same || !is_of_live(f, d, x->log, path, &s)))
        take_unknown(f, x, same, d, name, &s);
}

/* By the names that logrotate gives: a directory may hold the logs of thousands of sites. */
bool dirs_find_copy(struct follow *f, const struct file *x)
{
    char path[PATH_MAX], names[NUMBERED + 2][NAME_MAX + 16], date[16] = "";
    const char *name;
    struct statx s;
    time_t now = time(NULL);
    struct tm tm;
    struct dir *d = dir_of_log(x->log, path, &name) ? dir_of_path(f, path) : NULL;
    if (!d || strlen(name) > NAME_MAX)
        return false;
    if (localtime_r(&now, &tm))
        (void)!strftime(date, sizeof date, "%Y%m%d", &tm);
    const char *dot = strrchr(name, '.');
    for (unsigned i = 0; i < NUMBERED; i++)
        snprintf(names[i], sizeof names[i], "%s.%u", name, i + 1);
    snprintf(names[NUMBERED], sizeof names[0], "%s-%s", name, date);
    snprintf(names[NUMBERED + 1], sizeof names[0], "%.*s-%s%s", (int)(dot ? dot - name : (ptrdiff_t)strlen(name)), name, date, dot ? dot : "");
    for (unsigned i = 0; i < NUMBERED + 2; i++) {
        if (!path_join(path, d->path, names[i]) || !is_copy(f, x, path, &s))
            continue;
        for (unsigned k = 0; i < NUMBERED && k < i; k++)
            take_if_unknown(f, x, false, d, names[i - 1 - k]);
        take_if_unknown(f, x, true, d, names[i]);
        return true;
    }
    return false;
}

bool dirs_find_copies(struct follow *f, const struct file *x)
{
    char path[PATH_MAX], log[PATH_MAX];
    const char *name;
    struct statx s;
    int64_t since = f->read_until;
    bool found = false;
    struct dir *d = dir_of_log(x->log, path, &name) ? dir_of_path(f, path) : NULL;
    DIR *dir = d ? path_open_dir(f, path) : NULL;
    /* First the copy itself, whenever it was made; then what came later: not what was written before it, which we had read then. */
    for (unsigned later = 0; dir && later < 2; later++, rewinddir(dir))
        for (const struct dirent *e; (e = readdir(dir));) {
            if (!path_join(path, d->path, e->d_name) || path_packed(e->d_name))
                continue;
            rotated_of(str_of(path), log, sizeof log);
            if (strcmp(log, path) == 0 || strcmp(log, x->log) || path_stat(f, path, &s) < 0 || !S_ISREG(s.stx_mode) || (later && !made_since(&s.stx_mtime, since)))
                continue;
            bool same = is_copy(f, x, path, &s);
            if (same && !later) {
                since = !found || time_us(&s.stx_mtime) > since ? time_us(&s.stx_mtime) : since;
                found = true;
            }
            if (same != later)
                take_if_unknown(f, x, same, d, e->d_name);
        }
    if (dir)
        closedir(dir);
    queue_in_order(f);
    return found;
}
