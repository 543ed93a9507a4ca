/* follow_dirs.c: the directories of a follow: patterns are walked down to the files; a watch stands where the next name is awaited. */
#include "base/i18n.h"
#include "log/follow_parts.h"
#include "log/rotated.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define WATCHED (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_MODIFY | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define DIRS_MAX 100000

static int by_path(const void *a, const void *b) { return strcmp(((const struct dir *)a)->path, ((const struct dir *)b)->path); }

static int by_wd(const void *a, const void *b)
{
    int x = ((const struct dir *)a)->wd, y = ((const struct dir *)b)->wd;
    return x < y ? -1 : x > y;
}

struct dir *dir_of_path(struct follow *f, const char *path)
{
    struct dir key = {.path = (char *)(uintptr_t)path};
    void *at = tfind(&key, &f->by_path, by_path);
    return at ? *(struct dir **)at : NULL;
}

struct dir *dir_of_wd(struct follow *f, int wd)
{
    struct dir key = {.wd = wd};
    void *at = tfind(&key, &f->by_wd, by_wd);
    return at ? *(struct dir **)at : NULL;
}

bool path_join(char *to, const char *dir, const char *name)
{
    int n = snprintf(to, PATH_MAX, "%s/%s", strcmp(dir, "/") ? dir : "", name);
    return n > 0 && n < PATH_MAX;
}

static bool literal(const char *part) { return !strpbrk(part, "*?["); }

/* Whether a directory is there. What a wildcard found, and what is below it, must not be a link: strangers may have made it. */
static bool is_dir(const struct follow *f, const char *path, bool links)
{
    int fd = root_openat(f->root, path, O_PATH | O_DIRECTORY | (links ? 0 : O_NOFOLLOW));
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void dir_free(struct dir *d)
{
    free(d->path);
    free(d->steps);
    free(d);
}

static int add_watch(struct follow *f, const char *path)
{
    char link[64];
    int fd = root_openat(f->root, path, O_PATH | O_DIRECTORY);
    if (fd < 0)
        return fd;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int wd = inotify_add_watch(f->inotify, link, WATCHED);
    int e = errno;
    close(fd);
    return wd < 0 ? -e : wd;
}

/* The directory, watched. NULL: it is not there, or may not be read. */
struct dir *dir_watch(struct follow *f, const char *path)
{
    struct dir *d = dir_of_path(f, path);
    if (d)
        return d;
    int wd = add_watch(f, path);
    if (wd >= 0 && (d = dir_of_wd(f, wd)))
        return d; /* known by another path */
    if (wd == -EACCES)
        follow_tell(f, FOLLOW_UNREADABLE, path, 0, wd, true);
    if (wd < 0 && wd != -ENOSPC && wd != -ENOMEM)
        return NULL;
    if (wd < 0)
        follow_tell(f, FOLLOW_UNWATCHED, "", 0, wd, true);
    d = f->watches_n + f->unwatched_n < DIRS_MAX ? calloc(1, sizeof *d) : NULL;
    if (!d || !(d->path = strdup(path)) || !tsearch(d, &f->by_path, by_path)) {
        free(d ? d->path : NULL);
        free(d);
        return NULL;
    }
    d->wd = wd < 0 ? -1 : wd;
    *(wd < 0 ? &f->unwatched_n : &f->watches_n) += 1;
    if (wd >= 0 && !tsearch(d, &f->by_wd, by_wd))
        d->wd = -1;
    return d;
}

static bool dir_has_step(const struct dir *d, size_t pattern, size_t depth)
{
    for (size_t i = 0; i < d->steps_n; i++)
        if (d->steps[i].pattern == pattern && d->steps[i].depth == depth)
            return true;
    return false;
}

bool dir_step(struct dir *d, size_t pattern, size_t depth)
{
    if (dir_has_step(d, pattern, depth))
        return true;
    struct step *grown = realloc(d->steps, (d->steps_n + 1) * sizeof *grown);
    if (!grown)
        return false;
    d->steps = grown;
    d->steps[d->steps_n++] = (struct step){pattern, depth};
    return true;
}

bool path_packed(const char *name)
{
    static const char *const packed[] = {".gz", ".xz", ".zst", ".bz2"};
    for (size_t i = 0; i < ARRAY_SIZE(packed); i++)
        if (str_ends(str_of(name), str_of(packed[i])))
            return true;
    return false;
}

/* The pattern by which a file of this name would be followed; SIZE_MAX: none. */
size_t dir_follows(const struct follow *f, const struct dir *d, const char *name)
{
    if (path_packed(name))
        return SIZE_MAX;
    for (size_t i = 0; i < d->steps_n; i++) {
        const struct pattern *p = &f->patterns[d->steps[i].pattern];
        if (d->steps[i].depth + 1 == p->n && fnmatch(p->part[d->steps[i].depth], name, FNM_PERIOD) == 0)
            return d->steps[i].pattern;
    }
    return SIZE_MAX;
}

int path_stat(const struct follow *f, const char *path, struct statx *ret)
{
    int fd = root_openat(f->root, path, O_PATH | O_NOFOLLOW);
    if (fd < 0)
        return fd;
    int r = statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, ret) < 0 ? -errno : 0;
    close(fd);
    return r;
}

