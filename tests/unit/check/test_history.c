#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "check/history.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DAYS(n) ((n) * (int64_t)DAY)

static const struct check tls = {.id = "mail.tls", .requirement = "G4.1", .title = "t", .advice = "a"};
static const struct check relay = {.id = "mail.relay", .requirement = "G4.4", .title = "t", .advice = "a"};

/* One run of a story: what was found, as "object=state" words, and what the report then says, as "object=words". */
struct step {
    const char *found, *want, *solved;
};

static enum state state_of(struct str word)
{
    for (enum state s = 0; s < STATE_COUNT; s++)
        if (str_eq(word, str_of(state_name(s))))
            return s;
    fail_msg("no state");
    return 0;
}

static void found(struct run *run, const char *words)
{
    struct str rest = str_of(words), word, name;
    while (str_word(&rest, " ", &word)) {
        str_field(&word, '=', &name);
        const struct check *c = &tls;
        if (str_starts(name, STR("relay:"))) {
            c = &relay;
            name = str_from(name, 6);
        }
        struct finding *f = list_push(run->arena, &run->findings);
        *f = (struct finding){.check = c, .object = arena_dup(run->arena, name), .state = state_of(word), .title = "t"};
    }
}

static void say(struct buf *b, const struct result *r, int64_t now)
{
    buf_printf(b, "%s%s%s=%s", b->n ? " " : "", r->finding->check == &relay ? "relay:" : "", r->finding->object, state_name(r->finding->state));
    if (r->is_new)
        buf_addz(b, ",new");
    if (r->since)
        buf_printf(b, ",%lldd", (long long)((now - r->since) / DAY));
    if (r->accepted_why)
        buf_addz(b, ",accepted");
    if (r->decided)
        buf_printf(b, ",last:%s:%lldd", state_name(r->decided_state), (long long)((now - r->decided) / DAY));
}

/* Plays one step a day over a real store. */
static void play(const struct step *steps, size_t n, const struct acceptance *a)
{
    char dir[] = "/tmp/bansho-history-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    for (size_t i = 0; i < n; i++) {
        struct run run = {.arena = arena_new(1u << 20)};
        struct report r = {.arena = arena_new(1u << 20), .run = &run, .time = DAYS((int64_t)i + 1000)};
        found(&run, steps[i].found);
        history_remember(dir, &r);
        _cleanup_(buf_free) struct buf got = BUF(4096), solved = BUF(4096);
        buf_addz(&got, "");
        for (size_t k = 0; k < r.results.n; k++)
            say(&got, &r.results.v[k], r.time);
        for (size_t k = 0; k < r.solved.n; k++)
            buf_printf(&solved, "%s%s", k ? " " : "", r.solved.v[k].object);
        assert_int_equal(r.notes.n, 0);
        assert_string_equal(got.p ? got.p : "", steps[i].want);
        assert_string_equal(solved.p ? solved.p : "", steps[i].solved);
        assert_int_equal(r.before, i ? DAYS((int64_t)i + 999) : 0);
        arena_free(run.arena);
        arena_free(r.arena);
        if (i == 0 && a) {
            struct store *s = NULL;
            struct err err = {0};
            assert_int_equal(check_store_open(dir, &s, &err), 0);
            assert_int_equal(store_begin(s, &err), 0);
            assert_int_equal(check_store_accept(s, a, &err), 0);
            assert_int_equal(store_commit(s, &err), 0);
            store_close(s);
        }
    }
    snprintf(path, sizeof path, "%s/check.db", dir);
    unlink(path);
    rmdir(dir);
}

static void tells_new_and_solved(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {"a=fail b=ok", "a=fail,0d b=ok", ""},                    /* the first look: nothing is new */
        {"a=fail b=warn", "a=fail,1d b=warn,new,0d", ""},
        {"a=warn b=fail c=fail", "a=warn,2d b=fail,1d c=fail,new,0d", ""}, /* warn and fail are one trouble */
        {"a=ok b=fail c=n/a", "a=ok b=fail,2d c=n/a", "a c"},
        {"a=fail", "a=fail,new,0d", "b"},                         /* b is gone, and the check saw everything */
        {"a=fail", "a=fail,1d", ""},
    };
    play(steps, ARRAY_SIZE(steps), NULL);
}

static void unknown_clears_nothing(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {"a=fail b=ok relay:=ok", "a=fail,0d b=ok relay:=ok", ""},
        {"a=unknown b=unknown relay:=ok", "a=unknown,1d,last:fail:1d b=unknown,last:ok:1d relay:=ok", ""},
        {"=unknown", "=unknown a=unknown,2d,last:fail:2d", ""},   /* the whole check timed out: a is still open, b need not be named */
        {"a=fail b=ok", "a=fail,3d b=ok", ""},                    /* not new, and since the first day */
        {"a=unknown b=fail", "a=unknown,4d,last:fail:1d b=fail,new,0d", ""},
        {"a=ok b=fail", "a=ok b=fail,1d", "a"},
    };
    play(steps, ARRAY_SIZE(steps), NULL);
}

static void accepts_until_the_day(void **state)
{
    (void)state;
    static const struct acceptance a = {.id = "mail.tls", .object = "a", .why = "known", .who = "me", .until = DAYS(1003), .made = 1};
    static const struct step steps[] = {
        {"a=fail b=fail", "a=fail,0d b=fail,0d", ""},
        {"a=fail b=fail", "a=fail,1d,accepted b=fail,1d", ""},
        {"a=warn", "a=warn,2d,accepted", "b"},
        {"a=fail", "a=fail,3d", ""},
    };
    play(steps, ARRAY_SIZE(steps), &a);
}

/* Two checks: what one run did not ask for is neither solved nor forgotten. */
static void leaves_other_checks_alone(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {"a=fail relay:=fail", "a=fail,0d relay:=fail,0d", ""},
        {"relay:=ok", "relay:=ok", ""},
        {"a=fail relay:=ok", "a=fail,2d relay:=ok", ""},
    };
    play(steps, ARRAY_SIZE(steps), NULL);
}

/* Damaged, or no place at all: the report comes, and says so. */
static void reports_in_any_case(void **state)
{
    (void)state;
    char dir[] = "/tmp/bansho-history-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/check.db", dir);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "this is not a database, but it is long enough to be looked at by somebody who expects one, is it not? yes it is", 110), 110);
    close(fd);
    const char *const dirs[] = {dir, NULL, "/proc/no-such-place"};
    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
        struct run run = {.arena = arena_new(1u << 20)};
        struct report r = {.arena = arena_new(1u << 20), .run = &run, .time = DAYS(1000)};
        found(&run, "a=fail");
        history_remember(dirs[i], &r);
        assert_int_equal(r.results.n, 1);
        assert_int_equal(r.results.v[0].finding->state, STATE_FAIL);
        assert_int_equal(r.notes.n, 1);
        arena_free(run.arena);
        arena_free(r.arena);
    }
    unlink(path);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tells_new_and_solved), cmocka_unit_test(unknown_clears_nothing), cmocka_unit_test(accepts_until_the_day),
                                       cmocka_unit_test(leaves_other_checks_alone), cmocka_unit_test(reports_in_any_case)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
