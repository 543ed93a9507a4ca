/* test_watch.c: from lines to whom the wall is asked to shut out. */
#include "whole_watch.h"

static void the_fifth_failure(void **state)
{
    (void)state;
    int fd = log_open();
    begin_with(usual());
    fail_times(fd, "203.0.113.7", "info", 4);
    fail_times(fd, "198.18.0.99", "info", 9);
    turn();
    want("");
    fail_times(fd, "203.0.113.7", "info", 3);
    turn();
    want("203.0.113.7/32 ");
    turn();
    struct watch_status s = status();
    assert_int_equal(s.events, 16);
    assert_int_equal(s.lines, 16);
    assert_int_equal(s.diary.done, 1);
    assert_int_equal(s.diary.waiting, 0);
    assert_int_equal(s.diary.verdicts, 2); /* the office was spared, and that is told */
    watch_free(watch);
    begin_with(usual());
    turn();
    want("203.0.113.7/32 ");
    assert_int_equal(status().diary.done, 1);
    close(fd);
}

/* Three failures, another process, two more. What happened before it began does not come again. */
static void remembers_over_a_restart(void **state)
{
    (void)state;
    int fd = log_open();
    begin_with(usual());
    fail_times(fd, "203.0.113.8", "info", 3);
    log_line_at(fd, time(NULL), 1, "203.0.113.9", "taro", true);
    turn();
    watch_free(watch);
    fail_times(fd, "203.0.113.8", "info", 1);
    begin_with(usual());
    turn();
    want("");
    fail_times(fd, "203.0.113.9", "taro", 5); /* a telephone with an old password: its good history is known */
    fail_times(fd, "203.0.113.8", "info", 1);
    turn();
    want("203.0.113.8/32 ");
    close(fd);
}

static void first_start_looks_back(void **state)
{
    (void)state;
    int fd = log_open();
    time_t now = time(NULL);
    for (unsigned i = 0; i < 5; i++)
        log_line_at(fd, now - 700 + i, 0, "203.0.113.10", "info", false);
    for (unsigned i = 0; i < 5; i++)
        log_line_at(fd, now - 300 + i, 0, "203.0.113.11", "info", false);
    begin_with(usual());
    turn();
    want("203.0.113.11/32 ");
    close(fd);
}

static void a_wrong_clock_counts_as_now(void **state)
{
    (void)state;
    int fd = log_open();
    begin_with(usual());
    turn();
    time_t now = time(NULL);
    for (unsigned i = 0; i < 5; i++)
        log_line_at(fd, now - 9 * 3600, i, "203.0.113.12", "info", false); /* UTC in a log that is read as Japan's */
    for (unsigned i = 0; i < 5; i++)
        log_line_at(fd, now + 9 * 3600, i, "203.0.113.13", "info", false);
    for (unsigned i = 0; i < 5; i++)
        log_line_at(fd, now - 9 * 86400, i, "203.0.113.14", "info", false); /* an old line is one */
    turn();
    want("203.0.113.12/32 203.0.113.13/32 ");
    for (const struct post *p = diary_posts(watch_diary(watch)); p; p = p->next)
        assert_true(p->state == POST_LATE || (p->until >= now + 3599 && p->until <= now + 3700));
    close(fd);
}

/* Sent and not answered, or not to be sent: again, after a while. Also by the next process. */
static void asks_until_it_is_answered(void **state)
{
    (void)state;
    int fd = log_open();
    begin_with(usual());
    answers = false;
    way = -ECONNREFUSED;
    fail_times(fd, "203.0.113.17", "info", 5);
    turn();
    want("");
    assert_in_range(watch_timeout(watch), 0, SENDER_FIRST_MS);
    way = 0;
    usleep(SENDER_FIRST_MS * 1000 + 5000);
    turn();
    want("203.0.113.17/32 ");
    watch_lost(watch);
    turn();
    want("203.0.113.17/32 ");
    usleep(SENDER_FIRST_MS * 2000 + 5000);
    turn();
    want("203.0.113.17/32 203.0.113.17/32 ");
    watch_free(watch);
    begin_with(usual());
    turn();
    want("203.0.113.17/32 203.0.113.17/32 203.0.113.17/32 ");
    answer_all(NULL);
    turn();
    assert_int_equal(status().diary.waiting, 0);
    assert_int_equal(status().diary.done, 1);
    close(fd);
}

