/* test_watch_told.c: what the watch answers and has told: events of an account, canaries, news. */
#include "whole_watch.h"

static void only_observed(void **state)
{
    (void)state;
    struct watch_options o = usual();
    int fd = log_open();
    o.observe = true;
    begin_with(o);
    fail_times(fd, "203.0.113.15", "info", 5);
    turn();
    want("");
    assert_int_equal(status().diary.observed, 1);
    watch_free(watch);
    begin_with(usual()); /* mode = act: what was observed is not done afterwards */
    turn();
    want("");
    close(fd);
}

static void refused_stays_visible(void **state)
{
    (void)state;
    int fd = log_open();
    begin_with(usual());
    answers = false;
    fail_times(fd, "203.0.113.16", "info", 5);
    turn();
    answer_all("it is protected");
    turn();
    assert_int_equal(status().diary.refused, 1);
    watch_free(watch);
    begin_with(usual());
    turn();
    want("203.0.113.16/32 ");
    assert_int_equal(status().diary.refused, 1);
    close(fd);
}

/* Each account is told, however close together they were entered. */
static void entered_in_one_second(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    struct diary_verdicts told = {0};
    struct err err = {0};
    struct addr thief;
    time_t now = time(NULL);
    int fd = log_open();
    begin_with(usual());
    for (unsigned i = 0; i < 5; i++) {
        log_line_at(fd, now, i, "198.18.0.99", "info", false);
        log_line_at(fd, now, i, "198.18.0.98", "sales", false);
    }
    log_line_at(fd, now, 9, "203.0.113.40", "info", true);
    log_line_at(fd, now, 9, "203.0.113.40", "sales", true);
    turn();
    assert_true(addr_parse(STR("203.0.113.40"), &thief));
    assert_int_equal(diary_verdicts_of(watch_diary(watch), &thief, 10, a, &told, &err), 0);
    assert_int_equal(told.list.n, 2);
    assert_string_not_equal(told.list.v[0].account, told.list.v[1].account);
    close(fd);
}

/* What is kept of an account: by kind, in parts, the newest first. */
static void events_of_an_account(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    struct diary_page page = {0};
    struct err err = {0};
    struct diary *d;
    time_t now = time(NULL);
    int fd = log_open();
    begin_with(usual());
    fail_times(fd, "203.0.113.50", "info", 3);
    fail_times(fd, "203.0.113.51", "information", 1);
    log_line_at(fd, now, 9, "198.18.0.99", "Info", true);
    turn();
    assert_int_equal(watch_save(watch, &err), 0);
    d = watch_diary(watch);
    for (size_t left = 3; left; left--) {
        assert_int_equal(diary_events_of_account(d, "INFO", EVENT_LOGIN_FAILED, 1, a, &page, &err), 0);
        assert_true(page.events.n == 1 && !page.end && strcmp(page.events.v[0].account, "info") == 0 && strcmp(page.events.v[0].address, "203.0.113.50") == 0);
    }
    assert_int_equal(diary_events_of_account(d, "INFO", EVENT_LOGIN_FAILED, 1, a, &page, &err), 0);
    assert_true(page.events.n == 0 && page.end);
    page = (struct diary_page){0};
    assert_int_equal(diary_events_of_account(d, "info", EVENT_LOGIN_OK, 10, a, &page, &err), 0);
    assert_true(page.events.n == 1 && strcmp(page.events.v[0].address, "198.18.0.99") == 0);
    page = (struct diary_page){0};
    assert_int_equal(diary_events_of_account(d, "nobody", EVENT_LOGIN_OK, 10, a, &page, &err), 0);
    assert_true(page.events.n == 0 && page.end);
    close(fd);
}