dev_t path_dev(const struct statx *s) { return makedev(s->stx_dev_major, s->stx_dev_minor); }

/* Where the reading of a file begins that was there before us. */
static void begin_at(const struct follow *f, struct file *x, const struct statx *s)
{
    bool young = f->read_until && (!(s->stx_mask & STATX_BTIME) || made_since(&s->stx_btime, f->read_until));
    uint64_t back = s->stx_mtime.tv_sec >= f->back_since ? f->back : 0;
    if (young || s->stx_size <= back || !s->stx_size)
        return;
    /* From the byte before, as within a line: what stands up to the next LF is not ours. */
    x->now.offset = s->stx_size - back - 1;
    x->now.skipping = true;
}

void file_seen(struct follow *f, struct file *x, const struct statx *s)
{
    x->scan = f->scan;
    x->order = (int64_t)s->stx_mtime.tv_sec * 1000000000 + s->stx_mtime.tv_nsec;
    if (s->stx_size != x->now.offset || x->known)
        file_queue(f, x, !x->live);
}

/* Under a name that is followed it is that log. */
static void relabel(struct file *x, const char *path, size_t pattern)
{
    char *copy = strcmp(x->log, path) ? strdup(path) : NULL;
    x->pattern = pattern;
    if (!copy)
        return;
    free(x->log);
    x->log = copy;
}

int path_same(const struct follow *f, const char *path, const struct statx *s, const struct file *x)
{
    struct stat st;
    int fd = root_openat(f->root, path, O_RDONLY | O_NOFOLLOW);
    if (fd < 0)
        return -1;
    int r = fstat(fd, &st) < 0 || st.st_dev != path_dev(s) || st.st_ino != s->stx_ino ? -1 : file_same(x, fd);
    close(fd);
    return r;
}

/* An inode that we knew is another file's now: that one was deleted. What it holds tells; where we have it open, it cannot be. */
static bool reused(const struct follow *f, const struct file *x, const struct dir *d, const char *name, const char *path, const struct statx *s)
{
    bool at_home = x->looked_for && !x->dir ? !x->was_rotated && strcmp(x->log, path) == 0 : x->dir == d && strcmp(x->name, name) == 0;
    return x->fd < 0 && !at_home && path_same(f, path, s, x) == 0; /* at home: it was emptied, perhaps */
}

/* What a rotation left may be a copy of the live file, which is to be emptied or was: then it is read as far as that. */
static void as_copy(struct follow *f, struct file *x, const char *log, const char *path, const struct statx *s)
{
    char above[PATH_MAX];
    const char *slash = strrchr(log, '/');
    if (!slash || (size_t)snprintf(above, sizeof above, "%.*s", slash == log ? 1 : (int)(slash - log), log) >= sizeof above)
        return;
    struct dir *d = dir_of_path(f, above);
    const struct file *live = d ? file_by_name(f, d, slash + 1) : NULL;
    if (!live || !live->head_n || path_same(f, path, s, live) != 1)
        return;
    x->now = live->now;
    x->head = live->head;
    x->head_n = live->head_n;
}

