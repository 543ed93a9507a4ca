/* test_rotation_edit.c: one rule keeps its logs longer, and nothing else in the file changes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "log/rotation_edit.h"

static const struct { const char *name, *text; unsigned line, period; const char *want; } table[] = {
    {"count", "/x {\n  rotate 7 # a week\n  daily\n}\n", 1, 1, "/x {\n  rotate 28 # a week\n  daily\n}\n"},
    {"weekly", "/x {\n\tweekly\n\trotate 2\n}\n", 1, 7, "/x {\n\tweekly\n\trotate 4\n}\n"},
    {"inherited", "rotate 1\n/x {\n\tmissingok\n}\n", 2, 7, "rotate 1\n/x {\n\tmissingok\n\trotate 4\n}\n"},
    {"age", "/x {\n rotate 99\n maxage 10\n}", 1, 1, "/x {\n rotate 99\n maxage 28\n}"},
    {"only this one", "/x {\n rotate 1\n}\n/y {\n rotate 1\n}\n", 4, 1, "/x {\n rotate 1\n}\n/y {\n rotate 28\n}\n"},
    {"names over several lines", "/x\n/y\n{\n rotate 1\n}\n", 1, 1, "/x\n/y\n{\n rotate 28\n}\n"},
    {"not in scripts", "/x {\n rotate 1\n postrotate\n  rotate 1\n  }\n endscript\n}\n", 1, 1, "/x {\n rotate 28\n postrotate\n  rotate 1\n  }\n endscript\n}\n"},
    {"line ends", "/x {\r\n rotate 1\r\n}\r\n", 1, 1, "/x {\r\n rotate 28\r\n}\r\n"},
    {"enough", "/x {\n rotate 30\n}\n", 1, 1, "/x {\n rotate 30\n}\n"},
    {"by size", "/x {\n size 1M\n rotate 1\n}\n", 1, 0, NULL},
    {"not closed", "/x {\n rotate 1\n", 1, 1, NULL},
    {"not there", "/x {\n rotate 1\n}\n", 9, 1, NULL},
};

static void edits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(buf_free) struct buf b = BUF(4096);
        struct rotation rule = {.line = table[i].line, .days = table[i].period};
        int r = rotation_edit(str_of(table[i].text), &rule, 28, &b);
        if ((r == 0) != (table[i].want != NULL) || (r == 0 && !str_eq(buf_str(&b), str_of(table[i].want))))
            print_message("%s: %d\n%.*s\n", table[i].name, r, (int)b.n, b.p ? b.p : "");
        assert_int_equal(r == 0, table[i].want != NULL);
        if (r == 0)
            assert_true(str_eq(buf_str(&b), str_of(table[i].want)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(edits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
