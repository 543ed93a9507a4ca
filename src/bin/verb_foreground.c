/* verb_foreground.c: `bansho run`: bansho's services without systemd, for containers and try-outs. It opens their sockets, hands them over as systemd does
   (sd_listen_fds(3)), and ends all of them when one ends or when it is told to end itself. */
#include "base/module.h"
#include "bin/peer.h"
#include "wire/listen.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_FD 3
#define END_SECONDS 10 /* to end by itself; then it is killed */

struct running {
    const struct peer *peer;
    char socket[PATH_MAX];
    int fd;
    pid_t pid; /* 0: not running */
};

static const char *program_path(const struct peer *p, char *path, size_t n)
{
    snprintf(path, n, "%s/%s", module_from_build() ? BANSHO_BUILDDIR : BANSHO_LIBEXECDIR, p->program);
    return path;
}

/* In the child: the socket becomes descriptor 3, whose number systemd's protocol fixes. */
static void become(const struct running *r, const char *const *argv, const sigset_t *before)
{
    char pid[32];
    snprintf(pid, sizeof pid, "%d", getpid());
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigprocmask(SIG_SETMASK, before, NULL);
    if ((r->fd == FIRST_FD ? fcntl(r->fd, F_SETFD, 0) : dup2(r->fd, FIRST_FD)) < 0 || setenv("LISTEN_PID", pid, 1) < 0 || setenv("LISTEN_FDS", "1", 1) < 0)
        _exit(126);
    execv(argv[0], (char *const *)(uintptr_t)argv);
    fprintf(stderr, "bansho: %s: %s\n", argv[0], err_name(errno));
    _exit(127);
}

static int begin(struct running *r, const char *wall, const sigset_t *before, struct err *err)
{
    char path[PATH_MAX];
    const char *const argv[] = {program_path(r->peer, path, sizeof path), r->peer == &peer_watch ? "--wall" : NULL, wall, NULL};
    char state[PATH_MAX];
    snprintf(state, sizeof state, "/var/lib/%s", r->peer->program); /* what StateDirectory= does in its unit */
    if (mkdir(state, 0700) < 0 && errno != EEXIST)
        return err_set(err, -errno, "%s: %s", state, err_name(errno));
    if (access(path, X_OK) < 0)
        return err_set(err, -errno, "%s: %s", path, err_name(errno));
    r->fd = listen_own(r->socket, 0600, (gid_t)-1, err);
    if (r->fd < 0)
        return r->fd;
    pid_t pid = fork();
    if (pid < 0)
        return err_set(err, -errno, "%s", err_name(errno));
    if (!pid)
        become(r, argv, before);
    r->pid = pid;
    return 0;
}

static struct running *by_pid(struct running *all, size_t n, pid_t pid)
{
    for (size_t i = 0; i < n; i++)
        if (all[i].pid == pid)
            return &all[i];
    return NULL;
}

static size_t alive(const struct running *all, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += all[i].pid > 0;
    return count;
}

static void signal_all(const struct running *all, size_t n, int number)
{
    for (size_t i = 0; i < n; i++)
        if (all[i].pid > 0)
            kill(all[i].pid, number);
}

static void tell_end(const struct running *r, int status)
{
    if (WIFSIGNALED(status))
        complainf(_("%s was ended by signal %d; everything ends"), r->peer->program, WTERMSIG(status));
    else
        complainf(_("%s has ended with %d; everything ends"), r->peer->program, WEXITSTATUS(status));
}

/* Until none of them runs. Whatever ends first, or the first signal, ends the others. */
static enum outcome wait_for_end(struct running *all, size_t n, const sigset_t *wanted, bool ending)
{
    enum outcome o = OUTCOME_FINE;
    int status;
    while (alive(all, n)) {
        int number = sigtimedwait(wanted, NULL, ending ? &(struct timespec){END_SECONDS, 0} : &(struct timespec){INT32_MAX, 0});
        if (number < 0 && errno == EAGAIN && ending)
            signal_all(all, n, SIGKILL);
        for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
            struct running *r = by_pid(all, n, pid);
            if (!r)
                continue;
            r->pid = 0;
            if (!ending) {
                tell_end(r, status);
                o = OUTCOME_USAGE;
            }
        }
        if (!ending && (o != OUTCOME_FINE || number == SIGTERM || number == SIGINT || number == SIGHUP)) {
            signal_all(all, n, SIGTERM);
            ending = true;
        }
    }
    return o;
}

static enum outcome run(const struct call *c)
{
    const char *dir = call_option(c, "sockets");
    struct running all[] = {{.peer = &peer_wall, .fd = -1}, {.peer = &peer_watch, .fd = -1}};
    enum outcome o = OUTCOME_FINE;
    struct err err = {0};
    sigset_t wanted, before;
    dir = dir ? dir : PEER_SOCKETS;
    if (getuid() != 0)
        return complainf("%s", _("only root may do this: sudo bansho run"));
    if (mkdir(dir, 0755) < 0 && errno != EEXIST)
        return complainf("%s: %s", dir, err_name(errno));
    sigemptyset(&wanted);
    for (size_t i = 0; i < 4; i++)
        sigaddset(&wanted, (int[]){SIGTERM, SIGINT, SIGHUP, SIGCHLD}[i]);
    sigprocmask(SIG_BLOCK, &wanted, &before);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        snprintf(all[i].socket, sizeof all[i].socket, "%s/%s", dir, all[i].peer->socket);
    for (size_t i = 0; o == OUTCOME_FINE && i < ARRAY_SIZE(all); i++)
        if (begin(&all[i], all[0].socket, &before, &err) < 0)
            o = complain(&err);
    if (o != OUTCOME_FINE)
        signal_all(all, ARRAY_SIZE(all), SIGTERM);
    else
        fprintf(stderr, "%s\n", _("bansho-wall and bansho-watch run. To end them: Ctrl-C. What they do: bansho status"));
    enum outcome end = wait_for_end(all, ARRAY_SIZE(all), &wanted, o != OUTCOME_FINE);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (all[i].fd >= 0) {
            unlink(all[i].socket);
            close(all[i].fd);
        }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return o == OUTCOME_FINE ? end : o;
}

static const struct verb_option options[] = {
    PEER_OPTION_SOCKETS,
    {0},
};

const struct verb verb_run = {
    .name = "run",
    .usage = "[--sockets DIR]",
    .summary = N_("runs bansho's services here, without systemd"),
    .help = N_("Starts bansho-wall and bansho-watch and stays with them, for containers and to try them; Ctrl-C or SIGTERM ends both, and so does the end of one of them.\n\n"
               "Where systemd runs, use its units instead: systemctl enable --now bansho-wall.socket bansho-watch.service"),
    .options = options,
    .run = run,
};
