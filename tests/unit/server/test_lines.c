#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "server/lines.h"

/* Items as "LINE[SECTION]KEY=VALUE|": a value of ! is none. */
static char *read_all(struct arena *a, const char *text, const struct line_style *style)
{
    struct line_reader r = lines_of(a, str_of(text), style);
    struct line_item i;
    char *all = arena_dupz(a, "");
    while (lines_next(&r, &i))
        all = arena_printf(a, "%s%u[%.*s]%.*s=%.*s|", all, i.line, (int)i.section.n, i.section.p, (int)i.key.n, i.key.p, i.value.p ? (int)i.value.n : 1,
                           i.value.p ? i.value.p : "!");
    return all;
}

static void reads(void **state)
{
    (void)state;
    static const struct { const struct line_style *style; const char *input, *want; } table[] = {
        {&lines_postfix, "", ""},
        {&lines_postfix, "# only\n\n", ""},
        {&lines_postfix, "a = b", "1[]a=b|"},
        {&lines_postfix, "a =\nb=c=d\r\n", "1[]a=|2[]b=c=d|"},
        {&lines_postfix, "a = b,\n\tc\n  # not this\n\n  d\n#e\nf = g\n", "1[]a=b, c d|7[]f=g|"},
        {&lines_postfix, "a =\n  b\n", "1[]a=b|"},
        {&lines_postfix, "  a = b\n", "1[]a=b|"},
        {&lines_postfix, "a = b # c\n", "1[]a=b # c|"},
        {&lines_postfix, "word\n", "1[]word=!|"},
        {&lines_shell, "A=1\nexport B=\"x y\" # z\nC='#'\nD=e#f g\n", "1[]A=1|2[]B=x y|3[]C=#|4[]D=e#f g|"},
        {&lines_ini, "[PHP]\n; no\nmail.log = /x ; tail\n[ a b ]\nk=\"q;r\"\nbare\nv = ;\n", "3[PHP]mail.log=/x|5[a b]k=q;r|6[a b]bare=!|7[a b]v=|"},
        {&lines_words, "Port   22\nA=b\nC = d\nE f \\\n  g\nlast \\", "1[]Port=22|2[]A=b|3[]C=d|4[]E=f   g|6[]last=|"},
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        struct arena *a = arena_new(1u << 20);
        assert_string_equal(read_all(a, table[k].input, table[k].style), table[k].want);
        arena_free(a);
    }
}

static void nul_ends_a_value(void **state)
{
    (void)state;
    struct arena *a = arena_new(1u << 20);
    struct line_reader r = lines_of(a, str_span("a = b\0c\nd = e\n", 14), &lines_postfix);
    struct line_item i;
    assert_true(lines_next(&r, &i) && str_eq(i.value, STR("b")));
    assert_true(lines_next(&r, &i) && str_eq(i.value, STR("e")) && i.line == 2);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads), cmocka_unit_test(nul_ends_a_value)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
