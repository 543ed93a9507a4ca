/* test_glimpse.c: which expressions could match in a line; and that a date is the same whether short cuts are taken or not. */
#include "base/buf.h"
#include "filter/date.h"
#include "filter/glimpse.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

static uint64_t named(struct arena *a, const char *const *expressions, const char *line)
{
    struct regex_text texts[8];
    const struct regex_text *v[8];
    size_t n = 0;
    for (; expressions[n]; n++) {
        assert_int_equal(regex_translate(a, str_of(expressions[n]), &texts[n], NULL), 0);
        v[n] = &texts[n];
    }
    struct glimpse *g = glimpse_new(a, v, n);
    uint64_t first = glimpse_line(g, str_of(line)), again = glimpse_line(g, str_of(line));
    assert_true(first == again);
    glimpse_done(g);
    return first;
}

static void what_could_match(void **state)
{
    static const char *const expressions[] = {
        "^(?:\\W{0,2})?((?P<b>jan|feb) \\d\\d \\d\\d:\\d\\d(?: \\d{4})?)(?=\\b|\\W|$)", /* bit 0: bound, with a time */
        "(\\d\\d([-/])(?:jan|feb)\\2\\d{4}:\\d\\d:\\d\\d)",                             /* 1: anywhere; a reference */
        "(\\d{4}\\d\\d\\d\\d)x?",                                                        /* 2: eight digits */
        "(@[0-9a-f]{24})",                                                               /* 3: a run */
        "(day \\d+)",                                                                    /* 4: nothing is known of it */
        "((?i)[a-z]+\\s*at \\d:\\d\\d)",                                                 /* 5: as long as it likes */
        NULL,
    };
    static const struct { const char *line; uint64_t want; } rows[] = {
        {"jan 12 11:59 x", 0x31}, {"x jan 12 11:59", 0x30}, {"[jan 12 11:59]", 0x31}, {"192.0.2.1 [12/feb/2005:11:59", 0x32}, {"12-feb/2005:11:59", 0x32},
        {"12/feb/2005 11:59", 0x30}, {"20050814T", 0x34}, {"2005081", 0x30}, {"@400000004315faaa0123456789", 0x34 | 8}, {"@4000g0000a315f", 0x30}, {"", 0x30}, {"1:2", 0x30},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        _cleanup_(arena_freep) struct arena *a = arena_new(16u << 20);
        uint64_t got = named(a, expressions, rows[i].line);
        if (got != rows[i].want)
            fail_msg("%s: %llx, not %llx", rows[i].line, (unsigned long long)got, (unsigned long long)rows[i].want);
    }
}

/* Lines of a few kinds at random, with dates that come again or not: a detector that takes short cuts finds in each what one finds that takes none. */
static void short_cuts_change_nothing(void **state)
{
    static const char *const patterns[] = {NULL, "{^LN-BEG}", "{^LN-BEG}TAI64N\n{^LN-BEG}", "^[^\"]*\\[(%d/%b/%Y:%H:%M:%S %z)\\]", "%Y-%m-%d %H:%M:%S", "^%a %b %d %H:%M:%S %Y", "{NONE}"};
    static const char *const forms[] = {"Aug %2$d 11:%1$02d:%1$02d srv x[%3$d]: y", "192.0.2.%3$d - - [%2$d/Aug/2005:11:59:%1$02d +0000] \"GET", "2005-08-%2$02dT11:%1$02d:00.123 a 2005-08-01 10:00:00",
                                        "Sun Aug %2$2d 11:59:%1$02d 2005 b", "nothing %3$d", "%3$d1124013%1$02d0 c", "x Aug %2$d 11:59:%1$02d", "[2005-08-%2$02d 11:59:%1$02d] z", "Aug %2$d 11:59", "\xc3\xa9 Aug %2$d 11:59:%1$02d"};
    (void)state;
    for (size_t p = 0; p < ARRAY_SIZE(patterns); p++) {
        _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
        struct date_detector *d[2];
        unsigned seed = 7;
        for (int i = 0; i < 2; i++)
            assert_int_equal(date_detector_new(a, str_of(patterns[p]), 1124013600, &d[i], NULL), 0);
        date_detector_thorough(d[1]);
        for (unsigned n = 0; n < 4000; n++) {
            char line[200];
            unsigned r = (unsigned)rand_r(&seed), form = r % 7 == 0 ? r / 7 % ARRAY_SIZE(forms) : n / 500 % ARRAY_SIZE(forms);
            snprintf(line, sizeof line, forms[form], n / 6 % 70, 1 + n / 900 % 32, r / 100 % 400);
            struct date_found f[2] = {{0}, {0}};
            bool found[2];
            for (int i = 0; i < 2; i++)
                found[i] = date_detector_find(d[i], str_of(line), line[0] != '\xc3', 1124013600, &f[i]);
            if (found[0] != found[1] || f[0].start != f[1].start || f[0].end != f[1].end || f[0].timed != f[1].timed || (f[0].timed && f[0].us != f[1].us))
                fail_msg("%s: line %u: %s: %d %zu-%zu %lld, not %d %zu-%zu %lld", patterns[p] ? patterns[p] : "(default)", n, line, found[0], f[0].start, f[0].end, (long long)f[0].us, found[1], f[1].start,
                         f[1].end, (long long)f[1].us);
        }
        for (int i = 0; i < 2; i++)
            date_detector_done(d[i]);
    }
}

static int zurich(void **state)
{
    (void)state;
    setenv("TZ", "Europe/Zurich", 1);
    tzset();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_could_match), cmocka_unit_test(short_cuts_change_nothing)};
    return cmocka_run_group_tests(tests, zurich, NULL);
}
