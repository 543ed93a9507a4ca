/* test_follow.c: real files, real inotify. What a follow hands out is written down as text: lines as they are, news as <kind log>. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/buf.h"
#include "base/worker.h"
#include "log/follow_parts.h"
#include "log/lines.h"
#include "log/positions.h"
#include "shell.h"
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char dir[] = "/tmp/bansho-follow-XXXXXX";
static struct root root;

#define in_dir(text, ...) shell("cd %s && " text, dir, ##__VA_ARGS__)

static int fresh(void **state)
{
    (void)state;
    shell("find %s -mindepth 1 -delete", dir);
    return 0;
}

static const char *const *asked;

static struct follow *begin(const char *const *patterns, const struct positions *known, uint64_t back)
{
    asked = patterns;
    struct follow_options o = {.root = &root, .patterns = patterns, .back = back};
    struct follow *f;
    struct err err = {0};
    while (patterns[o.n])
        o.n++;
    if (known) {
        o.known = known->files.v;
        o.known_n = known->files.n;
        o.read_until = known->read_until;
    }
    assert_int_equal(follow_new(&o, &f, &err), 0);
    return f;
}

static const char *const kinds[] = {"", "truncated", "missed", "refused", "unreadable", "overflow", "unwatched", "too many"};

/* All that is there now. */
static const char *told(struct follow *f)
{
    static char text[65536];
    struct follow_item item;
    struct buf b = BUF(sizeof text - 1);
    while (follow_next(f, &item) > 0) {
        if (item.kind == FOLLOW_LINES) {
            assert_int_equal(item.text.p[item.text.n - 1], '\n');
            assert_int_equal(fnmatch(asked[item.pattern], item.log, FNM_PATHNAME), 0);
            buf_adds(&b, item.text);
        } else {
            buf_printf(&b, "<%s %s>\n", kinds[item.kind], item.log);
        }
    }
    assert_false(b.full);
    memcpy(text, b.p ? b.p : "", b.n + 1);
    buf_free(&b);
    return text;
}

static bool wakes(const struct follow *f)
{
    struct pollfd p = {follow_fd(f), POLLIN, 0};
    return poll(&p, 1, 5000) == 1;
}

static const char *const one[] = {"/log/a.log", NULL};

static void lines_as_they_are_written(void **state)
{
    (void)state;
    in_dir("mkdir log && printf 'old\\nhalf' >log/a.log");
    _cleanup_(follow_freep) struct follow *f = begin(one, NULL, 0);
    assert_string_equal(told(f), "");
    in_dir("printf ' old\\nnew\\npar' >>log/a.log");
    assert_true(wakes(f));
    assert_string_equal(told(f), "new\n");
    in_dir("printf 'tial' >>log/a.log");
    assert_string_equal(told(f), "");
    in_dir("printf ' line\\n\\n' >>log/a.log");
    assert_string_equal(told(f), "partial line\n\n");
    assert_string_equal(told(f), "");
}

static void beginnings(void **state)
{
    (void)state;
    static const struct { uint64_t back; const char *want; } table[] = {{0, ""}, {1, ""}, {4, ""}, {6, "three\n"}, {9, "three\n"}, {10, "two\nthree\n"}, {12, "two\nthree\n"}, {UINT64_MAX, "one\ntwo\nthree\n"}};
    in_dir("mkdir log && printf 'one\\ntwo\\nthree\\n' >log/a.log");
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(follow_freep) struct follow *f = begin(one, NULL, table[i].back);
        assert_string_equal(told(f), table[i].want);
    }
}

/* Renamed and made anew, by both orders of logrotate; the old one is written to for a while. */
static void through_rename_and_create(void **state)
{
    (void)state;
    in_dir("mkdir log && echo 0 >log/a.log");
    _cleanup_(follow_freep) struct follow *f = begin(one, NULL, 0);
    in_dir("echo 1 >>log/a.log && mv log/a.log log/a.log.1 && echo 2 >>log/a.log.1 && echo 3 >log/a.log && echo 4 >>log/a.log.1");
    assert_string_equal(told(f), "1\n2\n4\n3\n");
    in_dir("echo 5 >>log/a.log.1; echo 6 >>log/a.log");
    assert_string_equal(told(f), "5\n6\n");
    /* Twice before anybody looks. */
    in_dir("mv log/a.log.1 log/a.log.2; mv log/a.log log/a.log.1; echo 7 >log/a.log; mv log/a.log.1 log/a.log.3; mv log/a.log log/a.log.1; echo 8 >log/a.log; echo 9 >>log/a.log.2; echo 10 >>log/a.log.3");
    const char *all = told(f);
    const char *const want[] = {"7\n", "8\n", "9\n", "10\n"};
    assert_int_equal(strlen(all), 9);
    for (size_t i = 0; i < ARRAY_SIZE(want); i++)
        assert_non_null(strstr(all, want[i]));
    /* Packed, and gone. */
    in_dir("gzip log/a.log.1 log/a.log.2 log/a.log.3; echo 11 >>log/a.log");
    assert_string_equal(told(f), "11\n");
}

