/* test_sender.c: how many bans an hour are asked for, and what becomes of the others; one is tried while the wall does not answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "respond/sender.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/bansho-sender-XXXXXX", db[64];

static int begin(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(db, sizeof db, "%s/watch.db", dir);
    return 0;
}

static void fresh(void)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        char file[80];
        snprintf(file, sizeof file, "%s%s", db, ends[i]);
        unlink(file);
    }
}

static int end(void **state)
{
    (void)state;
    fresh();
    return rmdir(dir);
}


static struct buf said = {.max = 1u << 16};
static struct diary *diary;
static unsigned sent;
static int way;

static int send_post(void *arg, const struct post *p)
{
    (void)arg;
    (void)p;
    if (way < 0)
        return way;
    sent++;
    return 0;
}

static void news(void *arg, const char *text)
{
    (void)arg;
    buf_printf(&said, "%s\n", text);
}

static void open_diary(void)
{
    struct err err = {0};
    if (diary_open(db, &diary, &err) < 0)
        fail_msg("%s", err.text);
}

static void close_diary(void)
{
    diary_free(diary);
    diary = NULL;
}

#define NOW 1800000000

/* n addresses were to be shut out, for what this filter found, at this second. */
static void verdicts(const char *filter, unsigned n, int64_t time, int64_t until)
{
    static unsigned next;
    for (unsigned i = 0; i < n; i++, next++) {
        struct verdict v = {.kind = VERDICT_ADDRESS, .time = time, .until = until, .who = {.length = 32}, .count = 5, .times = 1};
        struct feed_event e = {.time_us = time * 1000000, .filter = filter, .log = "/log"};
        const uint8_t bytes[] = {10, (uint8_t)(next >> 16), (uint8_t)(next >> 8), (uint8_t)next};
        memcpy(v.who.addr.bytes, bytes, sizeof bytes);
        (void)diary_verdict(diary, &v, &e, false);
    }
}

static void answer_all(struct sender *s, const char *refused)
{
    for (struct post *p = diary_posts(diary); p; p = p->next)
        if (p->flying)
            assert_true(sender_answer(s, p->id, refused));
}

/* Sends and is answered until nothing goes any more. How many. */
static unsigned all(struct sender *s, int64_t now, int64_t ms)
{
    unsigned before = sent;
    while (sender_go(s, now, ms))
        answer_all(s, NULL);
    return sent - before;
}

static struct sender limited(unsigned most, int64_t now, int64_t ms)
{
    struct sender s;
    struct err err = {0};
    sender_init(&s, diary, send_post, NULL);
    s.news = news;
    if (sender_limit(&s, most, now * 1000000ll, ms, &err) < 0)
        fail_msg("%s", err.text);
    return s;
}

static void save(int64_t now)
{
    struct err err = {0};
    if (diary_save(diary, NULL, now, &err) < 0)
        fail_msg("%s", err.text);
}

#define MINUTE 60000
#define HOUR (60 * MINUTE)

static void a_budget(void **state)
{
    (void)state;
    struct budget b = {.most = 3};
    int64_t t = 1000 * (int64_t)HOUR + 59 * MINUTE + 500;
    assert_true(budget_take(&b, t) && budget_take(&b, t));
    assert_int_equal(budget_wait(&b, t), 0);
    t += 10 * MINUTE;
    assert_true(budget_take(&b, t));
    assert_false(budget_take(&b, t));
    assert_int_equal(budget_wait(&b, t), 50 * MINUTE - 500);
    t += 50 * MINUTE - 501;
    assert_false(budget_take(&b, t));
    t += 1;
    assert_int_equal(budget_spent(&b, t), 1); /* the two of the first minute are over an hour ago */
    assert_true(budget_take(&b, t) && budget_take(&b, t));
    assert_false(budget_take(&b, t));
    t += 1000 * (int64_t)HOUR;
    assert_int_equal(budget_spent(&b, t), 0);
    budget_note(&b, 2, 59 * MINUTE, t);
    budget_note(&b, 7, 61 * MINUTE, t); /* too long ago */
    assert_int_equal(budget_spent(&b, t), 2);
    struct budget endless = {0};
    for (int i = 0; i < 1000; i++)
        assert_true(budget_take(&endless, t));
    assert_int_equal(budget_wait(&endless, t), 0);
}

