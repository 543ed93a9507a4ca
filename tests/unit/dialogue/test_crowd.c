#include "fake.h"
#include "dialogue/crowd.h"
#include "dialogue/side.h"
#include <fcntl.h>

enum { N = 7 };

/* 's': waits a little; 'h': for ever; 'c': crashes; 'b': writes what does not fit its field; 'n': nothing of the kind. */
static void square(void *arg, size_t i, void *result)
{
    const char *kind = arg;
    struct smtp_seen *ret = result;
    if (kind[i] == 'c')
        kill(getpid(), SIGKILL);
    if (kind[i] == 's')
        side_poll(-1, 0, 1000);
    if (kind[i] == 'h')
        side_poll(-1, 0, 60000);
    if (kind[i] == 'b')
        ret->trouble = TROUBLE_COUNT;
    ret->greeting = (int)(i * i) + 1;
}

static void each_result_is_its_own(void **state)
{
    (void)state;
    /* Four that wait a second each, one after the other, would be beyond the limit. */
    static const struct {
        const char *name, *kinds;
        int limit_ms;
        int greeting[N];
        enum trouble trouble[N];
    } table[] = {
        {"nobody waits for another", "snsssnn", 3500, {1, 2, 5, 10, 17, 26, 37}, {0}},
        {"one that never ends", "nshssnn", 3500, {1, 2, 0, 10, 17, 26, 37}, {[2] = TROUBLE_TIMEOUT}},
        {"nonsense", "nsbssnn", 3500, {1, 2, 0, 10, 17, 26, 37}, {[2] = TROUBLE_WORKER}},
        {"a crash takes nobody with it", "nscnncn", 10000, {1, 2, 0, 10, 17, 0, 37}, {[2] = TROUBLE_WORKER, [5] = TROUBLE_WORKER}},
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        struct smtp_seen seen[N];
        struct err err = {0};
        struct crowd_seen c = {square, (void *)(uintptr_t)table[k].kinds, N, &smtp_fields, sizeof seen[0], 0, 0, table[k].limit_ms};
        memset(seen, 7, sizeof seen);
        print_message("%s\n", table[k].name);
        assert_int_equal(crowd_see(&c, seen, &err), 0);
        for (int i = 0; i < N; i++) {
            assert_int_equal(seen[i].greeting, table[k].greeting[i]);
            assert_int_equal(seen[i].trouble, table[k].trouble[i]);
        }
    }
}

static void nothing_to_ask(void **state)
{
    (void)state;
    struct crowd_seen c = {square, NULL, 0, &smtp_fields, sizeof(struct smtp_seen), 0, 0, 1000};
    struct smtp_seen seen;
    struct err err = {0};
    assert_int_equal(crowd_see(&c, &seen, &err), 0);
}

struct order {
    char said[64];
    size_t n;
};

static void say(void *arg, size_t i)
{
    struct order *o = arg;
    for (int k = 0; k < 2; k++) {
        o->said[o->n++] = (char)('a' + i);
        side_poll(-1, 0, 20 * (int)(i + 1));
    }
}

/* Two lanes: the third begins when one of them is free. */
static void lanes(void **state)
{
    (void)state;
    struct order o = {{0}, 0};
    assert_int_equal(side_by_side(say, &o, 3, 2, clock_monotonic_ms() + 5000), 0);
    assert_int_equal(o.n, 6);
    assert_memory_equal(o.said, "aba", 3);
    assert_int_equal(side_poll(-1, 0, 1), 0); /* outside it is poll(2) */
    o.n = 0;
    assert_int_equal(side_by_side(say, &o, 3, 3, clock_monotonic_ms() - 1), 0);
    assert_memory_equal(o.said, "abc", 3);
    assert_int_equal(o.n, 3); /* past the deadline nothing goes on */
}

/* The process that speaks is nobody, has no capability, and is filtered. */
static void look_at_itself(void *arg, size_t i, void *result)
{
    struct smtp_seen *ret = result;
    _cleanup_(buf_free) struct buf b = BUF(8192);
    (void)arg;
    (void)i;
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && buf_read_fd(&b, fd) == 0)
        for (struct str rest = buf_str(&b), line; str_line(&rest, &line);)
            if (str_starts(line, STR("CapEff:")) || str_starts(line, STR("Seccomp:")) || str_starts(line, STR("NoNewPrivs:"))) {
                size_t have = strlen(ret->banner);
                snprintf(ret->banner + have, sizeof ret->banner - have, "%.*s;", (int)line.n, line.p);
            }
}

