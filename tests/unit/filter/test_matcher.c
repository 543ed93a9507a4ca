/* test_matcher.c: filters written by hand over a few lines. The corpus that decides is fail2ban's own (tests/filter). */
#include "base/buf.h"
#include "filter/matcher.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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

static bool show_times;

struct filter {
    const char *pref, *fail[5], *ignore[5], *date, *usedns;
    unsigned maxlines;
};

static struct filter_definition definition(struct arena *a, const struct filter *f)
{
    struct filter_definition d = {.name = "try", .maxlines = f->maxlines ? f->maxlines : 1, .usedns = f->usedns,
                                  .prefregex = {f->pref, "try.conf", 1}, .datepattern = {f->date ? f->date : "^(%b %d %H:%M:%S )", "try.conf", 2}}; /* the blank is cut out too */
    for (unsigned i = 0; i < 5 && f->fail[i]; i++)
        *list_push(a, &d.failregex) = (struct filter_text){f->fail[i], "try.conf", 10 + i};
    for (unsigned i = 0; i < 5 && f->ignore[i]; i++)
        *list_push(a, &d.ignoreregex) = (struct filter_text){f->ignore[i], "try.conf", 20 + i};
    return d;
}

static struct matcher *matcher_of(const struct filter_definition *d)
{
    struct matcher_options o = {.today = 1700000000};
    struct matcher *m = NULL;
    struct err err = {0};
    if (matcher_new(d, &o, &m, &err) < 0)
        fail_msg("%s:%u: %s", err.file, err.line, err.text);
    return m;
}

/* "result host user attempts rule", as a line for each line of the log. */
static char *results(struct arena *a, struct matcher *m, const char *log)
{
    _cleanup_(buf_free) struct buf b = BUF(65536);
    struct str rest = str_of(log), line;
    while (str_line(&rest, &line)) {
        struct matcher_event e = {0};
        enum matcher_result r = matcher_line(m, line, NULL, NOW, &e);
        buf_addc(&b, "-+ih"[r]);
        if (r == MATCHER_FOUND)
            buf_printf(&b, "%.*s %.*s %u %u", (int)e.host.n, e.host.p, (int)e.user.n, e.user.p ? e.user.p : "", e.attempts, e.rule);
        if (r == MATCHER_FOUND && show_times)
            buf_printf(&b, " %lld", e.timed ? (long long)e.time_us : -1);
        buf_addc(&b, ';');
    }
    return arena_dup(a, buf_str(&b));
}

static char *run(struct arena *a, const struct filter *f, const char *log)
{
    struct filter_definition d = definition(a, f);
    _cleanup_(matcher_freep) struct matcher *m = matcher_of(&d);
    return results(a, m, log);
}

#define D "Aug 14 11:59:59 "

/* Events of other kinds come behind the failures, and need not tell an address. "kind host user queue sender rule". */
static void events(void **state)
{
    (void)state;
    struct arena *a = arena_new(16u << 20);
    struct filter f = {.pref = "^p: <F-CONTENT>.+</F-CONTENT>$", .fail = {"^bad <F-USER>\\S*</F-USER> <HOST>$"}};
    struct filter_definition d = definition(a, &f);
    static const struct { enum event_kind kind; const char *text; } more[] = {
        {EVENT_LOGIN_OK, "^(?:good|bad) <F-USER>\\S+</F-USER>"}, {EVENT_MAIL_QUEUED, "^<F-QUEUE>[0-9A-F]+</F-QUEUE>: from=<<F-SENDER>[^>]*</F-SENDER>>(?: by <ADDR>)?$"}};
    for (size_t i = 0; i < ARRAY_SIZE(more); i++)
        *list_push(a, &d.events) = (struct filter_event){more[i].kind, {more[i].text, "try.conf", 30}};
    static const struct { const char *line, *want; } rows[] = {
        {"p: bad u 192.0.2.1", "login-failed 192.0.2.1 u - - 1"}, {"p: bad u nobody else", "login-ok  u - - 2"}, {"p: good u", "login-ok  u - - 2"},
        {"p: A1: from=<>", "mail-queued  - A1  3"}, {"p: A1: from=<s@a.example> by ::1", "mail-queued ::1 - A1 s@a.example 3"}, {"good u", ""}, {"p: other", ""},
    };
    struct matcher_options o = {.today = 1700000000};
    struct matcher *m = NULL;
    assert_int_equal(matcher_new(&d, &o, &m, NULL), 0);
    assert_int_equal(matcher_rules(m), 3);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char line[256], got[256] = "";
        struct matcher_event e = {0};
        snprintf(line, sizeof line, D "%s", rows[i].line);
        if (matcher_line(m, str_of(line), NULL, NOW, &e) == MATCHER_FOUND) {
            struct str user = matcher_field(m, EVENT_USER), queue = matcher_field(m, EVENT_QUEUE), sender = matcher_field(m, EVENT_SENDER);
            snprintf(got, sizeof got, "%s %.*s %.*s %.*s %.*s %u", event_kinds[e.kind].name, (int)e.host.n, e.host.p, user.p ? (int)user.n : 1, user.p ? user.p : "-",
                     queue.p ? (int)queue.n : 1, queue.p ? queue.p : "-", sender.p ? (int)sender.n : 1, sender.p ? sender.p : "-", e.rule);
        }
        assert_string_equal(got, rows[i].want);
    }
    assert_null(matcher_field(m, EVENT_TTY).p);
    matcher_free(m);
    arena_free(a);
}

