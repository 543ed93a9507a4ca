#include "queue/walk.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MAX_DEPTH 16

struct walk {
    enum spool_kind kind;
    spool_walk_fn *fn;
    void *arg;
};

static unsigned char type_of(int dir, const struct dirent *e)
{
    struct stat st;
    if (e->d_type != DT_UNKNOWN)
        return e->d_type;
    if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return DT_UNKNOWN;
    return S_ISDIR(st.st_mode) ? DT_DIR : S_ISREG(st.st_mode) ? DT_REG : DT_UNKNOWN;
}

static int below(const struct walk *w, int fd, unsigned depth)
{
    DIR *d = fdopendir(fd);
    if (!d) {
        int e = errno;
        close(fd);
        return -e;
    }
    int r = 0;
    const struct dirent *e;
    while (r == 0 && (errno = 0, e = readdir(d))) {
        int64_t t;
        if (e->d_name[0] == '.')
            continue;
        unsigned char type = type_of(fd, e);
        if (type == DT_DIR && depth < MAX_DEPTH) {
            int sub = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            r = sub >= 0 ? below(w, sub, depth + 1) : errno == ENOENT ? 0 : -errno;
        } else if (type == DT_REG && spool_message(w->kind, e->d_name, &t)) {
            r = w->fn(w->arg, fd, e->d_name, e->d_ino, t);
        }
    }
    if (r == 0 && errno)
        r = -errno;
    closedir(d);
    return r;
}

int spool_walk(int fd, enum spool_kind kind, spool_walk_fn *fn, void *arg)
{
    const struct walk w = {kind, fn, arg};
    return below(&w, fd, 0);
}
