/* test_sieve.c: what expressions must contain, and that lines without it change nothing. tests/oracle/test_sieve.py does the same with fail2ban's filters and logs. */
#include "base/buf.h"
#include "base/confine.h"
#include "filter/needle.h"
#include "filter/regex.h"
#include "filter/scan.h"
#include "filter/sieve.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#define NOW 1124013600

/* "failed|refused", with i: before what stands in any case. */
static const char *needles(struct arena *a, const char *expression)
{
    struct regex_text t;
    struct buf b = BUF(4096);
    if (regex_translate(a, str_of(expression), &t, NULL) < 0)
        return "refused";
    struct needles n = needles_of(&t, false);
    buf_addz(&b, n.n && n.caseless ? "i:" : "");
    for (unsigned i = 0; i < n.n; i++) {
        buf_addz(&b, i ? "|" : "");
        buf_add(&b, n.v[i].text, n.v[i].n);
    }
    char *all = arena_dup(a, buf_str(&b));
    buf_free(&b);
    return all;
}

static void what_must_be_there(void **state)
{
    static const struct { const char *expression, *want; } rows[] = {
        {"^Failed (?:password|publickey) for (?P<user>.*) from (?P<host>\\S+)$", "Failed password for |Failed publickey for "},
        {"a+bcdef", "abcdef"}, {"xa+bcdef", "abcdef"}, {"ab*cdef", "cdef"}, {"(?:abcd)?", ""}, {"abcd|x*", ""}, {"abcd|efgh", "abcd|efgh"},
        {"abc[dD]efg", "i:abcdefg"}, {"abc[de]fgh", "abcdfgh|abcefgh"}, {"abcd\\defghij", "efghij"}, {"(?i)Login Error", "i:login error"}, {"(?i)wrong password", "i:wrong pa"},
        {"(?i)sks", ""}, {"ab", ""}, {"(?:ab){3}", "ababab"}, {"(?:abcd){2,}", "abcdabcd"}, {"abcd(?=efgh)ij", "abcdij"}, {"(?!abcd)x", ""}, {"(abcd)\\1", "abcd"},
        {"(a)?(?(1)bcde|fghi)", "bcde|fghi"}, {"(a)?(?(1)bcde)", ""}, {"abcd\\nefghij", "efghij"}, {"\xc3\xa9tudes", "tudes"}, {"(?x) a b c d # e", "abcd"}, {"a.b.c", ""},
        {"(?i:log)in FAILED", "i:login failed"}, {"ss(?i:hd)x", "i:sshdx"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
        const char *got = needles(a, rows[i].expression);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s: %s", rows[i].expression, got);
    }
}

static bool note(void *ctx, unsigned text, size_t end)
{
    buf_printf(ctx, "%u@%zu ", text, end);
    return true;
}

static void scanning(void **state)
{
    static const struct scan_text texts[] = {{{"abcd", 4}, false}, {{"bcd", 3}, true}, {{"abcd", 4}, true}, {{"zz\xff", 3}, false}};
    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        struct scan *s;
        struct buf b = BUF(4096);
        scan_new(texts, 3, plain, &s);
        assert_true(scan_is_plain(s) || !plain); /* without Vectorscan both are */
        assert_true(scan_run(s, STR("abcd"), note, &b));
        assert_true(scan_run(s, STR("xABCDab"), note, &b));
        size_t hits = 0;
        for (size_t i = 0; i < b.n; i++)
            hits += b.p[i] == '@';
        assert_int_equal(hits, 5);
        assert_non_null(strstr(b.p, "0@4"));
        assert_non_null(strstr(b.p, "1@5"));
        buf_free(&b);
        scan_free(s);
    }
}

static struct filter_definition filter(struct arena *a, const char *pref, const char *const *fail, const char *date)
{
    struct filter_definition d = {.name = "f", .maxlines = 1, .prefregex = {pref, "f", 1}, .datepattern = {date, "f", 1}};
    for (; *fail; fail++)
        *list_push(a, &d.failregex) = (struct filter_text){*fail, "f", 1};
    return d;
}

