#include "change/unit_times.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY "/etc/systemd/system"
#define TIMES_MAX 2000

static void keep(struct arena *a, const char *path, struct path_times *ret)
{
    struct stat st;
    if (ret->list.n < TIMES_MAX && fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && (S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode)))
        *list_push(a, &ret->list) = (struct path_time){path, st.st_mtim};
}

void unit_times_read(const char *unit, struct arena *a, struct path_times *ret)
{
    DIR *d = opendir(DIRECTORY);
    keep(a, DIRECTORY, ret);
    keep(a, arena_printf(a, DIRECTORY "/%s", unit), ret);
    for (struct dirent *e; d && (e = readdir(d));) {
        struct str name = str_of(e->d_name);
        if (!str_ends(name, STR(".wants")) && !str_ends(name, STR(".requires")))
            continue;
        keep(a, arena_printf(a, DIRECTORY "/%s", e->d_name), ret);
        keep(a, arena_printf(a, DIRECTORY "/%s/%s", e->d_name, unit), ret);
    }
    if (d)
        closedir(d);
}

void unit_times_restore(const struct path_times *t)
{
    /* Backwards: a link before the directory that it lies in. */
    for (size_t i = t->list.n; i-- > 0;) {
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, t->list.v[i].time};
        if (utimensat(AT_FDCWD, t->list.v[i].path, times, AT_SYMLINK_NOFOLLOW) < 0)
            continue; /* gone meanwhile, and a time is no reason to fail */
    }
}