/* The names of dateext with extension fit the pattern as well: the same file is not read twice. */
static void a_rotated_name_that_fits_too(void **state)
{
    (void)state;
    static const char *const patterns[] = {"/log/*.log", NULL};
    in_dir("mkdir log && echo 0 >log/a.log");
    _cleanup_(follow_freep) struct follow *f = begin(patterns, NULL, UINT64_MAX);
    assert_string_equal(told(f), "0\n");
    in_dir("mv log/a.log log/a-20261130.log && echo 1 >log/a.log && echo 2 >>log/a-20261130.log");
    assert_string_equal(told(f), "2\n1\n");
}

static void through_copytruncate(void **state)
{
    (void)state;
    in_dir("mkdir log && echo 0 >log/a.log");
    _cleanup_(follow_freep) struct follow *f = begin(one, NULL, 0);
    in_dir("echo 1 >>log/a.log");
    assert_string_equal(told(f), "1\n");
    /* Longer afterwards than before; what was not read yet is in the copy. */
    in_dir("echo 2 >>log/a.log; cp log/a.log log/a.log.1; : >log/a.log; printf '3\\n4\\n5\\n6\\n7\\n' >>log/a.log");
    assert_string_equal(told(f), "2\n3\n4\n5\n6\n7\n");
    in_dir("echo 8 >>log/a.log; cp log/a.log log/a.log-$(date +%%Y%%m%%d); : >log/a.log");
    assert_string_equal(told(f), "8\n");
    in_dir(": >log/a.log; echo 9 >>log/a.log");
    assert_string_equal(told(f), "9\n");
    /* Emptied without a copy. */
    in_dir("echo 10 >>log/a.log; : >log/a.log; echo 11 >>log/a.log");
    char want[128];
    snprintf(want, sizeof want, "<truncated /log/a.log>\n11\n");
    assert_string_equal(told(f), want);
}

static void deleted_and_made_again(void **state)
{
    (void)state;
    in_dir("mkdir log && echo 0 >log/a.log");
    _cleanup_(follow_freep) struct follow *f = begin(one, NULL, 0);
    assert_string_equal(told(f), "");
    in_dir("exec 5>>log/a.log; echo 1 >&5; sleep 0; rm log/a.log; echo 2 >&5; echo 3 >log/a.log; echo 4 >&5");
    assert_string_equal(told(f), "1\n2\n4\n3\n");
    /* Moved out of what is watched. */
    in_dir("mkdir away; exec 5>>log/a.log; mv log/a.log away; echo 5 >&5; echo 6 >log/a.log; echo 7 >&5");
    assert_string_equal(told(f), "5\n7\n6\n");
    in_dir("rm -r log");
    assert_string_equal(told(f), "");
    in_dir("mkdir log; echo 8 >log/a.log");
    assert_string_equal(told(f), "8\n");
}

/* Written to and deleted at once: what is open is read to its end, of another that is told. */
static void deleted_before_it_was_read(void **state)
{
    (void)state;
    in_dir("mkdir log && printf 'a\\n' >log/a.log");
    _cleanup_(follow_freep) struct follow *f = begin(one, NULL, UINT64_MAX);
    in_dir("rm log/a.log && sleep 0.1");
    assert_string_equal(told(f), "<missed /log/a.log>\n");
    in_dir("printf 'b\\n' >log/a.log");
    assert_string_equal(told(f), "b\n");
    in_dir("printf 'c\\n' >>log/a.log; rm log/a.log");
    assert_string_equal(told(f), "c\n");
    assert_string_equal(told(f), "");
}

/* That it cannot be read is not that it is another one. */
static void what_cannot_be_compared(void **state)
{
    (void)state;
    struct file x = {.head = 7, .head_n = 3, .now = {.offset = 3}};
    int fd = open(dir, O_RDONLY | O_DIRECTORY);
    assert_int_equal(file_same(&x, fd), -EISDIR);
    close(fd);
    in_dir("printf abc >same");
    fd = root_openat(&root, "/same", O_RDONLY);
    assert_int_equal(file_same(&x, fd), 0);
    x.head = fingerprint(STR("abc"));
    assert_int_equal(file_same(&x, fd), 1);
    close(fd);
}

