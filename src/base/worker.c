#include "base/worker.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/once.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Writes all of the answer: 4 bytes of code, then the payload. */
static void answer(int fd, int code, const struct buf *out)
{
    struct buf head = BUF(4);
    buf_put_u32(&head, (uint32_t)-code);
    if (fd_write_both(fd, buf_str(&head), buf_str(out)) < 0)
        _exit(1);
    buf_free(&head);
}

struct work {
    const struct worker_options *o;
    worker_fn *fn;
    void *arg;
};

static void work(const void *job, pid_t parent, int fd)
{
    const struct work *w = job;
    const struct worker_options *o = w->o;
    struct buf out = BUF(o->max_output ? o->max_output : 1u << 20);
    struct err err = {0};
    int r = o->netns > 0 && setns(o->netns, CLONE_NEWNET) < 0 ? -errno : 0;
    if (r == 0 && o->first)
        o->first(w->arg);
    if (r == 0)
        r = worker_confine(o->kind, &err);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of credentials clears it (prctl(2)), so not before */
    if (r == 0 && getppid() != parent)
        _exit(1);
    if (r == 0)
        r = w->fn(w->arg, &out);
    answer(fd, r > 0 ? 0 : r, &out);
    _exit(0);
}

#define WAITING_MS 100

/* Reads until the child closes its end. false: the deadline passed first. */
static bool collect(int fd, struct buf *b, const struct worker_options *o)
{
    char chunk[4096];
    int64_t deadline = clock_monotonic_ms() + (o->timeout_ms ? o->timeout_ms : 10000), left;
    while ((left = deadline - clock_monotonic_ms()) > 0) {
        struct pollfd p = {fd, POLLIN, 0};
        int n = poll(&p, 1, (int)(o->waiting && left > WAITING_MS ? WAITING_MS : left));
        if (o->waiting)
            o->waiting(o->waiting_arg);
        if (n == 0 || (n < 0 && errno == EINTR))
            continue;
        if (n < 0)
            return false;
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return true;
        buf_add(b, chunk, (size_t)got);
    }
    return false;
}

static int verdict(bool in_time, int status, struct str *answer_bytes, struct err *err)
{
    if (!in_time)
        return err_set(err, -ETIME, "no answer in time");
    if (WIFSIGNALED(status))
        return err_set(err, -ECHILD, "the reading process was ended by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) == ARENA_EXIT)
        return err_set(err, -ENOMEM, "the reading process ran out of memory");
    if (WEXITSTATUS(status) != 0 || answer_bytes->n < 4)
        return err_set(err, -ECHILD, "the reading process failed (status %d)", WEXITSTATUS(status));
    const unsigned char *p = (const unsigned char *)answer_bytes->p;
    uint32_t code = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    *answer_bytes = str_from(*answer_bytes, 4);
    if (code > 4095)
        return -EBADMSG;
    return code ? err_set(err, -(int)code, "%s", err_name((int)code)) : 0;
}

/* Makes a child that does `child`, which never returns, with one end of a pipe; the other end is ours. */
static int begin(void (*child)(const void *job, pid_t parent, int fd), const void *job, struct worker_stream *ret, struct err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_set(err, -errno, "pipe: %s", err_name(errno));
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        close(ends[0]);
        once_leave();
        child(job, parent, ends[1]);
    }
    int e = errno;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return err_set(err, -e, "fork: %s", err_name(e));
    }
    *ret = (struct worker_stream){pid, ends[0]};
    return 0;
}

static int status_of(const struct worker_stream *w)
{
    int status = 0;
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

int worker_run(const struct worker_options *o, worker_fn *fn, void *arg, struct buf *out, struct err *err)
{
    const struct work w = {o, fn, arg};
    struct worker_stream child;
    int r = begin(work, &w, &child, err);
    if (r < 0)
        return r;
    struct buf got = BUF((o->max_output ? o->max_output : 1u << 20) + 4);
    bool in_time = collect(child.fd, &got, o);
    close(child.fd);
    if (!in_time)
        kill(child.pid, SIGKILL);
    struct str bytes = buf_str(&got);
    r = verdict(in_time, status_of(&child), &bytes, err);
    if (in_time)
        buf_adds(out, bytes);
    buf_free(&got);
    return r;
}

struct streaming {
    enum worker_kind kind;
    worker_stream_fn *fn;
    void *arg;
};

static void stream(const void *job, pid_t parent, int fd)
{
    const struct streaming *s = job;
    struct err err = {0};
    int r = worker_confine(s->kind, &err);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (r == 0 && getppid() == parent)
        r = s->fn(s->arg, fd);
    _exit(r < 0);
}

int worker_start(enum worker_kind kind, worker_stream_fn *fn, void *arg, struct worker_stream *ret, struct err *err)
{
    const struct streaming s = {kind, fn, arg};
    return begin(stream, &s, ret, err);
}

int worker_end(struct worker_stream *w, bool stop, struct err *err)
{
    struct str none = STR("    ");
    close(w->fd);
    if (stop)
        kill(w->pid, SIGKILL);
    int status = status_of(w);
    if (stop || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        return 0;
    return verdict(true, status, &none, err) < 0 ? -ECHILD : 0;
}
