#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "log/rotation.h"

static const struct { const char *name, *text, *path; int days; } table[] = {
    {"block", "/var/log/x.log {\n rotate 4\n weekly\n}\n", "/var/log/x.log", 28},
    {"list", "/var/log/syslog\n/var/log/mail.log\n{\n\trotate 4\n\tweekly\n}\n", "/var/log/mail.log", 28},
    {"inherited", "rotate 5\nweekly\n/var/log/x.log { \n}\n", "/var/log/x.log", 35},
    {"pattern", "/var/log/apache2/*.log {\n daily\n rotate 14\n}\n", "/var/log/apache2/alpha.example-access.log", 14},
    {"pattern is one directory", "/var/log/*.log {\n daily\n rotate 14\n}\n", "/var/log/apache2/x.log", -1},
    {"maxage", "/var/log/x.log {\n daily\n rotate 100\n maxage 20\n}\n", "/var/log/x.log", 20},
    {"script is not read", "/var/log/x.log {\n daily\n rotate 3\n postrotate\n rotate 100\n }\n endscript\n}\n", "/var/log/x.log", 3},
    {"first match", "/var/log/x.log {\n daily\n rotate 3\n}\n/var/log/x.log {\n daily\n rotate 9\n}\n", "/var/log/x.log", 3},
    {"by size", "/var/log/x.log {\n size 10M\n rotate 3\n}\n", "/var/log/x.log", 0},
    {"no block", "/var/log/x.log\n", "/var/log/x.log", -1},
};

static void texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct arena *a = arena_new(1u << 20);
        struct rotation global = {.days = 7};
        struct rotations r = {0};
        rotations_parse(str_of(table[i].text), "test", a, &global, &r);
        const struct rotation *x = rotation_of(&r, table[i].path);
        int days = x ? (int)rotation_kept_days(x) : -1;
        if (days != table[i].days)
            print_message("%s\n", table[i].name);
        assert_int_equal(days, table[i].days);
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