static void directories_that_appear_later(void **state)
{
    (void)state;
    static const char *const patterns[] = {"/sites/*/logs/*access*log", "/log/a.log", NULL};
    _cleanup_(follow_freep) struct follow *f = begin(patterns, NULL, 0);
    assert_string_equal(told(f), "");
    in_dir("mkdir -p sites/one/logs sites/two; echo 1 >sites/one/logs/access_log; echo x >sites/one/logs/error_log");
    assert_string_equal(told(f), "1\n");
    in_dir("mkdir sites/two/logs; echo 2 >sites/two/logs/ssl_access.log; echo 3 >>sites/one/logs/access_log");
    assert_int_equal(strlen(told(f)), 4);
    in_dir("mv sites/one sites/three; echo 4 >>sites/three/logs/access_log; mkdir log; echo 5 >log/a.log");
    const char *all = told(f);
    assert_non_null(strstr(all, "4\n"));
    assert_non_null(strstr(all, "5\n"));
    assert_int_equal(strlen(all), 4);
    in_dir("rm -r sites/three/logs; mkdir sites/three/logs; echo 6 >sites/three/logs/access_log; rm -r log");
    assert_string_equal(told(f), "6\n");
    /* A wildcard does not lead through a link that a stranger made. */
    in_dir("mkdir -p secret sites/four; echo 7 >secret/access_log; ln -s ../../secret sites/four/logs");
    assert_string_equal(told(f), "");
    struct follow_counts c = follow_counts(f);
    assert_true(c.watches <= 7);
}

static void what_is_no_log(void **state)
{
    (void)state;
    static const char *const patterns[] = {"/log/*.log", NULL};
    in_dir("mkdir log log/dir.log && mkfifo log/fifo.log && ln -s /etc/passwd log/link.log && echo 1 >log/z.log && gzip -c log/z.log >log/p.log.gz");
    _cleanup_(follow_freep) struct follow *f = begin(patterns, NULL, UINT64_MAX);
    const char *all = told(f);
    assert_non_null(strstr(all, "<refused /log/fifo.log>\n"));
    assert_non_null(strstr(all, "<refused /log/link.log>\n"));
    assert_non_null(strstr(all, "1\n"));
    assert_int_equal(strlen(all), 48 + 2);
    in_dir("rm log/link.log log/fifo.log; ln -s /etc/passwd log/link.log; mkfifo log/fifo.log");
    assert_string_equal(told(f), "");
    in_dir("rm log/link.log; echo 2 >log/link.log");
    assert_string_equal(told(f), "2\n");
}

static void long_lines_and_nul(void **state)
{
    (void)state;
    in_dir("mkdir log; : >log/a.log");
    _cleanup_(follow_freep) struct follow *f = begin(one, NULL, 0);
    struct follow_item item;
    for (unsigned n = LINES_LONGEST - 1; n <= LINES_LONGEST + 1; n++) {
        in_dir("head -c %u /dev/zero >>log/a.log; printf '\\nshort\\n' >>log/a.log", n);
        assert_int_equal(follow_next(f, &item), 1);
        assert_int_equal(item.text.n, LINES_LONGEST);
        assert_int_equal(item.cut, n == LINES_LONGEST - 1 ? 0 : 1);
        assert_int_equal(item.text.p[0], 0);
        assert_string_equal(told(f), "short\n");
    }
    /* Without an end, bit by bit: what was looked at is not looked at again, and the beginning comes when there is enough. */
    for (unsigned i = 0; i < 40; i++) {
        in_dir("head -c 30000 /dev/zero >>log/a.log");
        int r = follow_next(f, &item);
        assert_int_equal(r, i == 34);
        if (r)
            assert_int_equal(item.cut, 1);
    }
    in_dir("printf '\\nnext\\n' >>log/a.log");
    assert_string_equal(told(f), "next\n");
}

