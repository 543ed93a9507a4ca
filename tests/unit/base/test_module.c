#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/module.h"
#include <string.h>

/* A missing module is an error that names its file, never a crash. */
static void missing(void **state)
{
    static const struct { const char *name, *symbol, *want; } table[] = {
        {"no-such-module", "x", BANSHO_BUILDDIR "/modules/no-such-module.so"},
        {"tls", "no_such_table", "no_such_table"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct err err = {0};
        assert_null(module_load(table[i].name, table[i].symbol, &err));
        assert_non_null(strstr(err.text, table[i].want));
        assert_null(module_load(table[i].name, table[i].symbol, NULL));
    }
}

static void present(void **state)
{
    struct err err = {0};
    const void *first = module_load("journal", "journal_module", &err);
    (void)state;
    assert_non_null(first);
    assert_ptr_equal(module_load("journal", "journal_module", &err), first); /* loaded once */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(missing), cmocka_unit_test(present)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
