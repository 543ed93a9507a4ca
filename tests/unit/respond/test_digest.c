/* test_digest.c: what goes at once, what is collected, and that a collection of any size stays a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "respond/digest.h"
#include <stdio.h>
#include <stdlib.h>

#define AT 1764554400000000ll

static struct diary_shown_verdict row(enum verdict_kind kind, const char *network, const char *state)
{
    return (struct diary_shown_verdict){.kind = kind, .network = network, .state = state, .time_us = AT, .until = state ? AT / 1000000 + 3600 : 0, .count = 5, .filter = "sshd", .account = "info"};
}

static void each_in_its_part(void **state)
{
    (void)state;
    static const struct {
        enum verdict_kind kind;
        const char *state;
        enum digest_part want;
    } rows[] = {
        {VERDICT_ADDRESS, "done", DIGEST_BANNED}, {VERDICT_NETWORK, "waiting", DIGEST_BANNED}, {VERDICT_ADDRESS, "late", DIGEST_BANNED}, {VERDICT_ADDRESS, "refused", DIGEST_REFUSED},
        {VERDICT_ADDRESS, "observed", DIGEST_OBSERVED}, {VERDICT_SPARED, NULL, DIGEST_SPARED}, {VERDICT_SPREAD, "done", DIGEST_BANNED}, {VERDICT_ATTACKED, NULL, DIGEST_ATTACKED}, {VERDICT_ENTERED, NULL, DIGEST_ENTERED},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct diary_shown_verdict v = row(rows[i].kind, "203.0.113.7/32", rows[i].state);
        assert_int_equal(digest_part_of(&v), rows[i].want);
    }
}

static void nothing_is_no_message(void **state)
{
    (void)state;
    struct arena *a = arena_new(1u << 20);
    struct digest *d = digest_new("h.example");
    struct diary_shown_verdict v = row(VERDICT_ENTERED, "203.0.113.7/32", NULL);
    assert_null(digest_message(d, a).subject);
    digest_add(d, &v); /* was told alone */
    assert_null(digest_message(d, a).subject);
    digest_free(d);
    arena_free(a);
}

static void an_outbreak(void **state)
{
    (void)state;
    struct arena *a = arena_new(1u << 20);
    struct digest *d = digest_new("h.example");
    char network[64], filter[32];
    for (unsigned i = 0; i < 100000; i++) {
        snprintf(network, sizeof network, "203.%u.%u.%u/32", i >> 16, i >> 8 & 255, i & 255);
        snprintf(filter, sizeof filter, "f%u", i % 100);
        struct diary_shown_verdict v = row(VERDICT_ADDRESS, network, i % 1000 ? "done" : "refused");
        v.filter = filter;
        v.account = "a\033[2Jb\xff";
        v.reason = "protected";
        digest_add(d, &v);
    }
    struct message m = digest_message(d, a);
    assert_string_equal(m.subject, "bansho h.example: 100 addresses could not be shut out");
    assert_non_null(strstr(m.text, "99900 addresses were shut out\n  (the newest 20)\n"));
    assert_non_null(strstr(m.text, "203.1.134.159/32")); /* the last one */
    assert_null(strstr(m.text, "203.1.134.130/32"));
    assert_non_null(strstr(m.text, "protected"));
    assert_non_null(strstr(m.text, ", others 91"));
    assert_null(strchr(m.text, '\033'));
    assert_true(strlen(m.text) < 8192);
    digest_free(d);
    arena_free(a);
}

static void entered(void **state)
{
    (void)state;
    struct arena *a = arena_new(1u << 20);
    struct diary_shown_verdict v[200];
    for (size_t i = 0; i < 200; i++)
        v[i] = row(VERDICT_ENTERED, "203.0.113.7/32", NULL);
    struct message m = digest_entered("h.example", v, 1, a);
    assert_string_equal(m.subject, "bansho h.example: URGENT: a stranger may have logged in to info");
    assert_non_null(strstr(m.text, "bansho why 203.0.113.7\n"));
    m = digest_entered("h.example", v, 200, a);
    assert_non_null(strstr(m.subject, "200 accounts"));
    assert_non_null(strstr(m.text, "... 120\n"));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_in_its_part), cmocka_unit_test(nothing_is_no_message), cmocka_unit_test(an_outbreak), cmocka_unit_test(entered)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
