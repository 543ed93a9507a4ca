/* test_deliver.c: nothing is lost: what could not be sent waits; a burst becomes one message; a code is proof of one way. */
#include "base/clock.h"
#include "notify/deliver.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define NOW 1700000000

struct desk {
    struct arena *a;
    struct config *config;
    struct store *store;
    char dir[64];
};

/* A command that is not there always fails. */
static int open_desk(void **state)
{
    struct desk *d = calloc(1, sizeof *d);
    d->a = arena_new(16u << 20);
    d->config = config_new();
    snprintf(d->dir, sizeof d->dir, "/tmp/bansho-notify-XXXXXX");
    if (config_parse(STR("notify { command = /nonexistent/pager }\n"), "test", d->config) < 0 || !mkdtemp(d->dir) || notify_store_open(d->dir, &d->store, NULL) < 0)
        return -1;
    *state = d;
    return 0;
}

static int close_desk(void **state)
{
    struct desk *d = *state;
    char command[128];
    store_close(d->store);
    for (const char *const *end = (const char *const[]){"", "-wal", "-shm", NULL}; *end; end++) {
        snprintf(command, sizeof command, "%s/%s%s", d->dir, NOTIFY_STORE_FILE, *end);
        unlink(command);
    }
    rmdir(d->dir);
    config_free(d->config);
    arena_free(d->a);
    free(d);
    return 0;
}

static size_t waits(struct desk *d)
{
    waiting_list w = {0};
    assert_int_equal(outbox_load(d->store, "command", d->a, &w, NULL), 0);
    return w.n;
}

static void what_fails_waits(void **state)
{
    struct desk *d = *state;
    struct sender from = {"h", NOW};
    struct message m = {.subject = "s", .text = "t"};
    for (size_t i = 1; i <= 3; i++) {
        struct deliveries got = {0};
        assert_int_equal(notify_post(d->store, d->config, NOW, &m, NULL), 0);
        assert_int_equal(notify_flush(d->store, d->config, &from, d->a, &got, NULL), 0);
        assert_int_equal(got.list.n, 1);
        assert_true(got.list.v[0].result < 0 && *got.list.v[0].why);
        assert_int_equal(waits(d), i);
    }
    struct attempt last;
    assert_int_equal(attempt_last(d->store, "command", "/nonexistent/pager", d->a, &last, NULL), 1);
    assert_false(last.ok);
}

static void a_burst_waits_for_its_hour(void **state)
{
    struct desk *d = *state;
    struct sender from = {"h", NOW};
    struct deliveries got = {0};
    struct attempt sent = {.way = "command", .target = "/nonexistent/pager", .time = NOW - 10, .ok = true, .why = ""};
    for (int i = 0; i < NOTIFY_AN_HOUR; i++)
        assert_int_equal(attempt_put(d->store, &sent, NULL), 0);
    assert_int_equal(notify_post(d->store, d->config, NOW, &(struct message){.subject = "s", .text = "t"}, NULL), 0);
    assert_int_equal(notify_flush(d->store, d->config, &from, d->a, &got, NULL), 0);
    assert_int_equal(got.list.v[0].result, 1);
    assert_int_equal(waits(d), 1);
    from.now += 3600; /* later it is tried */
    got = (struct deliveries){0};
    assert_int_equal(notify_flush(d->store, d->config, &from, d->a, &got, NULL), 0);
    assert_true(got.list.v[0].result < 0);
}

static void many_become_one(void **state)
{
    struct desk *d = *state;
    waiting_list w = {0};
    static const struct { size_t n, size; const char *has, *has_not; } rows[] = {
        {1, 10, "x", "=="}, {3, 10, "== s", "older"}, {40, 20000, "older messages", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        w.n = 0;
        char *text = arena_zalloc(d->a, rows[i].size + 1);
        memset(text, 'x', rows[i].size);
        for (size_t k = 0; k < rows[i].n; k++)
            *list_push(d->a, &w) = (struct waiting){.number = (int64_t)k, .subject = "s", .text = text};
        struct message m = notify_fold(d->a, "h", &w);
        assert_true(strlen(m.text) < NOTIFY_TEXT_MAX);
        assert_non_null(strstr(m.text, rows[i].has));
        if (rows[i].has_not)
            assert_null(strstr(m.text, rows[i].has_not));
    }
}

static void a_code_proves_its_way(void **state)
{
    struct desk *d = *state;
    struct attempt got = {0};
    int64_t when = 1;
    static const struct { const char *code; int64_t age; bool ok; int want; } rows[] = {
        {"AAAAAA", 10, true, 1}, {"BBBBBB", 8 * DAY, true, 0}, {"CCCCCC", 10, false, 0},
    };
    assert_int_equal(attempt_confirmed(d->store, "mail", "a@b", &when, NULL), 0);
    assert_int_equal(when, 0);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct attempt a = {.way = "mail", .target = "a@b", .code = rows[i].code, .time = NOW - rows[i].age, .ok = rows[i].ok, .why = ""};
        assert_int_equal(attempt_put(d->store, &a, NULL), 0);
        assert_int_equal(attempt_confirm(d->store, rows[i].code, NOW, d->a, &got, NULL), rows[i].want);
    }
    assert_int_equal(attempt_confirm(d->store, "", NOW, d->a, &got, NULL), 0);
    assert_int_equal(attempt_confirmed(d->store, "mail", "a@b", &when, NULL), 0);
    assert_int_equal(when, NOW);
    assert_int_equal(attempt_confirmed(d->store, "mail", "other@b", &when, NULL), 0); /* another address proves nothing */
    assert_int_equal(when, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_fails_waits, open_desk, close_desk), cmocka_unit_test_setup_teardown(a_burst_waits_for_its_hour, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(many_become_one, open_desk, close_desk), cmocka_unit_test_setup_teardown(a_code_proves_its_way, open_desk, close_desk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
