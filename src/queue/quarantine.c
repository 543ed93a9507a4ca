#include "queue/quarantine.h"
#include "base/clock.h"
#include "base/i18n.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define ROOM_PERCENT 5 /* of the file system, or of its inodes: with less left, batches go before their time */
#define TRIES 100

static int by_age(const void *a, const void *b)
{
    const struct quarantine_batch *x = a, *y = b;
    return x->made != y->made ? (x->made < y->made ? -1 : 1) : strcmp(x->name, y->name);
}

static bool made_at(const char *name, int64_t *ret)
{
    uint64_t seconds;
    struct str s = str_of(name), number = {s.p, 0};
    while (number.n < s.n && s.p[number.n] >= '0' && s.p[number.n] <= '9')
        number.n++;
    if (!number.n || s.n >= QUARANTINE_NAME || (number.n < s.n && s.p[number.n] != '-') || !str_u64(number, INT32_MAX, &seconds))
        return false;
    *ret = (int64_t)seconds;
    return true;
}

int quarantine_batches(const struct spool_place *queue, struct arena *a, struct quarantine *ret, struct err *err)
{
    const char *path = arena_printf(a, "%s/" QUARANTINE, queue->path);
    int fd = root_openat(queue->root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (fd == -ENOENT)
        return 0;
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        int e = fd < 0 ? -fd : errno;
        if (fd >= 0)
            close(fd);
        return err_set(err, -e, "%s: %s", path, err_name(e));
    }
    for (struct dirent *e; errno = 0, (e = readdir(d));) {
        struct quarantine_batch b = {0};
        if (made_at(e->d_name, &b.made)) {
            b.name = arena_dupz(a, e->d_name);
            *list_push(a, &ret->list) = b;
        }
    }
    int e = errno;
    closedir(d);
    if (e)
        return err_set(err, -e, "%s: %s", path, err_name(e));
    if (ret->list.n)
        qsort(ret->list.v, ret->list.n, sizeof *ret->list.v, by_age);
    return 0;
}

/* A directory of the queue's owner, who alone may look into it. */
static int make_dir(int in, const char *name, const struct stat *owner)
{
    int fd;
    if (mkdirat(in, name, 0700) < 0)
        return -errno;
    if ((fd = openat(in, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
        return -errno;
    if (fchown(fd, owner->st_uid, owner->st_gid) == 0)
        return fd;
    int e = errno;
    close(fd);
    (void)unlinkat(in, name, AT_REMOVEDIR);
    return -e;
}

static int open_quarantine(const struct spool_place *queue, struct stat *ret_owner)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    struct stat st;
    int spool = root_openat(queue->root, queue->path, O_RDONLY | O_DIRECTORY), fd = spool < 0 ? spool : 0;
    if (fd == 0 && (fd = root_stat(queue->root, arena_printf(a, "%s/hold", queue->path), ret_owner)) == 0) {
        fd = make_dir(spool, QUARANTINE, ret_owner);
        if (fd == -EEXIST && (fd = openat(spool, QUARANTINE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
            fd = -errno;
    }
    if (spool >= 0)
        close(spool);
    if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_dev != ret_owner->st_dev || st.st_uid != ret_owner->st_uid)) {
        close(fd);
        fd = st.st_dev != ret_owner->st_dev ? -EXDEV : -EPERM;
    }
    return fd;
}

static int fill(int batch, const struct stat *owner)
{
    static const char *const dirs[] = QUARANTINE_DIRS;
    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
        int fd = make_dir(batch, dirs[i], owner);
        if (fd < 0)
            return fd;
        close(fd);
    }
    return 0;
}

int quarantine_begin(const struct spool_place *queue, int64_t now, char ret[static QUARANTINE_NAME], struct err *err)
{
    struct stat owner;
    int fd = open_quarantine(queue, &owner), batch = -EEXIST, r = fd;
    for (unsigned i = 0; fd >= 0 && batch == -EEXIST && i < TRIES; i++) {
        snprintf(ret, QUARANTINE_NAME, i ? "%lld-%u" : "%lld", (long long)now, i);
        batch = make_dir(fd, ret, &owner);
    }
    if (fd >= 0)
        r = batch < 0 ? batch : fill(batch, &owner);
    if (batch >= 0)
        close(batch);
    if (fd >= 0)
        close(fd);
    if (batch >= 0 && r < 0)
        quarantine_end(queue, ret);
    return r < 0 ? err_set(err, r, "%s/" QUARANTINE ": %s", queue->path, err_name(-r)) : 0;
}

void quarantine_end(const struct spool_place *queue, const char *batch)
{
    static const char *const dirs[] = QUARANTINE_DIRS;
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    int fd = root_openat(queue->root, arena_printf(a, "%s/" QUARANTINE, queue->path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    int in = fd < 0 ? -1 : openat(fd, batch, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    /* The directory of messages goes first: as long as it is there, the batch is whole. */
    bool empty = in >= 0 && (unlinkat(in, dirs[0], AT_REMOVEDIR) == 0 || errno == ENOENT);
    for (size_t i = 1; empty && i < ARRAY_SIZE(dirs); i++)
        empty = unlinkat(in, dirs[i], AT_REMOVEDIR) == 0 || errno == ENOENT;
    if (empty)
        (void)unlinkat(fd, batch, AT_REMOVEDIR);
    if (in >= 0)
        close(in);
    if (fd >= 0)
        close(fd);
}

bool quarantine_over(const struct spool_place *queue, int64_t made, int64_t now)
{
    struct statvfs fs;
    if (now - made >= QUARANTINE_DAYS * DAY)
        return true;
    int fd = root_openat(queue->root, queue->path, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return false;
    bool full = fstatvfs(fd, &fs) == 0 && (fs.f_bavail * 100 < fs.f_blocks * ROOM_PERCENT || (fs.f_files && fs.f_favail * 100 < fs.f_files * ROOM_PERCENT));
    close(fd);
    return full;
}
