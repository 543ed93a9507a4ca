/* test_own.c: the filters that are shipped, all over one log of all their examples: whichever way lines are sieved, the same comes out; none of them is slow. */
#include "base/buf.h"
#include "base/rootfs.h"
#include "filter/examples.h"
#include "filter/sieve.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#define NOW 1796072400

struct all {
    LIST(struct filter_definition) d;
    struct buf log;
};

static void add_examples(struct arena *a, const struct filter_definition *d, struct all *all)
{
    for (size_t i = 0; i < d->extras.n; i++) {
        for (size_t k = 0; strcmp(d->extras.v[i].key, "examples") == 0 && k < d->extras.v[i].lines.n; k++) {
            struct example x;
            if (example_parse(a, str_of(d->extras.v[i].lines.v[k].text), &x, NULL) == 0) {
                buf_adds(&all->log, x.line);
                buf_addc(&all->log, '\n');
            }
        }
    }
}

static void load(struct arena *a, struct all *all)
{
    struct root root;
    struct names names = {0};
    struct err err = {0};
    assert_int_equal(root_open("/", &root, NULL), 0);
    assert_true(root_list(&root, filter_own_dir(), 1000, a, &names) >= 0);
    root_close(&root);
    for (size_t i = 0; i < names.list.n; i++) {
        struct str name = str_of(names.list.v[i]);
        struct filter_definition d;
        if (!str_ends(name, STR(".conf")) || str_eq(name, STR("common.conf")))
            continue;
        if (filter_load(a, filter_own_dir(), str_span(name.p, name.n - 5), &d, &err) < 0)
            fail_msg("%s:%u: %s", err.file, err.line, err.text);
        add_examples(a, &d, all);
        *list_push(a, &all->d) = d;
    }
    assert_true(all->d.n >= 15);
}

/* "filter kind host rule" of each line. */
static void run(const struct all *all, enum sieve_way way, struct buf *out)
{
    struct matcher_options o = {.today = NOW};
    _cleanup_(sieve_freep) struct sieve *s = NULL;
    struct str rest = buf_str(&all->log), line;
    assert_int_equal(sieve_new(all->d.v, all->d.n, &o, way, &s, NULL), 0);
    sieve_block(s, rest);
    while (str_line(&rest, &line)) {
        struct matcher_event e = {0};
        size_t f = 0;
        enum matcher_result r = sieve_line(s, line, NULL, NOW, &f, &e);
        if (r == MATCHER_FOUND)
            buf_printf(out, "%s %s %.*s %lld %u\n", all->d.v[f].name, event_kinds[e.kind].name, (int)e.host.n, e.host.p, (long long)e.time_us, e.rule);
        else
            buf_printf(out, "%d\n", r);
    }
    for (size_t i = 0; way == SIEVE_USUAL && i < all->d.n; i++)
        if (matcher_slow_rule(sieve_matcher(s, i), 0))
            fail_msg("%s: rule %zu is slow", all->d.v[i].name, matcher_slow_rule(sieve_matcher(s, i), 0));
}

static void all_ways_find_the_same(void **state)
{
    (void)state;
    struct arena *a = arena_new(256u << 20);
    struct all all = {.log = BUF(1u << 20)};
    struct buf got[3] = {BUF(1u << 20), BUF(1u << 20), BUF(1u << 20)};
    load(a, &all);
    for (size_t i = 0; i < 3; i++)
        run(&all, (enum sieve_way)i, &got[i]);
    assert_true(str_search(buf_str(&got[0]), STR("sshd login-failed 198.51.100.7")) >= 0);
    assert_string_equal(got[0].p, got[SIEVE_OPEN].p);
    assert_string_equal(got[SIEVE_PLAIN].p, got[SIEVE_OPEN].p);
    for (size_t i = 0; i < 3; i++)
        buf_free(&got[i]);
    buf_free(&all.log);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_ways_find_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
