#include "change/journal.h"
#include "base/i18n.h"
#include "change/journal_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The directory and those above it, 0700 where we make them. */
static int make_directory(const char *path)
{
    char part[4096];
    for (size_t i = 1; path[i - 1]; i++)
        if (path[i] == '/' || !path[i]) {
            if (i >= sizeof part)
                return -ENAMETOOLONG;
            memcpy(part, path, i);
            part[i] = '\0';
            if (mkdir(part, 0700) < 0 && errno != EEXIST)
                return -errno;
        }
    return 0;
}

/* Waits for nobody: two administrators must not change things at once without knowing of each other. */
static int take_lock(struct journal *j, struct err *err)
{
    j->lock = openat(j->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (j->lock < 0)
        return err_set(err, -errno, "%s/lock: %s", j->path, err_name(errno));
    char text[64] = "";
    if (flock(j->lock, LOCK_EX | LOCK_NB) < 0) {
        ssize_t n = pread(j->lock, text, sizeof text - 1, 0);
        uint64_t pid = 0;
        if (n <= 0 || !str_u64(str_trim(str_span(text, (size_t)n)), INT32_MAX, &pid))
            pid = 0;
        return err_set(err, -EWOULDBLOCK, _("somebody else is changing this server right now (process %d). Wait until it is done: bansho changes"), (int)pid);
    }
    int n = snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(j->lock, 0) < 0 || pwrite(j->lock, text, (size_t)n, 0) != n)
        return err_set(err, -errno, "%s/lock: %s", j->path, err_name(errno));
    return 0;
}

int journal_open(const char *path, bool write, struct journal *ret, struct err *err)
{
    struct journal j = {.dir = -1, .lock = -1, .path = path};
    int r = write ? make_directory(path) : 0;
    if (r == 0) {
        j.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        r = j.dir < 0 ? -errno : 0;
    }
    if (r < 0)
        return err_set(err, r, "%s: %s", path, err_name(-r));
    r = write ? take_lock(&j, err) : 0;
    if (r < 0) {
        journal_close(&j);
        return r;
    }
    *ret = j;
    return 0;
}

void journal_close(struct journal *j)
{
    if (j->lock >= 0)
        close(j->lock);
    if (j->dir >= 0)
        close(j->dir);
    j->dir = j->lock = -1;
}
