#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/child.h"
#include "base/shell.h"

/* What the shell itself makes of it. */
static void the_shell_reads_what_was_meant(void **state)
{
    (void)state;
    static const char *const words[] = {"", "plain", "a b", "it's", "''", "$HOME", "`id`", "\"", "\\", "*", "~", "a\nb", "\t", "-n", "a=b", "#c", "!x", "日本", "x;y|z&", "/var/log/mail.log", "a%b"};
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        _cleanup_(buf_free) struct buf quoted = BUF(1000);
        shell_quote(&quoted, str_of(words[i]));
        const char *ways[] = {quoted.p, shell_word(a, words[i])};
        for (size_t k = 0; k < ARRAY_SIZE(ways); k++) {
            const char *const argv[] = {"sh", "-c", arena_printf(a, "printf %%s. %s", ways[k]), NULL};
            struct child_result r;
            assert_int_equal(child_run(argv, &(struct child_options){0}, &r, NULL), 0);
            assert_string_equal(r.out.p, arena_printf(a, "%s.", words[i]));
            child_result_free(&r);
        }
    }
    assert_string_equal(shell_word(a, "/var/log/mail.log"), "/var/log/mail.log"); /* no more quotes than are needed */
}

static void quotes_names_for_the_shell(void **state)
{
    (void)state;
    static const struct { const char *name, *want; } table[] = {{"admin", "admin"}, {"a@b.example", "a@b.example"}, {"a b", "'a b'"}, {"a'; rm -r x", "'a'\\''; rm -r x'"}, {"", "''"}, {"-x", "'-x'"}, {"$(id)", "'$(id)'"}};
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        assert_string_equal(shell_word(a, table[i].name), table[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_shell_reads_what_was_meant), cmocka_unit_test(quotes_names_for_the_shell)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