/* A name that is followed, or that a followed one was given: which file is it? live: under its own name. */
struct file *dir_look(struct follow *f, struct dir *d, const char *name, const char *log, size_t pattern, bool live)
{
    char path[PATH_MAX];
    struct statx s;
    if (!path_join(path, d->path, name) || path_stat(f, path, &s) < 0)
        return NULL;
    if (!S_ISREG(s.stx_mode)) {
        if (!S_ISDIR(s.stx_mode) && live)
            follow_tell(f, FOLLOW_REFUSED, path, pattern, 0, true);
        return NULL;
    }
    struct file *x = file_by_inode(f, path_dev(&s), s.stx_ino);
    if (x && reused(f, x, d, name, path, &s)) {
        file_drop(f, x);
        x = NULL;
    }
    if (!x) {
        x = file_new(f, log ? log : path, pattern, path_dev(&s), s.stx_ino);
        if (!x)
            return NULL;
        if (!live)
            as_copy(f, x, log, path, &s);
        if (f->starting && live)
            begin_at(f, x, &s);
        x->done = x->now;
        file_changed(f, x);
    }
    if (live && x->looked_for && !x->was_rotated && strcmp(x->log, path) == 0)
        x->looked_for = false; /* it was not rotated */
    if (live)
        relabel(x, path, pattern);
    else if (x->pattern == SIZE_MAX)
        x->pattern = pattern;
    file_attach(f, x, d, name, live);
    file_seen(f, x, &s);
    return x;
}

/* One name of a directory, for one of its steps. */
void dir_take_name(struct follow *f, struct dir *d, const struct step *step, const char *name)
{
    const struct pattern *p = &f->patterns[step->pattern];
    const char *part = p->part[step->depth];
    char path[PATH_MAX];
    bool plain = literal(part);
    if (plain ? strcmp(part, name) != 0 : fnmatch(part, name, FNM_PERIOD) != 0)
        return;
    if (step->depth + 1 == p->n) {
        if (dir_follows(f, d, name) != SIZE_MAX)
            dir_look(f, d, name, NULL, step->pattern, true);
    } else if (path_join(path, d->path, name) && is_dir(f, path, step->depth < p->wild)) {
        dir_enter(f, path, step->pattern, step->depth + 1);
    }
}

DIR *path_open_dir(const struct follow *f, const char *path)
{
    int fd = root_openat(f->root, path, O_RDONLY | O_DIRECTORY);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (fd >= 0 && !dir)
        close(fd);
    return dir;
}

void dir_list(struct follow *f, struct dir *d, struct step step)
{
    DIR *dir = path_open_dir(f, d->path);
    for (const struct dirent *e; dir && (e = readdir(dir));)
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            dir_take_name(f, d, &step, e->d_name);
    if (dir)
        closedir(dir);
}

/* Goes down the pattern from this directory. Through plain names as far as they are there; only the last one is watched. */
void dir_enter(struct follow *f, const char *path, size_t pattern, size_t depth)
{
    const struct pattern *p = &f->patterns[pattern];
    char at[PATH_MAX], next[PATH_MAX];
    if ((size_t)snprintf(at, sizeof at, "%s", path) >= sizeof at)
        return;
    while (depth + 1 < p->n && literal(p->part[depth]) && path_join(next, at, p->part[depth]) && is_dir(f, next, depth < p->wild)) {
        memcpy(at, next, sizeof at);
        depth++;
    }
    struct dir *d = dir_watch(f, at);
    if (d && !dir_has_step(d, pattern, depth) && dir_step(d, pattern, depth))
        dir_list(f, d, (struct step){pattern, depth});
}

