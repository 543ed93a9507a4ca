#include "change/parents.h"
#include "change/node.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRIES_MAX 10000

static struct str directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return str_span(path, (size_t)(slash - path));
}

static bool later(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

static bool is_ours(const struct change *c, struct str dir, const char *name)
{
    for (size_t i = 0; i < c->steps.n; i++) {
        const char *path = c->steps.v[i].path;
        if (path && str_eq(directory_of(path), dir) && strcmp(path + dir.n + 1, name) == 0)
            return true;
    }
    return false;
}

/* Nobody else made or changed anything in it since. What was only removed cannot be seen. */
static bool untouched(const struct change *c, int fd, struct str dir, struct timespec since)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    bool good = d;
    size_t n = 0;
    for (struct dirent *e; d && good && (e = readdir(d));) {
        struct stat st;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || is_ours(c, dir, e->d_name))
            continue;
        good = ++n <= ENTRIES_MAX && fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && (S_ISDIR(st.st_mode) || !later(st.st_ctim, since));
    }
    if (d)
        closedir(d);
    else if (copy >= 0)
        close(copy);
    return good;
}

static void restore(const struct change *c, size_t at)
{
    const char *name;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, c->records.v[at].parent_before};
    int fd = node_parent(c->steps.v[at].path, &name);
    if (fd < 0)
        return;
    /* What others did before the change began is no matter, be it later than the directory's own time: files that were unpacked with their old times. */
    struct timespec since = {.tv_sec = (time_t)c->time};
    if (untouched(c, fd, directory_of(c->steps.v[at].path), later(times[1], since) ? times[1] : since) && futimens(fd, times) < 0)
        times[1].tv_sec = 0; /* a time is no reason to fail */
    close(fd);
}

void parents_restore(const struct change *c)
{
    for (size_t i = c->steps.n; i-- > 0;) {
        bool first = c->steps.v[i].path && c->records.v[i].begun && c->records.v[i].parent_before.tv_sec;
        for (size_t k = 0; first && k < i; k++)
            first = !c->steps.v[k].path || !c->records.v[k].begun || !str_eq(directory_of(c->steps.v[k].path), directory_of(c->steps.v[i].path));
        if (first)
            restore(c, i);
    }
}
