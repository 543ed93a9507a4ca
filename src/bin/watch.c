/* watch.c: bansho-watch: see watch.h. */
#include "bin/watch.h"
#include "bin/watch_options.h"
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
#define TELL "/run/bansho/tell"

void watch_say(const char *text)
{
    _cleanup_(buf_free) struct buf b = BUF(16384);
    buf_addz(&b, "bansho-watch: ");
    text_escape(&b, str_of(text));
    fprintf(stderr, "%s\n", b.p);
}

static int usage(FILE *to)
{
    fprintf(to, "bansho-watch: %s\n\n", _(watch_summary));
    for (const struct verb_option *o = watch_options; o->name; o++)
        fprintf(to, "  --%s %s\n      %s\n", o->name, o->value ? o->value : "", _(o->help));
    return to == stderr ? 2 : 0;
}

#define OPTIONS_MAX 16
#define FIRST 1000 /* getopt's value for the first option */
/* -1: go on; else the exit status. */
static int understand(int argc, char **argv, struct watch_call *ret)
{
    struct option longs[OPTIONS_MAX + 1] = {0};
    for (size_t i = 0; i < OPTIONS_MAX && watch_options[i].name; i++)
        longs[i] = (struct option){watch_options[i].name, watch_options[i].value ? required_argument : no_argument, NULL, FIRST + (int)i};
    for (int got; (got = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        const char *name = got >= FIRST ? watch_options[got - FIRST].name : "";
        if (strcmp(name, "state") == 0)
            ret->state = optarg;
        else if (strcmp(name, "wall") == 0)
            ret->wall = strcmp(optarg, "none") == 0 ? NULL : optarg;
        else if (strcmp(name, "socket") == 0)
            ret->listen = optarg;
        else if (strcmp(name, "tell") == 0)
            ret->tell = strcmp(optarg, "none") == 0 ? NULL : optarg;
        else if (strcmp(name, "print") == 0)
            ret->print = true;
        else if (strcmp(name, "version") == 0)
            return printf("bansho-watch %s\n", BANSHO_VERSION) < 0;
        else
            return usage(strcmp(name, "help") == 0 ? stdout : stderr);
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
    signal(SIGINT, SIG_IGN); /* of a terminal: the keeper says it on, in its own way */
    signal(SIGHUP, SIG_IGN);
    sigprocmask(SIG_SETMASK, before, NULL);
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    if (getenv("LISTEN_PID"))
        setenv("LISTEN_PID", pid, 1); /* sd_listen_fds(3): handed on */
    exit(watch_work(c));
}

/* One that had not begun yet may end by the signal itself: it had nothing to save. */
static int end(pid_t child)
{
    int status = 0;
    kill(child, SIGTERM);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : !(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
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
    struct watch_call c = {.state = STATE, .wall = WALL, .tell = TELL};
    const char *language = NULL;
    struct err err = {0};
    if (text_language(NULL, &language, &err) < 0)
        watch_say(err.text);
    int status = understand(argc, argv, &c);
    return status >= 0 ? status : keep(&c, argv);
}
