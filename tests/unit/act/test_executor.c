/* The executor: who may, how often, three failures, only observed; and that all of it can be seen afterwards. */
#include "act/executor.h"
#include "act/registry.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

struct place {
    char dir[64];
    struct arena *arena;
    struct executor e;
    struct act_desk desk;
};

static void begin(struct place *p, bool observe)
{
    struct err err = {0};
    *p = (struct place){.dir = "/tmp/bansho-act-XXXXXX", .arena = arena_new(16u << 20)};
    assert_non_null(mkdtemp(p->dir));
    if (executor_open(p->dir, observe, CALLER_ADMIN, "tester", 1000000, &p->e, &err) < 0)
        fail_msg("%s", err.text);
    p->desk = executor_desk(&p->e);
}

static struct act_records end(struct place *p)
{
    struct act_records all = {0};
    char command[128];
    executor_close(&p->e);
    assert_int_equal(executor_records(p->dir, 1000, p->arena, &all, NULL), 0);
    snprintf(command, sizeof command, "%s/acts.db", p->dir);
    for (const char *const *suffix = (const char *const[]){"", "-wal", "-shm", NULL}; *suffix; suffix++) {
        snprintf(command, sizeof command, "%s/acts.db%s", p->dir, *suffix);
        unlink(command);
    }
    rmdir(p->dir);
    return all;
}

static int once(struct place *p, const char *act, const char *object, int result)
{
    struct err err = {0};
    int r = p->desk.permit(p->desk.arg, act_by_name(act), object, &err);
    assert_true(r == 0 || err.text[0]);
    if (r == 0)
        p->desk.done(p->desk.arg, act_by_name(act), object, result);
    return r;
}

static void done_and_failed_are_seen(void **state)
{
    struct place p;
    (void)state;
    begin(&p, false);
    assert_int_equal(once(&p, "file.write", "/etc/a", 0), 0);
    assert_int_equal(once(&p, "unit.reload", "x.service", -EIO), 0);
    struct act_records all = end(&p);
    assert_int_equal(all.list.n, 2);
    assert_string_equal(all.list.v[0].act, "unit.reload");
    assert_int_equal(all.list.v[0].outcome, ACT_FAILED);
    assert_string_equal(all.list.v[1].object, "/etc/a");
    assert_string_equal(all.list.v[1].who, "tester");
    assert_int_equal(all.list.v[1].outcome, ACT_DONE);
    arena_free(p.arena);
}

static void only_observed(void **state)
{
    struct place p;
    (void)state;
    begin(&p, true);
    assert_int_equal(once(&p, "file.write", "/etc/a", 0), -EPERM);
    struct act_records all = end(&p);
    assert_int_equal(all.list.n, 1);
    assert_int_equal(all.list.v[0].outcome, ACT_OBSERVED);
    arena_free(p.arena);
}

/* Three failures on one object; another one is not held back; after an hour it may again. */
static void breaker(void **state)
{
    struct place p;
    (void)state;
    begin(&p, false);
    for (int i = 0; i < ACT_BREAKER; i++)
        assert_int_equal(once(&p, "unit.start", "dead.service", -EIO), 0);
    assert_int_equal(once(&p, "unit.start", "dead.service", 0), -EDQUOT);
    assert_int_equal(once(&p, "unit.start", "other.service", 0), 0);
    p.e.now += 3601;
    assert_int_equal(once(&p, "unit.start", "dead.service", 0), 0);
    struct act_records all = end(&p);
    assert_int_equal(all.list.v[2].outcome, ACT_REFUSED);
    arena_free(p.arena);
}

static void budget(void **state)
{
    struct place p;
    (void)state;
    begin(&p, false);
    const struct act *act = act_by_name("unit.restart");
    for (unsigned i = 0; i < act->budget; i++)
        assert_int_equal(once(&p, "unit.restart", "x.service", 0), 0);
    assert_int_equal(once(&p, "unit.restart", "y.service", 0), -EDQUOT);
    p.e.now += 3601;
    assert_int_equal(once(&p, "unit.restart", "y.service", 0), 0);
    end(&p);
    arena_free(p.arena);
}

/* What was permitted has an end, also where the change ended before it, or was killed; none of these counts against budget or breaker. */
static void not_reached(void **state)
{
    static const struct { int result; enum act_outcome want; } rows[] = {{ACT_NEVER_BEGUN, ACT_UNREACHED}, {ACT_INTERRUPTED, ACT_CUT_OFF}, {0, ACT_DONE}, {-EIO, ACT_FAILED}};
    struct place p;
    struct err err = {0};
    (void)state;
    begin(&p, false);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(once(&p, "file.write", "/etc/a", rows[i].result), 0);
    const char *const left[] = {"file.write", "unit.start"};
    for (size_t i = 0; i < ARRAY_SIZE(left); i++)
        assert_int_equal(p.desk.permit(p.desk.arg, act_by_name(left[i]), "left", &err), 0);
    p.e.now += 60;
    assert_int_equal(executor_sweep(&p.e, &err), 0);
    struct act_records all = end(&p);
    assert_int_equal(all.list.n, ARRAY_SIZE(rows) + 2);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(all.list.v[all.list.n - 1 - i].outcome, rows[i].want);
    assert_int_equal(all.list.v[1].outcome, ACT_UNREACHED);
    assert_int_equal(all.list.v[0].outcome, ACT_PERMITTED); /* bansho service may be at it */
    arena_free(p.arena);
}

static void not_in_the_table(void **state)
{
    static const struct act stranger = {"disk.format", "formats", "", "", ACT_INVERSE("none"), 1, CALLER_ADMIN, ""};
    struct place p;
    struct err err = {0};
    (void)state;
    begin(&p, false);
    assert_int_equal(p.desk.permit(p.desk.arg, &stranger, "/dev/sda", &err), -EPERM);
    p.e.caller = CALLER_ADMIN << 1;
    err = (struct err){0};
    assert_int_equal(p.desk.permit(p.desk.arg, act_by_name("file.write"), "/etc/a", &err), -EPERM);
    struct act_records all = end(&p);
    assert_int_equal(all.list.n, 2);
    assert_int_equal(all.list.v[0].outcome, ACT_REFUSED);
    arena_free(p.arena);
}

/* Where nothing is written only what bansho would do by itself is observed. */
static void mode(void **state)
{
    static const struct {
        const char *text;
        bool admin, other;
    } rows[] = {{"", false, true}, {"mode = observe\n", true, true}, {"mode = act\n", false, false}};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct config *c = config_new();
        assert_int_equal(config_parse(str_of(rows[i].text), "test", c), 0);
        assert_int_equal(executor_observes(c, CALLER_ADMIN), rows[i].admin);
        assert_int_equal(executor_observes(c, CALLER_ADMIN << 1), rows[i].other);
        config_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(done_and_failed_are_seen), cmocka_unit_test(only_observed), cmocka_unit_test(breaker),
        cmocka_unit_test(budget), cmocka_unit_test(not_reached), cmocka_unit_test(not_in_the_table), cmocka_unit_test(mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
