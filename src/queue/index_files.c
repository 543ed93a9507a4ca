#include "base/hash.h"
#include "queue/index.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool ours_alone(int fd, mode_t type, struct stat *ret)
{
    return fstat(fd, ret) == 0 && (ret->st_mode & S_IFMT) == type && ret->st_uid == geteuid() && !(ret->st_mode & (S_IWGRP | S_IWOTH));
}

static int drop(int fd)
{
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Which start of the system this is. 0: not known, and no index. */
static uint64_t boot(void)
{
    char text[64];
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text);
    drop(fd);
    return n > 0 ? hash_add(HASH_BEGIN, str_span(text, (size_t)n)) : 0;
}

static void new_name(const struct index_files *f, char ret[static 80])
{
    snprintf(ret, 80, "%s.new", f->name);
}

/* One writes at a time. A nearly full file system is left alone. */
static int open_new(const struct index_files *f)
{
    char name[80];
    struct statvfs room;
    struct stat st, there;
    new_name(f, name);
    if (fstatvfs(f->dir, &room) < 0 || room.f_bavail < room.f_blocks / 20)
        return -1;
    int fd = openat(f->dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0 || !ours_alone(fd, S_IFREG, &st) || flock(fd, LOCK_EX | LOCK_NB) < 0)
        return drop(fd);
    /* Whoever held it may have put it in its place since. */
    if (fstatat(f->dir, name, &there, AT_SYMLINK_NOFOLLOW) < 0 || there.st_ino != st.st_ino || ftruncate(fd, 0) < 0)
        return drop(fd);
    return fd;
}

struct index_files index_open(const char *dir, int spool_fd)
{
    struct index_files f = {-1, -1, -1, "", {0}};
    struct stat st;
    if (fstat(spool_fd, &st) < 0 || (f.owner.boot = boot()) == 0)
        return f;
    f.owner.device = st.st_dev;
    f.owner.inode = st.st_ino;
    f.dir = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (f.dir >= 0 && !ours_alone(f.dir, S_IFDIR, &st))
        f.dir = drop(f.dir);
    if (f.dir < 0)
        return f;
    snprintf(f.name, sizeof f.name, "queue-%llx-%llx", (unsigned long long)f.owner.device, (unsigned long long)f.owner.inode);
    f.old = openat(f.dir, f.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (f.old >= 0 && !ours_alone(f.old, S_IFREG, &st))
        f.old = drop(f.old);
    f.new = open_new(&f);
    return f;
}

void index_close(struct index_files *f, bool keep)
{
    char name[80];
    new_name(f, name);
    if (f->new >= 0 && (!keep || renameat(f->dir, name, f->dir, f->name) < 0))
        unlinkat(f->dir, name, 0);
    f->new = drop(f->new);
    f->old = drop(f->old);
    f->dir = drop(f->dir);
}
