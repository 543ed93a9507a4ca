#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "log/rotated.h"

static void knows_what_belongs_together(void **state)
{
    (void)state;
    static const struct { const char *name, *want; } table[] = {
        {"/var/log/mail.log", "/var/log/mail.log"}, {"/var/log/mail.log.1", "/var/log/mail.log"}, {"/var/log/mail.log.12.gz", "/var/log/mail.log"},
        {"mail.log-20261101", "mail.log"}, {"mail.log-20261101.xz", "mail.log"}, {"mail.log-20261101-1795500000.zst", "mail.log"}, {"mail-20261101.log", "mail.log"},
        {"mail-20261101.log.gz", "mail.log"}, {"auth.log.gz", "auth.log"}, {"/var/log/nginx/example-2026.log", "/var/log/nginx/example-2026.log"},
        {"access_log", "access_log"}, {"/logs/1", "/logs/1"}, {"/logs/.1", "/logs/.1"}, {".gz", ".gz"}, {"/a/-20261101", "/a/-20261101"}, {"", ""},
        {"xferlog.1", "xferlog"}, {"v1.2.log", "v1.2.log"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        char got[4096];
        rotated_of(str_of(table[i].name), got, sizeof got);
        assert_string_equal(got, table[i].want);
    }
    char small[5];
    rotated_of(STR("/var/log/mail.log.1"), small, sizeof small);
    assert_string_equal(small, "/var");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(knows_what_belongs_together)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
