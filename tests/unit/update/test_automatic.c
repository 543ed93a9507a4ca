#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "update/automatic.h"
#include <stdio.h>

static int64_t fixed(void *ctx)
{
    (void)ctx;
    return 4000000000; /* after the age of any checkout */
}

/* What trees of real systems show, and what follows when a run of yesterday is put beside it. */
static void trees(void **state)
{
    (void)state;
    static const struct { const char *tree; bool dnf, installed; const char *first; unsigned line; bool security; enum runs starter; enum state want; } table[] = {
        {"debian-on", false, true, "1", 1, true, RUNS, STATE_OK},
        {"debian-off", false, true, "0", 1, false, RUNS_NOT, STATE_FAIL}, /* 99local overrides; the timer is masked; no security origin */
        {"alma-on", true, true, "yes", 3, true, RUNS, STATE_OK},
        {"alma-off", true, true, "no", 2, true, RUNS, STATE_FAIL},
        {"alma-none", true, false, NULL, 0, false, RUNS_NOT, STATE_FAIL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct root root;
        struct err err = {0};
        struct clock clock = {.now = fixed};
        struct host *h;
        char path[512];
        snprintf(path, sizeof path, "%s/%s", TEST_DATA, table[i].tree);
        assert_int_equal(root_open(path, &root, &err), 0);
        assert_int_equal(host_new(&root, &clock, &h, &err), 0);
        struct automatic_facts x = {.now = h->now};
        (table[i].dnf ? automatic_dnf : automatic_apt)(h, h->arena, &x);
        assert_int_equal(x.installed, table[i].installed);
        if (table[i].first) {
            assert_string_equal(x.settings[0].value, table[i].first);
            assert_int_equal(x.settings[0].line, table[i].line);
            assert_int_equal(x.security, table[i].security);
            assert_int_equal(x.starters[0].runs, table[i].starter);
        }
        x.last = h->now - DAY;
        x.last_from = "/stamp";
        struct findings out = {.arena = h->arena};
        automatic_judge(&x, &out);
        assert_int_equal(out.list.n, 1);
        assert_int_equal(out.list.v[0].state, table[i].want);
        host_free(h);
        root_close(&root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(trees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
