/* test_follow_kill.c: kill -9 at any moment, while a log is written and rotated: no line is lost, none is counted twice. A full disk neither. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/buf.h"
#include "log/positions.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILLS 60
#define KEPT 60 /* rotated files */

static char dir[64];
static struct root root;
static const char *const patterns[] = {"/log/a.log"};
static const char *const schema[] = {POSITIONS_SCHEMA, "CREATE TABLE line (n INTEGER NOT NULL)"};

/* Shared with the writer: how many lines there are, and whether it shall end. */
static struct shared {
    volatile unsigned lines;
    volatile bool stop;
} *shared;

static const char *path(const char *format, ...)
{
    static char p[8][256];
    static unsigned n;
    char *to = p[n++ % 8];
    int at = snprintf(to, sizeof p[0], "%s/", dir);
    va_list ap;
    va_start(ap, format);
    vsnprintf(to + at, sizeof p[0] - (size_t)at, format, ap);
    va_end(ap);
    return to;
}

static int log_open(void)
{
    int fd = open(path("log/a.log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    assert_true(fd >= 0);
    return fd;
}

static void shift(void)
{
    for (unsigned i = KEPT; i > 0; i--)
        (void)!rename(path("log/a.log.%u", i), path("log/a.log.%u", i + 1));
}

static void copy_truncate(int fd)
{
    char room[65536];
    int from = open(path("log/a.log"), O_RDONLY), to = open(path("log/a.log.1"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (ssize_t n; (n = read(from, room, sizeof room)) > 0;)
        assert_int_equal(write(to, room, (size_t)n), n);
    close(from);
    close(to);
    assert_int_equal(ftruncate(fd, 0), 0);
}

static void put_line(int fd, unsigned *seed)
{
    char line[600];
    unsigned n = shared->lines + 1;
    int length = snprintf(line, sizeof line, "%u %.*s\n", n, (int)((*seed = *seed * 1103515245u + 12345u) >> 16) % 400,
                          "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    int half = length / 2; /* in two pieces, so that a line is seen half */
    assert_int_equal(write(fd, line, (size_t)half), half);
    assert_int_equal(write(fd, line + half, (size_t)(length - half)), length - half);
    shared->lines = n;
}

/* Writes, and rotates as logrotate does: renames, goes on in the old file for some lines, makes a new one; or copies and empties. */
static void writer(bool copies)
{
    unsigned seed = 7;
    int fd = log_open();
    while (!shared->stop) {
        unsigned many = 500 + (seed >> 20) % 500;
        for (unsigned i = 0; i < many && !shared->stop; i++) {
            put_line(fd, &seed);
            if (i % 16 == 0)
                nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
        shift();
        if (copies && seed % 3 == 0) {
            copy_truncate(fd);
            continue;
        }
        assert_int_equal(rename(path("log/a.log"), path("log/a.log.1")), 0);
        for (unsigned i = 0; i < 3; i++)
            put_line(fd, &seed);
        close(fd);
        fd = log_open();
    }
    _exit(0);
}

struct taking {
    struct statement *put;
    unsigned lines;
};

static int take(void *arg, const struct follow_item *item)
{
    struct taking *t = arg;
    struct str rest = item->text, line, number;
    uint64_t n;
    while (str_line(&rest, &line)) {
        if (!str_field(&line, ' ', &number) || !str_u64(number, UINT32_MAX, &n))
            return -EBADMSG;
        statement_int(t->put, 1, (int64_t)n);
        int r = statement_run(t->put, NULL);
        if (r < 0)
            return r;
        t->lines++;
    }
    return 0;
}

static struct store *opened(void)
{
    struct store *s;
    struct err err = {0};
    if (store_open(path("db/log.db"), schema, ARRAY_SIZE(schema), &s, &err) < 0)
        fail_msg("%s", err.text);
    return s;
}

static struct follow *begun(struct store *s)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    struct positions p = {0};
    struct follow *f;
    struct err err = {0};
    assert_int_equal(positions_load(s, a, &p, &err), 0);
    struct follow_options o = {.root = &root, .patterns = patterns, .n = 1, .known = p.files.v, .known_n = p.files.n, .read_until = p.read_until, .back = UINT64_MAX};
    assert_int_equal(follow_new(&o, &f, &err), 0);
    return f;
}

/* Reads until it is killed; with `end`, until there is nothing more. Returns the lines that were taken. */
static unsigned reader(bool end)
{
    struct store *s = opened();
    struct follow *f = begun(s);
    struct taking t = {0};
    assert_int_equal(store_prepare(s, "INSERT INTO line VALUES (?1)", &t.put, NULL), 0);
    for (int n; (n = positions_step(s, f, 20000, take, &t, NULL)) > 0 || !end;) {
        if (n < 0 && n != -EBUSY)
            _exit(3);
        if (n == 0)
            (void)!poll(&(struct pollfd){follow_fd(f), POLLIN, 0}, 1, 50);
    }
    statement_donep(&t.put);
    follow_free(f);
    store_close(s);
    return t.lines;
}

static int64_t number_of(struct store *s, const char *sql)
{
    _cleanup_(statement_donep) struct statement *st = NULL;
    assert_int_equal(store_prepare(s, sql, &st, NULL), 0);
    assert_int_equal(statement_step(st, NULL), 1);
    return statement_column_int(st, 0);
}

static void each_line_once(void)
{
    _cleanup_(store_closep) struct store *s = opened();
    int64_t all = number_of(s, "SELECT count(*) FROM line"), distinct = number_of(s, "SELECT count(DISTINCT n) FROM line");
    print_message("%u lines written, %lld counted, %lld of them different\n", shared->lines, (long long)all, (long long)distinct);
    assert_int_equal(all, shared->lines);
    assert_int_equal(distinct, shared->lines);
}

static void make(const char *where)
{
    snprintf(dir, sizeof dir, "%s/bansho-kill-XXXXXX", where);
    assert_non_null(mkdtemp(dir));
    assert_int_equal(mkdir(path("log"), 0700), 0);
    assert_int_equal(mkdir(path("db"), 0700), 0);
    assert_int_equal(root_open(dir, &root, NULL), 0);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
}

static void unmake(void)
{
    char command[256];
    root_close(&root);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
    munmap(shared, sizeof *shared);
}

static void killed_at_any_moment(const char *where, bool copies)
{
    unsigned seed = 3;
    make(where);
    reader(true);
    pid_t w = fork();
    if (w == 0)
        writer(copies);
    for (unsigned i = 0; i < KILLS; i++) {
        pid_t r = fork();
        if (r == 0) {
            reader(false);
            _exit(0);
        }
        seed = seed * 1103515245u + 12345u;
        nanosleep(&(struct timespec){.tv_nsec = (long)((seed >> 16) % 25000) * 1000}, NULL);
        kill(r, SIGKILL);
        int status = 0;
        waitpid(r, &status, 0);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    shared->stop = true;
    waitpid(w, NULL, 0);
    reader(true);
    each_line_once();
    unmake();
}

static void killed_while_renamed(void **state)
{
    (void)state;
    killed_at_any_moment("/tmp", false);
}

static void killed_while_copied(void **state)
{
    (void)state;
    killed_at_any_moment("/tmp", true);
}

static void killed_in_memory(void **state)
{
    (void)state;
    killed_at_any_moment("/dev/shm", true);
}

/* The disk of the store is full: nothing is kept, nothing is lost, and it goes on when there is room. */
static void a_full_disk(void **state)
{
    (void)state;
    make("/tmp");
    if (mount("none", path("db"), "tmpfs", 0, "size=600k") < 0) {
        print_message("skipped: a small file system cannot be mounted\n");
        unmake();
        return;
    }
    struct store *s = opened();
    struct follow *f = begun(s);
    struct taking t = {0};
    struct err err = {0};
    assert_int_equal(store_prepare(s, "INSERT INTO line VALUES (?1)", &t.put, NULL), 0);
    int filler = open(path("db/filler"), O_WRONLY | O_CREAT, 0600);
    char zeros[4096] = {0};
    while (write(filler, zeros, sizeof zeros) > 0)
        ;
    int fd = log_open();
    unsigned seed = 1, failed = 0;
    for (unsigned round = 0; round < 4; round++) {
        for (unsigned i = 0; i < 3000; i++)
            put_line(fd, &seed);
        int n = positions_step(s, f, 1u << 30, take, &t, &err);
        failed += n == -ENOSPC;
        assert_true(n == -ENOSPC);
        if (round == 1) { /* rotated and deleted meanwhile: it is still open */
            assert_int_equal(rename(path("log/a.log"), path("log/a.log.1")), 0);
            close(fd);
            fd = log_open();
        }
        if (round == 2)
            assert_int_equal(unlink(path("log/a.log.1")), 0);
    }
    assert_int_equal(failed, 4);
    assert_int_equal(number_of(s, "SELECT count(*) FROM line"), 0);
    assert_int_equal(ftruncate(filler, 0), 0);
    while (positions_step(s, f, 1u << 30, take, &t, &err) > 0)
        ;
    close(filler);
    close(fd);
    statement_donep(&t.put);
    follow_free(f);
    store_close(s);
    each_line_once();
    assert_int_equal(umount(path("db")), 0);
    unmake();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_while_renamed), cmocka_unit_test(killed_while_copied), cmocka_unit_test(killed_in_memory), cmocka_unit_test(a_full_disk)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
