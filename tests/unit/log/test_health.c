/* test_health.c: how a source is, from what came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "log/health.h"
#include <stdio.h>

#define NOW 1795500000
#define WEEK (7 * 86400)

static void states(void **state)
{
    (void)state;
    static const struct { const char *name; struct source_health h; enum source_state want; } table[] = {
        {"nothing came", {0}, SOURCE_QUIET},
        {"nothing came lately", {.last_line = NOW - 2 * WEEK}, SOURCE_QUIET},
        {"understood", {.lines = 100, .dated = 100, .matched = 3, .telling = 50, .last_line = NOW}, SOURCE_LIVE},
        {"it starts and stops, and nobody comes", {.lines = 500, .dated = 500, .last_line = NOW}, SOURCE_LIVE},
        {"a few lines may be unknown", {.lines = 9, .dated = 9, .telling = HEALTH_TELLING - 1, .last_line = NOW}, SOURCE_LIVE},
        {"nothing is understood", {.lines = 10, .dated = 10, .telling = HEALTH_TELLING, .last_line = NOW}, SOURCE_UNPARSED},
        {"no line has a date", {.lines = 10, .matched = 5, .telling = HEALTH_TELLING}, SOURCE_UNPARSED},
        {"few lines, none with a date", {.lines = 2}, SOURCE_LIVE},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        enum source_state got = health_state(&table[i].h, NOW - WEEK);
        if (got != table[i].want)
            print_error("%s: %s\n", table[i].name, source_state_name(got));
        assert_int_equal(got, table[i].want);
    }
}

static void lines_that_should_be_known(void **state)
{
    (void)state;
    static const struct { const char *line; bool speaks; } table[] = {
        {"sshd[1]: Failed password for root from 192.0.2.1", true}, {"pure-ftpd: (?@192.0.2.1) [WARNING] Authentication failed", true}, {"x: LOGIN REFUSED", true}, {"logged in", true},
        {"dovecot: imap-login: Disconnected: SSL_accept() failed (no auth attempts in 0 secs): user=<>", false}, {"imap-login: Disconnected: Connection closed: SSL_accept() failed: error:0A000102 (disconnected before auth was ready, waited 0 secs): user=<>", false},
        {"NOQUEUE: reject: RCPT from x[192.0.2.1]: Access denied", false},
        {"postfix/smtpd[1]: warning: TLS library problem: error:0A00010B:SSL routines::wrong version number:ssl3_record.c:354:", false}, {"warning: connect to Milter service inet:localhost:8891: Connection refused", false},
        {"sshd[1]: Server listening on 0.0.0.0 port 22.", false}, {"master: Info: Dovecot v2.3 starting up for imap", false}, {"", false}, {"FAI", false}};
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        assert_int_equal(speaks_of_login(str_of(table[i].line)), table[i].speaks);
}

/* Each word, in either case, wherever it stands, beside others that begin alike; cut short it says nothing. */
static void every_word_everywhere(void **state)
{
    (void)state;
    static const char *const words[] = {"fail", "Failed", "INCORRECT", "incorrect", "Invalid", "invalid", "denied", "Denied", "wrong", "WRONG", "Refused", "refused", "Accepted", "accepted", "success", "SUCCESS", "Logged in", "logged in", "login OK", "Login ok"};
    static const char *const before[] = {"", " ", "x", "f", "lo", "suc", "reinvaair", "mail.local: rr ccc gg ok ", "\xff"}, *const behind[] = {"", "x", ": y"};
    for (size_t w = 0; w < ARRAY_SIZE(words); w++)
        for (size_t i = 0; i < ARRAY_SIZE(before); i++)
            for (size_t k = 0; k < ARRAY_SIZE(behind); k++) {
                char line[100];
                int n = snprintf(line, sizeof line, "%s%s%s", before[i], words[w], behind[k]);
                if (!speaks_of_login(str_span(line, (size_t)n)))
                    fail_msg("%s", line);
                n = snprintf(line, sizeof line, "%s%.*s", before[i], words[w][0] == 'F' ? 3 : (int)strlen(words[w]) - 1, words[w]);
                if (speaks_of_login(str_span(line, (size_t)n)))
                    fail_msg("%s", line);
            }
}

static void what_is_counted(void **state)
{
    (void)state;
    struct source_health h = {0};
    const int64_t t1 = NOW * 1000000ll, t2 = t1 + 5000000;
    health_line(&h, STR("listening"), &t2, false, false);
    health_line(&h, STR("login refused"), NULL, false, false);
    health_line(&h, STR("anything"), &t1, true, false);
    assert_int_equal(h.lines, 3);
    assert_int_equal(h.dated, 2);
    assert_int_equal(h.matched, 1);
    assert_int_equal(h.telling, 2);
    assert_int_equal(h.last_line, NOW + 5);
    assert_int_equal(h.last_event, NOW);
    health_line(&h, STR("GET /"), &t1, false, true);
    assert_int_equal(h.telling, 3);
}

static void paces(void **state)
{
    (void)state;
    const int64_t hour = 3600000;
    static const struct { const char *name; unsigned after[8]; unsigned want; } table[] = {
        {"nothing came", {0}, 0}, {"one line", {5}, 0}, {"not long enough to know", {5, 24, 23}, 0},
        {"the longest of several pauses", {1, 1, 1, 1, 1, 1, 41, 2}, 164},
        {"two days in one pause", {1, 48}, 192},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct source_pace p = {0};
        int64_t ms = 0;
        for (size_t k = 0; k < 8 && table[i].after[k]; k++)
            pace_come(&p, ms += table[i].after[k] * hour);
        if (pace_silent_at(&p) != (table[i].want ? ms + table[i].want * hour : 0))
            fail_msg("%s: %lld", table[i].name, (long long)(pace_silent_at(&p) - ms));
    }
    struct source_pace often = {0};
    for (int64_t ms = 1; ms < 50 * hour; ms += hour / 60)
        pace_come(&often, ms);
    assert_int_equal(pace_silent_at(&often), often.last + PACE_SILENT_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(paces), cmocka_unit_test(states), cmocka_unit_test(lines_that_should_be_known), cmocka_unit_test(every_word_everywhere), cmocka_unit_test(what_is_counted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
