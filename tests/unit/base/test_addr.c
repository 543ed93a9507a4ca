#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/addr.h"

static void parses(void **state)
{
    (void)state;
    static const struct { const char *input, *want; } table[] = {
        {"192.0.2.1", "192.0.2.1"}, {"::ffff:192.0.2.1", "192.0.2.1"}, {"2001:DB8::1", "2001:db8::1"}, {"", NULL}, {"192.0.2", NULL},
        {"192.0.2.256", NULL}, {"1.2.3.4 ", NULL}, {"fe80::1%eth0", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct addr a;
        char text[ADDR_TEXT];
        bool ok = addr_parse(str_of(table[i].input), &a);
        assert_int_equal(ok, table[i].want != NULL);
        if (ok)
            assert_string_equal(addr_text(&a, text), table[i].want);
    }
}

static void covers(void **state)
{
    (void)state;
    static const struct { const char *outer, *inner; bool want; } table[] = {
        {"127.0.0.0/8", "127.0.0.1", true}, {"0.0.0.0/0", "203.0.113.9", true}, {"203.0.113.0/28", "203.0.113.16", false},
        {"2001:db8::/32", "2001:db8:1::/48", true}, {"2001:db8:1::/48", "2001:db8::/32", false}, {"::/0", "192.0.2.1", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct prefix o, n;
        assert_true(prefix_parse(str_of(table[i].outer), true, &o));
        assert_true(prefix_parse(str_of(table[i].inner), true, &n));
        assert_int_equal(prefix_covers(&o, &n), table[i].want);
    }
    struct prefix p;
    assert_false(prefix_parse(STR("192.0.2.1/24"), true, &p));
    assert_true(prefix_parse(STR("192.0.2.1/24"), false, &p));
    assert_false(prefix_parse(STR("192.0.2.0/33"), false, &p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parses), cmocka_unit_test(covers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