static const char lines[] =
    "Aug 14 11:59:01 srv sshd[1]: Connection from 192.0.2.1\n"
    "Aug 14 11:59:01 srv cron[1]: nothing at all\n"
    "192.0.2.3 - - [14/Aug/2005:11:59:02 +0200] \"GET /x HTTP/1.1\" 404\n"
    "Aug 14 11:59:03 srv sshd[1]: Failed for root\n"
    "no date, and nothing\n"
    "Aug 14 11:59:04 srv sshd[2]: Failed for root from \xff 192.0.2.2\r\n"
    "aa 192.0.2.4\n";

static void same_as_open(void **state)
{
    static const char *const ssh[] = {"^<F-NOFAIL>Connection from</F-NOFAIL> <HOST>", "^Failed for <F-USER>\\S+</F-USER>(?: from .* <HOST>)?$", NULL};
    static const char *const web[] = {"^<HOST> - - \\[\\] \"GET /x", NULL}; /* begins before the date that is cut out, and ends behind it */
    static const char *const slow[] = {"^(?P<x>[a-c])(?P=x) <HOST>$", NULL};
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    const struct filter_definition d[] = {filter(a, "^ *(?:\\S+ )?sshd\\[<F-MLFID>\\d+</F-MLFID>\\]: <F-CONTENT>.+</F-CONTENT>$", ssh, NULL), filter(a, NULL, web, "^[^\\[]*\\[({DATE})"), filter(a, NULL, slow, NULL)};
    struct matcher_options o = {.today = NOW};
    struct buf all[3] = {BUF(4096), BUF(4096), BUF(4096)};
    (void)state;
    for (unsigned w = 0; w < 3; w++) {
        _cleanup_(sieve_freep) struct sieve *s = NULL;
        struct str rest = str_of(lines), line;
        o.thorough = w == SIEVE_OPEN;
        assert_int_equal(sieve_new(d, 3, &o, (enum sieve_way)w, &s, NULL), 0);
        sieve_block(s, rest);
        while (str_line(&rest, &line)) {
            struct matcher_event e = {0};
            size_t f = 9;
            enum matcher_result r = sieve_line(s, line, NULL, NOW, &f, &e);
            buf_addc(&all[w], "-+ih"[r]);
            if (r == MATCHER_FOUND)
                buf_printf(&all[w], "%zu %.*s %.*s %lld", f, (int)e.host.n, e.host.p, (int)e.user.n, e.user.p ? e.user.p : "", (long long)e.time_us / 1000000 - NOW);
            buf_addc(&all[w], ';');
        }
        assert_string_equal(all[w].p, "h;-;+1 192.0.2.3  -58;+0 192.0.2.1 root -57;-;+0 192.0.2.2 root -56;+2 192.0.2.4  -56;");
        assert_int_equal(matcher_counts(sieve_matcher(s, 0)).undated, 2);
        assert_int_equal(matcher_slow_rule(sieve_matcher(s, 0), 0), 0);
        assert_int_equal(matcher_slow_rule(sieve_matcher(s, 2), 0), 1);
        buf_free(&all[w]);
    }
}

