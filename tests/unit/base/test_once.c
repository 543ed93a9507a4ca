#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/once.h"
#include "base/worker.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int *finds; /* how often something was really found out, by all processes */

static int slowly(void *arg, struct buf *out, struct err *err)
{
    (void)err;
    __atomic_add_fetch(finds, 1, __ATOMIC_SEQ_CST);
    usleep(100000);
    buf_addz(out, arg);
    return 0;
}

static int told_slowly(void *arg, struct buf *out, struct err *err)
{
    const int *started = arg;
    (void)err;
    if (write(started[1], "x", 1) != 1)
        return -EIO;
    usleep(100000);
    buf_addz(out, "told");
    return 0;
}

static int fails(void *arg, struct buf *out, struct err *err)
{
    (void)arg;
    __atomic_add_fetch(finds, 1, __ATOMIC_SEQ_CST);
    buf_addz(out, "half of it");
    return err_set(err, -ETIME, "it took too long");
}

static int dies(void *arg, struct buf *out, struct err *err)
{
    (void)arg;
    (void)out;
    (void)err;
    raise(SIGKILL);
    return 0;
}

static void without_finding_out(void **state)
{
    (void)state;
    struct buf out = BUF(1000);
    struct err err = {0};
    assert_int_equal(once_answer(STR("k"), NULL, NULL, &out, &err), -ENOENT);
    once_begin();
    assert_int_equal(once_answer(STR("k"), NULL, NULL, &out, &err), -ENOENT);
    int started[2];
    assert_int_equal(pipe(started), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct buf own = BUF(1000);
        _exit(once_answer(STR("k"), told_slowly, started, &own, &err) != 0);
    }
    char c;
    assert_int_equal(read(started[0], &c, 1), 1); /* it is being found out now: waits for it */
    assert_int_equal(once_answer(STR("k"), NULL, NULL, &out, &err), 0);
    assert_true(str_eq(buf_str(&out), STR("told")));
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    once_end();
    close(started[0]);
    close(started[1]);
    buf_free(&out);
}

static int setup(void **state)
{
    (void)state;
    finds = mmap(NULL, sizeof *finds, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return finds == MAP_FAILED;
}

static bool tells(const char *key, const char *want)
{
    struct buf out = BUF(1000);
    struct err err = {0};
    buf_addz(&out, "before ");
    char whole[100];
    snprintf(whole, sizeof whole, "before %s", want);
    bool right = once_answer(str_of(key), slowly, (void *)(uintptr_t)want, &out, &err) == 0 && str_eq(buf_str(&out), str_of(whole));
    buf_free(&out);
    return right;
}

static void found_out_once(void **state)
{
    (void)state;
    pid_t pid[8];
    int status;
    *finds = 0;
    once_begin();
    for (int i = 0; i < 8; i++)
        if ((pid[i] = fork()) == 0)
            _exit(tells(i % 2 ? "red" : "blue", i % 2 ? "rosso" : "blu") ? 0 : 1);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(*finds, 2);
    assert_true(tells("red", "rosso")); /* the parent, too */
    assert_int_equal(*finds, 2);
    once_end();
    assert_true(tells("red", "rosso")); /* the next run asks anew */
    assert_int_equal(*finds, 3);
}

static void failures_are_answers(void **state)
{
    (void)state;
    *finds = 0;
    once_begin();
    for (int i = 0; i < 2; i++) {
        struct buf out = BUF(1000);
        struct err err = {0};
        assert_int_equal(once_answer(STR("x"), fails, NULL, &out, &err), -ETIME);
        assert_string_equal(err.text, "it took too long");
        assert_int_equal(out.n, 0);
        buf_free(&out);
    }
    assert_int_equal(*finds, 1);
    once_end();
}

/* Whoever was to find it out is ended: the next one does. */
static void survives_the_finder(void **state)
{
    (void)state;
    int status;
    *finds = 0;
    once_begin();
    pid_t pid = fork();
    if (pid == 0)
        _exit(once_answer(STR("green"), dies, NULL, &(struct buf){.max = 10}, NULL));
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status));
    assert_true(tells("green", "verde"));
    assert_int_equal(*finds, 1);
    once_end();
}

static int look_for_it(void *arg, struct buf *out)
{
    (void)arg;
    struct err err = {0};
    int r = once_answer(STR("red"), slowly, (void *)(uintptr_t)"mine", out, &err);
    for (int fd = 3; fd < 100; fd++) {
        char path[64], target[64] = "";
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (readlink(path, target, sizeof target - 1) > 0 && strstr(target, "bansho-once"))
            r = -EEXIST;
    }
    return r;
}

static void workers_do_not_have_it(void **state)
{
    (void)state;
    once_begin();
    assert_true(tells("red", "rosso"));
    struct worker_options o = {.kind = WORKER_FILES};
    struct buf out = BUF(100);
    struct err err = {0};
    assert_int_equal(worker_run(&o, look_for_it, NULL, &out, &err), 0);
    assert_true(str_eq(buf_str(&out), STR("mine")));
    buf_free(&out);
    once_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(found_out_once), cmocka_unit_test(failures_are_answers), cmocka_unit_test(survives_the_finder), cmocka_unit_test(workers_do_not_have_it), cmocka_unit_test(without_finding_out)};
    return cmocka_run_group_tests(tests, setup, NULL);
}
