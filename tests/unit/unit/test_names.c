#include "unit/names.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <unistd.h>

static void units_have_names(void **state)
{
    static const struct { const char *given, *want; } rows[] = {
        {"ssh", "ssh.service"}, {"ssh.socket", "ssh.socket"}, {"postfix@-.service", "postfix@-.service"}, {"php8.2-fpm", "php8.2-fpm.service"},
        {"postgresql@15-main", "postgresql@15-main.service"}, {"dev-sda\\x2d1.device", "dev-sda\\x2d1.device"},
        {"", NULL}, {"../ssh", NULL}, {"ssh service", NULL}, {"-H", NULL}, {"ssh\nExecStart=x", NULL}, {"ss\xc3\xa9", NULL}, {"@.service", NULL}, {".service", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char name[UNIT_NAME_MAX];
        struct err err = {0};
        int r = unit_name(rows[i].given, name, &err);
        assert_int_equal(r, rows[i].want ? 0 : -EINVAL);
        if (rows[i].want)
            assert_string_equal(name, rows[i].want);
        else
            assert_true(err.text[0]);
    }
    char longest[400], name[UNIT_NAME_MAX];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = 0;
    assert_int_equal(unit_name(longest, name, NULL), -EINVAL);
}

static void verbs_have_names(void **state)
{
    enum unit_verb v;
    (void)state;
    for (unsigned i = 0; i < UNIT_VERB_COUNT; i++) {
        assert_int_equal(unit_verb_by_name(unit_verb_name((enum unit_verb)i), &v), 0);
        assert_int_equal(v, i);
    }
    assert_int_equal(unit_verb_by_name("reenable", &v), -EINVAL);
}

static void fates(void **state)
{
    static const struct {
        const char *what;
        enum unit_verb verb;
        const char *type, *active, *sub;
        bool no_condition;
        uint32_t restarts, before;
        enum unit_fate want;
    } rows[] = {
        {"runs", UNIT_START, "simple", "active", "running", false, 0, 0, FATE_FINE},
        {"died and waits to be started again", UNIT_START, "simple", "activating", "auto-restart", false, 0, 0, FATE_DEAD},
        {"was started again meanwhile", UNIT_START, "simple", "active", "running", false, 1, 0, FATE_DEAD},
        {"reloaded, restarted earlier", UNIT_RELOAD, "notify", "active", "running", false, 3, 3, FATE_FINE},
        {"reloaded, died of it", UNIT_RELOAD, "notify", "active", "running", false, 4, 3, FATE_DEAD},
        {"failed", UNIT_RESTART, "forking", "failed", "failed", false, 0, 0, FATE_DEAD},
        {"a daemon that ended without an error", UNIT_START, "simple", "inactive", "dead", false, 0, 0, FATE_DEAD},
        {"a task that is done, and that systemd has forgotten", UNIT_START, "oneshot", "inactive", "dead", false, 0, 0, FATE_FINE},
        {"a task whose condition does not hold", UNIT_START, "oneshot", "inactive", "dead", true, 0, 0, FATE_CONDITION},
        {"skipped", UNIT_START, "simple", "inactive", "dead", true, 0, 0, FATE_CONDITION},
        {"still coming up", UNIT_START, "notify", "activating", "start", false, 0, 0, FATE_WAIT},
        {"stopped", UNIT_STOP, "simple", "inactive", "dead", false, 0, 0, FATE_FINE},
        {"stopped by force", UNIT_STOP, "simple", "failed", "failed", false, 0, 0, FATE_FINE},
        {"stopping", UNIT_STOP, "simple", "deactivating", "stop-sigterm", false, 0, 0, FATE_WAIT},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct unit_view v = {.type = rows[i].type, .active = rows[i].active, .sub = rows[i].sub,
                              .condition = false, .condition_us = rows[i].no_condition,  .restarts = rows[i].restarts};
        if (unit_fate(rows[i].verb, &v, rows[i].before) != rows[i].want)
            fail_msg("%s: %d", rows[i].what, unit_fate(rows[i].verb, &v, rows[i].before));
    }
}

static void who_may_die_later(void **state)
{
    static const struct { enum unit_verb verb; const char *type; bool want; } rows[] = {
        {UNIT_START, "simple", true}, {UNIT_START, "forking", true}, {UNIT_START, "notify", false}, {UNIT_START, "oneshot", false}, {UNIT_START, "", false},
        {UNIT_RELOAD, "notify", true}, {UNIT_RELOAD, "forking", true}, {UNIT_RELOAD, "oneshot", false}, {UNIT_STOP, "simple", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct unit_view v = {.type = rows[i].type};
        assert_int_equal(unit_may_die_later(rows[i].verb, &v), rows[i].want);
    }
}

/* Where systemd is not the init, everything says so. */
static void without_systemd(void **state)
{
    struct err err = {0};
    struct unit_state s;
    (void)state;
    if (access("/run/systemd/system", F_OK) == 0)
        skip();
    assert_int_equal(unit_do("ssh", UNIT_RESTART, 0, &err), -ENOTSUP);
    assert_true(err.text[0]);
    assert_int_equal(unit_do("ssh", UNIT_ENABLE, 0, NULL), -ENOTSUP);
    assert_int_equal(unit_state("ssh", &s, NULL), -ENOTSUP);
    assert_int_equal(unit_daemon_reload(NULL), -ENOTSUP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(units_have_names), cmocka_unit_test(verbs_have_names), cmocka_unit_test(fates),
                                       cmocka_unit_test(who_may_die_later), cmocka_unit_test(without_systemd)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
