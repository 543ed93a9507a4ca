#include "filter/regex.h"
#include "filter/tags.h"
#include "filter/utf8.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* What PCRE2 is given. */
static void texts(void **state)
{
    static const struct { const char *python, *want; } rows[] = {
        {"a{,3}", "a{0,3}"}, {"a{2,}?", "a{2,}?"}, {"a{,}", "a{0,}"}, {"a{x}", "a\\{x\\}"}, {"{}", "\\{\\}"},
        {"\\Z", "\\z"}, {"\\v\\a\\f", "\\x{b}\\x{7}\\x{c}"}, {"\\s", "[\\s\\x{1c}-\\x{1f}]"}, {"[\\s,]", "[\\s\\x{1c}-\\x{1f}\\,]"},
        {"[[:a]", "[\\[\\:a]"}, {"[]a]", "[\\]a]"}, {"[^]a-]", "[^\\]a\\-]"}, {"[a-c]", "[a-c]"}, {"[\\w\\-.]", "[\\w\\-\\.]"},
        {"(?P<n>a)(?P=n)(?(n)b|c)", "(a)\\g{1}(?(1)b|c)"}, {"(?P<R>a)(?(R)b)", "(a)(?(1)b)"}, {"(a)\\1", "(a)\\g{1}"}, {"\\x41\\u00e9", "A\\x{e9}"},
        {"(?i:a)(?-i:b)", "(?i:a)(?-i:b)"}, {"(?iu)a", "a"}, {"(?#x)a", "a"}, {"(?x) a # b\n c", "ac"}, {"a/b", "a\\/b"}, {"\\101", "A"}, {"\\0", "\\x{0}"},
        {"(?:(?!a)b)*?", "(?:(?!a)b)*?"}, {"\xc3\xa9", "\\x{e9}"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
        struct regex_text t;
        struct err err = {0};
        assert_int_equal(regex_translate(a, str_of(rows[i].python), &t, &err), 0);
        assert_string_equal(t.pattern.p, rows[i].want);
    }
}

/* What Python refuses, and what would be PCRE2's own. */
static void refused(void **state)
{
    static const struct { const char *python; unsigned column; } rows[] = {
        {"(", 2}, {")", 2}, {"a**", 4}, {"*a", 2}, {"^*", 3}, {"a|*", 4}, {"[a", 3}, {"[z-a]", 5}, {"[\\w-z]", 5}, {"\\", 2}, {"\\q", 2}, {"\\Q", 2}, {"(?P<a>x)(?P<a>y)", 15},
        {"(?P=a)", 7}, {"(?(1)a)", 0}, {"(?(a)b)", 6}, {"(?R)", 3}, {"(?1)", 3}, {"(?&a)", 3}, {"(?|a)", 3}, {"(*ACCEPT)", 2}, {"(?C1)", 3}, {"(?L)a", 3}, {"(?P>a)", 3}, {"\\1", 3}, {"(a\\1)", 5},
        {"(?P<1>a)", 7}, {"\\x4", 4}, {"\\ud800", 7}, {"\xff", 1}, {"(?<n>a)", 3},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
        struct regex_text t = {.groups = 77};
        struct err err = {0};
        if (regex_translate(a, str_of(rows[i].python), &t, &err) != -EINVAL)
            fail_msg("%s was taken", rows[i].python);
        assert_int_equal(t.groups, 77);
        assert_true(*err.text && err.column);
        if (rows[i].column && err.column != rows[i].column)
            fail_msg("%s: column %u", rows[i].python, err.column);
    }
}

static void tags(void **state)
{
    static const struct { const char *text, *want; bool only; } rows[] = {
        {"<F-USER>.*</F-USER>", "(?P<user>.*)", false}, {"<F-ID/>", "(?P<fid>\\S+)", false}, {"<F-ID>x</F-ID>", "(?P<fid>x)", false}, {"<F-PORT>", "(?P<fport>", false},
        {"</F-USER>", "</F-USER>", false}, {"<mode>", "<mode>", false}, {"<CIDR>", "(?P<cidr>\\d+)", false}, {"a<b", "a<b", false}, {"<F-ALT_USER>", "(?P<alt_user>", false},
        {"a<SKIPLINES>b<SKIPLINES>", "a\\n(?P<skiplines0>(?:(?:.*\\n)*?))b\\n(?P<skiplines1>(?:(?:.*\\n)*?))", false}, {"<DNS>", "(?P<dns>[\\w\\-.^_]*\\w)", true},
    };
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_string_equal(tags_expand(a, str_of(rows[i].text), rows[i].only).p, rows[i].want);
    assert_true(str_search(tags_expand(a, STR("<HOST>"), false), STR("(?P<dns>")) > 0);
    assert_true(str_search(tags_expand(a, STR("<HOST>"), true), STR("(?P<dns>")) < 0);
}

static void searches(void **state)
{
    static const struct { const char *python, *subject, *want; } rows[] = { /* want: group 1; NULL: no match */
        {"(a)\\Z", "a\n", NULL}, {"(a)$", "a\n", "a"}, {"(\\s)", "\x1c", "\x1c"}, {"(.+)", "a\nb", "a"}, {"(?i)(\xc3\xa9)", "\xc3\x89", "\xc3\x89"}, {"(\\w+)", "\xc3\xa9t\xc3\xa9 x", "\xc3\xa9t\xc3\xa9"},
        {"^(.)$", "\xe6\xbc\xa2", "\xe6\xbc\xa2"}, {"(?a)(\\w+)$", "\xc3\xa9", NULL}, {"(a{,2})b", "aab", "aa"}, {"([[]x)", "[x", "[x"}, {"(?P<x>a)?b(?(x)c|d)(e)", "bde", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
        struct regex r;
        struct regex_found f;
        struct err err = {0};
        assert_int_equal(regex_compile(a, str_of(rows[i].python), false, &r, &err), 0);
        struct str s = str_of(rows[i].subject);
        bool found = regex_search(&r, s, utf8_ascii(s), 0, &f);
        struct str group = found ? regex_group(&f, 1) : (struct str){0};
        if (rows[i].want ? !str_eq(group, str_of(rows[i].want)) : group.p != NULL)
            fail_msg("%s on %s: %.*s", rows[i].python, rows[i].subject, (int)group.n, group.p);
        regex_done(&r);
    }
}

/* An expression that would take years is given up and counted. */
static void limit(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    struct regex r;
    struct regex_found f;
    char text[64];
    memset(text, 'a', sizeof text);
    assert_int_equal(regex_compile(a, STR("^(a+)+$"), false, &r, NULL), 0);
    text[63] = 'b';
    assert_false(regex_search(&r, str_span(text, 64), true, 0, &f));
    assert_int_equal(r.limits, 1);
    regex_done(&r);
}

static void utf8(void **state)
{
    static const struct { const char *raw, *want; } rows[] = { /* as bytes.decode("utf-8", "replace") */
        {"a\xffz", "a\xef\xbf\xbdz"}, {"\xe6\xbc", "\xef\xbf\xbd"}, {"\xe6\xbc\xa2", "\xe6\xbc\xa2"}, {"\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd"}, {"\xf0\x9f\x98z", "\xef\xbf\xbdz"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        _cleanup_(buf_free) struct buf b = BUF(100);
        utf8_repair(str_of(rows[i].raw), &b);
        assert_string_equal(b.p, rows[i].want);
    }
    _cleanup_(buf_free) struct buf b = BUF(100);
    utf8_from_latin1(STR("\xe9z"), &b);
    assert_string_equal(b.p, "\xc3\xa9z");
    assert_int_equal(utf8_offset(STR("\xc3\xa9z"), 1), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts), cmocka_unit_test(refused), cmocka_unit_test(tags), cmocka_unit_test(searches), cmocka_unit_test(limit), cmocka_unit_test(utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
