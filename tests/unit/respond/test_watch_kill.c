/* test_watch_kill.c: kill -9 at any moment, while attackers fail, the log is rotated, and the wall sometimes goes away in the middle of an answer: every attacker is
   shut out, once. */
#include "small_machine.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#define ATTACKERS 1200
#define KILLS 300
#define KEPT 60 /* rotated files */
#define QUIET_MS 2000

/* What the wall was asked, by attacker; what the writer has done. */
static struct shared {
    char id[ATTACKERS][DIARY_ID]; /* the first id that came for it */
    unsigned other[ATTACKERS];    /* further ids: shut out twice */
    unsigned asked[ATTACKERS];
    volatile unsigned written;    /* attackers that have failed five times */
    volatile bool stop;
} *shared;

static unsigned seed = 11;
static unsigned random_below(unsigned n)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % n;
}

/* --- the wall */

static void record(struct str id)
{
    struct str rest = id, part[4] = {{0}};
    uint64_t b = 0, c = 0;
    for (size_t i = 0; i < 2; i++) /* "address/10.B.C.1/32/TIME" */
        assert_true(str_field(&rest, '/', &part[i]));
    struct str address = part[1];
    for (size_t i = 0; i < 4; i++)
        assert_true(str_field(&address, '.', &part[i]));
    assert_true(str_u64(part[1], 255, &b) && str_u64(part[2], 255, &c));
    size_t n = b * 200 + c;
    assert_true(n < ATTACKERS && id.n < DIARY_ID);
    shared->asked[n]++;
    if (!shared->id[n][0])
        memcpy(shared->id[n], id.p, id.n);
    else if (!str_eq(str_of(shared->id[n]), id))
        shared->other[n]++;
}

static void serve(int fd)
{
    char text[4096];
    size_t have = 0;
    for (ssize_t n; (n = read(fd, text + have, sizeof text - have)) > 0;) {
        struct str rest;
        have += (size_t)n;
        for (char *lf; (lf = memchr(text, '\n', have));) {
            size_t length = (size_t)(lf - text) + 1;
            rest = str_span(text, length - 1);
            record(rest);
            if (random_below(20) == 0)
                return; /* done, and never said */
            if (write(fd, text, length) < 0)
                return;
            memmove(text, text + length, have - length);
            have -= length;
        }
    }
}

static void wall(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s/wall", dir);
    int l = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    signal(SIGPIPE, SIG_IGN);
    if (bind(l, (struct sockaddr *)&at, sizeof at) < 0 || listen(l, 100) < 0)
        _exit(2);
    for (;;) {
        int fd = accept(l, NULL, NULL);
        if (fd >= 0)
            serve(fd);
        close(fd);
    }
}

/* --- the attackers */

static void rotate(void)
{
    char from[64], to[64];
    for (unsigned i = KEPT; i > 0; i--) {
        snprintf(from, sizeof from, i > 1 ? "log/proftpd.log.%u" : "log/proftpd.log", i - 1);
        snprintf(to, sizeof to, "log/proftpd.log.%u", i);
        (void)!rename(path(from), path(to));
    }
}

static void attackers(void)
{
    unsigned failed[ATTACKERS] = {0}, first = 0;
    int fd = log_open();
    while (first < ATTACKERS && !shared->stop) {
        char address[32];
        unsigned n = first + random_below(20); /* twenty at a time, mixed */
        if (n >= ATTACKERS || failed[n] == 5)
            n = first;
        snprintf(address, sizeof address, "10.%u.%u.1", n / 200, n % 200);
        log_line_at(fd, time(NULL), 0, address, "info", false);
        failed[n]++;
        while (first < ATTACKERS && failed[first] == 5)
            shared->written = ++first;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        if (random_below(500) == 0) { /* rotated as logrotate does */
            rotate();
            close(fd);
            fd = log_open();
        }
    }
    _exit(0);
}

/* --- the watch */

static int wall_fd = -1;

static int send_post(void *arg, const struct post *p)
{
    char line[DIARY_ID + 2];
    (void)arg;
    if (wall_fd < 0) {
        struct sockaddr_un at = {.sun_family = AF_UNIX};
        snprintf(at.sun_path, sizeof at.sun_path, "%s/wall", dir);
        wall_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (connect(wall_fd, (struct sockaddr *)&at, sizeof at) < 0) {
            close(wall_fd);
            wall_fd = -1;
            return -ECONNREFUSED;
        }
    }
    int n = snprintf(line, sizeof line, "%s\n", p->id);
    return write(wall_fd, line, (size_t)n) == n ? 0 : -EPIPE;
}

