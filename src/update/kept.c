/* kept.c: old versions of packages are kept as long as the copies of a change; then they go. */
#include "update/upgrade.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int empty(int fd)
{
    DIR *d = fdopendir(fd);
    int r = 0;
    if (!d) {
        r = -errno;
        close(fd);
        return r;
    }
    for (const struct dirent *e; r == 0 && (e = readdir(d));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && unlinkat(dirfd(d), e->d_name, 0) < 0)
            r = -errno;
    closedir(d);
    return r;
}

static int drop(int top, const char *name)
{
    int fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r = fd < 0 ? -errno : empty(fd);
    return r == 0 && unlinkat(top, name, AT_REMOVEDIR) < 0 ? -errno : r;
}

int kept_expire(const char *dir, int64_t limit)
{
    struct str prefix = STR(KEPT_PREFIX);
    uint64_t when;
    int n = 0, r = 0;
    DIR *d = opendir(dir);
    if (!d)
        return errno == ENOENT ? 0 : -errno;
    for (const struct dirent *e; r == 0 && (e = readdir(d));) {
        struct str name = str_of(e->d_name);
        if (!str_starts(name, prefix) || !str_u64(str_from(name, prefix.n), INT64_MAX, &when) || (int64_t)when >= limit)
            continue;
        r = drop(dirfd(d), e->d_name);
        n += r == 0;
    }
    closedir(d);
    return r < 0 ? r : n;
}