/* What was on its way together and came to nothing is one failure. */
static void failures_at_once(void **state)
{
    (void)state;
    struct str rest, id;
    char text[DIARY_ID];
    int fd = log_open();
    begin_with(usual());
    answers = false;
    for (unsigned i = 0; i < 10; i++) {
        snprintf(text, sizeof text, "10.9.%u.1", i);
        fail_times(fd, text, "info", 5);
    }
    turn();
    rest = buf_str(&ids);
    while (str_line(&rest, &id)) {
        snprintf(text, sizeof text, "%.*s", (int)id.n, id.p);
        watch_failed(watch, text);
    }
    assert_in_range(watch_timeout(watch), 0, SENDER_FIRST_MS);
    assert_int_equal(status().send_failures, 1);
    close(fd);
}

static void forgiven_is_forgotten(void **state)
{
    (void)state;
    struct err err = {0};
    struct prefix who;
    assert_true(prefix_parse(STR("203.0.113.0/24"), true, &who));
    int fd = log_open();
    begin_with(usual());
    fail_times(fd, "203.0.113.18", "info", 5);
    fail_times(fd, "203.0.113.19", "info", 4);
    fail_times(fd, "192.0.2.19", "info", 4);
    turn();
    want("203.0.113.18/32 ");
    size_t forgotten = 0;
    assert_int_equal(watch_forgive(watch, &who, &forgotten, &err), 0);
    assert_int_equal(forgotten, 2);
    fail_times(fd, "203.0.113.18", "info", 1);
    fail_times(fd, "203.0.113.19", "info", 1);
    turn();
    want("203.0.113.18/32 ");
    watch_free(watch);
    begin_with(usual());
    fail_times(fd, "203.0.113.18", "info", 2);
    fail_times(fd, "203.0.113.19", "info", 2);
    fail_times(fd, "192.0.2.19", "info", 1);
    turn();
    want("203.0.113.18/32 192.0.2.19/32 ");
    fail_times(fd, "203.0.113.18", "info", 2);
    turn();
    want("203.0.113.18/32 192.0.2.19/32 203.0.113.18/32 ");
    close(fd);
}

static void forgive(const char *network)
{
    struct err err = {0};
    struct prefix who;
    size_t forgotten;
    assert_true(prefix_parse(str_of(network), true, &who));
    assert_int_equal(watch_forgive(watch, &who, &forgotten, &err), 0);
}