static void take_answers(struct watch *w)
{
    char text[8192];
    ssize_t n = read(wall_fd, text, sizeof text);
    struct str rest = str_span(text, n > 0 ? (size_t)n : 0), id;
    char one[DIARY_ID];
    while (str_line(&rest, &id)) { /* one cut in two answers nothing, and is asked again */
        snprintf(one, sizeof one, "%.*s", (int)id.n, id.p);
        watch_answer(w, one, NULL);
    }
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        close(wall_fd);
        wall_fd = -1;
        watch_lost(w);
    }
}

/* Until it is killed; with `end`, until everything is done. */
static void watching(bool end)
{
    struct watch_options o = machine_options();
    struct watch *w = NULL;
    struct err err = {0};
    int fds[3], r = 0;
    uint64_t lines = 0;
    int64_t quiet_since = clock_monotonic_ms();
    signal(SIGPIPE, SIG_IGN);
    o.send = send_post;
    if (watch_new(&o, &w, &err) < 0 || watch_begin(w, &err) < 0) {
        print_error("%s\n", err.text);
        _exit(3);
    }
    int n = watch_fds(w, fds);
    for (;;) {
        struct watch_status s;
        struct pollfd p[4];
        if ((r = watch_turn(w, &err)) < 0)
            _exit(4);
        watch_status(w, &s);
        /* Lines wait a moment for earlier ones of other logs. */
        if (r != 0 || s.diary.waiting || s.lines != lines)
            quiet_since = clock_monotonic_ms();
        lines = s.lines;
        if (end && clock_monotonic_ms() - quiet_since > QUIET_MS)
            break;
        for (int i = 0; i < n; i++)
            p[i] = (struct pollfd){fds[i], POLLIN, 0};
        p[n] = (struct pollfd){wall_fd, POLLIN, 0};
        int timeout = r > 0 ? 0 : watch_timeout(w);
        (void)!poll(p, (nfds_t)n + 1, end && (timeout < 0 || timeout > 100) ? 100 : timeout);
        if (wall_fd >= 0 && p[n].revents)
            take_answers(w);
    }
    watch_free(w);
    _exit(0);
}

static pid_t begin(void (*what)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* of a test that has failed nothing runs on */
        seed += (unsigned)getpid();
        what();
    }
    return pid;
}
static void until_killed(void) { watching(false); }
static void to_the_end(void) { watching(true); }

/* The first start of all, until something is kept: what was rotated away before that is not looked for (respond/watch.h). */
static void first(void)
{
    struct watch_options o = machine_options();
    struct watch *w = NULL;
    struct err err = {0};
    if (watch_new(&o, &w, &err) < 0 || watch_begin(w, &err) < 0 || watch_turn(w, &err) < 0)
        _exit(3);
    watch_free(w);
    _exit(0);
}

static void killed_at_any_moment(void **state)
{
    (void)state;
    int status = 0;
    unsigned kills = 0, missing = 0, twice = 0, again = 0;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    close(log_open());
    waitpid(begin(first), &status, 0);
    assert_int_equal(status, 0);
    pid_t brick = begin(wall), bad = begin(attackers);
    for (; kills < KILLS; kills++) {
        pid_t watch = begin(until_killed);
        unsigned us = random_below(4) ? random_below(60000) : random_below(65535) * 3;
        nanosleep(&(struct timespec){.tv_nsec = us * 1000l}, NULL);
        if (random_below(8) == 0) { /* asleep for a while first */
            kill(watch, SIGSTOP);
            nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
            kill(watch, SIGCONT);
        }
        kill(watch, SIGKILL);
        waitpid(watch, &status, 0);
        if (!WIFSIGNALED(status))
            fail_msg("it ended by itself: %d", WEXITSTATUS(status));
    }
    waitpid(bad, &status, 0);
    pid_t watch = begin(to_the_end);
    waitpid(watch, &status, 0);
    assert_int_equal(status, 0);
    kill(brick, SIGKILL);
    waitpid(brick, NULL, 0);
    for (unsigned i = 0; i < ATTACKERS; i++) {
        missing += !shared->asked[i];
        twice += shared->other[i];
        again += shared->asked[i] > 1;
    }
    print_message("%u kills, %u attackers: %u missing, %u shut out twice; %u were asked for again under the same id\n", kills, shared->written, missing, twice, again);
    assert_int_equal(shared->written, ATTACKERS);
    assert_int_equal(missing, 0);
    assert_int_equal(twice, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_at_any_moment)};
    return cmocka_run_group_tests(tests, machine_begin, machine_end);
}