static void more_files_than_stay_open(void **state)
{
    (void)state;
    static const char *const patterns[] = {"/log/*.log", NULL};
    in_dir("mkdir log; for i in $(seq 600); do : >log/$i.log; done");
    _cleanup_(follow_freep) struct follow *f = begin(patterns, NULL, 0);
    for (unsigned round = 0; round < 3; round++) {
        in_dir("for i in $(seq 600); do echo x >>log/$i.log; done");
        assert_int_equal(strlen(told(f)), 1200);
    }
    struct follow_counts c = follow_counts(f);
    assert_int_equal(c.files, 600);
    assert_int_equal(c.open, FOLLOW_OPEN_MAX);
    assert_int_equal(c.watches, 1);
}

/* More events than the kernel keeps. */
static void overflow(void)
{
    char limit[32] = "";
    int fd = open("/proc/sys/fs/inotify/max_queued_events", O_RDONLY);
    assert_true(fd >= 0 && read(fd, limit, sizeof limit - 1) > 0);
    close(fd);
    int a = open(dir, O_RDONLY | O_DIRECTORY);
    for (long i = strtol(limit, NULL, 10); i-- > -10;) { /* events that differ from the one before are not joined */
        int x = openat(a, i % 2 ? "log/x" : "log/y", O_WRONLY | O_CREAT | O_APPEND, 0600);
        assert_int_equal(write(x, "x", 1), 1);
        close(x);
    }
    close(a);
}

static void after_an_overflow(void **state)
{
    (void)state;
    static const char *const patterns[] = {"/log/*.log", NULL};
    in_dir("mkdir log; echo 0 >log/a.log; echo 0 >log/b.log");
    _cleanup_(follow_freep) struct follow *f = begin(patterns, NULL, 0);
    assert_string_equal(told(f), "");
    in_dir("echo 1 >>log/a.log");
    overflow();
    in_dir("mv log/a.log log/a.log.1; echo 2 >>log/a.log.1; echo 3 >log/a.log; rm log/b.log; echo 4 >log/c.log");
    const char *all = told(f);
    assert_non_null(strstr(all, "<overflow >\n"));
    assert_non_null(strstr(all, "1\n2\n"));
    assert_non_null(strstr(all, "3\n"));
    assert_non_null(strstr(all, "4\n"));
    assert_int_equal(strlen(all), 12 + 8);
    in_dir("echo 5 >>log/a.log; echo 6 >>log/a.log.1");
    assert_string_equal(told(f), "6\n5\n");
}

/* Rotated twice meanwhile: what stood in between was never seen under its own name. Whether the log is open at that time or not. */
static void rotated_twice_in_an_overflow(void **state)
{
    (void)state;
    static const char *const patterns[] = {"/log/*.log", NULL};
    for (unsigned open = 0; open < 2; open++) {
        fresh(NULL);
        in_dir("mkdir log; echo 0 >log/a.log; echo old >log/a.log.1; touch -d '1 day ago' log/a.log.1");
        _cleanup_(follow_freep) struct follow *f = begin(patterns, NULL, 0);
        assert_string_equal(told(f), "");
        if (open) {
            in_dir("echo 1 >>log/a.log");
            assert_string_equal(told(f), "1\n");
        }
        overflow();
        in_dir("echo 2 >>log/a.log; mv log/a.log.1 log/a.log.2; mv log/a.log log/a.log.1; echo 3 >log/a.log");
        in_dir("mv log/a.log.2 log/a.log.3; mv log/a.log.1 log/a.log.2; mv log/a.log log/a.log.1; echo 4 >log/a.log");
        assert_string_equal(told(f), "<overflow >\n2\n3\n4\n");
        overflow();
        assert_string_equal(told(f), "<overflow >\n");
    }
}

/* What was read and forgotten since the start is not taken for what came in between. */
static void not_twice_after_an_overflow(void **state)
{
    (void)state;
    static const char *const patterns[] = {"/log/*.log", NULL};
    in_dir("mkdir log; echo 0 >log/a.log");
    struct positions earlier = {.read_until = 1};
    _cleanup_(follow_freep) struct follow *f = begin(patterns, &earlier, 0);
    assert_string_equal(told(f), "0\n");
    in_dir("mv log/a.log log/a.log.1; echo 1 >log/a.log; touch -d '1 hour ago' log/a.log.1");
    assert_string_equal(told(f), "1\n");
    struct stat st;
    char path[128];
    snprintf(path, sizeof path, "%s/log/a.log.1", dir);
    assert_int_equal(stat(path, &st), 0);
    file_drop(f, file_by_inode(f, st.st_dev, st.st_ino)); /* as after a day */
    file_close(f, file_by_name(f, dir_of_path(f, "/log"), "a.log"));
    overflow();
    in_dir("mv log/a.log.1 log/a.log.2; mv log/a.log log/a.log.1; echo 2 >log/a.log");
    assert_string_equal(told(f), "<overflow >\n2\n");
}

