#include "log/clock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void verdicts(void **state)
{
    static const struct { const char *name; struct clock_seen seen; enum clock_verdict want; } rows[] = {
        {"in order", {CLOCK_KERNEL_SYNCED, true, 1, 1, false}, CLOCK_GOOD},
        {"right only until the next boot", {CLOCK_KERNEL_SYNCED, true, 1, 0, false}, CLOCK_NOT_AT_BOOT},
        {"stopped today: the kernel still trusts it", {CLOCK_KERNEL_SYNCED, true, 0, 0, false}, CLOCK_NOBODY},
        {"starts at boot, but was stopped", {CLOCK_KERNEL_SYNCED, true, 0, 1, false}, CLOCK_NOBODY},
        {"two at once", {CLOCK_KERNEL_SYNCED, true, 2, 2, false}, CLOCK_SEVERAL},
        {"just booted", {CLOCK_KERNEL_UNSYNCED, true, 1, 1, true}, CLOCK_FRESH},
        {"its servers do not answer", {CLOCK_KERNEL_UNSYNCED, true, 1, 1, false}, CLOCK_NOT_REACHED},
        {"nothing installed", {CLOCK_KERNEL_UNSYNCED, true, 0, 0, false}, CLOCK_NOBODY},
        {"nothing installed, just booted", {CLOCK_KERNEL_UNSYNCED, true, 0, 0, true}, CLOCK_NOBODY},
        {"the kernel does not say", {CLOCK_KERNEL_UNKNOWN, true, 1, 1, false}, CLOCK_UNKNOWN},
        {"container, outer clock right", {CLOCK_KERNEL_SYNCED, false, 0, 0, false}, CLOCK_OUTER_GOOD},
        {"container, outer clock not synchronised by a program", {CLOCK_KERNEL_UNSYNCED, false, 0, 0, false}, CLOCK_OUTER_UNKNOWN},
        {"container, a program that cannot set it", {CLOCK_KERNEL_UNKNOWN, false, 1, 1, false}, CLOCK_OUTER_UNKNOWN},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (clock_judge(&rows[i].seen) != rows[i].want)
            fail_msg("%s: %d", rows[i].name, clock_judge(&rows[i].seen));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(verdicts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