/* A flood in one log: what is beyond waits, is told once, and goes on; who attacks elsewhere is shut out meanwhile. */
static void a_flood(void **state)
{
    (void)state;
    int64_t ms = 100 * (int64_t)HOUR;
    open_diary();
    struct sender s = limited(100, NOW, ms);
    verdicts("web-access", 250, NOW, NOW + 86400);
    assert_int_equal(all(&s, NOW, ms), 100);
    assert_int_equal(sender_beyond(&s), 150);
    assert_int_equal(diary_counts(diary).waiting, 150);
    assert_non_null(strstr(said.p, "web-access"));
    assert_int_equal(sender_timeout(&s, ms), HOUR);
    verdicts("sshd", 30, NOW, NOW + 86400);
    assert_int_equal(sender_timeout(&s, ms), 0);
    assert_int_equal(all(&s, NOW, ms), 30);
    assert_int_equal(all(&s, NOW, ms + HOUR - 1), 0);
    save(NOW);
    assert_int_equal(all(&s, NOW + 3600, ms + HOUR), 100);
    assert_int_equal(sender_beyond(&s), 50);
    assert_ptr_equal(strchr(said.p, '\n'), said.p + said.n - 1); /* once */
    /* A restart loses nothing, and what was decided within the hour counts still. */
    save(NOW + 3600);
    close_diary();
    open_diary();
    verdicts("web-access", 60, NOW + 3601, NOW + 3700);
    s = limited(100, NOW + 3601, ms + HOUR);
    assert_int_equal(diary_counts(diary).waiting, 110);
    assert_int_equal(all(&s, NOW + 3601, ms + HOUR), 100); /* 50 of the flood, 50 of the others */
    assert_int_equal(sender_beyond(&s), 10);
    save(NOW + 3601);
    close_diary();
    open_diary();
    s = limited(100, NOW + 3602, ms + HOUR + 1000);
    verdicts("web-access", 90, NOW + 3602, NOW + 3700);
    assert_int_equal(all(&s, NOW + 3602, ms + HOUR + 1000), 50);
    assert_int_equal(sender_beyond(&s), 50);
    assert_int_equal(all(&s, NOW + 3800, ms + HOUR + 200000), 0);
    assert_int_equal(diary_counts(diary).late, 50); /* their time is over */
    assert_int_equal(sender_beyond(&s), 0);
    close_diary();
}

/* One filter leaves room for the others. */
static void a_full_outbox(void **state)
{
    (void)state;
    fresh();
    open_diary();
    struct sender s = limited(1, NOW + 9000, 5 * (int64_t)HOUR);
    verdicts("web-access", DIARY_POSTS, NOW + 9000, NOW + 86400);
    assert_int_equal(diary_counts(diary).lost, DIARY_POSTS / 2);
    verdicts("sshd", 1, NOW + 9000, NOW + 86400);
    assert_int_equal(diary_counts(diary).lost, DIARY_POSTS / 2);
    assert_int_equal(all(&s, NOW + 9000, 5 * (int64_t)HOUR), 2);
    close_diary();
}

/* After three failures in a row one is sent to try; once it is answered the others follow. */
static void a_breaker(void **state)
{
    (void)state;
    int64_t ms = 7 * (int64_t)HOUR;
    fresh();
    open_diary();
    struct sender s = limited(0, NOW, ms);
    verdicts("sshd", 20, NOW, NOW + 86400);
    way = -ECONNREFUSED;
    for (unsigned i = 0; i < SENDER_BREAK; i++, ms += SENDER_LAST_MS)
        assert_false(sender_go(&s, NOW, ms));
    assert_int_equal(s.failures, SENDER_BREAK);
    way = 0;
    sent = 0;
    assert_true(sender_go(&s, NOW, ms));
    assert_false(sender_go(&s, NOW, ms));
    assert_int_equal(sent, 1);
    assert_int_equal(sender_timeout(&s, ms), -1); /* its answer is waited for */
    sender_lost(&s, ms);
    ms += SENDER_LAST_MS;
    assert_true(sender_go(&s, NOW, ms));
    assert_int_equal(sent, 2);
    answer_all(&s, NULL);
    assert_int_equal(all(&s, NOW, ms), 19);
    assert_int_equal(diary_counts(diary).done, 20);
    close_diary();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_budget), cmocka_unit_test(a_flood), cmocka_unit_test(a_full_outbox), cmocka_unit_test(a_breaker)};
    return cmocka_run_group_tests(tests, begin, end);
}
