#include "filter/date.h"
#include "filter/date_time.h"
#include "filter/utf8.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#define NOW 1124013600 /* 2005-08-14 12:00 in Zurich */

static int zurich(void **state)
{
    (void)state;
    setenv("TZ", "Europe/Zurich", 1);
    tzset();
    return 0;
}

static const char *shown(int64_t us, char text[40])
{
    time_t s = (time_t)(us / 1000000);
    struct tm tm;
    gmtime_r(&s, &tm);
    strftime(text, 40, "%Y-%m-%dT%H:%M:%S", &tm);
    return text;
}

/* Lines in a row through one detector; want: the line without its date, and the time (UTC). */
static void lines(void **state)
{
    static const struct { const char *pattern, *line, *want, *time; } rows[] = {
        {"", "2005-08-14T11:59:59.5 +02:00 x", " x", "2005-08-14T09:59:59"}, {"", "Aug 14 11:59:59 host x", " host x", "2005-08-14T09:59:59"},
        {"", "Dec 31 11:59:59 x", " x", "2004-12-31T10:59:59"}, {"", "Sun Jan 23 21:59:59.011 2005 x", " x", "2005-01-23T20:59:59"},
        {"", "1.2.3.4 [31/Oct/2006:09:22:55 -0500] x", "1.2.3.4 [] x", "2006-10-31T14:22:55"}, {"", "1124013600.250 x", " x", "2005-08-14T10:00:00"},
        {"", "type=A msg=audit(1124013600.123:7): x", "type=A msg=audit(:7): x", "2005-08-14T10:00:00"}, {"", "@4000000042ff1d6000000000 x", " x", "2005-08-14T10:30:56"},
        {"", "11:59:59 x", " x", "2005-08-14T09:59:59"}, {"", "23:59:59 x", " x", "2005-08-13T21:59:59"}, {"", "050813 11:46:11 x", " x", "2005-08-13T09:46:11"},
        {"", "Apr-27-05 02:33:06 x", " x", "2005-04-27T00:33:06"}, {"", "no date", NULL, NULL}, {"", "30/Feb/2005:10:00:00 x", " x", ""},
        {"", "CET Apr 16 21:05:29 x", " x", "2005-04-16T20:05:29"}, {"", "2005-10-30 02:30:00 x", " x", "2005-10-30T00:30:00"}, {"", "2005-03-27 02:30:00 x", " x", "2005-03-27T01:30:00"},
        {"{NONE}", "Aug 14 11:59:59 x", "Aug 14 11:59:59 x", ""}, {"%d.%m.%Y %H:%M:%S", "x 03.02.2004 10:00:00.", "x .", "2004-02-03T09:00:00"},
        {"^\\[({DATE})\\]", "[2005-08-14 11:59:59] x", "[] x", "2005-08-14T09:59:59"}, {"{^LN-BEG}Epoch", "[1124013600] x", "[] x", "2005-08-14T10:00:00"},
        {"LEPOCH", "1124013600123 x", " x", "2005-08-14T10:00:00"}, {"{LEPOCH}:", "x 1124013600123456: y", "x  y", "2005-08-14T10:00:00"},
        {"**%H:%M:%S**", "x11:59:59y", "xy", "2005-08-14T09:59:59"}, {"%H:%M:%S", "x11:59:59y", NULL, NULL}, {"{UNB}%H:%M:%S", "x11:59:59y", "xy", "2005-08-14T09:59:59"},
        {"%j %Y", "200 2004 x", " x", "2004-07-17T22:00:00"}, {"%I:%M %p", "9:15 PM x", " x", "2005-08-13T19:15:00"}, {"%Y-%B-%d %Exz", "2004-February-29 EST x", " x", "2004-02-29T05:00:00"},
        {"", "\xe6\xbc\xa2 2005-08-14 11:59:59 x", "\xe6\xbc\xa2  x", "2005-08-14T09:59:59"}, {"", "1999-08-14 11:59:59 x", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
        struct date_detector *d;
        struct date_found f = {0};
        struct str line = str_of(rows[i].line);
        struct err err = {0};
        if (date_detector_new(a, str_of(rows[i].pattern), 1700000000, &d, &err) < 0)
            fail_msg("%s: %s", rows[i].pattern, err.text);
        bool found = date_detector_find(d, line, utf8_ascii(line), NOW, &f);
        char t[40] = "";
        const char *left = found ? arena_printf(a, "%.*s%s", (int)f.start, line.p, line.p + f.end) : NULL;
        if (found && f.timed)
            shown(f.us, t);
        if ((left == NULL) != (rows[i].want == NULL) || (left && strcmp(left, rows[i].want) != 0) || (left && strcmp(t, rows[i].time) != 0))
            fail_msg("%s: %s: \"%s\" %s %s", rows[i].pattern, rows[i].line, left ? left : "-", t, found ? f.name : "");
        date_detector_done(d);
    }
}

/* The choice depends on the lines before: a date inside the message does not win against the place where dates were. */
static void history(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
    struct date_detector *d;
    struct date_found f;
    assert_int_equal(date_detector_new(a, STR(""), 1700000000, &d, NULL), 0);
    assert_true(date_detector_find(d, STR("[Aug 14 11:00:00] a"), true, NOW, &f));
    assert_true(date_detector_find(d, STR("[Aug 14 11:00:01] b 2005-08-01 00:00:00"), true, NOW, &f));
    assert_int_equal(f.start, 1);
    date_detector_done(d);
}

static void refused(void **state)
{
    static const char *const rows[] = {"%Q", "(", "%Y-%Y", "%H:%M\n%H:%M"};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
        struct date_detector *d = NULL;
        struct err err = {0};
        assert_true(date_detector_new(a, str_of(rows[i]), 1700000000, &d, &err) < 0);
        assert_true(*err.text && !d);
    }
}

