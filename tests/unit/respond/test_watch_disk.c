/* test_watch_disk.c: a disk that is full, a power loss, machine code that is sealed. */
#include "whole_watch.h"

static void fill(const char *name)
{
    char zeros[4096] = {0};
    int fd = open(path(name), O_WRONLY | O_CREAT, 0600);
    while (write(fd, zeros, sizeof zeros) > 0)
        ;
    close(fd);
}

/* Told once; whom it concerns is shut out all the same; afterwards everything is kept. */
static void a_full_disk(void **state)
{
    (void)state;
    if (mount("none", path("db"), "tmpfs", 0, "size=8m") < 0) {
        print_message("skipped: a small file system cannot be mounted\n");
        return;
    }
    int fd = log_open();
    begin_with(usual());
    fail_times(fd, "203.0.113.24", "info", 1);
    turn();
    fill("db/filler");
    char address[32];
    for (unsigned i = 0; i < 1500; i++) { /* more than what the store has left in its own file */
        snprintf(address, sizeof address, "10.%u.%u.1", i / 250 + 1, i % 250);
        fail_times(fd, address, "info", 5);
    }
    turn();
    assert_true(status().diary.failing);
    assert_non_null(strstr(said.p, "full"));
    size_t told = said.n, whom = asked.n;
    assert_non_null(strstr(asked.p, "10.1.1.1/32"));
    fail_times(fd, "203.0.113.25", "info", 5);
    turn();
    for (unsigned i = 0; i < 50; i++) /* 64 at once */
        turn();
    assert_non_null(strstr(asked.p, "203.0.113.25/32"));
    assert_true(asked.n > whom);
    assert_int_equal(said.n, told);
    unlink(path("db/filler"));
    watch_free(watch); /* it is tried again at the end, at the latest */
    assert_non_null(strstr(said.p, "kept again"));
    whom = asked.n;
    begin_with(usual());
    turn();
    assert_int_equal(asked.n, whom);
    assert_int_equal(status().diary.done, 1501);
    watch_free(watch);
    watch = NULL;
    assert_int_equal(umount(path("db")), 0);
    close(fd);
}