/* Lines that nobody asks about, and whose date stands in each of them alone, are left out; a line without a date still takes that of the line before. In two blocks. */
static void dates_left_out(void **state)
{
    static const char *const blocks[] = {
        "192.0.2.3 [14/Aug/2005:11:59:02 +0200] other\n192.0.2.4 [14/Aug/2005:11:59:03 +0200] other\n192.0.2.5 [34/Aug/2005:11:59:04 +0200] other\n192.0.2.6 bad login\n"
        "192.0.2.7 [14/Aug/2005:11:59:05 +0200] bad login\n\xc3\xa9 [14/Aug/2005:11:59:06 +0200] other\n192.0.2.8 bad login\n192.0.2.3 [14/Aug/2005:11:59:07 +0200] other\r\n",
        "192.0.2.9 bad login\n192.0.2.3 [14/Aug/2005:11:59:08 +0200] other\nAug 14 11:59:09 srv sshd[1]: Failed for root from <192.0.2.1\n192.0.2.10 bad login\n"};
    static const char *const fail[] = {"^<HOST> .*bad login$", NULL}, *const ssh[] = {"sshd\\[\\d+\\]: Failed for \\S+ from <<HOST>", NULL};
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    const struct filter_definition d[] = {filter(a, NULL, fail, "^[^\\[]*\\[(%d/%b/%Y:%H:%M:%S(?: %z)?)\\]"), filter(a, NULL, ssh, "{^LN-BEG}")};
    (void)state;
    for (unsigned w = 0; w < 3; w++) {
        _cleanup_(sieve_freep) struct sieve *s = NULL;
        _cleanup_(buf_free) struct buf all = BUF(4096);
        struct matcher_options o = {.today = NOW, .thorough = w == SIEVE_OPEN, .uncounted = true};
        uint64_t seen = 0;
        assert_int_equal(sieve_new(d, 2, &o, (enum sieve_way)w, &s, NULL), 0);
        for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
            struct str rest = str_of(blocks[i]);
            sieve_block(s, rest);
            while (rest.n) {
                struct matcher_event e = {0};
                size_t f = 9;
                if (sieve_next(s, &rest, NOW, &seen, &f, &e) == MATCHER_FOUND)
                    buf_printf(&all, "%zu %.*s %lld;", f, (int)e.host.n, e.host.p, e.timed ? (long long)e.time_us / 1000000 - NOW : 9);
            }
        }
        assert_string_equal(all.p, "0 192.0.2.6 -57;0 192.0.2.7 -55;0 192.0.2.8 -54;0 192.0.2.9 -53;1 192.0.2.1 -51;0 192.0.2.10 -52;");
        assert_int_equal(seen, 12);
    }
}

/* What lines are counted for does not depend on whether they are passed over, either: these have a date that means nothing, or none. */
static void counted_when_passed_over(void **state)
{
    static const char *const fail[] = {"^<HOST> bad login$", NULL};
    static const char text[] =
        "Aug 14 11:59:01 line a\nAug 14 11:59:01 line b\nAug 14 11:59:01 line c\nFeb 30 11:59:02 line a\nFeb 30 11:59:02 line b\nFeb 30 11:59:02 line c\n"
        "Feb 30 11:59:02 line d\nno date\nFeb 30 11:59:02 line e\nAug 14 11:59:03 line a\n";
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    const struct filter_definition d = filter(a, NULL, fail, NULL);
    (void)state;
    for (unsigned w = 0; w < 3; w++) {
        _cleanup_(sieve_freep) struct sieve *s = NULL;
        struct matcher_options o = {.today = NOW, .thorough = w == SIEVE_OPEN};
        struct matcher_event e = {0};
        size_t f = 9;
        uint64_t seen = 0;
        struct str rest = str_of(text);
        assert_int_equal(sieve_new(&d, 1, &o, (enum sieve_way)w, &s, NULL), 0);
        sieve_block(s, rest);
        assert_int_equal(sieve_next(s, &rest, NOW, &seen, &f, &e), MATCHER_MISSED);
        assert_int_equal(seen, 10);
        assert_int_equal(matcher_counts(sieve_matcher(s, 0)).undated, 6);
    }
}

