#include "dialogue/crowd.h"
#include "base/clock.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <poll.h>
#include <unistd.h>

struct member {
    pid_t pid;
    int fd; /* pidfd; -1: ended */
};

static int start(struct member *m, crowd_fn *fn, void *arg, size_t i, void *result)
{
    pid_t parent = getpid();
    m->fd = -1;
    m->pid = fork();
    if (m->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        fn(arg, i, result);
        _exit(0);
    }
    if (m->pid > 0)
        m->fd = (int)syscall(SYS_pidfd_open, m->pid, 0);
    return m->pid < 0 ? -errno : 0;
}

/* true: it ended by itself and well. */
static bool reap(struct member *m)
{
    int status = 0;
    while (waitpid(m->pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    if (m->fd >= 0)
        close(m->fd);
    m->fd = -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Waits for one member until the deadline; past it, the member is ended. */
static bool finish(struct member *m, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - clock_monotonic_ms();
        struct pollfd p = {m->fd, POLLIN, 0};
        int n = m->fd >= 0 ? poll(&p, 1, left > 0 ? (int)left : 0) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            kill(m->pid, SIGKILL);
        return reap(m) && n > 0;
    }
}

int crowd_run(crowd_fn *fn, void *arg, size_t n, size_t size, int timeout_ms, void *results, bool *ret_done, struct err *err)
{
    size_t bytes = n * size + 1;
    struct member *members = calloc(n ? n : 1, sizeof *members);
    char *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int r = 0;
    if (!members || shared == MAP_FAILED) {
        r = err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
        goto out;
    }
    int64_t deadline = clock_monotonic_ms() + timeout_ms;
    size_t started = 0;
    while (started < n && (r = start(&members[started], fn, arg, started, shared + started * size)) == 0)
        started++;
    for (size_t i = 0; i < n; i++) {
        ret_done[i] = i < started && finish(&members[i], deadline);
        if (ret_done[i])
            memcpy((char *)results + i * size, shared + i * size, size);
        else
            memset((char *)results + i * size, 0, size);
    }
    r = started || !n ? 0 : err_set(err, r, "fork: %s", err_name(r));
out:
    if (shared != MAP_FAILED)
        munmap(shared, bytes);
    free(members);
    return r;
}