void dir_gone(struct follow *f, struct dir *d, bool moved)
{
    struct gather files = gather_files(f);
    for (size_t i = 0; i < files.n; i++)
        if (((struct file *)files.v[i])->dir == d)
            file_detach(f, files.v[i]);
    free(files.v);
    tdelete(d, &f->by_path, by_path);
    if (d->wd >= 0) {
        tdelete(d, &f->by_wd, by_wd);
        f->watches_n--;
        if (moved)
            inotify_rm_watch(f->inotify, d->wd);
    } else {
        f->unwatched_n--;
    }
    /* Where the parent is not watched for it, it is awaited from there. */
    char *slash = strrchr(d->path, '/');
    if (slash)
        slash[slash == d->path] = 0;
    for (size_t i = 0; slash && i < d->steps_n; i++)
        if (d->steps[i].depth > 0)
            dir_enter(f, d->path, d->steps[i].pattern, d->steps[i].depth - 1);
    dir_free(d);
}

/* Another directory may have taken its place. false: it is gone. */
bool dir_watch_again(struct follow *f, struct dir *d)
{
    int wd = add_watch(f, d->path);
    if (wd == d->wd || wd == -ENOSPC || (wd >= 0 && dir_of_wd(f, wd)))
        return true;
    if (wd < 0) {
        dir_gone(f, d, true);
        return false;
    }
    if (d->wd >= 0)
        tdelete(d, &f->by_wd, by_wd);
    else
        f->watches_n += f->unwatched_n-- > 0;
    d->wd = wd;
    return tsearch(d, &f->by_wd, by_wd) != NULL;
}

/* --- begin and end */

static bool split(struct follow *f, const char *text, struct pattern *ret)
{
    struct str rest = str_of(text), part;
    size_t n = 0;
    for (const char *p = text; *p; p++)
        n += *p == '/';
    ret->part = arena_zalloc(f->arena, (n + 1) * sizeof(char *));
    while (str_word(&rest, "/", &part))
        ret->part[ret->n++] = arena_dup(f->arena, part);
    for (ret->wild = 0; ret->wild < ret->n && literal(ret->part[ret->wild]);)
        ret->wild++;
    return text[0] == '/' && ret->n;
}

/* The pattern that a log which was followed before fits now; SIZE_MAX: none. */
static size_t pattern_of(const struct follow_options *o, const char *log)
{
    for (size_t i = 0; i < o->n; i++)
        if (fnmatch(o->patterns[i], log, FNM_PATHNAME | FNM_PERIOD) == 0)
            return i;
    return SIZE_MAX;
}

static bool take_known(struct follow *f, const struct follow_place *p, size_t pattern)
{
    struct file *x = file_by_inode(f, (dev_t)p->dev, (ino_t)p->ino);
    if (x || p->head_n > HEAD_MAX || p->tail_n > TAIL_MAX || p->tail_n > p->offset)
        return false;
    x = file_new(f, p->log, pattern, (dev_t)p->dev, (ino_t)p->ino);
    if (!x)
        return false;
    x->now = x->done = (struct mark){p->offset, p->tail, p->tail_n, p->skipping};
    x->head = p->head;
    x->head_n = p->head_n;
    x->known = x->looked_for = x->saved = true;
    x->was_rotated = p->rotated;
    return true;
}

int dirs_begin(struct follow *f, const struct follow_options *o, struct err *err)
{
    f->patterns = arena_zalloc(f->arena, (o->n + 1) * sizeof *f->patterns);
    for (; f->patterns_n < o->n; f->patterns_n++)
        if (!split(f, o->patterns[f->patterns_n], &f->patterns[f->patterns_n]))
            return err_set(err, -EINVAL, _("%s is not an absolute path"), o->patterns[f->patterns_n]);
    f->starting = true;
    f->scan = 1;
    for (size_t i = 0; i < o->known_n; i++)
        (void)!take_known(f, &o->known[i], pattern_of(o, o->known[i].log));
    for (size_t i = 0; i < o->n; i++)
        dir_enter(f, "/", i, 0);
    f->starting = false;
    find_rotated(f);
    queue_in_order(f);
    return 0;
}

static void nothing(void *p) { (void)p; }
static void free_dir(void *p) { dir_free(p); }

void dirs_done(struct follow *f)
{
    free(f->moved.log);
    tdestroy(f->by_wd, nothing);
    tdestroy(f->by_path, free_dir);
}