/* --- what is kept between two readings */

static const char *const schema[] = {POSITIONS_SCHEMA, "CREATE TABLE line (n INTEGER NOT NULL, text TEXT NOT NULL)"};

static struct store *store(void)
{
    char path[128];
    struct store *s;
    struct err err = {0};
    snprintf(path, sizeof path, "%s/db/log.db", dir);
    assert_int_equal(store_open(path, schema, ARRAY_SIZE(schema), &s, &err), 0);
    return s;
}

/* A reading of its own: begins where the last one ended, takes all, ends. */
static const char *reading(const char *const *patterns)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    _cleanup_(store_closep) struct store *s = store();
    struct positions p = {0};
    assert_int_equal(positions_load(s, a, &p, NULL), 0);
    _cleanup_(follow_freep) struct follow *f = begin(patterns, &p, 0);
    const char *all = told(f);
    if (follow_pending(f)) {
        assert_int_equal(store_begin(s, NULL), 0);
        assert_int_equal(positions_put(s, f, NULL), 0);
        assert_int_equal(store_commit(s, NULL), 0);
        follow_done(f);
    }
    return all;
}

static void goes_on_where_it_was(void **state)
{
    static const char *const two[] = {"/log/0.log", "/log/a.log", NULL}; /* whose lines they are is known by the pattern: of rotated files, too */
    (void)state;
    in_dir("mkdir log && echo 0 >log/a.log");
    assert_string_equal(reading(two), "");
    in_dir("echo 1 >>log/a.log; printf half >>log/a.log");
    assert_string_equal(reading(two), "1\n");
    in_dir("echo ' line' >>log/a.log");
    assert_string_equal(reading(two), "half line\n");
    /* Rotated twice meanwhile: the rest of the old one, the one between, the new one. */
    in_dir("echo 2 >>log/a.log; mv log/a.log log/a.log.1; echo 3 >log/a.log; mv log/a.log.1 log/a.log.2; mv log/a.log log/a.log.1; echo 4 >log/a.log");
    assert_string_equal(reading(two), "2\n3\n4\n");
    assert_string_equal(reading(two), "");
    in_dir("echo 5 >>log/a.log.2; echo 6 >>log/a.log");
    assert_string_equal(reading(two), "5\n6\n");
    /* copytruncate meanwhile. */
    in_dir("rm log/a.log.*; echo 7 >>log/a.log; cp log/a.log log/a.log.1; : >log/a.log; echo 8 >>log/a.log");
    assert_string_equal(reading(two), "7\n8\n");
    /* Rotated and packed meanwhile: lines may be missing, and that is said. */
    in_dir("rm log/a.log.*; echo 9 >>log/a.log; mv log/a.log log/a.log.1; echo 10 >log/a.log; gzip log/a.log.1");
    assert_string_equal(reading(two), "<missed /log/a.log>\n10\n");
    /* A log that is new since then is read from its beginning, and its inode is that of an old one: never mind. */
    in_dir("rm log/*; echo 11 >log/a.log");
    const char *all = reading(two);
    assert_non_null(strstr(all, "11\n"));
    assert_string_equal(reading(two), "");
}

static void what_is_not_followed_any_more(void **state)
{
    static const char *const two[] = {"/log/0.log", "/log/a.log", NULL}, *const other[] = {"/log/0.log", NULL};
    (void)state;
    in_dir("mkdir log && echo 0 >log/a.log; echo 0 >log/0.log");
    assert_string_equal(reading(two), "");
    in_dir("echo 1 >>log/a.log; mv log/a.log log/a.log.1; echo 2 >>log/0.log");
    assert_string_equal(reading(other), "2\n");
}

static void undone_lines_come_again(void **state)
{
    (void)state;
    in_dir("mkdir log && echo 0 >log/a.log");
    _cleanup_(follow_freep) struct follow *f = begin(one, NULL, 0);
    assert_string_equal(told(f), "");
    follow_done(f);
    in_dir("echo 1 >>log/a.log; mv log/a.log log/a.log.1; echo 2 >log/a.log");
    assert_string_equal(told(f), "1\n2\n");
    in_dir("rm log/a.log.1");
    follow_undo(f);
    assert_string_equal(told(f), "1\n2\n");
    follow_undo(f);
    in_dir("echo 3 >>log/a.log; cp log/a.log log/a.log.1; : >log/a.log; echo 4 >>log/a.log");
    assert_string_equal(told(f), "1\n2\n3\n4\n");
    follow_undo(f);
    assert_string_equal(told(f), "1\n2\n3\n4\n");
    follow_done(f);
    follow_undo(f);
    assert_string_equal(told(f), "");
}

