/* follow_events.c: what inotify tells. */
#include "log/follow_parts.h"
#include "log/rotated.h"
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

static void flush_moved(struct follow *f)
{
    if (f->moved.file && !f->moved.file->dir)
        file_detach(f, f->moved.file);
    free(f->moved.log);
    f->moved.log = NULL;
    f->moved.file = NULL;
    f->moved.cookie = 0;
}

/* The followed log that a name was made of by rotation. false: none. */
static bool rotation_of_followed(const struct follow *f, const struct dir *d, const char *name, char log[PATH_MAX])
{
    char path[PATH_MAX];
    if (!path_join(path, d->path, name))
        return false;
    rotated_of(str_of(path), log, PATH_MAX);
    return strcmp(log, path) && dir_follows(f, d, strrchr(log, '/') + 1) != SIZE_MAX;
}

/* A rotated name: of a file that we know, it is where it is now. */
static void look_for_known(struct follow *f, struct dir *d, const char *name, const char *log)
{
    char path[PATH_MAX];
    struct statx s;
    const struct file *x = path_join(path, d->path, name) && path_stat(f, path, &s) == 0 ? file_by_inode(f, path_dev(&s), s.stx_ino) : NULL;
    if (x && !x->live)
        dir_look(f, d, name, log, x->pattern, false);
}

static void moved_from(struct follow *f, struct dir *d, const struct inotify_event *e)
{
    struct file *x = file_by_name(f, d, e->name);
    size_t pattern = dir_follows(f, d, e->name);
    char path[PATH_MAX];
    flush_moved(f);
    if (!x && pattern == SIZE_MAX)
        return;
    f->moved.cookie = e->cookie;
    f->moved.pattern = x ? x->pattern : pattern;
    f->moved.file = x;
    f->moved.log = x ? strdup(x->log) : path_join(path, d->path, e->name) ? strdup(path) : NULL;
    if (x)
        file_unname(f, x);
}

/* Events tell what was, names what is now: more than one rotation may lie in between. So each name is asked which file it is, and a file is what its inode and content say. */
static void moved_to(struct follow *f, struct dir *d, const struct inotify_event *e)
{
    size_t pattern = dir_follows(f, d, e->name);
    char path[PATH_MAX], log[PATH_MAX];
    struct file *there = file_by_name(f, d, e->name);
    if (there)
        file_detach(f, there);
    if (f->moved.log && f->moved.cookie == e->cookie) {
        bool live = false;
        if (pattern != SIZE_MAX && path_join(path, d->path, e->name)) {
            rotated_of(str_of(path), log, sizeof log);
            live = strcmp(log, f->moved.log) != 0;
        }
        dir_look(f, d, e->name, live ? NULL : f->moved.log, live ? pattern : f->moved.pattern, live);
        flush_moved(f);
    } else if (pattern != SIZE_MAX) {
        dir_look(f, d, e->name, NULL, pattern, true);
    } else if (rotation_of_followed(f, d, e->name, log)) {
        look_for_known(f, d, e->name, log);
    }
}

/* While we keep a deleted file open, nothing is said about the end of its directory: the one above tells when there is another of that name. */
static void await_from_above(struct follow *f, struct dir *d)
{
    char path[PATH_MAX];
    int wd = d->wd;
    if (d->awaited || (size_t)snprintf(path, sizeof path, "%s", d->path) >= sizeof path)
        return;
    char *slash = strrchr(path, '/');
    slash[slash == path] = 0;
    for (size_t i = 0; i < d->steps_n; i++) {
        struct dir *above = d->steps[i].depth ? dir_watch(f, path) : NULL;
        if (above && above != d)
            (void)!dir_step(above, d->steps[i].pattern, d->steps[i].depth - 1);
    }
    d->awaited = true;
    if (!dir_watch_again(f, d) || d->wd == wd)
        return;
    d->awaited = false;
    for (size_t i = 0; i < d->steps_n; i++)
        dir_list(f, d, d->steps[i]);
}

