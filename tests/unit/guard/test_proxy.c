/* test_proxy.c: behind a trusted proxy its client counts, as the proxy names it; or nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "filter/sieve.h"
#include "guard/filters.h"
#include "guard/login_event.h"
#include "guard/never.h"
#include "guard/proxy.h"
#include <stdio.h>

static const struct { const char *header, *client; } headers[] = {
    {"198.51.100.7", "198.51.100.7"}, {"192.0.2.1, 198.51.100.7", "198.51.100.7"}, {"192.0.2.1,198.51.100.7 , 203.0.113.81,203.0.113.80", "198.51.100.7"},
    {"198.51.100.7:4711", "198.51.100.7"}, {"192.0.2.1, [2001:db8::7]:4711", "2001:db8::7"}, {"[2001:db8::7]", "2001:db8::7"}, {"2001:db8::7", "2001:db8::7"}, {"::ffff:198.51.100.7", "198.51.100.7"},
    {"", NULL}, {"unknown", NULL}, {"198.51.100.7, unknown", NULL}, {"198.51.100.7,", NULL}, {"198.51.100.7, ,203.0.113.80", NULL}, {"203.0.113.80", NULL}, {"203.0.113.80, 2001:db8:1::5", NULL},
    {"198.51.100.7 192.0.2.1", NULL}, {"198.51.100.7\\x2c192.0.2.1", NULL}, {"[198.51.100.7", NULL}, {"_hidden", NULL}, {":80", NULL}, {"host.example:80", NULL},
};

static void reads_headers_from_their_end(void **state)
{
    (void)state;
    struct prefix proxies[2];
    assert_true(prefix_parse(STR("203.0.113.80/31"), true, &proxies[0]) && prefix_parse(STR("2001:db8:1::/48"), true, &proxies[1]));
    for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
        struct addr a;
        char text[ADDR_TEXT];
        bool found = forwarded_client(str_of(headers[i].header), proxies, 2, &a);
        if (found != (headers[i].client != NULL) || (found && strcmp(addr_text(&a, text), headers[i].client) != 0))
            fail_msg("%s", headers[i].header);
    }
}

#define REST " - - [30/Nov/2026:21:10:54 +0000] \"POST /wp-login.php HTTP/1.1\" 200 8149 \"-\" \"Mozilla/5.0\""
static const struct { const char *line, *client; bool hidden; } lines[] = {
    {"198.51.100.7" REST, "198.51.100.7", false},
    {"198.51.100.7" REST " \"192.0.2.1\"", "198.51.100.7", false},                 /* no proxy: its header says nothing */
    {"203.0.113.80" REST " \"192.0.2.1, 198.51.100.7\"", "198.51.100.7", false},
    {"203.0.113.80" REST " \"192.0.2.1, 198.51.100.7\" 0.003 \"-\"", "198.51.100.7", false},
    {"203.0.113.80" REST " \"198.51.100.7, 203.0.113.81\"", "198.51.100.7", false},
    {"203.0.113.80" REST " \"x\\\" \\\"192.0.2.1\"", NULL, true},
    {"203.0.113.80" REST " \"-\"", NULL, true},
    {"203.0.113.80" REST, NULL, true},
};

static void takes_the_client_of_a_proxy(void **state)
{
    (void)state;
    struct arena *a = arena_new(64u << 20);
    struct config *config = config_new();
    struct guard_rules rules = {.max_retry = 5};
    struct filter_definition d;
    struct matcher_options o = {.today = 1796073054, .kinds = LOGIN_EVENT_KINDS};
    struct sieve *sieve = NULL;
    struct err err = {0};
    assert_int_equal(config_parse(STR("source office {\n prefixes = 203.0.113.0/24\n}\nguard {\n trusted-proxies = 203.0.113.80/31\n}\n"), "test", config), 0);
    never_fill(config, a, &rules);
    assert_int_equal(rules.proxies_n, 1);
    assert_int_equal(guard_filter_load(a, filter_own_dir(), STR("web-access"), false, &d, &err), 0);
    assert_int_equal(sieve_new(&d, 1, &o, SIEVE_USUAL, &sieve, &err), 0);
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        char line[512], text[ADDR_TEXT];
        struct matcher_event m;
        struct guard_event e;
        size_t filter;
        snprintf(line, sizeof line, "%s\n", lines[i].line);
        sieve_block(sieve, str_of(line));
        assert_int_equal(sieve_line(sieve, str_of(lines[i].line), NULL, o.today, &filter, &m), MATCHER_FOUND);
        assert_true(login_event_of(&rules, sieve_matcher(sieve, filter), &m, &e));
        if (e.hidden != lines[i].hidden || e.addressed != (lines[i].client != NULL) || (e.addressed && strcmp(addr_text(&e.address, text), lines[i].client) != 0))
            fail_msg("%s", lines[i].line);
    }
    sieve_free(sieve);
    config_free(config);
    arena_free(a);
}

static void a_proxy_is_never_shut_out(void **state)
{
    (void)state;
    struct arena *a = arena_new(1u << 20);
    struct config *config = config_new();
    struct never_now now = {.config = config};
    struct prefix p;
    assert_int_equal(config_parse(STR("guard {\n trusted-proxies = 203.0.113.80\n}\n"), "test", config), 0);
    assert_true(prefix_parse(STR("203.0.113.80"), true, &p));
    const struct never_row *row = never_touched(never_now(&now), &p);
    assert_non_null(row);
    assert_int_equal(row->kind, NEVER_PROXY);
    never_now_done(&now);
    config_free(config);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_headers_from_their_end), cmocka_unit_test(takes_the_client_of_a_proxy), cmocka_unit_test(a_proxy_is_never_shut_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
