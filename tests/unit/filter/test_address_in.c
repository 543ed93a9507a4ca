#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "filter/selection.h"

static const struct {
    const char *wanted, *line;
    bool found;
} table[] = {
    {"192.0.2.1", "192.0.2.1", true}, {"192.0.2.1", "from x[192.0.2.1]: gone", true}, {"192.0.2.1", "from 192.0.2.10 port 1", false}, {"192.0.2.1", "from 1192.0.2.1 port", false},
    {"192.0.2.1", "from 192.0.2.1.", true}, {"192.0.2.1", "from 192.0.2.1.5", false}, {"192.0.2.1", "host 192.0.2.1.example.jp", false}, {"192.0.2.1", "host-192.0.2.1 x", false},
    {"192.0.2.1", "192.0.2.1-static.example.jp", false}, {"192.0.2.1", "rip=192.0.2.1, lip", true}, {"192.0.2.1", "192.0.2.1:443 -", true}, {"192.0.2.1", "client:192.0.2.1", true},
    {"192.0.2.1", "::ffff:192.0.2.1 -", true}, {"192.0.2.1", "[::ffff:192.0.2.1]:25", true}, {"192.0.2.1", "0:0:0:0:0:FFFF:192.0.2.1", true}, {"192.0.2.1", "at 10:20:30 192.0.2.1: x", true},
    {"192.0.2.1", "version v192.0.2.1", false}, {"192.0.2.1", "a_192.0.2.1", false}, {"192.0.2.1", "", false}, {"192.0.2.1", "...:::...", false}, {"192.0.2.1", "/192.0.2.1/", true},
    {"192.0.2.0/24", "from 192.0.2.255:", true}, {"192.0.2.0/24", "from 192.0.3.2", false}, {"192.0.0.0/20", "from 192.0.15.1", true}, {"192.0.0.0/20", "from 192.0.16.1", false},
    {"0.0.0.0/0", "from 203.0.113.9", true}, {"0.0.0.0/0", "version 1.2.3", false}, {"0.0.0.0/0", "version 300.1.1.1", false},
    {"2001:db8::1", "from 2001:db8::1 port", true}, {"2001:db8::1", "from [2001:0DB8:0:0:0:0:0:1]:25", true}, {"2001:db8::1", "from 2001:db8::1: gone", true},
    {"2001:db8::1", "from 2001:db8::10", false}, {"2001:db8::1", "from 2001:db8::1:1", false}, {"2001:db8::1", "IP 2001:db8::1.443 >", true}, {"2001:db8::1", "x2001:db8::1", false},
    {"2001:db8::/32", "rip=2001:db8:ffff::2,", true}, {"2001:db8::/32", "rip=2001:db9::2,", false}, {"::1", "from ::1 port", true}, {"::1", "std::1x", false},
    {"2001:db8::c000:201", "from 2001:db8::192.0.2.1", true}, {"::/0", "mac aa:bb:cc:dd:ee:ff", false}, {"::/0", "at 10:20:30", false},
};

static void whole_words_in_any_spelling(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct selection s = SELECTION_ALL;
        char room[ADDRESS_NEEDLE];
        s.addressed = true;
        assert_true(prefix_parse(str_of(table[i].wanted), true, &s.address));
        struct seek n = selection_needle(&s, room);
        if (address_in(str_of(table[i].line), &s.address) != table[i].found)
            fail_msg("%s in: %s", table[i].wanted, table[i].line);
        if (table[i].found && seek_find(&n, str_of(table[i].line)) < 0)
            fail_msg("%s in: %s: no \"%.*s\"", table[i].wanted, table[i].line, (int)n.text.n, n.text.p);
    }
}

static void all_that_is_asked_for_must_fit(void **state)
{
    (void)state;
    struct selection s = SELECTION_ALL;
    const struct selection_log any = {0}, web = {.services = SERVICE_HTTP}, own = {.services = SERVICE_HTTP, .of_site = true};
    assert_false(selection_timed(&s));
    assert_true(selection_line(&s, &any, STR("anything")));
    s.text = STR("relay=");
    s.addressed = true;
    assert_true(prefix_parse(STR("192.0.2.1"), true, &s.address));
    assert_true(selection_line(&s, &any, STR("to 192.0.2.1, relay=none")));
    assert_false(selection_line(&s, &any, STR("to 192.0.2.1")));
    assert_false(selection_line(&s, &any, STR("relay=none")));
    s = SELECTION_ALL;
    s.services = SERVICE_SSH;
    assert_true(selection_line(&s, &any, STR("Nov 24 10:00:00 host sshd-session[12]: Accepted")));
    assert_false(selection_line(&s, &any, STR("Nov 24 10:00:00 host postfix/smtpd[12]: Accepted")));
    assert_false(selection_line(&s, &web, STR("Nov 24 10:00:00 host sshd[12]: GET")));
    s = SELECTION_ALL;
    s.site = STR("alpha.example");
    assert_true(selection_line(&s, &web, STR("Alpha.example:443 192.0.2.1 - -")));
    assert_false(selection_line(&s, &web, STR("alpha.example.jp:443 192.0.2.1 - -")));
    assert_true(selection_line(&s, &own, STR("192.0.2.1 - -")));
    s.since = 100;
    s.until = 200;
    assert_true(selection_timed(&s));
    assert_true(selection_time(&s, 100000000));
    assert_true(selection_time(&s, 200999999));
    assert_false(selection_time(&s, 99999999));
    assert_false(selection_time(&s, 201000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole_words_in_any_spelling), cmocka_unit_test(all_that_is_asked_for_must_fit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
