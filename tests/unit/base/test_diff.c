#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/diff.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HEAD "--- a\n+++ b\n"

static const struct { const char *name; struct str old, new; const char *want; } cases[] = {
    {"same", STR("x\n"), STR("x\n"), ""},
    {"both empty", STR(""), STR(""), ""},
    {"new", STR(""), STR("x\ny\n"), HEAD "@@ -0,0 +1,2 @@\n+x\n+y\n"},
    {"gone", STR("x\n"), STR(""), HEAD "@@ -1 +0,0 @@\n-x\n"},
    {"changed", STR("1\n2\n3\n4\n5\n6\n7\n8\n9\n"), STR("1\n2\n3\n4\nX\n6\n7\n8\n9\n"), HEAD "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+X\n 6\n 7\n 8\n"},
    {"added at the end", STR("1\n2\n3\n4\n"), STR("1\n2\n3\n4\n5\n"), HEAD "@@ -2,3 +2,4 @@\n 2\n 3\n 4\n+5\n"},
    {"last newline goes", STR("x\n"), STR("x"), HEAD "@@ -1 +1 @@\n-x\n+x\n\\ No newline at end of file\n"},
    {"last newline comes", STR("x"), STR("x\n"), HEAD "@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+x\n"},
    {"no newline in both", STR("a\nx"), STR("b\nx"), HEAD "@@ -1,2 +1,2 @@\n-a\n+b\n x\n\\ No newline at end of file\n"},
    {"two hunks", STR("a\n1\n2\n3\n4\n5\n6\n7\nb\n"), STR("A\n1\n2\n3\n4\n5\n6\n7\nB\n"),
     HEAD "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n"},
    {"one hunk over six lines", STR("a\n1\n2\n3\n4\n5\n6\nb\n"), STR("A\n1\n2\n3\n4\n5\n6\nB\n"),
     HEAD "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n"},
    {"CR is a byte like others", STR("x\r\n"), STR("x\n"), HEAD "@@ -1 +1 @@\n-x\r\n+x\n"},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        _cleanup_(buf_free) struct buf b = BUF(1 << 16);
        assert_int_equal(diff_unified(cases[i].old, cases[i].new, "a", "b", &b), 0);
        if (!str_eq(buf_str(&b), str_of(cases[i].want)))
            fail_msg("%s:\n%s", cases[i].name, b.p);
    }
}

/* Reads a hunk's lines back onto the old text. */
static void patch(struct str old, struct str diff, struct buf *ret)
{
    struct str line, gone;
    size_t taken = 0;
    str_line(&diff, &line), str_line(&diff, &line);
    while (diff.n) {
        const char *lf = memchr(diff.p, '\n', diff.n);
        size_t n = (size_t)(lf - diff.p) + 1;
        line = str_span(diff.p, n);
        diff = str_from(diff, n);
        if (str_starts(line, STR("@@ -"))) {
            size_t from = strtoul(line.p + 4, NULL, 10), count = 1;
            const char *comma = memchr(line.p, ',', n), *plus = memchr(line.p, '+', n);
            count = comma && comma < plus ? strtoul(comma + 1, NULL, 10) : 1;
            for (from -= count > 0; taken < from; taken++) {
                const char *end = memchr(old.p, '\n', old.n);
                gone = str_span(old.p, end ? (size_t)(end - old.p) + 1 : old.n);
                buf_adds(ret, gone);
                old = str_from(old, gone.n);
            }
        } else if (line.p[0] == '\\') {
            continue;
        } else {
            bool ends = !str_starts(diff, STR("\\"));
            struct str text = str_span(line.p + 1, n - 1 - !ends);
            if (line.p[0] != '-')
                buf_adds(ret, text);
            if (line.p[0] != '+') {
                assert_true(str_starts(old, text));
                old = str_from(old, text.n);
                taken++;
            }
        }
    }
    buf_adds(ret, old);
}

/* Any two texts: what the difference says leads from one to the other. */
static void test_leads_there(void **state)
{
    (void)state;
    srandom(7);
    for (int round = 0; round < 3000; round++) {
        _cleanup_(buf_free) struct buf old = BUF(1 << 16), new = BUF(1 << 16), diff = BUF(1 << 20), back = BUF(1 << 20);
        int n = (int)(random() % 30), kinds = 1 + (int)(random() % 6);
        for (int i = 0; i < n; i++) {
            char line[2] = {(char)('a' + random() % kinds), i + 1 < n || random() % 2 ? '\n' : 'z'};
            if (random() % 5)
                buf_add(&old, line, 2);
            if (random() % 5 == 0)
                line[0] = 'q';
            if (random() % 5)
                buf_add(&new, line, 2);
        }
        assert_int_equal(diff_unified(buf_str(&old), buf_str(&new), "a", "b", &diff), 0);
        if (str_eq(buf_str(&old), buf_str(&new)))
            continue;
        patch(buf_str(&old), buf_str(&diff), &back);
        if (!str_eq(buf_str(&back), buf_str(&new)))
            fail_msg("old\n%s\nnew\n%s\ndiff\n%s\nback\n%s", old.p, new.p, diff.p, back.p);
    }
}

static void test_caps(void **state)
{
    (void)state;
    _cleanup_(buf_free) struct buf old = BUF(1 << 24), new = BUF(1 << 24), diff = BUF(1 << 24), little = BUF(100);
    for (int i = 0; i < 100000; i++) {
        buf_printf(&old, "%d\n", i);
        buf_printf(&new, "%d\n", i % 50 ? -i : i);
    }
    assert_int_equal(diff_unified(buf_str(&old), buf_str(&new), "a", "b", &diff), 0);
    assert_true(str_starts(buf_str(&diff), STR(HEAD "@@ -1,99999 +1,99999 @@\n 0\n-1\n-2\n")) || str_search(buf_str(&diff), STR("\n-2\n-3\n")) > 0);
    assert_true(diff_unified(buf_str(&old), buf_str(&new), "a", "b", &little) < 0);
    assert_true(little.n <= 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_leads_there), cmocka_unit_test(test_caps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
