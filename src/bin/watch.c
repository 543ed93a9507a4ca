/* watch.c: bansho-watch: see watch.h. */
#include "bin/watch.h"
#include "base/buf.h"
#include "base/i18n.h"
#include "term/text.h"
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATE "/var/lib/bansho-watch/watch.db"
#define WALL "/run/bansho/wall"

void watch_say(const char *text)
{
    _cleanup_(buf_free) struct buf b = BUF(16384);
    buf_addz(&b, "bansho-watch: ");
    text_escape(&b, str_of(text));
    fprintf(stderr, "%s\n", b.p);
}

static int usage(FILE *to)
{
    fputs(_("Usage: bansho-watch [OPTION...]\n"
            "Follows the logs of this server's services and has those shut out who fail to log in again and again (bansho.conf: guard).\n\n"
            "  --state FILE     what it remembers (default: /var/lib/bansho-watch/watch.db)\n"
            "  --wall SOCKET    where bansho-wall listens (default: /run/bansho/wall); none: nobody is asked\n"
            "  --socket PATH    where it answers, where systemd hands over no socket\n"
            "  --print          each verdict as a line on the standard output\n"
            "  --version\n"), to);
    return to == stderr ? 2 : 0;
}

/* -1: go on; else the exit status. */
static int understand(int argc, char **argv, struct watch_call *ret)
{
    static const struct option longs[] = {{"state", required_argument, NULL, 's'}, {"wall", required_argument, NULL, 'w'}, {"socket", required_argument, NULL, 'l'},
                                            {"print", no_argument, NULL, 'p'}, {"version", no_argument, NULL, 'v'}, {"help", no_argument, NULL, 'h'}, {0}};
    for (int got; (got = getopt_long(argc, argv, "", longs, NULL)) != -1;)
        switch (got) {
        case 's': ret->state = optarg; break;
        case 'w': ret->wall = strcmp(optarg, "none") == 0 ? NULL : optarg; break;
        case 'l': ret->listen = optarg; break;
        case 'p': ret->print = true; break;
        case 'v': printf("bansho-watch %s\n", BANSHO_VERSION); return 0;
        case 'h': return usage(stdout);
        default: return usage(stderr);
        }
    return optind < argc ? usage(stderr) : -1;
}

/* --- the first process */

static pid_t start(const struct watch_call *c, const sigset_t *before)
{
    char pid[32];
    pid_t parent = getpid(), child = fork();
    if (child)
        return child;
    /* It must not outlive its keeper: two would read the same logs. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
        _exit(1);
    sigprocmask(SIG_SETMASK, before, NULL);
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    if (getenv("LISTEN_PID"))
        setenv("LISTEN_PID", pid, 1); /* sd_listen_fds(3): handed on */
    exit(watch_work(c));
}

static int end(pid_t child)
{
    int status = 0;
    kill(child, SIGTERM);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* The status of the one that worked is ours. */
static int keep(const struct watch_call *c, char **argv)
{
    sigset_t set, before;
    sigemptyset(&set);
    const int all[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        sigaddset(&set, all[i]);
    sigprocmask(SIG_BLOCK, &set, &before);
    pid_t child = start(c, &before);
    if (child < 0) {
        watch_say(err_name(errno));
        return 1;
    }
    for (;;) {
        int status, got = sigwaitinfo(&set, NULL);
        if (got == SIGTERM || got == SIGINT)
            return end(child);
        if (got == SIGCHLD && waitpid(child, &status, WNOHANG) == child)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        if (got != SIGHUP || !watch_config_fine())
            continue;
        end(child);
        sigprocmask(SIG_SETMASK, &before, NULL);
        execv("/proc/self/exe", argv);
        watch_say(err_name(errno));
        return 1;
    }
}

int main(int argc, char **argv)
{
    struct watch_call c = {.state = STATE, .wall = WALL};
    const char *language = NULL;
    struct err err = {0};
    if (text_language(NULL, &language, &err) < 0)
        watch_say(err.text);
    int status = understand(argc, argv, &c);
    return status >= 0 ? status : keep(&c, argv);
}
