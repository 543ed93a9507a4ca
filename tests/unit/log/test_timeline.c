#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "log/timeline.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void nothing_is_told_before_it_is_sure(void **state)
{
    (void)state;
    _cleanup_(timeline_freep) struct timeline *t = NULL;
    struct str r;
    size_t source;
    int64_t key;
    assert_int_equal(timeline_new(2, 1000, -1, &t), 0);
    assert_int_equal(timeline_put(t, 0, 10, STR("ten")), 0);
    assert_int_equal(timeline_next(t, &source, &key, &r), 0); /* the other one may have something older */
    timeline_from(t, 1, 10);
    assert_int_equal(timeline_next(t, &source, &key, &r), 1); /* at equal keys the first source comes first */
    assert_memory_equal(r.p, "ten", 3);
    assert_int_equal(timeline_next(t, &source, &key, &r), 0);
    assert_int_equal(timeline_put(t, 0, 5, STR("late")), 0); /* a key does not fall */
    assert_int_equal(timeline_put(t, 1, 20, STR("twenty")), 0);
    assert_int_equal(timeline_next(t, &source, &key, &r), 1);
    assert_int_equal(key, 10);
    assert_memory_equal(r.p, "late", 4);
    assert_int_equal(timeline_next(t, &source, &key, &r), 0);
    timeline_end(t, 0);
    assert_int_equal(timeline_next(t, &source, &key, &r), 1);
    assert_int_equal(source, 1);
    timeline_end(t, 1);
    assert_int_equal(timeline_next(t, &source, &key, &r), 0);
    assert_int_equal(timeline_next(t, &source, &key, &r), 0);
}

static void without_a_file_memory_is_the_limit(void **state)
{
    (void)state;
    _cleanup_(timeline_freep) struct timeline *t = NULL;
    int r = 0, n = 0;
    assert_int_equal(timeline_new(2, 1000, -1, &t), 0);
    for (; r == 0 && n < 1000; n++)
        r = timeline_put(t, 0, n, STR("0123456789"));
    assert_int_equal(r, -ENOSPC);
    assert_in_range(n, 40, 100);
}

/* Fifty sources, a hundred thousand records, a little memory: all come out in order, whether they waited in the file or not. */
static void order_of_many(void **state)
{
    (void)state;
    enum { SOURCES = 50, EACH = 2000 };
    _cleanup_(timeline_freep) struct timeline *t = NULL;
    FILE *f = tmpfile();
    int64_t next[SOURCES] = {0}, last = INT64_MIN, key;
    unsigned put[SOURCES] = {0}, got[SOURCES] = {0}, told = 0;
    struct str r;
    size_t source;
    srandom(1);
    assert_int_equal(timeline_new(SOURCES, 100000, fileno(f), &t), 0);
    for (unsigned left = SOURCES * EACH; left || told < SOURCES * EACH;) {
        size_t s = (size_t)random() % SOURCES;
        if (put[s] < EACH && (s != 7 || left < EACH + 100)) { /* one lags far behind */
            char text[600];
            next[s] += random() % 10;
            int n = snprintf(text, sizeof text, "%zu %u %*s", s, put[s]++, (int)(random() % 300), "");
            assert_int_equal(timeline_put(t, s, next[s], str_span(text, (size_t)n)), 0);
            left--;
            if (put[s] == EACH)
                timeline_end(t, s);
        }
        for (unsigned i = 0; i < 3 && timeline_next(t, &source, &key, &r) > 0; i++, told++) {
            char want[32];
            int n = snprintf(want, sizeof want, "%zu %u ", source, got[source]++);
            assert_true(r.n >= (size_t)n);
            assert_memory_equal(r.p, want, (size_t)n);
            assert_true(key >= last);
            last = key;
        }
    }
    fclose(f);
    assert_int_equal(timeline_next(t, &source, &key, &r), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_told_before_it_is_sure), cmocka_unit_test(without_a_file_memory_is_the_limit), cmocka_unit_test(order_of_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
