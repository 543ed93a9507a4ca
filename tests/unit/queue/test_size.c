#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "queue/size.h"
#include "queue/spools.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static struct root root;
static struct arena *arena;
static char dir[] = "/tmp/bansho-spool-XXXXXX";

static void knows_message_names(void **state)
{
    (void)state;
    static const struct { enum spool_kind kind; const char *name; bool want; int64_t time; } table[] = {
        {SPOOL_POSTFIX, "3F2A41C0B7", true, 0},
        {SPOOL_POSTFIX, "4TQ3Kf1xBqz2Rc", true, 1706708934}, /* 4TQ3Kf in base 52 */
        {SPOOL_POSTFIX, "zzz", false, 0},
        {SPOOL_POSTFIX, "core.123", false, 0},
        {SPOOL_POSTFIX, "", false, 0},
        {SPOOL_QMAIL, "4242", true, 0},
        {SPOOL_QMAIL, "42a", false, 0},
        {SPOOL_EXIM, "1rakXp-0001aB-2c-H", true, 1708037369},
        {SPOOL_EXIM, "1rakXp-0001aB-2c-D", false, 0},
        {SPOOL_EXIM, "-H", false, 0},
        {SPOOL_EXIM, "!!!!!!-0001aB-2c-H", false, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        int64_t t = -1;
        assert_int_equal(spool_message(table[i].kind, table[i].name, &t), table[i].want);
        if (table[i].want)
            assert_int_equal(t, table[i].time);
    }
}

static void put(const char *path)
{
    int fd = openat(root.fd, path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void tree(const char *const *dirs)
{
    for (; *dirs; dirs++)
        assert_int_equal(mkdirat(root.fd, *dirs, 0755), 0);
}

static void counts_hashed_directories(void **state)
{
    (void)state;
    static const char *const dirs[] = {"q", "q/maildrop", "q/incoming", "q/active", "q/deferred", "q/hold", "q/deferred/A", "q/deferred/A/B", "q/deferred/0", NULL};
    tree(dirs);
    put("q/maildrop/3F2A41C0B7");
    put("q/deferred/A/B/AB2A41C0B7");
    put("q/deferred/0/0B2A41C0B8");
    put("q/deferred/0/0B2A41C0B9");
    put("q/hold/not.a.message");
    assert_int_equal(symlinkat("/", root.fd, "q/hold/AAAAAAAA"), 0); /* never followed */
    struct spool_count c;
    assert_int_equal(spool_count(&root, "/q", SPOOL_POSTFIX, arena, &c), 0);
    assert_int_equal(c.total, 4);
    assert_int_equal(c.in[0], 1);
    assert_int_equal(c.in[3], 3);
    assert_int_equal(c.in[4], 0);
    assert_true(c.oldest == 0 || llabs((long long)(c.oldest - time(NULL))) < 100);
    assert_true(c.room_total > 0);
    assert_null(c.unseen);
}

static void what_is_not_seen_is_not_zero(void **state)
{
    (void)state;
    static const char *const dirs[] = {"p", "p/maildrop", "p/incoming", "p/deferred", "p/hold", "fresh", NULL};
    tree(dirs);
    put("p/deferred/3F2A41C0B7");
    struct spool_count c;
    assert_int_equal(spool_count(&root, "/p", SPOOL_POSTFIX, arena, &c), -ENOENT);
    assert_string_equal(c.unseen, "/p/active");
    assert_int_equal(c.total, 1);
    assert_false(c.absent);
    assert_int_equal(spool_count(&root, "/fresh", SPOOL_POSTFIX, arena, &c), -ENOENT);
    assert_true(c.absent);
    assert_int_equal(spool_count(&root, "/nowhere", SPOOL_POSTFIX, arena, &c), -ENOENT);
    assert_false(c.absent);
}

/* A server whose queue was emptied, or hidden by a mount, has no short queue. */
static void an_emptied_queue_is_not_seen(void **state)
{
    (void)state;
    static const struct { bool absent, ran; int code, want; } table[] = {
        {true, true, -ENOENT, -ESTALE}, {true, false, -ENOENT, 0}, {false, true, -ENOENT, -ENOENT}, {false, true, -EXDEV, -EXDEV}, {false, true, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct spool_instance s = {.path = "/q", .ran = table[i].ran};
        struct spool_count c = {.absent = table[i].absent};
        assert_int_equal(spool_judged(&s, table[i].code, &c, arena), table[i].want);
        assert_int_equal(c.absent, table[i].absent && !table[i].ran);
    }
    struct findings out = {.arena = arena};
    struct spool_seen seen = {.object = "", .path = "/q", .code = -ESTALE, .count = {.unseen = "/q"}};
    queue_size_judge(&seen, 1800000000, true, &out);
    assert_int_equal(out.list.v[0].state, STATE_UNKNOWN);
    assert_non_null(strstr(out.list.v[0].evidence.v[0].text, "emptied"));
}

static void judges(void **state)
{
    (void)state;
    static const struct { uint64_t n, room; int code; enum state want; } table[] = {
        {0, 1ull << 40, 0, STATE_OK}, {499, 1ull << 40, 0, STATE_OK}, {500, 1ull << 40, 0, STATE_WARN}, {1999, 1ull << 40, 0, STATE_WARN}, {2000, 1ull << 40, 0, STATE_FAIL},
        {3, 12ull << 20, 0, STATE_FAIL}, {3, 300ull << 20, 0, STATE_WARN}, {600, 10ull << 20, 0, STATE_FAIL}, {3, 600ull << 20, 0, STATE_OK},
        {3, 1ull << 40, -EACCES, STATE_UNKNOWN}, {2500, 1ull << 40, -EACCES, STATE_FAIL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct findings out = {.arena = arena};
        struct spool_seen s = {.object = "", .path = "/q", .code = table[i].code, .message_limit = 10240000,
                               .count = {.total = table[i].n, .room = table[i].room, .room_total = 1ull << 41, .unseen = table[i].code ? "/q/active" : NULL}};
        queue_size_judge(&s, 1800000000, true, &out);
        assert_int_equal(out.list.n, 1);
        assert_int_equal(out.list.v[0].state, table[i].want);
        assert_true(out.list.v[0].evidence.n > 0);
        if (table[i].want == STATE_WARN || table[i].want == STATE_FAIL)
            assert_non_null(out.list.v[0].next);
    }
}

#define THEN 1800000000
/* One look an hour at a queue of that length, so many days long. */
static int64_t live(struct usual *u, int64_t from, int days, uint64_t length)
{
    for (int h = 0; h < days * 24; h++)
        usual_learn(u, from + (int64_t)h * 3600, length);
    return from + (int64_t)days * DAY;
}

static void learns_what_is_usual(void **state)
{
    (void)state;
    static const struct { int days; uint64_t usual, now; enum state want; } table[] = {
        {0, 0, 499, STATE_OK}, {0, 0, 500, STATE_WARN},          /* a first look */
        {6, 3, 400, STATE_OK}, {6, 3000, 3000, STATE_FAIL},      /* not yet known */
        {8, 3, 99, STATE_OK}, {8, 3, 100, STATE_WARN}, {8, 3, 500, STATE_FAIL},
        {8, 300, 1400, STATE_OK}, {8, 300, 1501, STATE_WARN}, {8, 300, 6001, STATE_FAIL},
        {90, 1000000, 9999, STATE_OK}, {90, 1000000, 10000, STATE_WARN}, {90, 1000000, 40000, STATE_FAIL}, /* nothing is so usual that it is never told */
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct findings out = {.arena = arena};
        struct spool_seen s = {.object = "", .path = "/q", .count = {.total = table[i].now}};
        int64_t now = live(&s.usual, THEN, table[i].days, table[i].usual);
        queue_size_judge(&s, now, true, &out);
        assert_int_equal(out.list.v[0].state, table[i].want);
    }
}

static void goes_to_and_fro_once(void **state)
{
    (void)state;
    static const struct { enum state was; uint64_t n, room; enum state want; } table[] = {
        {STATE_OK, 499, 1ull << 40, STATE_OK}, {STATE_WARN, 499, 1ull << 40, STATE_WARN}, {STATE_WARN, 400, 1ull << 40, STATE_WARN}, {STATE_WARN, 399, 1ull << 40, STATE_OK},
        {STATE_WARN, 1999, 1ull << 40, STATE_WARN}, {STATE_FAIL, 1999, 1ull << 40, STATE_FAIL}, {STATE_FAIL, 1599, 1ull << 40, STATE_WARN}, {STATE_FAIL, 3, 1ull << 40, STATE_OK},
        {STATE_OK, 3, 600ull << 20, STATE_OK}, {STATE_WARN, 3, 600ull << 20, STATE_WARN}, {STATE_WARN, 3, 641ull << 20, STATE_OK}, {STATE_FAIL, 3, 24ull << 20, STATE_FAIL}, {STATE_WARN, 3, 24ull << 20, STATE_WARN},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct findings out = {.arena = arena};
        struct spool_seen s = {.object = "", .path = "/q", .count = {.total = table[i].n, .room = table[i].room, .room_total = 1ull << 41}, .usual = {.length = table[i].was, .room = table[i].was}};
        queue_size_judge(&s, THEN, true, &out);
        assert_int_equal(out.list.v[0].state, table[i].want);
    }
}

static void misuse_does_not_become_usual(void **state)
{
    (void)state;
    struct usual u = {0};
    int64_t now = live(&u, THEN, 30, 5);
    now = live(&u, now, 2, 1500); /* two days of bulk mail */
    assert_true(usual_limits(&u, now).many < 1500);
    usual_learn(&u, now, 5);
    int64_t mean = u.mean;
    for (int i = 0; i < 100; i++) /* looking again and again within the hour teaches nothing */
        usual_learn(&u, now + i, 100000);
    assert_int_equal(u.mean, mean);
}

static void remembers_by_object(void **state)
{
    (void)state;
    static const struct check queue = {.id = "queue.size"};
    struct findings out = {.arena = arena, .check = &queue};
    struct usual u = {THEN, THEN + 5, 1234, STATE_WARN, STATE_FAIL};
    usual_leave(&u, "postfix-out", &out);
    assert_int_equal(out.memos.n, 5);
    struct memo sorted[5] = {out.memos.v[1], out.memos.v[3], out.memos.v[2], out.memos.v[4], out.memos.v[0]}; /* last, length, mean, room, since */
    struct usual back = usual_of(sorted, 5, "queue.size", "postfix-out", arena);
    assert_memory_equal(&back, &u, sizeof u);
    assert_int_equal(usual_of(sorted, 5, "queue.size", "", arena).since, 0);
    sorted[1].value = STATE_UNKNOWN; /* no judgement */
    assert_int_equal(usual_of(sorted, 5, "queue.size", "postfix-out", arena).length, STATE_OK);
    sorted[2].value = -1; /* damaged: begins anew */
    assert_int_equal(usual_of(sorted, 5, "queue.size", "postfix-out", arena).since, 0);
}

/* 100,000 messages within 60 ms of CPU is the reach; this only guards against work for each message that grows. */
static void counts_many(void **state)
{
    (void)state;
    static const char *const dirs[] = {"big", "big/maildrop", "big/incoming", "big/active", "big/deferred", "big/hold", NULL};
    tree(dirs);
    char path[64];
    for (unsigned i = 0; i < 16; i++) {
        snprintf(path, sizeof path, "big/deferred/%X", i);
        assert_int_equal(mkdirat(root.fd, path, 0755), 0);
    }
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(path, sizeof path, "big/deferred/%X/%X%05X%05X", i % 16, i % 16, i, i);
        put(path);
    }
    clock_t began = clock();
    struct spool_count c;
    assert_int_equal(spool_count(&root, "/big", SPOOL_POSTFIX, arena, &c), 0);
    printf("20,000 messages: %.1f ms\n", (double)(clock() - began) * 1000 / CLOCKS_PER_SEC);
    assert_int_equal(c.total, 20000);
    assert_true(c.oldest_sampled || !c.oldest);
}

static int make(void **state)
{
    (void)state;
    struct err err = {0};
    arena = arena_new(64 << 20);
    return mkdtemp(dir) && root_open(dir, &root, &err) == 0 ? 0 : -1;
}

static int drop(void **state)
{
    (void)state;
    root_close(&root);
    arena_free(arena);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/rm", "rm", "-rf", dir, (char *)NULL);
        _exit(1);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(knows_message_names), cmocka_unit_test(counts_hashed_directories), cmocka_unit_test(what_is_not_seen_is_not_zero), cmocka_unit_test(an_emptied_queue_is_not_seen), cmocka_unit_test(judges), cmocka_unit_test(learns_what_is_usual), cmocka_unit_test(goes_to_and_fro_once), cmocka_unit_test(misuse_does_not_become_usual), cmocka_unit_test(remembers_by_object), cmocka_unit_test(counts_many)};
    return cmocka_run_group_tests(tests, make, drop);
}
