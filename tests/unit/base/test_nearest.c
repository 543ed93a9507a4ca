#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/nearest.h"

static void finds(void **state)
{
    (void)state;
    static const char *const names[] = {"check", "explain", "accept", "config", "help", "version"};
    static const struct { const char *word, *want; } table[] = {
        {"chekc", "check"}, {"exlpain", "explain"}, {"accpt", "accept"}, {"hlep", "help"}, {"xyz", NULL}, {"", NULL}, {"versions", "version"},
        {"a-very-long-word-that-nobody-would-type-because-it-is-longer-than-all-names-are", NULL}, {"firewall", NULL}, {"ab", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        const char *got = nearest(str_of(table[i].word), names, ARRAY_SIZE(names));
        if (!table[i].want)
            assert_null(got);
        else
            assert_string_equal(got ? got : "(none)", table[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
