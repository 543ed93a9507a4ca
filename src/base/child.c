#include "base/child.h"
#include "base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t cpu_total;
static const char *const environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/root", "TERM=dumb", NULL};

uint64_t child_cpu_us(void)
{
    return cpu_total;
}

void child_result_free(struct child_result *r)
{
    buf_free(&r->out);
    buf_free(&r->err);
}

struct launch {
    const char *const *argv;
    int in, out, err;
    volatile int failed; /* errno of what could not be done; 0: the program runs */
};

/* After vfork(): only system calls, and nothing of the parent's memory is changed but l->failed. */
_Noreturn static void exec_child(struct launch *l)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    static const int ours[] = {SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
        sigaction(ours[i], &usual, NULL); /* whoever starts it may ignore them */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* A check's process limits its own memory (check/probe_process.c); what it runs gets what its caller had. */
    struct rlimit memory;
    if (getrlimit(RLIMIT_AS, &memory) == 0) {
        memory.rlim_cur = memory.rlim_max;
        setrlimit(RLIMIT_AS, &memory);
    }
    if (dup2(l->in, 0) < 0 || dup2(l->out, 1) < 0 || dup2(l->err, 2) < 0) {
        l->failed = errno;
        _exit(127);
    }
    syscall(SYS_close_range, 3u, ~0u, 0u);
    execvpe(l->argv[0], (char *const *)(uintptr_t)l->argv, (char *const *)(uintptr_t)environment);
    l->failed = errno;
    _exit(127);
}

/* vfork() copies no page tables, which costs more than all else here; we wait until the program runs. Meanwhile no handler of ours may run in the child, where it
   would work on our memory. */
__attribute__((noinline)) static pid_t launch(struct launch *l)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid_t pid = vfork();
    if (pid == 0)
        exec_child(l);
    int e = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    l->failed = pid < 0 ? e : l->failed;
    return pid;
}

struct streams {
    int in, out, err; /* our ends; -1: closed */
    struct str input;
    size_t told; /* bytes of output that were handed on as lines */
};

static void drop(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void pump_out(int *fd, struct buf *b)
{
    char chunk[16384];
    ssize_t n = read(*fd, chunk, sizeof chunk);
    if (n > 0)
        buf_add(b, chunk, (size_t)n); /* beyond the cap it is read and dropped, so that the program can end */
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        drop(fd);
}

static void hand_on(struct streams *s, const struct child_options *o, const struct buf *b)
{
    struct str rest = str_from(buf_str(b), s->told);
    for (ptrdiff_t end; o->line && (end = str_find(rest, '\n')) >= 0; rest = str_from(rest, (size_t)end + 1)) {
        o->line(o->arg, str_span(rest.p, (size_t)end));
        s->told += (size_t)end + 1;
    }
}

static void pump_in(struct streams *s)
{
    ssize_t n = write(s->in, s->input.p, s->input.n);
    if (n > 0)
        s->input = str_from(s->input, (size_t)n);
    if (!s->input.n || (n < 0 && errno != EAGAIN && errno != EINTR))
        drop(&s->in);
}

/* Moves bytes until all ends are closed or the deadline has passed. true: in time. */
static bool pump(struct streams *s, const struct child_options *o, struct child_result *r, int64_t deadline)
{
    if (!s->input.n)
        drop(&s->in);
    while (s->in >= 0 || s->out >= 0 || s->err >= 0) {
        int64_t left = deadline - clock_monotonic_ms();
        if (left <= 0)
            return false;
        struct pollfd p[3] = {{s->out, POLLIN, 0}, {s->err, POLLIN, 0}, {s->in, POLLOUT, 0}};
        if (poll(p, 3, (int)left) < 0 && errno != EINTR)
            return false;
        if (p[0].revents)
            pump_out(&s->out, &r->out);
        if (p[1].revents)
            pump_out(&s->err, &r->err);
        hand_on(s, o, &r->out);
        if (p[2].revents)
            pump_in(s);
    }
    return true;
}

static int wait_until(pid_t pid, int64_t deadline, bool in_time, struct child_result *r)
{
    struct rusage ru;
    int status, killed = 0;
    for (;;) {
        pid_t got = wait4(pid, &status, in_time ? WNOHANG : 0, &ru);
        if (got == pid)
            break;
        if (got < 0 && errno != EINTR)
            return -errno;
        if (got == 0 && clock_monotonic_ms() > deadline)
            in_time = false;
        if (!in_time && !killed) {
            kill(-pid, SIGKILL);
            killed = 1;
        } else if (got == 0) {
            poll(NULL, 0, 2);
        }
    }
    r->cpu_us = (uint64_t)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000000u + (uint64_t)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec);
    cpu_total += r->cpu_us;
    r->status = killed ? -ETIME : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return 0;
}

/* pipes[0]: input, [1]: output, [2]: errors */
static int open_pipes(int pipes[3][2])
{
    for (int i = 0; i < 3; i++)
        if (pipe2(pipes[i], O_CLOEXEC) < 0) {
            int e = errno;
            while (i-- > 0) {
                close(pipes[i][0]);
                close(pipes[i][1]);
            }
            return -e;
        }
    return 0;
}

int child_run(const char *const argv[], const struct child_options *o, struct child_result *ret, struct err *err)
{
    static const struct child_options none;
    o = o ? o : &none;
    size_t max = o->max_output ? o->max_output : 4u << 20;
    struct child_result result = {.out = BUF(max), .err = BUF(max)};
    int pipes[3][2];
    int r = open_pipes(pipes);
    if (r < 0)
        return err_set(err, r, "%s: %s", argv[0], err_name(r));
    int64_t deadline = clock_monotonic_ms() + (o->timeout_ms ? o->timeout_ms : 10000);
    struct launch l = {argv, pipes[0][0], pipes[1][1], pipes[2][1], 0};
    pid_t pid = launch(&l);
    r = -l.failed;
    close(l.in);
    close(l.out);
    close(l.err);
    struct streams s = {.in = pipes[0][1], .out = pipes[1][0], .err = pipes[2][0], .input = o->input};
    fcntl(s.in, F_SETFL, O_NONBLOCK);
    bool in_time = r == 0 && pump(&s, o, &result, deadline);
    drop(&s.in);
    drop(&s.out);
    drop(&s.err);
    if (pid > 0) {
        int w = wait_until(pid, deadline, in_time || r < 0, &result);
        r = r < 0 ? r : w;
    }
    if (r < 0) {
        child_result_free(&result);
        return err_set(err, r, "%s: %s", argv[0], err_name(r));
    }
    *ret = result;
    return 0;
}
