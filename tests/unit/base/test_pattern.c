#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fnmatch.h>
#include <stdio.h>
#include "base/macros.h"
#include "base/pattern.h"

static const char *const patterns[] = {"", "*", "**", "a", "*.sql", "*.SQL.gz", ".env", ".env.*", ".env[-_~]*", "*.log.[0-9]*", "*20[0-9][0-9]*", "*a*b*", "a*a", "[a-c]x", "*[xz]", "[-_]", "*ab", "x[0-9"};

static void agrees_with_fnmatch(void **state)
{
    (void)state;
    static const char *const names[] = {"", "a", "A", "aa", "aba", "dump.sql", "DUMP.Sql", "dump.sql.gz", ".sql", "sql", ".env", ".ENV", ".env.x", ".env-", ".env_old", ".env~", ".envx", "x.log.1", "x.log.1.2", "x.log.",
                                        "a2024b", "2019", "20x9", "ab", "aab", "abab", "xaxbx", "cx", "Cx", "dx", "yx", "yz", "yy", "-", "_", "\303\244.sql", "\377.sql", "x5", "a.log.9a"};
    for (size_t p = 0; p < ARRAY_SIZE(patterns) - 1; p++)
        for (size_t n = 0; n < ARRAY_SIZE(names); n++)
            if (pattern_fits(patterns[p], names[n]) != (fnmatch(patterns[p], names[n], FNM_CASEFOLD) == 0))
                fail_msg("%s with %s", patterns[p], names[n]);
}

/* All names of up to six of these bytes. */
static void agrees_for_any_short_name(void **state)
{
    (void)state;
    static const char bytes[] = "aB2.x0";
    char name[8];
    for (unsigned k = 0; k < 7 * 7 * 7 * 7 * 7 * 7; k++) {
        size_t n = 0;
        for (unsigned v = k; v; v /= 7)
            if (v % 7)
                name[n++] = bytes[v % 7 - 1];
        name[n] = 0;
        for (size_t p = 0; p < ARRAY_SIZE(patterns) - 1; p++)
            if (pattern_fits(patterns[p], name) != (fnmatch(patterns[p], name, FNM_CASEFOLD) == 0))
                fail_msg("%s with %s", patterns[p], name);
    }
}

static void ends_at_the_end(void **state)
{
    (void)state;
    assert_true(pattern_fits("x[0-9", "x9")); /* a class that is never closed reads no further */
    assert_false(pattern_fits("x[0-9", "x"));
    assert_false(pattern_fits("[", "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_fnmatch), cmocka_unit_test(agrees_for_any_short_name), cmocka_unit_test(ends_at_the_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
