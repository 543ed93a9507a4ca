#include "check/runner.h"
#include "base/i18n.h"
#include "check/probe_process.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARENA_MAX (256u << 20)
#define TIMEOUT_DEFAULT_MS 15000
#define JOBS_MIN 6
#define JOBS_MAX 64
#define TICK_MS 100
#define GRACE_MS 200 /* between the end of the answer and the end of the process */

enum phase { WAITING, RUNNING, ENDED };

struct job {
    const struct check *check;
    enum phase phase;
    pid_t pid;
    int fd;                /* its answers; -1: closed by the other side */
    struct buf answer;
    int64_t begun, deadline, closed;
    uint64_t begun_us;
    bool late;             /* ended by us at its time limit */
    bool lingering;        /* ended by us because it closed its pipe and stayed */
    int status;
    struct rusage used;
    struct check_cost cost;
    struct findings findings;
};

struct runner {
    const struct run_options *o;
    struct job *jobs;
    size_t n, running, done;
    struct arena *arena;
};

static uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static uint64_t microseconds(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_usec;
}

/* Without a word from the check itself: what happened to it, as a finding. */
static void not_seen(struct job *j, const char *why)
{
    j->findings.list.n = j->findings.memos.n = 0;
    struct finding *f = finding_add(&j->findings, STATE_UNKNOWN, "", "%s", in_words(j->check->title));
    finding_evidence(&j->findings, f, NULL, 0, "%s", why);
}

static void start(struct runner *r, struct job *j)
{
    int ends[2];
    j->phase = ENDED;
    if (pipe2(ends, O_CLOEXEC) < 0) {
        not_seen(j, err_name(errno));
        r->done++;
        return;
    }
    j->begun = clock_monotonic_ms();
    j->begun_us = now_us();
    j->pid = fork();
    if (j->pid == 0) {
        close(ends[0]);
        probe_process(r->o, j->check, ends[1]);
    }
    int e = errno;
    close(ends[1]);
    if (j->pid < 0) {
        close(ends[0]);
        not_seen(j, err_name(e));
        r->done++;
        return;
    }
    setpgid(j->pid, j->pid); /* both sides do it: whoever is first */
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    j->fd = ends[0];
    j->deadline = j->begun + (j->check->timeout_ms ? j->check->timeout_ms : TIMEOUT_DEFAULT_MS);
    j->answer = BUF((r->o->max_answer ? r->o->max_answer : PROBE_ANSWER_MAX) + PROBE_HEAD_MAX);
    j->phase = RUNNING;
    r->running++;
}

