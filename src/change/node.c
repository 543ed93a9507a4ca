#include "change/node.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LINKS_MAX 40

static int open_plain(const char *path, int flags)
{
    struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = RESOLVE_NO_SYMLINKS};
    int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    return fd < 0 ? -errno : fd;
}

int node_parent(const char *path, const char **ret_name)
{
    const char *slash = strrchr(path, '/');
    if (!slash || !slash[1] || strcmp(slash, "/.") == 0 || strcmp(slash, "/..") == 0 || (size_t)(slash - path) >= 4096)
        return -EINVAL;
    char dir[4096];
    snprintf(dir, sizeof dir, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    int fd = open_plain(dir, O_RDONLY | O_DIRECTORY);
    if (fd >= 0)
        *ret_name = slash + 1;
    return fd;
}

/* --- links --- */

/* One step: the path with its first link replaced. 1: replaced; 0: there is none. */
static int resolve_once(struct arena *a, const char **path)
{
    const char *p = *path;
    for (const char *end = p;; end++) {
        if (*end && *end != '/')
            continue;
        if (end > p) {
            char *head = arena_dup(a, str_span(p, (size_t)(end - p)));
            char target[4096];
            ssize_t n = readlink(head, target, sizeof target - 1);
            if (n > 0) {
                char *to = arena_dup(a, str_span(target, (size_t)n)), *slash = strrchr(head, '/');
                *path = *to == '/' ? arena_printf(a, "%s%s", to, end) : arena_printf(a, "%.*s/%s%s", (int)(slash - head), head, to, end);
                return 1;
            }
        }
        if (!*end)
            return 0;
    }
}

/* "/a//b/../c/" -> "/a/c"; only of a path without links. */
static const char *tidy(struct arena *a, const char *path)
{
    struct str rest = str_of(path), part;
    char *out = arena_zalloc(a, strlen(path) + 2);
    size_t n = 0;
    while (str_word(&rest, "/", &part)) {
        if (str_eq(part, STR(".")))
            continue;
        if (str_eq(part, STR(".."))) {
            while (n && out[--n] != '/')
                ;
            continue;
        }
        out[n++] = '/';
        memcpy(out + n, part.p, part.n);
        n += part.n;
    }
    out[n] = '\0';
    return n ? out : "/";
}

int node_resolve(const char *path, struct arena *a, const char **ret)
{
    if (path[0] != '/')
        return -EINVAL;
    const char *now = path;
    for (int i = 0; i < LINKS_MAX; i++) {
        int r = resolve_once(a, &now);
        if (r < 0)
            return r;
        if (r == 0) {
            *ret = tidy(a, now);
            return 0;
        }
    }
    return -ELOOP;
}

/* --- reading --- */

/* name NUL, u32 size, value; repeated. Sorted as the kernel lists them. */
static int read_xattrs(int fd, struct arena *a, struct str *ret)
{
    char names[16384], value[16384];
    ssize_t n = flistxattr(fd, names, sizeof names);
    if (n < 0)
        return errno == ENOTSUP ? 0 : -errno;
    struct buf b = BUF(XATTRS_MAX);
    for (char *name = names; name < names + n; name += strlen(name) + 1) {
        ssize_t size = fgetxattr(fd, name, value, sizeof value);
        if (size < 0)
            continue; /* taken away meanwhile */
        buf_add(&b, name, strlen(name) + 1);
        buf_put_str(&b, str_span(value, (size_t)size));
    }
    int r = b.full ? -E2BIG : 0;
    if (r == 0)
        *ret = str_span(arena_dup(a, buf_str(&b)), b.n);
    buf_free(&b);
    return r;
}

static void from_stat(const struct stat *st, struct node *n)
{
    n->mode = st->st_mode & 07777;
    n->uid = st->st_uid;
    n->gid = st->st_gid;
    n->mtime_s = st->st_mtim.tv_sec;
    n->mtime_ns = st->st_mtim.tv_nsec;
}

static int read_link(int dir, const char *name, struct arena *a, struct node *n)
{
    char target[4096];
    ssize_t got = readlinkat(dir, name, target, sizeof target);
    if (got < 0)
        return -errno;
    n->type = NODE_LINK;
    n->content = str_span(arena_dup(a, str_span(target, (size_t)got)), (size_t)got);
    return 0;
}

static int read_open(int fd, const struct stat *st, struct arena *a, struct node *n)
{
    int r = read_xattrs(fd, a, &n->xattrs);
    n->type = S_ISDIR(st->st_mode) ? NODE_DIRECTORY : NODE_FILE;
    if (r < 0 || n->type == NODE_DIRECTORY)
        return r;
    struct buf b = BUF(PLAN_FILE_MAX);
    r = root_read_fd(fd, &b);
    if (r == 0)
        n->content = str_span(arena_dup(a, buf_str(&b)), b.n);
    buf_free(&b);
    return r;
}

int node_read_at(int dir, const char *name, struct arena *a, struct node *ret)
{
    struct node n = {.type = NODE_ABSENT};
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno != ENOENT)
            return -errno;
        *ret = n;
        return 0;
    }
    from_stat(&st, &n);
    int r = -EINVAL;
    if (S_ISLNK(st.st_mode))
        r = read_link(dir, name, a, &n);
    else if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) {
        int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
            return -errno;
        r = fstat(fd, &st) < 0 ? -errno : read_open(fd, &st, a, &n);
        close(fd);
    }
    if (r == 0)
        *ret = n;
    return r;
}

int node_read(const char *path, struct arena *a, struct node *ret)
{
    const char *name;
    int dir = node_parent(path, &name);
    if (dir == -ENOENT || dir == -ENOTDIR) {
        *ret = (struct node){.type = NODE_ABSENT};
        return 0;
    }
    if (dir < 0)
        return dir;
    int r = node_read_at(dir, name, a, ret);
    close(dir);
    return r;
}