static void verdicts(void **state)
{
    static const struct { const char *name; struct filter f; const char *log, *want; } rows[] = {
        {"the first rule that matches", {.fail = {"^x <HOST>$", "^x", "<HOST>"}}, D "x 192.0.2.1\n" D "y 192.0.2.2", NULL},
        {"host forms", {.fail = {"^<HOST> (?:<F-USER>\\S+</F-USER>)?$"}}, D "[2001:DB8::1] u\n" D "::ffff:192.0.2.1 \n" D "a.example v\n" D "999.1.1.1 x",
         "+2001:db8::1 u 1 1;+192.0.2.1  1 1;+a.example v 1 1;+999.1.1.1 x 1 1;"},
        {"no names where usedns = no", {.fail = {"^<HOST>$"}, .usedns = "no"}, D "a.example\n" D "192.0.2.1", "-;+192.0.2.1  1 1;"},
        {"networks", {.fail = {"^<SUBNET>$"}}, D "192.0.2.77/24\n" D "2001:db8::1/32\n" D "192.0.2.1", "+192.0.2.0/24  1 1;+2001:db8::/32  1 1;+192.0.2.1  1 1;"},
        {"an id instead of an address", {.fail = {"^<F-ID>s\\d</F-ID> <ADDR>$", "^id <F-ID/>"}}, D "s1 192.0.2.1\n" D "id 192.0.2.3\n" D "id abc", "+s1  1 1;+192.0.2.3  1 2;+abc  1 2;"},
        {"a prefix and its content", {.pref = "^p: <F-CONTENT>.+</F-CONTENT>$", .fail = {"^x <HOST>$"}}, D "p: x 192.0.2.1\n" D "x 192.0.2.1\n" D "p: y", "+192.0.2.1  1 1;-;-;"},
        {"ignored", {.fail = {"^x <HOST>"}, .ignore = {"good$"}}, D "x 192.0.2.1 good\n" D "x 192.0.2.1 bad\n" D "y good", "i;+192.0.2.1  1 1;-;"},
        {"few to ignore are asked first", {.fail = {"^a <HOST>", "^b <HOST>", "^c <HOST>", "^d <HOST>"}, .ignore = {"good$"}}, D "y good\n" D "a 192.0.2.1", "i;+192.0.2.1  1 1;"},
        {"another name for the user", {.fail = {"^<F-ALT_USER_1>\\S*</F-ALT_USER_1>/<F-USER>\\S*</F-USER> <HOST>$"}}, D "a/ 192.0.2.1\n" D "a/b 192.0.2.1", "+192.0.2.1 a 1 1;+192.0.2.1 b 1 1;"},
        {"the address comes later", {.pref = "^<F-MLFID>\\d+</F-MLFID> <F-CONTENT>.+</F-CONTENT>$", .fail = {"^fail for <F-USER>\\S+</F-USER>$", "^<F-NOFAIL>conn</F-NOFAIL> <HOST>$"}},
         D "1 fail for u\n" D "2 conn 192.0.2.2\n" D "1 conn 192.0.2.1\n" D "2 fail for v", "h;h;+192.0.2.1 u 2 2;+192.0.2.2 v 2 1;"},
        {"who gets in clears, unless there were several", {.pref = "^<F-MLFID>\\d+</F-MLFID> <F-CONTENT>.+</F-CONTENT>$",
          .fail = {"^fail for <F-USER>\\S+</F-USER>$", "^<F-MLFFORGET><F-MLFGAINED>ok</F-MLFGAINED></F-MLFFORGET> <F-USER>\\S+</F-USER> <HOST>$"}},
         D "1 fail for u\n" D "1 ok u 192.0.2.1\n" D "2 fail for u\n" D "2 ok v 192.0.2.1", "h;h;h;+192.0.2.1 v 1 2;"},
        {"two lines", {.fail = {"^a (?P<n>\\d+) <HOST>$<SKIPLINES>^b (?P=n)$"}, .maxlines = 5}, D "a 1 192.0.2.1\n" D "z\n" D "b 1\n" D "b 1", "-;-;+192.0.2.1  2 1;-;"},
        {"NUL and bytes that are none", {.fail = {"^a\xef\xbf\xbd<HOST>$"}}, D "a\xff" "192.0.2.1", "+192.0.2.1  1 1;"},
        {"no date", {.fail = {"^x <HOST>$"}}, "x 192.0.2.1", "+192.0.2.1  1 1;"},
        {"a flag in the middle", {.fail = {"^((?i)ab)c <HOST>$"}}, D "ABc 192.0.2.1\n" D "ABC 192.0.2.1", "+192.0.2.1  1 1;-;"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
        const char *want = rows[i].want ? rows[i].want : "+192.0.2.1  1 1;+192.0.2.2  1 3;";
        if (i == 0) { /* its second rule tells nobody */
            struct filter f = {.fail = {"^x <HOST>$", "^x <F-ID/>", "<ADDR>"}};
            assert_string_equal(run(a, &f, rows[i].log), want);
            continue;
        }
        const char *got = run(a, &rows[i].f, rows[i].log);
        if (strcmp(got, want) != 0)
            fail_msg("%s: %s", rows[i].name, got);
    }
}

/* What cannot be loaded names its file and line. */
/* Nothing of one log is left when the next begins: which date is meant, whose connection it was, lines that wait for more. */
static void another_log_begins(void **state)
{
    static const struct { const char *name; struct filter f; const char *first, *second; } rows[] = {
        {"which form of date", {.fail = {"fail <HOST>"}, .date = "%d/%m/%y %H:%M:%S\n%m/%d/%y %H:%M:%S"}, "13/02/05 10:00:00 fail 192.0.2.1\n08/13/05 10:00:00 fail 192.0.2.1\n08/14/05 10:00:00 fail 192.0.2.1\n",
         "03/04/05 10:00:00 fail 192.0.2.2\n05/06/05 10:00:00 fail 192.0.2.2\n"},
        {"the time of the line before", {.fail = {"fail <HOST>"}}, D "fail 192.0.2.1\n", "fail 192.0.2.2\n"},
        {"connections", {.pref = "^<F-MLFID>\\d+</F-MLFID> <F-CONTENT>.+</F-CONTENT>$", .fail = {"^fail for <F-USER>\\S+</F-USER>$", "^<F-NOFAIL>conn</F-NOFAIL> <HOST>$"}},
         D "1 conn 192.0.2.7\n" D "2 fail for root\n", D "1 fail for admin\n" D "2 conn 192.0.2.8\n"},
        {"several lines", {.fail = {"^begin<SKIPLINES>end <HOST>$"}, .maxlines = 5}, D "begin\n", D "end 192.0.2.1\n"},
    };
    (void)state;
    show_times = true;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
        struct filter_definition d = definition(a, &rows[i].f);
        _cleanup_(matcher_freep) struct matcher *m = matcher_of(&d), *fresh = matcher_of(&d), *same = matcher_of(&d);
        const char *want = results(a, fresh, rows[i].second);
        (void)results(a, m, rows[i].first);
        (void)results(a, same, rows[i].first);
        matcher_restart(m);
        assert_string_equal(results(a, m, rows[i].second), want);
        if (strcmp(results(a, same, rows[i].second), want) == 0) /* without it something would be left, or this shows nothing */
            fail_msg("%s: the first log leaves nothing", rows[i].name);
    }
    show_times = false;
}