static void take(struct job *j)
{
    char chunk[4096]; /* each fork makes the stack's pages anew */
    for (;;) {
        ssize_t n = read(j->fd, chunk, sizeof chunk);
        if (n > 0) {
            buf_add(&j->answer, chunk, (size_t)n); /* beyond its maximum: dropped, and seen as `full` */
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        close(j->fd);
        j->fd = -1;
        j->closed = clock_monotonic_ms();
        return;
    }
}

/* Why a process that gave no proper answer did not. */
static void explain_end(struct runner *r, struct job *j)
{
    const char *why;
    if (j->late)
        why = arena_printf(r->arena, _("no answer within %lld seconds"), (long long)((j->deadline - j->begun + 999) / 1000));
    else if (j->answer.full)
        why = _("its answer was larger than what is taken");
    else if (WIFSIGNALED(j->status) && !j->lingering)
        why = arena_printf(r->arena, _("the check crashed (signal %d)"), WTERMSIG(j->status));
    else if (WIFEXITED(j->status) && WEXITSTATUS(j->status) == ARENA_EXIT)
        why = _("the check ran out of memory");
    else if (WIFEXITED(j->status) && WEXITSTATUS(j->status) != 0)
        why = arena_printf(r->arena, _("the check ended without an answer (status %d)"), WEXITSTATUS(j->status));
    else
        why = _("the check's answer could not be understood");
    not_seen(j, why);
}

static void judge(struct runner *r, struct job *j)
{
    struct probe_answer a;
    uint64_t all = microseconds(j->used.ru_utime) + microseconds(j->used.ru_stime);
    j->cost = (struct check_cost){.check = j->check, .wall_us = now_us() - j->begun_us, .cpu_us = all};
    if (j->late || j->answer.full || probe_answer_parse(buf_str(&j->answer), &j->findings, &a) < 0) {
        explain_end(r, j);
        return;
    }
    j->cost.programs_us = a.programs_us < all ? a.programs_us : all;
    j->cost.cpu_us = all - j->cost.programs_us;
    if (a.code < 0)
        not_seen(j, arena_dup(r->arena, a.why));
    else if (j->findings.list.n == 0)
        finding_add(&j->findings, STATE_NA, "", "%s", _("there is nothing of this kind here"));
}

static void finish(struct runner *r, struct job *j)
{
    if (j->fd >= 0) {
        take(j);
        if (j->fd >= 0)
            close(j->fd);
        j->fd = -1;
    }
    kill(-j->pid, SIGKILL); /* whatever it left behind */
    judge(r, j);
    buf_free(&j->answer);
    j->phase = ENDED;
    r->running--;
    r->done++;
}

/* Ends what is over its time, and takes leave of what has ended. */
static void tend(struct runner *r)
{
    int64_t now = clock_monotonic_ms();
    for (size_t i = 0; i < r->n; i++) {
        struct job *j = &r->jobs[i];
        if (j->phase != RUNNING)
            continue;
        if (now >= j->deadline && !j->late) {
            j->late = j->fd >= 0;
            kill(-j->pid, SIGKILL);
        } else if (j->fd < 0 && now - j->closed > GRACE_MS) {
            j->lingering = true;
            kill(-j->pid, SIGKILL);
        }
        if (wait4(j->pid, &j->status, WNOHANG, &j->used) == j->pid)
            finish(r, j);
    }
}

static void wait_a_moment(struct runner *r)
{
    struct pollfd fds[JOBS_MAX];
    struct job *of[JOBS_MAX];
    nfds_t n = 0;
    int timeout = TICK_MS;
    int64_t now = clock_monotonic_ms();
    for (size_t i = 0; i < r->n; i++) {
        struct job *j = &r->jobs[i];
        if (j->phase != RUNNING)
            continue;
        if (j->deadline - now < timeout)
            timeout = j->deadline > now ? (int)(j->deadline - now) : 1;
        if (j->fd < 0) {
            timeout = 1;
        } else {
            fds[n] = (struct pollfd){j->fd, POLLIN, 0};
            of[n++] = j;
        }
    }
    if (poll(fds, n, timeout) > 0)
        for (nfds_t i = 0; i < n; i++)
            if (fds[i].revents)
                take(of[i]);
}

/* A check that judged one object twice: the worse answer stays, with the evidence of both. */
static struct finding *same_object(struct run *run, size_t from, const struct finding *f)
{
    for (size_t i = from; i < run->findings.n; i++)
        if (strcmp(run->findings.v[i].object, f->object) == 0)
            return &run->findings.v[i];
    return NULL;
}

static void merge(struct run *run, struct finding *into, const struct finding *f)
{
    static const int badness[STATE_COUNT] = {[STATE_NA] = 0, [STATE_OK] = 1, [STATE_UNKNOWN] = 2, [STATE_WARN] = 3, [STATE_FAIL] = 4};
    struct finding worse = badness[f->state] > badness[into->state] ? *f : *into;
    const struct finding *other = badness[f->state] > badness[into->state] ? into : f;
    struct finding kept = worse;
    memset(&kept.evidence, 0, sizeof kept.evidence);
    for (size_t i = 0; i < worse.evidence.n; i++)
        *list_push(run->arena, &kept.evidence) = worse.evidence.v[i];
    for (size_t i = 0; i < other->evidence.n; i++)
        *list_push(run->arena, &kept.evidence) = other->evidence.v[i];
    *into = kept;
}

/* Linear within one check: fine up to some thousand objects; beyond, doubles are left alone. */
#define DOUBLES_LOOKED_FOR 2000

static void collect(struct runner *r, struct run *run)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct job *j = &r->jobs[i];
        size_t from = run->findings.n;
        for (size_t k = 0; k < j->findings.list.n; k++) {
            const struct finding *f = &j->findings.list.v[k];
            struct finding *same = k < DOUBLES_LOOKED_FOR ? same_object(run, from, f) : NULL;
            if (same)
                merge(run, same, f);
            else
                *list_push(run->arena, &run->findings) = *f;
        }
        for (size_t k = 0; k < j->findings.memos.n; k++)
            *list_push(run->arena, &run->memos) = j->findings.memos.v[k];
        *list_push(run->arena, &run->costs) = j->cost;
    }
}