/* The file as the disk has it after a power loss: its first `most` bytes, the last 64 of them torn. */
static void cut_to(const char *from, const char *to, size_t most)
{
    static char bytes[4 << 20];
    int in = open(path(from), O_RDONLY), out = open(path(to), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(in >= 0 && out >= 0);
    size_t n = (size_t)read(in, bytes, sizeof bytes);
    if (n > most) {
        n = most;
        memset(bytes + n - (n < 64 ? n : 64), 0x5a, n < 64 ? n : 64);
    }
    assert_int_equal(write(out, bytes, n), n);
    close(in);
    close(out);
}

/* Power is lost at any moment: of what was committed since the store's log was last on disk any number of bytes is gone. The lines are read again, also those of a file that was
   rotated meanwhile, and everybody is shut out under the id that the wall knows already. */
static void power_loss(void **state)
{
    (void)state;
    char address[32], was[4096], ids_were[16384];
    struct stat first = {0}; /* what the first save of a process wrote is on disk */
    int fd = log_open();
    begin_with(usual());
    for (unsigned i = 0; i < 30; i++) {
        snprintf(address, sizeof address, "10.%u.0.1", i + 1);
        fail_times(fd, address, "info", 5);
        if (i == 15) { /* as logrotate does */
            assert_int_equal(rename(path("log/proftpd.log"), path("log/proftpd.log.1")), 0);
            close(fd);
            fd = log_open();
        }
        answers = false;
        turn(); /* a transaction each, at least */
        if (i == 0)
            assert_int_equal(stat(path("db/watch.db-wal"), &first), 0);
    }
    snprintf(was, sizeof was, "%s", asked.p);
    snprintf(ids_were, sizeof ids_were, "%s", ids.p);
    answer_all(NULL);
    cut_to("db/watch.db", "db/kept", SIZE_MAX);
    cut_to("db/watch.db-wal", "db/kept-wal", SIZE_MAX);
    watch_free(watch);
    struct stat st;
    assert_int_equal(stat(path("db/kept-wal"), &st), 0);
    unsigned lost = 0;
    for (off_t at = first.st_size + 64; at < st.st_size + 6000; at += 6007) { /* any place within a page */
        buf_reset(&asked);
        buf_reset(&ids);
        cut_to("db/kept", "db/watch.db", SIZE_MAX);
        cut_to("db/kept-wal", "db/watch.db-wal", (size_t)at);
        unlink(path("db/watch.db-shm"));
        answers = true;
        begin_with(usual());
        turn();
        assert_int_equal(status().diary.done, 30);
        struct str rest = str_of(asked.p ? asked.p : ""), one;
        for (; str_field(&rest, ' ', &one); lost++)
            if (one.n)
                assert_non_null(strstr(was, arena_dup(machine_arena, one)));
        struct arena *a = arena_new(1u << 20);
        for (unsigned i = 0; i < 30; i++) {
            struct diary_verdicts v = {0};
            struct addr who;
            snprintf(address, sizeof address, "10.%u.0.1", i + 1);
            assert_true(addr_parse(str_of(address), &who));
            assert_int_equal(diary_verdicts_of(watch_diary(watch), &who, 10, a, &v, NULL), 0);
            assert_int_equal(v.list.n, 1);
            assert_non_null(strstr(ids_were, v.list.v[0].id));
        }
        arena_free(a);
        watch_free(watch);
        watch = NULL;
    }
    assert_true(lost > 60); /* the cuts took something away, mostly */
    close(fd);
}

/* What was told with a number that a power loss took away is told once more, and what comes after it is told, too. */
static void numbers_after_a_power_loss(void **state)
{
    (void)state;
    int64_t at = 0;
    char diary[64];
    int fd = log_open();
    begin_with(usual());
    fail_times(fd, "203.0.113.17", "info", 5);
    turn();
    assert_string_equal(since(NULL, &at, diary), "203.0.113.17/32 done ");
    cut_to("db/watch.db", "db/kept", SIZE_MAX);
    cut_to("db/watch.db-wal", "db/kept-wal", SIZE_MAX);
    fail_times(fd, "203.0.113.18", "info", 5);
    turn();
    assert_string_equal(since(diary, &at, diary), "203.0.113.18/32 done ");
    watch_free(watch);
    cut_to("db/kept", "db/watch.db", SIZE_MAX);
    cut_to("db/kept-wal", "db/watch.db-wal", SIZE_MAX);
    unlink(path("db/watch.db-shm"));
    begin_with(usual());
    fail_times(fd, "203.0.113.19", "info", 5);
    turn();
    assert_string_equal(since(diary, &at, diary), "203.0.113.18/32 done 203.0.113.19/32 done ...");
    assert_string_equal(since(diary, &at, diary), "");
    close(fd);
}

static void idle_wants_nothing(void **state)
{
    (void)state;
    int fd = log_open();
    begin_with(usual());
    turn();
    watch_free(watch);
    begin_with(usual());
    turn();
    turn();
    assert_int_equal(watch_timeout(watch), -1);
    close(fd);
}

/* In a child: its machine code is sealed for ever. */
static void sealed(void)
{
    struct watch_options o = usual();
    struct err err = {0};
    int fd = log_open();
    signal(SIGSEGV, SIG_DFL); /* cmocka's handler would go on with the next test */
    if (watch_new(&o, &watch, &err) < 0 || watch_seal(watch, &err) < 0 || watch_begin(watch, &err) < 0)
        _exit(2);
    fail_times(fd, "203.0.113.7", "ren\xc3\xa9", 5);
    fail_times(fd, "203.0.113.8", "broken\xe9", 5);
    turn();
    watch_free(watch);
    _exit(strcmp(asked.p ? asked.p : "", "203.0.113.7/32 203.0.113.8/32 ") == 0 ? 0 : 3);
}

/* Names that are not ASCII, or not even UTF-8, are read like all others, and the end is an orderly one. */
static void sealed_and_any_name(void **state)
{
    (void)state;
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        sealed();
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(a_full_disk), TEST(power_loss), TEST(numbers_after_a_power_loss), TEST(idle_wants_nothing), TEST(sealed_and_any_name)};
    return cmocka_run_group_tests(tests, machine_begin, machine_end);
}
