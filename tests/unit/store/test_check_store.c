#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "store/check_store.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    char dir[64];
    struct arena *arena;
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    snprintf(p->dir, sizeof p->dir, "/tmp/bansho-store-XXXXXX");
    p->arena = arena_new(64u << 20);
    *state = p;
    return mkdtemp(p->dir) ? 0 : -1;
}

static int teardown(void **state)
{
    struct place *p = *state;
    static const char *const names[] = {"check.db", "check.db-wal", "check.db-shm", "fill"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        unlink(arena_printf(p->arena, "%s/%s", p->dir, names[i]));
    umount(p->dir);
    rmdir(p->dir);
    arena_free(p->arena);
    free(p);
    return 0;
}

static struct past_finding row(const char *object, enum state state, int64_t since)
{
    return (struct past_finding){.id = "mail.tls", .object = object, .title = "t", .state = state, .since = since, .first_seen = since, .last_seen = since};
}

/* One transaction that stores n rows. */
static int put(struct store *s, const struct past_finding *rows, size_t n, struct err *err)
{
    int r = store_begin(s, err);
    if (r == 0)
        r = check_store_put(s, rows, n, err);
    if (r == 0)
        r = store_commit(s, err);
    if (r < 0)
        store_rollback(s);
    return r;
}

static int put_one(const char *dir, const char *object)
{
    _cleanup_(store_closep) struct store *s = NULL;
    struct err err = {0};
    int r = check_store_open(dir, &s, &err);
    struct past_finding f = row(object, STATE_FAIL, 100);
    return r < 0 ? r : put(s, &f, 1, &err);
}

static size_t count(struct place *p)
{
    struct past past = {0};
    struct err err = {0};
    assert_int_equal(check_store_peek(p->dir, p->arena, &past, &err), 0);
    return past.findings.n;
}

static void keeps(void **state)
{
    struct place *p = *state;
    _cleanup_(store_closep) struct store *s = NULL;
    struct err err = {0};
    struct past past = {0};
    assert_int_equal(count(p), 0);
    assert_int_equal(check_store_open(p->dir, &s, &err), 0);
    const struct past_finding rows[] = {row("b", STATE_FAIL, 1), row("", STATE_OK, 2), row("a\nb\x1b", STATE_WARN, 3)};
    assert_int_equal(put(s, rows, ARRAY_SIZE(rows), &err), 0);
    assert_int_equal(store_begin(s, &err), 0);
    const struct acceptance a = {.id = "mail.tls", .object = "b", .why = "w", .who = "me", .until = 50, .made = 10};
    assert_int_equal(check_store_accept(s, &a, &err), 0);
    assert_int_equal(check_store_looked(s, "mail.tls", 7, &err), 0);
    assert_int_equal(check_store_ran(s, 1000, 5, 1, 2, &err), 0);
    assert_int_equal(store_commit(s, &err), 0);
    store_closep(&s);
    assert_int_equal(check_store_peek(p->dir, p->arena, &past, &err), 0);
    assert_int_equal(past.findings.n, 3);
    assert_string_equal(past_finding(&past, "mail.tls", "a\nb\x1b")->object, "a\nb\x1b");
    assert_int_equal(past_finding(&past, "mail.tls", "b")->state, STATE_FAIL);
    assert_null(past_finding(&past, "mail.tls", "c"));
    assert_null(past_finding(&past, "mail.relay", ""));
    assert_non_null(past_acceptance(&past, "mail.tls", "b", 49));
    assert_null(past_acceptance(&past, "mail.tls", "b", 50)); /* its day has passed */
    assert_null(past_acceptance(&past, "mail.tls", "", 49));
    assert_true(past_looked(&past, "mail.tls") && !past_looked(&past, "mail.relay"));
    assert_int_equal(past.last_run, 1000);
    struct stat st;
    assert_int_equal(stat(arena_printf(p->arena, "%s/check.db", p->dir), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static int64_t number(struct store *s, const char *sql)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    struct err err = {0};
    assert_int_equal(store_prepare(s, sql, &st, &err), 0);
    assert_int_equal(statement_step(st, &err), 1);
    return statement_column_int(st, 0);
}

/* The chart's latest runs, in their order; those of a run that was dropped go with it. */
static void keeps_the_chapters(void **state)
{
    struct place *p = *state;
    _cleanup_(store_closep) struct store *s = NULL;
    struct err err = {0};
    struct past past = {0};
    assert_int_equal(check_store_open(p->dir, &s, &err), 0);
    assert_int_equal(store_begin(s, &err), 0);
    for (int i = 1; i <= 1100; i++) {
        const struct chapter_run rows[] = {{0, 1, 5, 0, 0, 0}, {0, 4, (uint32_t)i, 2, 3, 4}};
        assert_int_equal(check_store_ran(s, 1000 + i, 0, 0, 0, &err), 0);
        if (i % 2 == 0) /* the others asked a part only */
            assert_int_equal(check_store_chapters(s, rows, ARRAY_SIZE(rows), &err), 0);
    }
    assert_int_equal(store_commit(s, &err), 0);
    assert_int_equal(check_store_load(s, p->arena, &past, &err), 0);
    assert_int_equal(past.chapters.n, 2 * CHECK_STORE_CHART);
    const struct chapter_run *first = &past.chapters.v[0], *last = &past.chapters.v[past.chapters.n - 1];
    assert_int_equal(first->time, 1000 + 1100 - 2 * (CHECK_STORE_CHART - 1));
    assert_int_equal(first->chapter, 1);
    assert_true(last->time == 2100 && last->chapter == 4 && last->ok == 1100 && last->soon == 2 && last->now == 3 && last->unknown == 4);
    assert_int_equal(number(s, "SELECT min(run) FROM chapters"), 102);
    assert_int_equal(number(s, "SELECT count(*) FROM chapters"), 1000);
}

static void keeps_a_thousand_runs(void **state)
{
    struct place *p = *state;
    _cleanup_(store_closep) struct store *s = NULL;
    _cleanup_(statement_donep) struct statement *st = NULL;
    struct err err = {0};
    assert_int_equal(check_store_open(p->dir, &s, &err), 0);
    assert_int_equal(store_begin(s, &err), 0);
    for (int i = 1; i <= 1200; i++)
        assert_int_equal(check_store_ran(s, i, 0, 0, 0, &err), 0);
    assert_int_equal(store_commit(s, &err), 0);
    assert_int_equal(store_prepare(s, "SELECT count(*), min(time) FROM runs", &st, &err), 0);
    assert_int_equal(statement_step(st, &err), 1);
    assert_int_equal(statement_column_int(st, 0), 1000);
    assert_int_equal(statement_column_int(st, 1), 201);
}

/* A damaged file is reported with the way out, and not a byte of it changes. */
static void leaves_the_damaged(void **state)
{
    struct place *p = *state;
    const char *path = arena_printf(p->arena, "%s/check.db", p->dir);
    static const struct { const char *name; size_t at; } table[] = {{"not a database", 0}, {"damaged within", 100}};
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        unlink(path);
        assert_int_equal(put_one(p->dir, "x"), 0);
        char junk[5000], before[8192], after[8192];
        memset(junk, 0xa5, sizeof junk);
        int fd = open(path, O_RDWR);
        assert_int_equal(pwrite(fd, junk, sizeof junk, (off_t)table[i].at), sizeof junk);
        ssize_t n = pread(fd, before, sizeof before, 0);
        struct store *s = NULL;
        struct err err = {0};
        struct past past = {0};
        int r = check_store_open(p->dir, &s, &err);
        if (r == 0)
            r = check_store_load(s, p->arena, &past, &err);
        store_closep(&s);
        assert_int_equal(r, -EUCLEAN);
        assert_non_null(strstr(err.text, "mv "));
        assert_int_equal(pread(fd, after, sizeof after, 0), n);
        assert_memory_equal(before, after, (size_t)n);
        close(fd);
    }
}

static void refuses_a_newer_file(void **state)
{
    struct place *p = *state;
    struct store *s = NULL;
    struct err err = {0};
    assert_int_equal(check_store_open(p->dir, &s, &err), 0);
    _cleanup_(statement_donep) struct statement *st = NULL;
    assert_int_equal(store_prepare(s, "PRAGMA user_version = 99", &st, &err), 0);
    assert_int_equal(statement_run(st, &err), 0);
    statement_donep(&st);
    store_closep(&s);
    assert_int_equal(check_store_open(p->dir, &s, &err), -EPROTONOSUPPORT);
    assert_null(s);
}

/* Root writes everywhere, but not on a read-only file system. */
static void reads_where_it_cannot_write(void **state)
{
    struct place *p = *state;
    if (mount("tmpfs", p->dir, "tmpfs", 0, "size=1m") < 0)
        skip();
    assert_int_equal(put_one(p->dir, "kept"), 0);
    assert_int_equal(mount(NULL, p->dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    struct store *s = NULL;
    struct err err = {0};
    struct past past = {0};
    assert_int_equal(check_store_open(p->dir, &s, &err), 0);
    assert_non_null(store_readonly_why(s));
    assert_true(store_begin(s, &err) < 0);
    assert_int_equal(check_store_load(s, p->arena, &past, &err), 0);
    assert_non_null(past_finding(&past, "mail.tls", "kept"));
    store_closep(&s);
}

/* Fills the file system to the last byte. */
static void fill(struct place *p)
{
    char block[4096] = {1};
    int fd = open(arena_printf(p->arena, "%s/fill", p->dir), O_WRONLY | O_CREAT, 0600);
    while (write(fd, block, sizeof block) > 0)
        ;
    close(fd);
}

static void survives_a_full_disk(void **state)
{
    struct place *p = *state;
    if (mount("tmpfs", p->dir, "tmpfs", 0, "size=512k") < 0)
        skip();
    assert_int_equal(put_one(p->dir, "kept"), 0);
    fill(p);
    static struct past_finding rows[3000];
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        rows[i] = row(arena_printf(p->arena, "object %zu", i), STATE_FAIL, 1);
    struct store *s = NULL;
    struct err err = {0};
    struct past past = {0};
    assert_int_equal(check_store_open(p->dir, &s, &err), 0);
    assert_true(put(s, rows, ARRAY_SIZE(rows), &err) < 0);
    assert_true(err.text[0]);
    assert_int_equal(check_store_load(s, p->arena, &past, &err), 0);
    assert_non_null(past_finding(&past, "mail.tls", "kept"));
    assert_int_equal(past.findings.n, 1);
    store_closep(&s);
    unlink(arena_printf(p->arena, "%s/fill", p->dir));
    assert_int_equal(put_one(p->dir, "more"), 0);
    assert_int_equal(count(p), 2);
}

/* Killed in the middle of writing, again and again: what was committed is there, whole transactions only. */
static void survives_kill(void **state)
{
    struct place *p = *state;
    assert_int_equal(put_one(p->dir, "first"), 0);
    for (int round = 0; round < 20; round++) {
        int ready[2];
        assert_int_equal(pipe(ready), 0);
        pid_t pid = fork();
        if (pid == 0) {
            struct store *s = NULL;
            struct err err = {0};
            if (check_store_open(p->dir, &s, &err) < 0 || write(ready[1], "x", 1) != 1)
                _exit(1);
            for (int64_t i = 0;; i++) {
                struct past_finding pair[2] = {row("left", STATE_FAIL, i), row("right", STATE_FAIL, i)};
                if (put(s, pair, 2, &err) < 0)
                    _exit(2);
            }
        }
        char c;
        close(ready[1]);
        assert_int_equal(read(ready[0], &c, 1), 1);
        close(ready[0]);
        usleep(1000 * (useconds_t)(1 + round));
        kill(pid, SIGKILL);
        int status;
        waitpid(pid, &status, 0);
        assert_true(WIFSIGNALED(status));
        struct past past = {0};
        struct err err = {0};
        assert_int_equal(check_store_peek(p->dir, p->arena, &past, &err), 0);
        const struct past_finding *l = past_finding(&past, "mail.tls", "left"), *r = past_finding(&past, "mail.tls", "right");
        assert_non_null(past_finding(&past, "mail.tls", "first"));
        assert_true((l && r && l->since == r->since) || (!l && !r));
    }
}

/* Eight at once, each adding its own: all of them wait for their turn, none is lost. */
static void several_at_once(void **state)
{
    struct place *p = *state;
    pid_t pids[8];
    for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            char name[32];
            for (int k = 0; k < 5; k++) {
                snprintf(name, sizeof name, "%zu.%d", i, k);
                if (put_one(p->dir, name) < 0)
                    _exit(1);
            }
            _exit(0);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
        int status;
        waitpid(pids[i], &status, 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(count(p), 40);
}

static void finds_its_directory(void **state)
{
    struct place *p = *state;
    setenv("STATE_DIRECTORY", "/somewhere", 1);
    assert_string_equal(check_store_dir(p->arena), "/somewhere");
    unsetenv("STATE_DIRECTORY");
    if (geteuid() == 0)
        assert_string_equal(check_store_dir(p->arena), "/var/lib/bansho");
    const char *deep = arena_printf(p->arena, "%s/a/b", p->dir);
    assert_int_equal(put_one(deep, "x"), 0);
    struct stat st;
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    unlink(arena_printf(p->arena, "%s/check.db", deep));
    rmdir(deep);
    rmdir(arena_printf(p->arena, "%s/a", p->dir));
}

static void memos_of_one_check_are_replaced(void **state)
{
    struct place *p = *state;
    struct store *s;
    struct err err = {0};
    struct memos got;
    const struct memo a[] = {{"queue.size", "z", 3}, {"queue.size", "a", -1}}, b[] = {{"account.x", "k", 7}}, c[] = {{"queue.size", "b", INT64_MAX}};
    int64_t v;
    assert_int_equal(check_store_memos(p->dir, p->arena, &got, &err), 0); /* no store yet, and none is made */
    assert_int_equal(got.list.n, 0);
    assert_int_equal(check_store_open(p->dir, &s, &err), 0);
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(check_store_put_memos(s, a, 2, &err), 0);
    assert_int_equal(check_store_put_memos(s, b, 1, &err), 0);
    assert_int_equal(store_commit(s, &err), 0);
    assert_int_equal(check_store_memos(p->dir, p->arena, &got, &err), 0);
    assert_int_equal(got.list.n, 3);
    assert_true(memo_find(got.list.v, got.list.n, "queue.size", "a", &v) && v == -1);
    assert_true(memo_find(got.list.v, got.list.n, "account.x", "k", &v) && v == 7);
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(check_store_put_memos(s, c, 1, &err), 0);
    assert_int_equal(check_store_put_memos(s, NULL, 0, &err), 0); /* a run that leaves none */
    assert_int_equal(store_commit(s, &err), 0);
    store_close(s);
    assert_int_equal(check_store_memos(p->dir, p->arena, &got, &err), 0);
    assert_int_equal(got.list.n, 2);
    assert_false(memo_find(got.list.v, got.list.n, "queue.size", "a", &v));
    assert_true(memo_find(got.list.v, got.list.n, "queue.size", "b", &v) && v == INT64_MAX);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {T(keeps), T(keeps_a_thousand_runs), T(keeps_the_chapters), T(leaves_the_damaged), T(refuses_a_newer_file), T(reads_where_it_cannot_write),
                                       T(survives_a_full_disk), T(survives_kill), T(several_at_once), T(finds_its_directory), T(memos_of_one_check_are_replaced)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
