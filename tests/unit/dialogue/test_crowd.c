#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/clock.h"
#include "dialogue/crowd.h"
#include <signal.h>
#include <unistd.h>

static void square(void *arg, size_t i, void *result)
{
    const char *kind = arg;
    if (kind[i] == 'c')
        kill(getpid(), SIGKILL);
    if (kind[i] == 's')
        usleep(200000);
    for (int k = 0; kind[i] == 'h' && k < 1000; k++)
        usleep(100000);
    *(int *)result = (int)(i * i) + 1;
}

static void each_result_is_its_own(void **state)
{
    (void)state;
    int result[6] = {7, 7, 7, 7, 7, 7};
    bool done[6];
    struct err err = {0};
    static char kinds[] = "nschss";
    int64_t began = clock_monotonic_ms();
    assert_int_equal(crowd_run(square, kinds, 6, sizeof(int), 1500, result, done, &err), 0);
    assert_true(clock_monotonic_ms() - began < 10000); /* the one that hangs is ended */
    static const int want[6] = {1, 2, 0, 0, 17, 26};
    for (int i = 0; i < 6; i++) {
        assert_int_equal(result[i], want[i]);
        assert_int_equal(done[i], want[i] != 0);
    }
    assert_int_equal(crowd_run(square, kinds, 0, sizeof(int), 1000, result, done, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_result_is_its_own)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