bool node_same(const struct node *a, const struct node *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case NODE_ABSENT:
        return true;
    case NODE_LINK:
        return str_eq(a->content, b->content) && a->uid == b->uid && a->gid == b->gid;
    default:
        return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid && str_eq(a->xattrs, b->xattrs) && str_eq(a->content, b->content);
    }
}

/* --- putting --- */

/* Sets what `want` has and removes what it has not, as far as this file system knows such attributes. */
static int set_xattrs(int fd, struct str want)
{
    char names[16384];
    ssize_t n = flistxattr(fd, names, sizeof names);
    if (n < 0)
        return errno == ENOTSUP && !want.n ? 0 : -errno;
    for (char *name = names; name < names + n; name += strlen(name) + 1) {
        bool keep = false;
        for (struct cursor c = cursor_of(want); c.rest.n && !c.bad;) {
            struct str have;
            if (!str_field(&c.rest, '\0', &have))
                break;
            keep = keep || str_eq(have, str_of(name));
            cursor_str(&c);
        }
        if (!keep && fremovexattr(fd, name) < 0 && errno != ENODATA && strcmp(name, "security.selinux") != 0)
            return -errno;
    }
    for (struct cursor c = cursor_of(want); c.rest.n && !c.bad;) {
        struct str name;
        if (!str_field(&c.rest, '\0', &name))
            break;
        struct str value = cursor_str(&c);
        if (!c.bad && fsetxattr(fd, name.p, value.p, value.n, 0) < 0)
            return -errno;
    }
    return 0;
}

/* Owner before mode: chown clears set-id bits. */
static int set_attributes(int fd, const struct node *want)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = want->mtime_s, .tv_nsec = want->mtime_ns}};
    if (fchown(fd, want->uid, want->gid) < 0 || fchmod(fd, want->mode) < 0)
        return -errno;
    int r = set_xattrs(fd, want->xattrs);
    if (r < 0)
        return r;
    return want->mtime_s && futimens(fd, times) < 0 ? -errno : 0;
}

static int put_file(int dir, const char *name, const struct node *want, const char *temporary)
{
    if (unlinkat(dir, temporary, 0) < 0 && errno != ENOENT)
        return -errno;
    int fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int r = fd_write_all(fd, want->content);
    if (r == 0)
        r = set_attributes(fd, want);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0 && renameat(dir, temporary, dir, name) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(dir, temporary, 0);
    return r;
}

static int put_link(int dir, const char *name, const struct node *want, const char *temporary)
{
    char target[4097];
    if (want->content.n >= sizeof target)
        return -ENAMETOOLONG;
    memcpy(target, want->content.p, want->content.n);
    target[want->content.n] = '\0';
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = want->mtime_s, .tv_nsec = want->mtime_ns}};
    if (unlinkat(dir, temporary, 0) < 0 && errno != ENOENT)
        return -errno;
    if (symlinkat(target, dir, temporary) < 0)
        return -errno;
    int r = fchownat(dir, temporary, want->uid, want->gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
    if (r == 0 && want->mtime_s && utimensat(dir, temporary, times, AT_SYMLINK_NOFOLLOW) < 0)
        r = -errno;
    if (r == 0 && renameat(dir, temporary, dir, name) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(dir, temporary, 0);
    return r;
}

static int put_directory(int dir, const char *name, const struct node *want)
{
    if (mkdirat(dir, name, 0700) < 0 && errno != EEXIST)
        return -errno;
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = set_attributes(fd, want);
    close(fd);
    return r;
}

static int put_absent(int dir, const char *name)
{
    if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -errno;
    return unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}

/* Only attributes differ: the file's inode stays (a daemon may have it open). */
static int put_attributes(int dir, const char *name, const struct node *want)
{
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = set_attributes(fd, want);
    close(fd);
    return r;
}

static bool same_bytes(int dir, const char *name, const struct node *want)
{
    struct arena *a = arena_new(4u * PLAN_FILE_MAX);
    struct node now;
    bool same = want->type == NODE_FILE && node_read_at(dir, name, a, &now) == 0 && now.type == NODE_FILE && str_eq(now.content, want->content);
    arena_free(a);
    return same;
}

int node_put_at(int dir, const char *name, const struct node *want, const char *temporary)
{
    int r = -EINVAL;
    switch (want->type) {
    case NODE_ABSENT: r = put_absent(dir, name); break;
    case NODE_FILE: r = same_bytes(dir, name, want) ? put_attributes(dir, name, want) : put_file(dir, name, want, temporary); break;
    case NODE_LINK: r = put_link(dir, name, want, temporary); break;
    case NODE_DIRECTORY: r = put_directory(dir, name, want); break;
    case NODE_TYPE_COUNT: break;
    }
    if (r == 0 && fsync(dir) < 0)
        r = -errno;
    return r;
}

int node_put(const char *path, const struct node *want, const char *temporary, struct err *err)
{
    const char *name;
    int dir = node_parent(path, &name);
    int r = dir < 0 ? dir : node_put_at(dir, name, want, temporary);
    if (dir >= 0)
        close(dir);
    else if (r == -ENOENT && want->type == NODE_ABSENT)
        r = 0;
    return r < 0 ? err_set(err, r, "%s: %s", path, err_name(-r)) : 0;
}

int node_parent_time(const char *path, struct timespec *ret)
{
    const char *name;
    struct stat st;
    int dir = node_parent(path, &name);
    if (dir < 0)
        return dir;
    int r = fstat(dir, &st) < 0 ? -errno : 0;
    close(dir);
    if (r == 0)
        *ret = st.st_mtim;
    return r;
}