/* Where bansho itself can put it right that is the next step; what a person would type instead is kept beside it. */
static void offer_fix(const struct run_options *o, struct run *run)
{
    for (size_t i = 0; i < run->findings.n; i++) {
        struct finding *f = &run->findings.v[i];
        if (!o->ctx->live || !f->check->plan || f->by_hand || (f->state != STATE_WARN && f->state != STATE_FAIL))
            continue;
        f->fix = arena_printf(run->arena, "bansho fix %s", f->check->id);
        f->manual = f->next;
        f->next = arena_printf(run->arena, "%s --plan", f->fix);
        f->next_note = _("shows what would be done and how to take it back; changes nothing");
    }
}

static size_t jobs_at_once(const struct run_options *o)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = o->jobs ? o->jobs : cores > 0 ? 2 * (size_t)cores : JOBS_MIN;
    if (!o->jobs && n < JOBS_MIN)
        n = JOBS_MIN;
    return n > JOBS_MAX ? JOBS_MAX : n;
}

static void prepare(struct runner *r)
{
    for (size_t i = 0; i < r->n; i++) {
        struct job *j = &r->jobs[i];
        *j = (struct job){.check = r->o->checks[i], .fd = -1, .findings = {.arena = r->arena, .check = r->o->checks[i]}};
        j->cost.check = j->check;
        if (j->check->wants_dialogue && !r->o->ctx->live) {
            not_seen(j, _("only the running machine can tell; below --root nothing is asked"));
            j->phase = ENDED;
            r->done++;
        }
    }
}

/* Ends what checks and their programs left running: by now every child of this process is such a left-over. */
static void sweep(void)
{
    for (int round = 0; round < 50; round++) {
        _cleanup_(buf_free) struct buf b = BUF(65536);
        int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
        int r = fd < 0 ? -1 : buf_read_fd(&b, fd);
        struct str rest = buf_str(&b), word;
        uint64_t pid;
        if (fd >= 0)
            close(fd);
        if (r < 0 || !str_word(&rest, " \n", &word))
            return;
        do
            if (str_u64(word, INT32_MAX, &pid) && pid > 1)
                kill((pid_t)pid, SIGKILL);
        while (str_word(&rest, " \n", &word));
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        usleep(1000);
    }
}

int checks_run(const struct run_options *o, struct run *ret, struct err *err)
{
    uint64_t begun = now_us();
    struct runner r = {.o = o, .n = o->n, .arena = arena_new(ARENA_MAX)};
    r.jobs = calloc(o->n ? o->n : 1, sizeof *r.jobs);
    if (!r.jobs) {
        arena_free(r.arena);
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    }
    size_t at_once = jobs_at_once(o), next = 0;
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* what a check leaves behind comes to us: sweep() */
    prepare(&r);
    while (r.done < r.n) {
        for (; next < r.n && r.running < at_once; next++)
            if (r.jobs[next].phase == WAITING)
                start(&r, &r.jobs[next]);
        if (r.running)
            wait_a_moment(&r);
        tend(&r);
        if (o->progress)
            o->progress(o->arg, r.done, r.n);
    }
    sweep();
    struct run run = {.arena = r.arena};
    collect(&r, &run);
    offer_fix(o, &run);
    run.wall_us = now_us() - begun;
    free(r.jobs);
    *ret = run;
    return 0;
}