static void refused(void **state)
{
    static const struct { struct filter f; unsigned line; } rows[] = {
        {{.fail = {"^<HOST>", "x("}}, 11}, {{.fail = {"^x$"}}, 10}, {{.fail = {"<HOST>"}, .ignore = {"["}}, 20}, {{.pref = "(?<n>", .fail = {"<HOST>"}}, 1}, {{.fail = {"<HOST> <HOST>"}}, 10},
        {{.fail = {"<HOST>"}, .date = "%Q"}, 2}, {{.fail = {"<HOST>"}, .maxlines = 5000}, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
        struct filter_definition d = definition(a, &rows[i].f);
        struct matcher_options o = {.today = 1700000000};
        struct matcher *m = NULL;
        struct err err = {0};
        assert_int_equal(matcher_new(&d, &o, &m, &err), -EINVAL);
        assert_null(m);
        assert_true(*err.text);
        assert_int_equal(err.line, rows[i].line);
    }
}

/* Only so many connections are remembered; the oldest goes. A long line is cut and counted. */
static void bounds(void **state)
{
    static const struct filter f = {.pref = "^<F-MLFID>\\d+</F-MLFID> <F-CONTENT>.+</F-CONTENT>$", .fail = {"^fail$", "^<F-NOFAIL>conn</F-NOFAIL> <HOST>$"}};
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(8u << 20);
    struct filter_definition d = definition(a, &f);
    struct matcher_options o = {.today = 1700000000, .connections = 3};
    _cleanup_(matcher_freep) struct matcher *m = NULL;
    struct matcher_event e;
    assert_int_equal(matcher_new(&d, &o, &m, NULL), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(matcher_line(m, str_of(arena_printf(a, D "%d conn 192.0.2.%d", i, i)), NULL, NOW, &e), MATCHER_HELD);
    assert_int_equal(matcher_line(m, STR(D "1 fail"), NULL, NOW, &e), MATCHER_FOUND);
    assert_int_equal(matcher_line(m, STR(D "0 fail"), NULL, NOW, &e), MATCHER_HELD);
    assert_int_equal(matcher_line(m, STR(D "3 fail"), NULL, NOW + 301, &e), MATCHER_HELD); /* five minutes are over */
    char *longer = arena_zalloc(a, 1u << 20);
    memset(longer, 'x', 1u << 20);
    assert_int_equal(matcher_line(m, str_span(longer, 1u << 20), NULL, NOW, &e), MATCHER_MISSED);
    assert_int_equal(matcher_counts(m).cut, 1);
}

/* While lines are being written, a time that is far off means now. */
static void live(void **state)
{
    static const struct filter f = {.fail = {"<HOST>"}};
    static const struct { const char *line; int64_t want; } rows[] = {
        {"Aug 14 11:59:50 192.0.2.1", NOW - 10}, {"Aug 14 10:59:50 192.0.2.1", NOW}, {"Aug 14 12:30:00 192.0.2.1", NOW}, {"192.0.2.1", NOW},
    };
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(8u << 20);
    struct filter_definition d = definition(a, &f);
    struct matcher_options o = {.today = 1700000000, .live = true};
    _cleanup_(matcher_freep) struct matcher *m = NULL;
    struct matcher_event e;
    assert_int_equal(matcher_new(&d, &o, &m, NULL), 0);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_int_equal(matcher_line(m, str_of(rows[i].line), NULL, NOW, &e), MATCHER_FOUND);
        assert_true(e.timed && e.time_us == rows[i].want * 1000000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(verdicts), cmocka_unit_test(events), cmocka_unit_test(another_log_begins), cmocka_unit_test(refused), cmocka_unit_test(bounds), cmocka_unit_test(live)};
    return cmocka_run_group_tests(tests, zurich, NULL);
}
