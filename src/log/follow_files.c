/* follow_files.c: the files of a follow: found by name and by inode, opened within the cap, queued when there is something to read. */
#include "base/clock.h"
#include "base/hash.h"
#include "log/follow_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

int64_t follow_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t time_us(const struct statx_timestamp *t) { return t->tv_sec * 1000000 + t->tv_nsec / 1000; }

bool made_since(const struct statx_timestamp *t, int64_t us)
{
    return time_us(t) + (t->tv_nsec ? 0 : 999999) >= us;
}

int64_t follow_ms(void) { return clock_monotonic_ms(); }

uint64_t fingerprint(struct str s) { return hash_add(HASH_BEGIN, s); }

static int by_name(const void *a, const void *b)
{
    const struct file *x = a, *y = b;
    return x->dir != y->dir ? (x->dir < y->dir ? -1 : 1) : strcmp(x->name, y->name);
}

static int by_inode(const void *a, const void *b)
{
    const struct file *x = a, *y = b;
    return x->dev != y->dev ? (x->dev < y->dev ? -1 : 1) : x->ino != y->ino ? (x->ino < y->ino ? -1 : 1) : 0;
}

struct file *file_by_name(struct follow *f, const struct dir *d, const char *name)
{
    struct file key = {.dir = (struct dir *)(uintptr_t)d, .name = (char *)(uintptr_t)name};
    void *at = tfind(&key, &f->by_name, by_name);
    return at ? *(struct file **)at : NULL;
}

struct file *file_by_inode(struct follow *f, dev_t dev, ino_t ino)
{
    struct file key = {.dev = dev, .ino = ino};
    void *at = tfind(&key, &f->by_inode, by_inode);
    return at ? *(struct file **)at : NULL;
}

void file_free(struct file *x)
{
    free(x->name);
    free(x->log);
    free(x);
}

bool file_index(struct follow *f, struct file *x)
{
    struct file *const *at = x->indexed ? NULL : tsearch(x, &f->by_inode, by_inode);
    x->indexed |= at && *at == x; /* else another file has it */
    return x->indexed;
}

void file_unindex(struct follow *f, struct file *x)
{
    if (x->indexed)
        tdelete(x, &f->by_inode, by_inode);
    x->indexed = false;
}

struct file *file_new(struct follow *f, const char *log, size_t pattern, dev_t dev, ino_t ino)
{
    if (f->files_n >= FOLLOW_FILES_MAX) {
        follow_tell(f, FOLLOW_TOO_MANY, "", pattern, 0, true);
        return NULL;
    }
    struct file *x = calloc(1, sizeof *x);
    if (!x || !(x->log = strdup(log))) {
        free(x);
        return NULL;
    }
    x->pattern = pattern;
    x->dev = dev;
    x->ino = ino;
    x->fd = x->wd = -1;
    x->last_ms = follow_ms();
    if (!file_index(f, x)) {
        file_free(x);
        return NULL;
    }
    f->files_n++;
    return x;
}

static void old_leave(struct file *x)
{
    if (!x->old_before)
        return;
    *x->old_before = x->old_next;
    if (x->old_next)
        x->old_next->old_before = x->old_before;
    x->old_before = NULL;
}

static void old_join(struct follow *f, struct file *x)
{
    if (x->old_before)
        return;
    x->old_next = f->old;
    x->old_before = &f->old;
    if (f->old)
        f->old->old_before = &x->old_next;
    f->old = x;
}

static void unwatch(struct follow *f, struct file *x)
{
    if (x->wd >= 0)
        inotify_rm_watch(f->inotify, x->wd);
    x->wd = -1;
}

static void leave_name(struct follow *f, struct file *x)
{
    if (x->dir)
        tdelete(x, &f->by_name, by_name);
    free(x->name);
    x->name = NULL;
    x->dir = NULL;
}

void file_attach(struct follow *f, struct file *x, struct dir *d, const char *name, bool live)
{
    if (x->dir == d && strcmp(x->name, name) == 0 && x->live == live)
        return;
    struct file *there = file_by_name(f, d, name);
    if (there && there != x)
        file_detach(f, there);
    leave_name(f, x);
    unwatch(f, x);
    x->name = strdup(name);
    if (!x->name)
        return;
    x->dir = d;
    if (!tsearch(x, &f->by_name, by_name)) {
        x->dir = NULL;
        return;
    }
    x->live = live;
    if (live)
        old_leave(x);
    else
        old_join(f, x);
}

/* Its name is gone. What is open can be read on; a watch of its own tells when. What was to be read of one that is not open is lost (read_file). */
void file_detach(struct follow *f, struct file *x)
{
    char path[64];
    leave_name(f, x);
    x->live = false;
    old_join(f, x);
    if (x->fd < 0 && x->unseen)
        file_queue(f, x, false); /* told where it is found by no other name */
    if (x->fd < 0 || x->wd >= 0)
        return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", x->fd);
    x->wd = inotify_add_watch(f->inotify, path, IN_MODIFY);
    file_queue(f, x, true);
}

void file_unname(struct follow *f, struct file *x)
{
    leave_name(f, x);
    x->live = false;
    old_join(f, x);
}

static void lru_leave(struct follow *f, struct file *x)
{
    *(x->newer ? &x->newer->older : &f->newest) = x->older;
    *(x->older ? &x->older->newer : &f->oldest) = x->newer;
    x->newer = x->older = NULL;
}