/* A directory was renamed or deleted: it and those below it have other paths now, or none. */
static void dirs_below_gone(struct follow *f, const struct dir *d, const char *name)
{
    char path[PATH_MAX];
    struct gather all = {0};
    if (path_join(path, d->path, name))
        all = gather_dirs(f);
    size_t n = strlen(path);
    for (size_t i = 0; i < all.n; i++) {
        struct dir *below = all.v[i];
        if (strncmp(below->path, path, n) == 0 && (!below->path[n] || below->path[n] == '/'))
            dir_gone(f, below, true);
    }
    free(all.v);
}

static void dir_event(struct follow *f, struct dir *d, const struct inotify_event *e)
{
    if (e->mask & (IN_MOVED_FROM | IN_DELETE))
        dirs_below_gone(f, d, e->name);
    for (size_t i = 0; e->mask & (IN_CREATE | IN_MOVED_TO) && i < d->steps_n; i++)
        if (d->steps[i].depth + 1 < f->patterns[d->steps[i].pattern].n)
            dir_take_name(f, d, &(struct step){d->steps[i].pattern, d->steps[i].depth}, e->name);
}

static void deleted(struct follow *f, struct dir *d, struct file *x)
{
    file_detach(f, x);
    if (x->fd >= 0)
        await_from_above(f, d);
}

static void file_event(struct follow *f, struct dir *d, const struct inotify_event *e)
{
    struct file *x = file_by_name(f, d, e->name);
    if (e->mask & IN_MODIFY && x)
        file_queue(f, x, !x->live);
    else if (e->mask & IN_MOVED_FROM)
        moved_from(f, d, e);
    else if (e->mask & IN_MOVED_TO)
        moved_to(f, d, e);
    else if (e->mask & IN_DELETE && x)
        deleted(f, d, x);
    else if (e->mask & (IN_CREATE | IN_MODIFY) && dir_follows(f, d, e->name) != SIZE_MAX)
        dir_look(f, d, e->name, NULL, dir_follows(f, d, e->name), true);
}

static void own_event(struct follow *f, int wd)
{
    for (struct file *x = f->old; x; x = x->old_next)
        if (x->wd == wd)
            file_queue(f, x, true);
}

static void event(struct follow *f, const struct inotify_event *e)
{
    struct dir *d = dir_of_wd(f, e->wd);
    if (e->mask & IN_Q_OVERFLOW) {
        flush_moved(f);
        follow_tell(f, FOLLOW_OVERFLOW, "", 0, 0, false);
        f->overflown = true;
    } else if (!d) {
        if (!(e->mask & IN_IGNORED))
            own_event(f, e->wd);
    } else if (e->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) {
        dir_gone(f, d, !(e->mask & IN_IGNORED));
    } else if (e->len && e->mask & IN_ISDIR) {
        dir_event(f, d, e);
    } else if (e->len) {
        file_event(f, d, e);
    }
}

bool dirs_take_events(struct follow *f)
{
    _Alignas(struct inotify_event) char room[65536];
    bool any = false;
    int64_t begun = follow_now();
    for (ssize_t n; (n = read(f->inotify, room, sizeof room)) > 0; any = true)
        for (char *p = room; p < room + n;) {
            const struct inotify_event *e = (const struct inotify_event *)(void *)p;
            event(f, e);
            p += sizeof *e + e->len;
        }
    flush_moved(f);
    f->seen_before = f->seen;
    f->seen = begun;
    return any;
}

bool dirs_events(struct follow *f)
{
    bool any = dirs_take_events(f);
    if (f->overflown || (f->unwatched_n && follow_ms() - f->looked_ms >= FOLLOW_UNWATCHED_MS)) {
        f->overflown = false;
        dirs_again(f);
        any = true;
    }
    return any;
}