/* One address of a network that was shut out for others' sake is let in: the others' failures do not shut it out again when it begins. */
static void forgiven_of_a_network(void **state)
{
    (void)state;
    int fd = log_open();
    begin_with(usual());
    const char *const bad[] = {"203.0.113.31", "203.0.113.32", "203.0.113.33", "203.0.113.34"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        fail_times(fd, bad[i], "info", 5);
    turn();
    want("203.0.113.31/32 203.0.113.32/32 203.0.113.33/32 203.0.113.34/32 203.0.113.0/24 ");
    buf_reset(&asked);
    forgive("203.0.113.99");
    watch_free(watch);
    begin_with(usual());
    turn();
    want("");
    fail_times(fd, "203.0.113.99", "info", 5); /* nor is it free to go on */
    turn();
    want("203.0.113.99/32 ");
    close(fd);
}

static void run_sql(const char *sql)
{
    struct err err = {0};
    struct statement *st = NULL;
    if (store_prepare(diary_store(watch_diary(watch)), sql, &st, &err) < 0 || statement_run(st, &err) < 0)
        fail_msg("%s", err.text);
    statement_donep(&st);
}

/* What he did wrong two days ago, when others tried the same account, is looked at again after a restart, and is forgiven as it was then. */
static void forgiven_days_ago(void **state)
{
    (void)state;
    static const char *const bad[] = {"23.18.0.1", "23.19.0.1", "23.20.0.1", "23.21.0.1", "23.22.0.1"};
    struct err err = {0};
    char sql[128];
    int fd = log_open();
    struct watch_options o = usual();
    o.rules.ban_time = o.rules.ban_time_max = 7 * 86400;
    begin_with(o);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        fail_times(fd, bad[i], "info", 1);
    turn();
    want("23.22.0.1/32 ");
    buf_reset(&asked);
    forgive("23.22.0.1");
    fail_times(fd, "23.22.0.1", "info", 1);
    turn();
    want("");
    assert_int_equal(watch_save(watch, &err), 0);
    snprintf(sql, sizeof sql, "UPDATE event_%lld SET time_us = time_us - 172800000000", (long long)time(NULL) / 86400);
    run_sql(sql);
    watch_free(watch);
    begin_with(o);
    turn();
    want("");
    close(fd);
}

/* As if everything that is kept had happened so many days earlier. */
static void days_pass(unsigned days)
{
    struct err err = {0};
    char sql[256];
    long long today = (long long)time(NULL) / 86400, then = today - days;
    assert_int_equal(watch_save(watch, &err), 0);
    snprintf(sql, sizeof sql, "UPDATE event_%lld SET time_us = time_us - %u * 86400000000", today, days);
    run_sql(sql);
    snprintf(sql, sizeof sql, "ALTER TABLE event_%lld RENAME TO event_%lld", today, then);
    run_sql(sql);
    snprintf(sql, sizeof sql, "UPDATE day SET day = %lld", then);
    run_sql(sql);
    snprintf(sql, sizeof sql, "UPDATE forgiven SET day = %lld", then);
    run_sql(sql);
    snprintf(sql, sizeof sql, "UPDATE verdict SET time_us = time_us - %u * 86400000000", days);
    run_sql(sql);
    snprintf(sql, sizeof sql, "UPDATE login SET time_us = time_us - %u * 86400000000", days);
    run_sql(sql);
}

static void restart_days_later(int fd, unsigned days)
{
    days_pass(days);
    watch_free(watch);
    begin_with(usual());
    fail_times(fd, "192.0.2.1", "nobody", 1); /* something is kept, and a day begins */
    turn();
    buf_reset(&asked);
}

/* Who logged in weeks ago, and whose ban was lifted weeks ago, is known after a restart, although the events of that time are gone; not who seems to have been a thief. */
static void logins_of_weeks_ago(void **state)
{
    (void)state;
    static const char *const bad[] = {"23.18.0.1", "23.19.0.1", "23.20.0.1", "23.21.0.1", "23.22.0.1"}, *const others[] = {"24.18.0.1", "24.19.0.1", "24.20.0.1", "24.21.0.1", "24.22.0.1"};
    int fd = log_open();
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    begin_with(usual());
    log_line_at(fd, now.tv_sec, 0, "192.0.2.77", "info", true);
    log_line_at(fd, now.tv_sec, 0, "192.0.2.78", "sales", true);
    forgive("23.23.0.1");
    turn();
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        fail_times(fd, bad[i], "sales", 1);
    turn();
    log_line_at(fd, now.tv_sec + 1, 0, "198.51.100.9", "sales", true); /* a thief, perhaps */
    turn();
    buf_reset(&asked);
    restart_days_later(fd, 9);
    restart_days_later(fd, 9);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        fail_times(fd, others[i], "info", 1);
    fail_times(fd, "192.0.2.77", "info", 1);
    fail_times(fd, "23.23.0.1", "info", 1);
    turn();
    want("24.22.0.1/32 ");
    buf_reset(&asked);
    for (size_t i = 0; i < ARRAY_SIZE(others) - 1; i++)
        fail_times(fd, others[i], "sales", 1);
    fail_times(fd, "192.0.2.78", "sales", 1);
    fail_times(fd, "198.51.100.9", "sales", 1);
    turn();
    want("198.51.100.9/32 ");
    close(fd);
}

/* More of them wait than are kept in memory. */
static void forgiven_in_the_outbox(void **state)
{
    (void)state;
    begin_with(usual());
#define MANY "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 10050), a(net) AS (SELECT printf('10.%d.%d.1/32', i / 250, i % 250) FROM n) "
    run_sql("INSERT INTO verdict (id, kind, looks, network, time_us, until, count, times) " MANY "SELECT 'address/' || net || '/1', 0, 0, net, 1, 9999999999, 5, 1 FROM a");
    run_sql("INSERT INTO outbox (id, act, network, time_us, until, why, state, tries) " MANY "SELECT 'address/' || net || '/1', 'ban', net, 1, 9999999999, '', 0, 0 FROM a");
    watch_free(watch);
    begin_with(usual());
    assert_int_equal(status().diary.waiting, 10051);
    forgive("10.0.0.0/8");
    assert_int_equal(status().diary.waiting, 0);
    turn();
    turn();
    want("");
}

/* Our own probes fail by design; who only uses their names does so like anybody. */
static void probes_count_nowhere(void **state)
{
    (void)state;
    int fd = log_open();
    begin_with(usual());
    fail_times(fd, "192.0.2.20", "bansho-probe-1234abcd-ftp", 9);
    fail_times(fd, "8.8.8.8", "bansho-probe-1234abcd-ftp", 5);
    turn();
    want("8.8.8.8/32 ");
    assert_int_equal(status().probes, 9);
    watch_free(watch);
    begin_with(usual());
    fail_times(fd, "192.0.2.20", "info", 4);
    turn();
    want("8.8.8.8/32 ");
    close(fd);
}

/* max-retry = 3 from now on: who failed four times already is shut out when it begins. */
static void another_rule(void **state)
{
    (void)state;
    struct watch_options o = usual();
    int fd = log_open();
    begin_with(o);
    fail_times(fd, "203.0.113.21", "info", 4);
    fail_times(fd, "203.0.113.22", "info", 5);
    turn();
    want("203.0.113.22/32 ");
    watch_free(watch);
    o.rules.max_retry = 3;
    begin_with(o);
    turn();
    want("203.0.113.22/32 203.0.113.21/32 ");
    watch_free(watch);
    begin_with(o);
    turn();
    want("203.0.113.22/32 203.0.113.21/32 ");
    close(fd);
}

/* Doubled each time, also by the next process. */
static void knows_who_was_out_before(void **state)
{
    (void)state;
    struct watch_options o = usual();
    o.rules.ban_time = 3; /* what is over before it is asked for is not asked for */
    int fd = log_open();
    begin_with(o);
    fail_times(fd, "203.0.113.23", "info", 5);
    turn();
    want("203.0.113.23/32 ");
    watch_free(watch);
    sleep(4);
    o.rules.ban_time = 3600;
    begin_with(o);
    fail_times(fd, "203.0.113.23", "info", 5);
    answers = false;
    turn();
    want("203.0.113.23/32 203.0.113.23/32 ");
    assert_in_range(diary_posts(watch_diary(watch))->until - time(NULL), 7190, 7210);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_fifth_failure), TEST(remembers_over_a_restart), TEST(first_start_looks_back), TEST(a_wrong_clock_counts_as_now), TEST(asks_until_it_is_answered),
        TEST(failures_at_once), TEST(forgiven_is_forgotten), TEST(forgiven_of_a_network), TEST(forgiven_days_ago), TEST(forgiven_in_the_outbox), TEST(logins_of_weeks_ago), TEST(probes_count_nowhere),
        TEST(another_rule), TEST(knows_who_was_out_before)};
    return cmocka_run_group_tests(tests, machine_begin, machine_end);
}