/* More texts are found in a block than are kept; the first that is not kept ends where the last of them does, at the end of a line. */
static void too_many_texts(void **state)
{
    static const char *const fail[] = {"^zzzzz\\d <HOST>", "^<HOST> \\d+qqwkvxj$", "^<HOST> .*wkvxj$", NULL};
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    const struct filter_definition d = filter(a, NULL, fail, "{NONE}");
    struct matcher_options o = {.today = NOW};
    (void)state;
    for (unsigned w = 0; w < 2; w++)
        for (size_t kept = 65534; kept < 65538; kept++) {
            _cleanup_(sieve_freep) struct sieve *s = NULL;
            _cleanup_(buf_free) struct buf b = BUF(1u << 20);
            struct matcher_event e = {0};
            size_t f = 9;
            uint64_t seen = 0;
            for (size_t i = 1; i < kept; i++)
                buf_addz(&b, "zzzzz\n");
            buf_addz(&b, "192.0.2.1 xqqwkvxj\nanother line\n");
            struct str rest = buf_str(&b);
            assert_int_equal(sieve_new(&d, 1, &o, (enum sieve_way)w, &s, NULL), 0);
            sieve_block(s, rest);
            assert_int_equal(sieve_next(s, &rest, NOW, &seen, &f, &e), MATCHER_FOUND);
            assert_int_equal(e.rule, 3);
            assert_int_equal(rest.n, strlen("another line\n"));
        }
}

/* In a child: 0, or which step was not as it should be. */
static int sealed(void)
{
    static const char *const fail[] = {"^Failed for <F-USER>.*</F-USER> from <HOST>$", NULL};
    static const char text[] = "Aug 14 11:59:01 Failed for root from 192.0.2.1\nAug 14 11:59:01 Failed for \xc3\xa9 from 192.0.2.2\n";
    struct arena *a = arena_new(1u << 20);
    const struct filter_definition d = filter(a, "^\\s*<F-CONTENT>Failed.+</F-CONTENT>$", fail, "{^LN-BEG}");
    struct matcher_options o = {.today = NOW};
    struct err err = {0};
    struct sieve *s = NULL;
    struct str rest = str_of(text);
    struct regex late;
    uint64_t seen = 0;
    if (sieve_new(&d, 1, &o, SIEVE_USUAL, &s, NULL) < 0 || !matcher_counts(sieve_matcher(s, 0)).jit)
        return 1;
    sieve_ready(s);
    if (regex_seal(&err) < 0 || confine_code_filter(&err) < 0)
        return 2;
    sieve_block(s, rest);
    for (int i = 0; i < 2; i++) {
        struct matcher_event e = {0};
        size_t f = 9;
        if (sieve_next(s, &rest, NOW, &seen, &f, &e) != MATCHER_FOUND || !str_eq(e.host, i ? STR("192.0.2.2") : STR("192.0.2.1")))
            return 3;
    }
    if (regex_compile(a, STR("late"), false, &late, &err) < 0 || late.jit || !regex_search(&late, STR("too late"), true, 0, &(struct regex_found){0}))
        return 4;
    regex_done(&late);
    sieve_free(s);
    arena_free(a);
    return 0;
}

/* The same, where the kernel refuses: as some of the code may be protected by then, none is made or freed any more. */
static int half_sealed(void)
{
    struct arena *a = arena_new(1u << 20);
    struct err err = {0};
    struct regex early, late;
    if (regex_compile(a, STR("early"), false, &early, &err) < 0 || !early.jit || confine_code_filter(&err) < 0)
        return 1;
    (void)!regex_seal(&err);
    if (regex_compile(a, STR("late"), false, &late, &err) < 0 || late.jit || !regex_search(&late, STR("too late"), true, 0, &(struct regex_found){0}))
        return 2;
    regex_done(&late);
    regex_done(&early);
    arena_free(a);
    return 0;
}

/* A process that has loaded its filters protects their machine code and makes no more: lines are matched as before. */
static void sealed_code(void **state)
{
    static int (*const ways[])(void) = {sealed, half_sealed};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0)
            _exit(ways[i]());
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_must_be_there), cmocka_unit_test(scanning), cmocka_unit_test(same_as_open), cmocka_unit_test(dates_left_out), cmocka_unit_test(counted_when_passed_over), cmocka_unit_test(too_many_texts), cmocka_unit_test(sealed_code)};
    return cmocka_run_group_tests(tests, zurich, NULL);
}
