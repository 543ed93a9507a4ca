#include "base/newfile.h"
#include "base/buf.h"
#include "base/i18n.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct place {
    int dir;
    const char *name;            /* the last part of the path */
    char temporary[NAME_MAX + 1];
};

static void place_done(struct place *p)
{
    if (p->dir >= 0)
        close(p->dir);
}

static int open_directory(const char *path, struct str name, int *ret, struct err *err)
{
    char dir[PATH_MAX];
    if (name.n >= sizeof dir)
        return err_set(err, -ENAMETOOLONG, "%s: %s", path, err_name(ENAMETOOLONG));
    memcpy(dir, name.p, name.n);
    dir[name.n] = 0;
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    long fd = syscall(SYS_openat2, AT_FDCWD, dir, &how, sizeof how);
    if (fd < 0 && errno == ELOOP)
        return err_set(err, -ELOOP, _("%s: a symbolic link leads to this directory; name it by its own path (realpath)"), path);
    if (fd < 0)
        return err_set(err, -errno, "%s: %s", path, err_name(errno));
    *ret = (int)fd;
    return 0;
}

/* Who stands there: nobody, or a regular file. */
static int is_free(const struct place *p, const char *path, struct err *err)
{
    struct stat st;
    if (fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : err_set(err, -errno, "%s: %s", path, err_name(errno));
    return S_ISREG(st.st_mode) ? 0 : err_set(err, -EEXIST, _("%s: there is something else than a regular file; nothing was written"), path);
}

static int find(const char *path, struct place *ret, struct err *err)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    struct str dir = slash == path ? STR("/") : slash ? str_span(path, (size_t)(slash - path)) : STR(".");
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return err_set(err, -EISDIR, "%s: %s", path, err_name(EISDIR));
    struct place p = {.dir = -1, .name = name};
    int r = open_directory(path, dir, &p.dir, err);
    if (r == 0)
        r = is_free(&p, path, err);
    if (r == 0)
        *ret = p;
    else
        place_done(&p);
    return r;
}

/* A new file of ours beside it; a descriptor. */
static int make(struct place *p)
{
    uint64_t bits;
    if (getrandom(&bits, sizeof bits, 0) != sizeof bits)
        return -errno;
    snprintf(p->temporary, sizeof p->temporary, ".bansho-%016llx", (unsigned long long)bits);
    int fd = openat(p->dir, p->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : fd;
}

static int replace(struct place *p, struct str content, mode_t mode)
{
    int fd = make(p), r = fd < 0 ? fd : fd_write_all(fd, content);
    if (r == 0 && (fsync(fd) < 0 || fchmod(fd, mode) < 0))
        r = -errno;
    if (fd >= 0 && close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0 && renameat(p->dir, p->temporary, p->dir, p->name) < 0)
        r = -errno;
    if (r < 0 && fd >= 0)
        unlinkat(p->dir, p->temporary, 0);
    return r < 0 ? r : fsync(p->dir) < 0 && errno != EINVAL ? -errno : 0;
}

int newfile_put(const char *path, struct str content, mode_t mode, struct err *err)
{
    _cleanup_(place_done) struct place p = {.dir = -1};
    int r = find(path, &p, err);
    if (r < 0)
        return r;
    r = replace(&p, content, mode);
    return r < 0 ? err_set(err, r, "%s: %s", path, err_name(r)) : 0;
}

int newfile_try(const char *path, struct err *err)
{
    _cleanup_(place_done) struct place p = {.dir = -1};
    int r = find(path, &p, err);
    if (r < 0)
        return r;
    int fd = make(&p);
    if (fd < 0)
        return err_set(err, fd, "%s: %s", path, err_name(fd));
    close(fd);
    unlinkat(p.dir, p.temporary, 0);
    return 0;
}