static void zones(void **state)
{
    static const struct { const char *text; int want; } rows[] = {
        {"Z", 0}, {"UTC", 0}, {"CET", 60}, {"+0200", 120}, {"-02:30", -150}, {"+02", 120}, {"CET+0100", 120}, {"PDT", -420}, {"NPT", 345}, {"XXX", 9999}, {"+25", 9999}, {"", 9999}, {"+1", 9999},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        int minutes = 9999;
        if (date_zone(str_of(rows[i].text), &minutes) != (rows[i].want != 9999) || minutes != rows[i].want)
            fail_msg("%s: %d", rows[i].text, minutes);
    }
}

/* Lines one after the other whose dates differ by their seconds: what is known of the one before gives what a search would; also where the year changes (now), and at odd seconds. */
static void seconds(void **state)
{
    static const char *const forms[] = {"Aug 14 11:59:%s srv x", "Dec 31 23:59:%s srv x", "2005-08-14 10:00:%s srv", "2005-08-14T10:00:%s.250+02:00 srv", "[14/Aug/2005:11:59:%s +0200] x", "08/14/2004:11:59:%s x",
                                        "20050814T1159%s x", "050814 11:59:%s x", "14-08-1999 11:59:%s x", "Aug 14, 2005 11:59:%s AM x", "11:59:%s x", "Oct 30 2005 02:59:%s x", "1937-07-01 00:00:%s x", "Sun Aug 13 11:59:%s 2005 x"};
    static const char *const at[] = {"00", "00", "00", "01", "09", "10", "5", "41", "42", "59", "60", "61", "62", "58", "58", "57", "5x", "30", "30", "31", "07", "07", "08"};
    static const int64_t nows[] = {NOW, NOW - 40, NOW + 40 * 86400, NOW - 86400 - 30, 1136069995 /* 2005-12-31 23:59:55 */, NOW + 400 * 86400};
    static const char *const zone[] = {"Europe/Zurich", "Europe/Amsterdam", "UTC"};
    _cleanup_(arena_freep) struct arena *a = arena_new(256u << 20);
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(forms) * ARRAY_SIZE(nows); i++) {
        int64_t now = nows[i % ARRAY_SIZE(nows)];
        struct date_detector *d[2];
        setenv("TZ", zone[i % ARRAY_SIZE(zone)], 1);
        tzset();
        for (unsigned k = 0; k < 2; k++)
            assert_int_equal(date_detector_new(a, k ? STR("{^LN-BEG}") : (struct str){0}, NOW, &d[k], NULL), 0);
        for (unsigned k = 0; k < 2; k++) {
            struct date_detector *slow;
            assert_int_equal(date_detector_new(a, k ? STR("{^LN-BEG}") : (struct str){0}, NOW, &slow, NULL), 0);
            date_detector_thorough(slow);
            for (size_t s = 0; s < ARRAY_SIZE(at); s++) {
                const char *line = arena_printf(a, forms[i / ARRAY_SIZE(nows)], at[s]);
                struct date_found x = {0}, y = {0};
                bool fast = date_detector_find(d[k], str_of(line), true, now, &x), found = date_detector_find(slow, str_of(line), true, now, &y);
                if (fast != found || x.start != y.start || x.end != y.end || x.timed != y.timed || x.us != y.us)
                    fail_msg("%s at %lld: %d %zu-%zu %lld, not %d %zu-%zu %lld", line, (long long)now, fast, x.start, x.end, (long long)x.us, found, y.start, y.end, (long long)y.us);
            }
            date_detector_done(slow);
            date_detector_done(d[k]);
        }
    }
    zurich(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines), cmocka_unit_test(history), cmocka_unit_test(refused), cmocka_unit_test(zones), cmocka_unit_test(seconds)};
    return cmocka_run_group_tests(tests, zurich, NULL);
}