static void a_change_of_source_is_a_cut(void **state)
{
    (void)state;
    static const struct { const char *service, *kind; int64_t now; int want; } table[] = {
        {"openssh", "files", 100, 0}, {"postfix", "journal", 100, 0}, {"openssh", "files", 200, 0}, {"openssh", "journal", 300, 1}, {"openssh", "journal", 400, 0}, {"postfix", "journal", 400, 0},
        {"openssh", "files", 500, 1}};
    assert_string_equal(reading(one), "");
    _cleanup_(store_closep) struct store *s = store();
    int64_t until = -1;
    assert_int_equal(store_begin(s, NULL), 0);
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        assert_int_equal(positions_source(s, table[i].service, table[i].kind, table[i].now, &until, NULL), table[i].want);
    assert_true(until >= 0);
    assert_int_equal(store_commit(s, NULL), 0);
}

static void the_journal_s_position_is_kept(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(65536);
    struct journal_position p = {.cursor = "s=1;i=2", .time_us = 7, .seen_us = 9}, got = {0};
    in_dir("mkdir -p db");
    _cleanup_(store_closep) struct store *s = store();
    assert_int_equal(positions_journal(s, "guard", a, &got, NULL), 0);
    assert_int_equal(store_begin(s, NULL), 0);
    assert_int_equal(positions_put_journal(s, "guard", &p, NULL), 0);
    assert_int_equal(store_commit(s, NULL), 0);
    assert_int_equal(positions_journal(s, "guard", a, &got, NULL), 1);
    assert_string_equal(got.cursor, p.cursor);
    assert_int_equal(got.time_us + got.seen_us, 16);
}

static int confined(void *arg, struct buf *out)
{
    struct follow_options o = {.root = &root, .patterns = one, .n = 1, .back = UINT64_MAX};
    struct follow *f;
    struct follow_item item;
    (void)arg;
    int r = follow_new(&o, &f, NULL);
    while (r == 0 && follow_next(f, &item) > 0)
        buf_adds(out, item.text);
    return r;
}

static void within_a_confined_process(void **state)
{
    (void)state;
    _cleanup_(buf_free) struct buf out = BUF(1000);
    struct worker_options o = {.kind = WORKER_FILES};
    in_dir("mkdir log && echo 1 >log/a.log && chmod 600 log/a.log");
    assert_int_equal(worker_run(&o, confined, NULL, &out, NULL), 0);
    assert_string_equal(out.p, "1\n");
}

int main(void)
{
    assert_non_null(mkdtemp(dir));
    chmod(dir, 0755);
    assert_int_equal(root_open(dir, &root, NULL), 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lines_as_they_are_written, fresh), cmocka_unit_test_setup(beginnings, fresh), cmocka_unit_test_setup(through_rename_and_create, fresh),
        cmocka_unit_test_setup(a_rotated_name_that_fits_too, fresh), cmocka_unit_test_setup(through_copytruncate, fresh), cmocka_unit_test_setup(deleted_and_made_again, fresh), cmocka_unit_test_setup(deleted_before_it_was_read, fresh), cmocka_unit_test_setup(what_cannot_be_compared, fresh),
        cmocka_unit_test_setup(directories_that_appear_later, fresh), cmocka_unit_test_setup(what_is_no_log, fresh), cmocka_unit_test_setup(long_lines_and_nul, fresh),
        cmocka_unit_test_setup(more_files_than_stay_open, fresh), cmocka_unit_test_setup(after_an_overflow, fresh), cmocka_unit_test_setup(rotated_twice_in_an_overflow, fresh), cmocka_unit_test_setup(not_twice_after_an_overflow, fresh),
        cmocka_unit_test_setup(goes_on_where_it_was, fresh), cmocka_unit_test_setup(what_is_not_followed_any_more, fresh),
        cmocka_unit_test_setup(undone_lines_come_again, fresh), cmocka_unit_test_setup(a_change_of_source_is_a_cut, fresh), cmocka_unit_test_setup(the_journal_s_position_is_kept, fresh),
        cmocka_unit_test_setup(within_a_confined_process, fresh),
    };
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    shell("rm -rf %s", dir);
    root_close(&root);
    return r;
}