/* One failure decides, it goes to the wall, and counts nowhere; a neighbour is counted as always. */
static void a_canary(void **state)
{
    (void)state;
    struct addr a, other;
    const struct canary *c = NULL;
    struct err err = {0};
    int64_t at = 0;
    int fd = log_open();
    assert_true(addr_parse(STR("192.0.2.9"), &a) && addr_parse(STR("10.0.0.9"), &other));
    begin_with(usual());
    turn();
    assert_int_equal(watch_canary(watch, &other, 60, &c, &err), -EINVAL);
    assert_int_equal(watch_canary(watch, &a, 60, &c, &err), 0);
    assert_non_null(c);
    answers = false;
    stirred = 0;
    fail_times(fd, "192.0.2.10", "info", 4);
    log_line_at(fd, time(NULL), 1, "192.0.2.9", "taro", true); /* a login is no failure */
    turn();
    want("");
    assert_true(c->events == 1 && !c->id[0]);
    fail_times(fd, "192.0.2.9", "info", 7);
    turn();
    want("192.0.2.9/32 ");
    assert_int_equal(c->state, POST_WAITING);
    answer_all(NULL);
    assert_true(c->state == POST_DONE && c->answered_us);
    assert_string_equal(since(NULL, &at, NULL), "");
    assert_int_equal(stirred, 0);
    struct watch_status s = status();
    assert_true(s.canaries == 1 && s.probes == 8 && !s.diary.verdicts && !s.diary.done && !s.diary.waiting);
    watch_free(watch);
    begin_with(usual()); /* nothing of it comes back */
    turn();
    fail_times(fd, "192.0.2.9", "info", 4);
    turn();
    want("192.0.2.9/32 ");
    assert_int_equal(watch_canary(watch, &a, 0, &c, &err), 0);
    assert_null(c);
    assert_int_equal(status().diary.done, 0);
    close(fd);
}

/* Each verdict is told once, and again when it was refused; who asks with the number of another diary begins anew. */
static void what_is_to_be_told(void **state)
{
    (void)state;
    struct arena *a = arena_new(1u << 20);
    struct diary_news n;
    struct err err = {0};
    int64_t at = 0, other;
    int fd = log_open();
    stirred = 0;
    begin_with(usual());
    assert_int_equal(stirred, 1);
    turn();
    assert_int_equal(diary_since(watch_diary(watch), NULL, 0, 0, 9, a, &n, &err), 0);
    assert_int_equal(n.list.n, 0);
    assert_int_equal(stirred, 1);
    answers = false;
    fail_times(fd, "203.0.113.17", "info", 5);
    fail_times(fd, "203.0.113.18", "info", 5);
    fail_times(fd, "203.0.113.19", "info", 5);
    turn();
    assert_int_equal(stirred, 2);
    assert_string_equal(since(n.diary, &at, NULL), "203.0.113.17/32 waiting 203.0.113.18/32 waiting ...");
    assert_string_equal(since(n.diary, &at, NULL), "203.0.113.19/32 waiting ");
    answer_all("it is protected");
    assert_string_equal(since(n.diary, &at, NULL), "203.0.113.17/32 refused 203.0.113.18/32 refused ...");
    assert_int_equal(stirred, 3);
    watch_free(watch);
    begin_with(usual());
    assert_string_equal(since(n.diary, &at, NULL), "203.0.113.19/32 refused ");
    assert_string_equal(since(n.diary, &at, NULL), "");
    other = at;
    assert_string_equal(since("another one", &other, NULL), "203.0.113.17/32 refused 203.0.113.18/32 refused ...");
    /* The wall does not answer: told once, until it does. */
    stirred = 0;
    answers = true;
    way = -ECONNREFUSED;
    fail_times(fd, "203.0.113.20", "info", 5);
    turn();
    assert_int_equal(stirred, 3); /* the wall, the verdict, and that the log is understood, of which this process knew nothing */
    usleep(SENDER_FIRST_MS * 1000 + 5000);
    turn();
    assert_int_equal(stirred, 3);
    way = 0;
    usleep(SENDER_FIRST_MS * 2000 + 5000);
    turn();
    assert_int_equal(stirred, 4);
    arena_free(a);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_observed), TEST(refused_stays_visible), TEST(entered_in_one_second), TEST(events_of_an_account), TEST(a_canary),
        TEST(what_is_to_be_told)};
    return cmocka_run_group_tests(tests, machine_begin, machine_end);
}
