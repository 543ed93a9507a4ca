#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/worker.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int says(void *arg, struct buf *out)
{
    buf_addz(out, arg);
    return 0;
}

static int refuses(void *arg, struct buf *out)
{
    (void)arg, (void)out;
    return -ENOENT;
}

static int crashes(void *arg, struct buf *out)
{
    (void)arg, (void)out;
    signal(SIGTERM, SIG_DFL);
    kill(getpid(), SIGTERM);
    return 0;
}

static int hangs(void *arg, struct buf *out)
{
    (void)arg, (void)out;
    for (int i = 0; i < 1000; i++)
        usleep(100000);
    return 0;
}

/* What the process that parses may do, as the kernel tells it. */
static int status(void *arg, struct buf *out)
{
    (void)arg;
    int fd = open("/proc/self/status", O_RDONLY);
    if (fd < 0)
        return -errno;
    int r = buf_read_fd(out, fd);
    close(fd);
    return r;
}

static int writes(void *arg, struct buf *out)
{
    int fd = open(arg, O_WRONLY | O_CREAT, 0600);
    buf_printf(out, "%d", fd < 0 ? -errno : 0);
    return 0;
}

static int opens_socket(void *arg, struct buf *out)
{
    (void)arg;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    buf_printf(out, "%d", fd < 0 ? -errno : 0);
    return 0;
}

static int run(enum worker_kind kind, worker_fn *fn, void *arg, struct buf *out)
{
    struct worker_options o = {.kind = kind, .timeout_ms = 1000};
    struct err err = {0};
    return worker_run(&o, fn, arg, out, &err);
}

static void answers(void **state)
{
    (void)state;
    static char hello[] = "hello";
    _cleanup_(buf_free) struct buf out = BUF(1000);
    assert_int_equal(run(WORKER_FILES, says, hello, &out), 0);
    assert_string_equal(out.p, "hello");
    assert_int_equal(run(WORKER_FILES, refuses, NULL, &out), -ENOENT);
    assert_int_equal(run(WORKER_DIALOGUE, crashes, NULL, &out), -ECHILD);
    assert_int_equal(run(WORKER_DIALOGUE, hangs, NULL, &out), -ETIME);
}

static void is_confined(void **state)
{
    (void)state;
    static const struct { enum worker_kind kind; const char *caps; const char *socket; } table[] = {
        {WORKER_FILES, "CapEff:\t0000000000000004", "-38"}, {WORKER_DIALOGUE, "CapEff:\t0000000000000000", "0"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(buf_free) struct buf out = BUF(10000);
        assert_int_equal(run(table[i].kind, status, NULL, &out), 0);
        if (geteuid() == 0)
            assert_non_null(strstr(out.p, table[i].caps));
        assert_non_null(strstr(out.p, "NoNewPrivs:\t1"));
#ifdef BANSHO_SANITIZED /* no filter there (base/confine.c) */
        (void)table[i].socket, (void)writes, (void)opens_socket;
#else
        assert_non_null(strstr(out.p, "Seccomp:\t2"));
        static char path[] = "/tmp/bansho-worker-wrote";
        _cleanup_(buf_free) struct buf answer = BUF(100);
        assert_int_equal(run(table[i].kind, writes, path, &answer), 0);
        assert_string_equal(answer.p, "-38") /* ENOSYS */;
        buf_reset(&answer);
        assert_int_equal(run(table[i].kind, opens_socket, NULL, &answer), 0);
        assert_string_equal(answer.p, table[i].socket);
#endif
    }
}

/* Waits until the parent, which is told that it waits, has let it go. */
static int waits(void *arg, struct buf *out)
{
    char c;
    int *ends = arg;
    close(ends[1]);
    return read(ends[0], &c, 1) == 1 ? (buf_addz(out, "let go"), 0) : -EIO;
}

struct caller { int ends[2]; unsigned told; };

static void let_go(void *arg)
{
    struct caller *c = arg;
    if (++c->told == 2)
        assert_int_equal(write(c->ends[1], "x", 1), 1);
}

static void tells_that_it_waits(void **state)
{
    (void)state;
    struct caller c = {0};
    struct worker_options o = {.kind = WORKER_FILES, .waiting = let_go, .waiting_arg = &c};
    _cleanup_(buf_free) struct buf out = BUF(100);
    struct err err = {0};
    assert_int_equal(pipe(c.ends), 0);
    assert_int_equal(worker_run(&o, waits, c.ends, &out, &err), 0);
    assert_string_equal(out.p, "let go");
    assert_true(c.told >= 2);
    close(c.ends[0]);
    close(c.ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers), cmocka_unit_test(is_confined), cmocka_unit_test(tells_that_it_waits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
