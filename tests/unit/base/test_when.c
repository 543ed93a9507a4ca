#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/when.h"
#include <stdlib.h>
#include <time.h>

#define NOW 1795953600 /* 2026-11-29 12:00:00 UTC */

static const struct {
    const char *text;
    enum when_end end;
    int64_t want; /* -1: nothing of the kind */
} table[] = {
    {"", WHEN_BEGIN, -1}, {"10", WHEN_BEGIN, 10}, {"now", WHEN_BEGIN, NOW}, {"noon", WHEN_BEGIN, -1},
    {"2h", WHEN_BEGIN, NOW - 7200}, {"3d", WHEN_END, NOW - 3 * 86400}, {"90s", WHEN_BEGIN, NOW - 90}, {"20m", WHEN_BEGIN, NOW - 1200}, {"1w", WHEN_BEGIN, NOW - 604800},
    {"h", WHEN_BEGIN, -1}, {"2x", WHEN_BEGIN, -1}, {"-2h", WHEN_BEGIN, -1}, {"999999999h", WHEN_BEGIN, -1},
    {"10:00", WHEN_BEGIN, NOW - 7200}, {"12:00:01", WHEN_BEGIN, NOW - 86399}, {"9:05", WHEN_BEGIN, NOW - 10500}, {"24:00", WHEN_BEGIN, -1}, {"10:60", WHEN_BEGIN, -1}, {"10:00x", WHEN_BEGIN, -1},
    {"today", WHEN_BEGIN, NOW - 43200}, {"today", WHEN_END, NOW + 43199}, {"yesterday", WHEN_BEGIN, NOW - 129600}, {"yesterday", WHEN_END, NOW - 43201},
    {"2026-11-29", WHEN_BEGIN, NOW - 43200}, {"2026-11-29", WHEN_END, NOW + 43199}, {"2026-11-29 10:00", WHEN_END, NOW - 7200}, {"2026-11-29T10:00:07", WHEN_BEGIN, NOW - 7193},
    {"2026-02-30", WHEN_BEGIN, -1}, {"2026-13-01", WHEN_BEGIN, -1}, {"2024-02-29 00:00", WHEN_BEGIN, 1709164800}, {"2026-11-29 ", WHEN_BEGIN, NOW - 43200}, {"2026-11-29x10:00", WHEN_BEGIN, -1},
    {"2026/11/29", WHEN_BEGIN, -1}, {"26-11-29", WHEN_BEGIN, -1},
};

static void reads_what_people_write(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        int64_t got = -1;
        bool good = when_read(str_of(table[i].text), NOW, table[i].end, &got);
        if (good != (table[i].want >= 0) || (good && got != table[i].want))
            fail_msg("%s: %d, %lld", table[i].text, good, (long long)got);
    }
}

/* 29 March 2026 has 23 hours in Berlin. */
static void a_day_may_be_short(void **state)
{
    (void)state;
    int64_t begin, end;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    assert_true(when_read(STR("2026-03-29"), NOW, WHEN_BEGIN, &begin) && when_read(STR("2026-03-29"), NOW, WHEN_END, &end));
    assert_int_equal(end - begin + 1, 23 * 3600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_what_people_write), cmocka_unit_test(a_day_may_be_short)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
