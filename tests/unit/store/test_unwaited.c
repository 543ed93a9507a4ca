/* Commits that do not wait for the disk: what a power loss leaves is what was said to be safe, and whole transactions after it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/flush.h"
#include "store/store.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const schema[] = {"CREATE TABLE pair (side INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (side, n))"};

struct place {
    char dir[64], db[96], wal[96], copy[96], copy_wal[96];
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    snprintf(p->dir, sizeof p->dir, "/tmp/bansho-unwaited-XXXXXX");
    *state = p;
    if (!mkdtemp(p->dir))
        return -1;
    snprintf(p->db, sizeof p->db, "%s/a.db", p->dir);
    snprintf(p->wal, sizeof p->wal, "%s/a.db-wal", p->dir);
    snprintf(p->copy, sizeof p->copy, "%s/b.db", p->dir);
    snprintf(p->copy_wal, sizeof p->copy_wal, "%s/b.db-wal", p->dir);
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    static const char *const names[] = {"a.db", "a.db-wal", "a.db-shm", "b.db", "b.db-wal", "b.db-shm", "f"};
    char path[128];
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        snprintf(path, sizeof path, "%s/%s", p->dir, names[i]);
        unlink(path);
    }
    rmdir(p->dir);
    free(p);
    return 0;
}

/* Both halves of the pair in one transaction. */
static void put(struct store *s, int64_t n)
{
    struct statement *st = NULL;
    assert_int_equal(store_begin(s, NULL), 0);
    assert_int_equal(store_prepare(s, "INSERT INTO pair VALUES (?1, ?2)", &st, NULL), 0);
    for (int side = 0; side < 2; side++) {
        statement_int(st, 1, side);
        statement_int(st, 2, n);
        assert_int_equal(statement_run(st, NULL), 0);
    }
    statement_donep(&st);
    assert_int_equal(store_commit(s, NULL), 0);
}

static int64_t number(struct store *s, const char *sql)
{
    struct statement *st = NULL;
    assert_int_equal(store_prepare(s, sql, &st, NULL), 0);
    assert_int_equal(statement_step(st, NULL), 1);
    int64_t n = statement_column_int(st, 0);
    statement_donep(&st);
    return n;
}

/* The file as it would be found again: its first `most` bytes; the last 100 of them torn. */
static void copy_file(const char *from, const char *to, off_t most, bool torn)
{
    static char bytes[8 << 20];
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(in >= 0 && out >= 0);
    ssize_t n = read(in, bytes, sizeof bytes);
    n = n > most ? (ssize_t)most : n;
    if (torn && n > 100)
        memset(bytes + n - 100, 0x5a, 100);
    assert_int_equal(write(out, bytes, (size_t)n), n);
    close(in);
    close(out);
}

static off_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : 0;
}

/* Any number of bytes of the log may be lost beyond what was flushed: all that was safe is there, and never half a transaction, nor one without those before it. */
static void power(void **state)
{
    struct place *p = *state;
    struct store *s = NULL;
    struct { off_t size; int64_t n; } safe = {0, 0};
    assert_int_equal(store_open(p->db, schema, 1, &s, NULL), 0);
    assert_int_equal(store_unwaited(s, NULL), 0);
    for (int64_t n = 1; n <= 130; n++) {
        put(s, n);
        if (n == 100) {
            assert_int_equal(store_sync(s, NULL), 0);
            assert_true(store_safe(s) == store_mark(s));
            safe.size = size_of(p->wal);
            safe.n = n;
        }
    }
    assert_true(store_safe(s) < store_mark(s));
    off_t whole = size_of(p->wal);
    for (off_t at = safe.size; at <= whole; at += 1237) {
        struct store *c = NULL;
        copy_file(p->db, p->copy, 8 << 20, false);
        copy_file(p->wal, p->copy_wal, at, at > safe.size + 100);
        assert_int_equal(store_open(p->copy, schema, 1, &c, NULL), 0);
        int64_t n = number(c, "SELECT max(n) FROM pair");
        assert_true(n >= safe.n && n <= 130);
        assert_int_equal(number(c, "SELECT count(*) FROM pair"), 2 * n);
        assert_int_equal(number(c, "SELECT count(*) FROM pair WHERE side = 1"), n);
        store_close(c);
    }
    store_close(s);
}

/* The log begins anew only when the file is on disk, and the mark follows. */
static void tidied(void **state)
{
    struct place *p = *state;
    struct store *s = NULL;
    assert_int_equal(store_open(p->db, schema, 1, &s, NULL), 0);
    assert_int_equal(store_unwaited(s, NULL), 0);
    int64_t n = 0;
    while (!store_wants_tidy(s, true))
        put(s, ++n);
    assert_false(store_wants_tidy(s, false));
    off_t before = size_of(p->wal);
    assert_int_equal(store_tidy(s, NULL), 0);
    assert_true(store_safe(s) == store_mark(s) && !store_wants_tidy(s, true));
    copy_file(p->db, p->copy, 8 << 20, false); /* without its log */
    unlink(p->copy_wal);
    struct store *c = NULL;
    assert_int_equal(store_open(p->copy, schema, 1, &c, NULL), 0);
    assert_int_equal(number(c, "SELECT max(n) FROM pair"), n);
    store_close(c);
    put(s, ++n);
    assert_true(size_of(p->wal) <= before);
    store_close(s);
}

/* Aside: the descriptor tells of the end. */
static void aside(void **state)
{
    struct place *p = *state;
    struct store *s = NULL;
    assert_int_equal(store_open(p->db, schema, 1, &s, NULL), 0);
    assert_int_equal(store_unwaited(s, NULL), 0);
    put(s, 1);
    uint64_t first = store_mark(s);
    assert_int_equal(store_flush(s, NULL), 0);
    put(s, 2); /* while the first is under way */
    while (store_safe(s) < store_mark(s)) {
        struct pollfd fd = {store_fd(s), POLLIN, 0};
        assert_int_equal(poll(&fd, 1, 20000), 1);
        assert_int_equal(store_flush(s, NULL), 0);
        assert_true(store_safe(s) >= first);
    }
    struct pollfd fd = {store_fd(s), POLLIN, 0};
    assert_int_equal(poll(&fd, 1, 0), 0);
    store_close(s);
}

/* What the disk refuses is told, aside or not. */
static void refused(void **state)
{
    struct place *p = *state;
    struct flush *f = NULL;
    int fds[2];
    (void)p;
    assert_int_equal(pipe(fds), 0); /* there is no fdatasync of a pipe: EINVAL */
    assert_int_equal(flush_open(fds[1], &f, NULL), 0);
    flush_start(f);
    assert_true(flush_busy(f));
    assert_int_equal(flush_end(f, true), -EINVAL);
    assert_false(flush_busy(f));
    assert_int_equal(flush_end(f, true), 0);
    flush_close(f);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {TEST(power), TEST(tidied), TEST(aside), TEST(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
