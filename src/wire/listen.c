#include "wire/listen.h"
#include "base/i18n.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3 /* sd_listen_fds(3): SD_LISTEN_FDS_START */

static int address_of(const char *path, struct sockaddr_un *ret, struct err *err)
{
    size_t n = strlen(path);
    if (!n || n >= sizeof ret->sun_path)
        return err_set(err, -ENAMETOOLONG, _("%s: a socket's path has at most %zu bytes"), path, sizeof ret->sun_path - 1);
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(ret->sun_path, path, n + 1);
    return 0;
}

static bool number_in(const char *name, uint64_t max, uint64_t *ret)
{
    const char *s = getenv(name);
    return s && str_u64(str_of(s), max, ret);
}

static int is_listener(int fd)
{
    int listening = 0, type = 0, domain = 0;
    socklen_t n = sizeof(int);
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n) < 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) < 0)
        return -errno;
    return listening && type == SOCK_STREAM && domain == AF_UNIX ? 0 : -EINVAL;
}

int listen_inherited(struct err *err)
{
    uint64_t pid = 0, n = 0;
    bool ours = number_in("LISTEN_PID", UINT32_MAX, &pid) && pid == (uint64_t)getpid() && number_in("LISTEN_FDS", 1024, &n) && n;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    if (!ours)
        return -ENOENT;
    for (int fd = FIRST_FD; fd < FIRST_FD + (int)n; fd++)
        if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
            return err_set(err, -errno, _("descriptor %d, said to be inherited: %s"), fd, err_name(errno));
    if (n != 1 || is_listener(FIRST_FD) < 0)
        return err_set(err, -EINVAL, _("one listening Unix stream socket is expected from systemd, not %d descriptors of another kind"), (int)n);
    return FIRST_FD;
}

int wire_socket(const char *path, bool nonblocking, struct err *err)
{
    struct sockaddr_un a;
    int code = address_of(path, &a, err);
    if (code < 0)
        return code;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0) { /* a Unix socket answers at once, or with EAGAIN where too many wait */
        code = -errno;
        close(fd);
        return code;
    }
    return fd;
}

/* Removes a socket that nobody listens on any more; anything else is left alone. */
static int make_room(const char *path, struct err *err)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : err_set(err, -errno, "%s: %s", path, err_name(errno));
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, -EEXIST, _("%s is there and is no socket"), path);
    int fd = wire_socket(path, true, err);
    if (fd >= 0)
        close(fd);
    if (fd >= 0 || fd == -EAGAIN)
        return err_set(err, -EADDRINUSE, _("%s: another program listens there"), path);
    return unlink(path) < 0 ? err_set(err, -errno, "%s: %s", path, err_name(errno)) : 0;
}

int listen_own(const char *path, mode_t mode, gid_t group, struct err *err)
{
    struct sockaddr_un a;
    int code = address_of(path, &a, err);
    if (!code)
        code = make_room(path, err);
    if (code < 0)
        return code;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_set(err, -errno, "%s: %s", path, err_name(errno));
    /* Nobody can connect before listen(2). */
    if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || (group != (gid_t)-1 && chown(path, (uid_t)-1, group) < 0) || chmod(path, mode) < 0 || listen(fd, LISTEN_BACKLOG) < 0) {
        code = err_set(err, -errno, "%s: %s", path, err_name(errno));
        close(fd);
        return code;
    }
    return fd;
}

int notify_systemd(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un a;
    int code = 0;
    if (!path || !*path)
        return 0;
    size_t n = strlen(path);
    if (address_of(path, &a, NULL) < 0)
        return -ENAMETOOLONG;
    if (path[0] == '@')
        a.sun_path[0] = 0; /* an abstract name */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
        code = -errno;
    close(fd);
    return code;
}