static void is_confined(void **state)
{
    (void)state;
    struct crowd_seen c = {look_at_itself, NULL, 1, &smtp_fields, sizeof(struct smtp_seen), 0, 0, 2000};
    struct smtp_seen seen;
    struct err err = {0};
    assert_int_equal(crowd_see(&c, &seen, &err), 0);
    assert_non_null(strstr(seen.banner, "CapEff:\t0000000000000000;"));
    assert_non_null(strstr(seen.banner, "NoNewPrivs:\t1;"));
#ifndef BANSHO_SANITIZED
    assert_non_null(strstr(seen.banner, "Seccomp:\t2;"));
#endif
}

enum { ALIKE = 4, JUDGED = 4, ASKED = 5 }; /* four that are alike, and one whose certificate is looked at */

static void ask_alike(void *arg, size_t i, void *result)
{
    struct endpoint_at at = fake_at(arg);
    struct smtp_plan plan = {.helo = "x"};
    struct err err = {0};
    at.tls = true;
    at.alike = i == JUDGED ? 0 : 1;
    assert_int_equal(smtp_ask(&at, &plan, result, &err), 0);
}

static size_t times(const char *text, const char *word)
{
    size_t n = 0;
    for (; (text = strstr(text, word)); text++)
        n++;
    return n;
}

/* The first one makes a TLS session, the others resume it. */
static void alike_resume(void **state)
{
    (void)state;
    static const struct act script[] = {{TLS, NULL, 0}, {SAY, "220 fake ESMTP\r\n", 0}, {HEAR, NULL, 0}, {SAY, "250 fake\r\n", 0}, {HEAR, NULL, 0}, {SAY, "221 bye\r\n", 0}, {ACT_END, NULL, 0}};
    struct fake_cert cert = cert_new("mail.test", 0, 4000000000, NULL);
    struct fake f = fake_start(script, &cert);
    struct smtp_seen seen[ASKED];
    struct err err = {0};
    struct crowd_seen c = {ask_alike, &f, ASKED, &smtp_fields, sizeof seen[0], 0, 0, 8000};
    assert_int_equal(crowd_see(&c, seen, &err), 0);
    for (size_t i = 0; i < ASKED; i++) {
        assert_int_equal(seen[i].trouble, TROUBLE_NONE);
        assert_true(seen[i].tls.done);
        assert_string_equal(seen[i].tls.version, "TLSv1.3");
        assert_false(seen[i].tls.trusted); /* nobody looked, or nobody knows it */
        assert_true((i == JUDGED) == (seen[i].tls.subject[0] != 0));
    }
    if (times(f.heard, "(resumed)") != ALIKE - 1) fail_msg("%s", f.heard);
    fake_stop(&f);
    cert_free(&cert);
}

static bool is_set(const void *flag)
{
    return *(const bool *)flag;
}

struct waiting {
    bool flag, seen[3];
};

static void wait_or_set(void *arg, size_t i)
{
    struct waiting *w = arg;
    if (i == 1)
        side_poll(-1, 0, 30);
    w->flag |= i == 1;
    w->seen[i] = side_wait(is_set, &w->flag, i == 2 ? 1 : 60000);
}

/* 0 waits for 1, which comes later; 2 has not so much time. */
static void waits_for_another_job(void **state)
{
    (void)state;
    struct waiting w = {0};
    int64_t begun = clock_monotonic_ms();
    assert_int_equal(side_by_side(wait_or_set, &w, 3, 3, begun + 50000), 0);
    assert_true(clock_monotonic_ms() - begun < 20000);
    assert_true(w.seen[0] && w.seen[1] && !w.seen[2]);
    assert_true(side_wait(is_set, &w.flag, 60000)); /* outside: its answer */
    w.flag = false;
    assert_false(side_wait(is_set, &w.flag, 60000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_result_is_its_own), cmocka_unit_test(nothing_to_ask), cmocka_unit_test(lanes), cmocka_unit_test(waits_for_another_job), cmocka_unit_test(alike_resume), cmocka_unit_test(is_confined)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
