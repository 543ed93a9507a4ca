#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "log/seek.h"
#include <stdlib.h>

static const struct {
    const char *text, *in;
    bool fold;
    ptrdiff_t want;
} table[] = {
    {"", "anything", false, 0}, {"x", "", false, -1}, {"x", "x", false, 0}, {"xy", "x", false, -1}, {"192.0.2.1", "connect from a.example[192.0.2.1]", false, 23},
    {"at the end", "this is a text that is longer than sixteen, at the end", false, 44}, {"at the start", "at the start of a text that is longer than sixteen bytes", false, 0},
    {"Case", "case CASE casE and so on, longer than sixteen", false, -1}, {"case", "CA CASe of a text longer than sixteen bytes", true, 3}, {"0db8", "2001:0DB8::1", true, 5},
    {"a@b", "x`b A@B and more than sixteen bytes in all of it", true, 4}, {"aaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false, 26}, {"[", "{{{{{{{{{{{{{{{{{{{{{", true, -1},
};

static void finds_the_first_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct seek n = seek_of(str_of(table[i].text), table[i].fold);
        ptrdiff_t got = seek_find(&n, str_of(table[i].in));
        if (got != table[i].want)
            fail_msg("%s in %s: %td", table[i].text, table[i].in, got);
    }
}

/* Nothing behind the end is read or found, wherever the text ends. */
static void stays_within(void **state)
{
    (void)state;
    for (size_t size = 0; size < 64; size++)
        for (size_t at = 0; at < size; at++) {
            char *p = malloc(size ? size : 1);
            assert_non_null(p);
            memset(p, '.', size);
            p[at] = '!';
            struct seek n = seek_of(STR("!"), false), two = seek_of(STR("!."), false);
            assert_int_equal(seek_find(&n, str_span(p, size)), (ptrdiff_t)at);
            assert_int_equal(seek_find(&two, str_span(p, size)), at + 1 < size ? (ptrdiff_t)at : -1);
            free(p);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_the_first_place), cmocka_unit_test(stays_within)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