static void lru_join(struct follow *f, struct file *x)
{
    x->older = f->newest;
    x->newer = NULL;
    *(f->newest ? &f->newest->newer : &f->oldest) = x;
    f->newest = x;
}

void file_close(struct follow *f, struct file *x)
{
    if (x->fd < 0)
        return;
    lru_leave(f, x);
    close(x->fd);
    x->fd = -1;
    f->open_n--;
}

/* The longest idle one that has a name gives way, else the longest idle one. */
static void make_room(struct follow *f)
{
    struct file *x = f->oldest;
    while (x && (!x->dir || x->queued || x->now.offset != x->done.offset))
        x = x->newer;
    file_close(f, x ? x : f->oldest);
}

int file_open(struct follow *f, struct file *x)
{
    struct stat st;
    char path[4096];
    if (x->fd >= 0) {
        lru_leave(f, x);
        lru_join(f, x);
        return 0;
    }
    if (!x->dir)
        return -ENOENT;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", strcmp(x->dir->path, "/") ? x->dir->path : "", x->name) >= sizeof path)
        return -ENAMETOOLONG;
    if (f->open_n >= FOLLOW_OPEN_MAX)
        make_room(f);
    int fd = root_openat(f->root, path, O_RDONLY | O_NOFOLLOW);
    if (fd < 0)
        return fd;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_dev != x->dev || st.st_ino != x->ino) {
        close(fd);
        return -ESTALE; /* an event that we have not seen yet tells */
    }
    x->fd = fd;
    lru_join(f, x);
    f->open_n++;
    return 0;
}

void file_forget(struct follow *f, struct file *x)
{
    leave_name(f, x);
    unwatch(f, x);
    file_close(f, x);
    old_leave(x);
    file_unindex(f, x);
    f->files_n--;
    if (f->moved.file == x)
        f->moved.file = NULL;
    for (struct file **at = &f->changed; *at; at = &(*at)->changed_next)
        if (*at == x) {
            *at = x->changed_next;
            break;
        }
    if (!x->saved) {
        file_free(x);
        return;
    }
    x->changed_next = f->gone;
    f->gone = x;
}

void file_queue(struct follow *f, struct file *x, bool first)
{
    if (x->queued)
        return;
    x->queued = true;
    if (first) {
        x->queue_next = f->queue;
        f->queue = x;
        if (!x->queue_next)
            f->queue_end = &x->queue_next;
        return;
    }
    x->queue_next = NULL;
    *f->queue_end = x;
    f->queue_end = &x->queue_next;
}

void file_changed(struct follow *f, struct file *x)
{
    if (x->changed)
        return;
    x->changed = true;
    x->changed_next = f->changed;
    f->changed = x;
}

void file_drop(struct follow *f, struct file *x)
{
    for (struct file **at = &f->queue; x->queued && *at; at = &(*at)->queue_next)
        if (*at == x) {
            *at = x->queue_next;
            if (f->queue_end == &x->queue_next)
                f->queue_end = at;
            break;
        }
    x->queued = false;
    file_forget(f, x);
}

static int piece_same(int fd, uint64_t at, uint32_t n, uint64_t want)
{
    char piece[HEAD_MAX];
    if (!n || n > sizeof piece)
        return !n;
    ssize_t got = pread(fd, piece, n, (off_t)at);
    return got < 0 ? -errno : got == (ssize_t)n && fingerprint(str_span(piece, n)) == want;
}

int file_same(const struct file *x, int fd)
{
    const struct mark *m = &x->now;
    int r = m->tail_n <= m->offset ? piece_same(fd, 0, x->head_n, x->head) : 0;
    return r == 1 ? piece_same(fd, m->offset - m->tail_n, m->tail_n, m->tail) : r;
}

struct told {
    enum follow_kind kind;
    const char *log;
};

static int by_told(const void *a, const void *b)
{
    const struct told *x = a, *y = b;
    return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->log, y->log);
}

void follow_tell(struct follow *f, enum follow_kind kind, const char *log, size_t pattern, int code, bool once)
{
    struct told key = {kind, log};
    if (once && (f->told_n >= TOLD_MAX || tfind(&key, &f->told, by_told)))
        return;
    struct news *n = calloc(1, sizeof *n);
    struct told *t = once ? calloc(1, sizeof *t) : NULL;
    char *copy = strdup(log), *kept = t ? strdup(log) : NULL;
    if (t && kept) {
        *t = (struct told){kind, kept};
        f->told_n += tsearch(t, &f->told, by_told) != NULL;
    }
    if (!n || !copy) {
        free(n);
        free(copy);
        return;
    }
    *n = (struct news){.kind = kind, .log = copy, .pattern = pattern, .code = code};
    *f->news_end = n;
    f->news_end = &n->next;
}

static void nothing(void *p) { (void)p; }

static void free_open(void *p)
{
    struct file *x = p;
    if (x->fd >= 0)
        close(x->fd);
    file_free(x);
}

static void free_told(void *p)
{
    free((char *)(uintptr_t)((struct told *)p)->log);
    free(p);
}

void files_done(struct follow *f)
{
    tdestroy(f->told, free_told);
    tdestroy(f->by_name, nothing);
    while (f->news) {
        struct news *n = f->news;
        f->news = n->next;
        free(n->log);
        free(n);
    }
    tdestroy(f->by_inode, free_open);
    while (f->gone) {
        struct file *x = f->gone;
        f->gone = x->changed_next;
        file_free(x);
    }
}
