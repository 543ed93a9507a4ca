#include "base/rootfs.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPEN_TRIES 1000

int root_open(const char *path, struct root *ret, struct err *err)
{
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, -errno, "%s: %s", path, err_name(errno));
    char *copy = strdup(path);
    if (!copy) {
        close(fd);
        return -ENOMEM;
    }
    *ret = (struct root){.fd = fd, .live = strcmp(path, "/") == 0, .path = copy};
    return 0;
}

void root_close(struct root *root)
{
    if (root->path) {
        close(root->fd);
        free(root->path);
    }
    *root = (struct root){.fd = -1};
}

int root_openat(const struct root *root, const char *path, int flags)
{
    struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY)),
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    /* EAGAIN: a ".." was on the way while somebody renamed or mounted something, anywhere; openat2(2) says to try again. */
    for (int left = OPEN_TRIES;;) {
        long fd = syscall(SYS_openat2, root->fd, path, &how, sizeof how);
        if (fd >= 0)
            return (int)fd;
        if (errno != EAGAIN || --left <= 0)
            return -errno;
        sched_yield();
    }
}

int root_read_fd(int fd, struct buf *b)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    char chunk[8192];
    /* A small file whose size is known (the kernel's own have none) is there in one piece: nobody needs to ask for its end. */
    ssize_t n = st.st_size > 0 && st.st_size < (off_t)sizeof chunk ? read(fd, chunk, sizeof chunk) : -1;
    if (n > 0)
        buf_add(b, chunk, (size_t)n);
    int r = n >= st.st_size ? 0 : buf_read_fd(b, fd);
    return r < 0 ? r : b->full ? -EFBIG : 0;
}

int root_read(const struct root *root, const char *path, struct buf *b)
{
    /* Looked at before it is opened: opening a device can act on it. */
    struct stat st;
    int r = root_stat(root, path, &st);
    if (r < 0)
        return r;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    int fd = root_openat(root, path, O_RDONLY);
    if (fd < 0)
        return fd;
    r = root_read_fd(fd, b);
    close(fd);
    return r;
}

/* Where the root is "/" there is nothing to keep a path inside of, and looking at a file or at a link acts on nothing: one call does. */
int root_stat(const struct root *root, const char *path, struct stat *ret)
{
    if (root->live)
        return fstatat(root->fd, path, ret, AT_NO_AUTOMOUNT) < 0 ? -errno : 0;
    int fd = root_openat(root, path, O_PATH);
    if (fd < 0)
        return fd;
    int r = fstat(fd, ret) < 0 ? -errno : 0;
    close(fd);
    return r;
}

bool root_exists(const struct root *root, const char *path)
{
    struct stat st;
    return root_stat(root, path, &st) == 0;
}

int root_readlink(const struct root *root, const char *path, struct arena *a, char **ret)
{
    char target[4096];
    int fd = root->live ? root->fd : root_openat(root, path, O_PATH | O_NOFOLLOW);
    if (fd < 0)
        return fd;
    ssize_t n = readlinkat(fd, root->live ? path : "", target, sizeof target);
    int r = n < 0 ? (errno == EINVAL ? -ENOENT : -errno) : (size_t)n >= sizeof target ? -ENAMETOOLONG : 0;
    if (!root->live)
        close(fd);
    if (r == 0)
        *ret = arena_dup(a, str_span(target, (size_t)n));
    return r;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

#define ENTRIES_BYTES 16384

/* getdents64(2) itself: opendir(3) asks three questions more of each directory, and has memory of its own. */
int root_each(const struct root *root, const char *dir, root_entry_fn *fn, void *arg)
{
    alignas(struct dirent64) char bytes[ENTRIES_BYTES];
    int fd = root_openat(root, dir, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return fd;
    bool more = true;
    ssize_t n = 0;
    while (more && (n = getdents64(fd, bytes, sizeof bytes)) > 0)
        for (ssize_t at = 0; more && at < n;) {
            const struct dirent64 *e = (const void *)(bytes + at);
            at += e->d_reclen;
            if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
                more = fn(arg, fd, e->d_name, e->d_type);
        }
    int r = n < 0 ? -errno : 0;
    close(fd);
    return r;
}

struct listing {
    struct arena *arena;
    struct names names;
    size_t max;
    bool more;
};

static bool list_one(void *arg, int fd, const char *name, unsigned char type)
{
    struct listing *l = arg;
    (void)fd;
    (void)type;
    l->more = l->names.list.n >= l->max;
    if (!l->more)
        *list_push(l->arena, &l->names.list) = arena_dupz(l->arena, name);
    return !l->more;
}

int root_list(const struct root *root, const char *dir, size_t max, struct arena *a, struct names *ret)
{
    struct listing l = {.arena = a, .max = max};
    int r = root_each(root, dir, list_one, &l);
    if (r < 0)
        return r;
    if (l.names.list.n)
        qsort(l.names.list.v, l.names.list.n, sizeof l.names.list.v[0], by_name);
    *ret = l.names;
    return l.more ? -E2BIG : 0;
}

#define GLOB_NAMES_MAX 50000 /* in one directory; `max` is for the names that fit */

static bool is_magic(struct str part)
{
    return memchr(part.p, '*', part.n) || memchr(part.p, '?', part.n) || memchr(part.p, '[', part.n);
}

/* One component of a pattern at a time (or several plain ones): `done` are the paths that the components before matched. */
static int glob_step(const struct root *root, struct str part, size_t max, struct arena *a, const struct names *done, struct names *ret)
{
    char *pattern = arena_dup(a, part);
    bool magic = is_magic(part);
    int r = 0;
    for (size_t i = 0; i < done->list.n; i++) {
        const char *base = done->list.v[i];
        if (!magic) {
            char *path = arena_printf(a, "%s/%s", base, pattern);
            if (root_exists(root, path) && ret->list.n < max)
                *list_push(a, &ret->list) = path;
            continue;
        }
        struct names in = {0};
        if (root_list(root, *base ? base : "/", GLOB_NAMES_MAX, a, &in) == -E2BIG)
            r = -E2BIG;
        for (size_t k = 0; k < in.list.n; k++)
            if (fnmatch(pattern, in.list.v[k], FNM_PERIOD) == 0) {
                if (ret->list.n >= max)
                    return -E2BIG;
                *list_push(a, &ret->list) = arena_printf(a, "%s/%s", base, in.list.v[k]);
            }
    }
    return r;
}

/* As many components as have nothing to be matched, joined: the last of them can only be there where the others are. */
static bool glob_part(struct str *rest, struct str *ret)
{
    struct str part, next, after;
    if (!str_word(rest, "/", &part))
        return false;
    for (after = *rest; str_word(&after, "/", &next) && !is_magic(part) && !is_magic(next) && next.p == part.p + part.n + 1; *rest = after)
        part = str_span(part.p, (size_t)(next.p + next.n - part.p));
    *ret = part;
    return true;
}

int root_glob(const struct root *root, const char *pattern, size_t max, struct arena *a, struct names *ret)
{
    struct names done = {0};
    *list_push(a, &done.list) = arena_dupz(a, "");
    struct str rest = str_of(pattern), part;
    int r = 0;
    while (glob_part(&rest, &part)) {
        struct names next = {0};
        if (glob_step(root, part, max, a, &done, &next) < 0)
            r = -E2BIG;
        done = next;
    }
    *ret = done;
    return r;
}
