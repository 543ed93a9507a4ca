/* test_news.c: the owner hears of each change once: new, worse, solved; what is unknown, accepted or was not asked is no news. */
#include "check/news.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct check tls = {.id = "mail.tls", .requirement = "G4.1", .title = "t", .advice = "a"};
static const struct check size = {.id = "queue.size", .requirement = "G5.3", .title = "t", .advice = "a", .blind_tells = true};
static const struct check relay = {.id = "mail.relay", .requirement = "G4.4", .title = "t", .advice = "a"};

struct story {
    const char *name;
    struct { const struct check *check; const char *object; enum state state; bool accepted; } found[4];
    struct told told[3];  /* sorted */
    const char *want, *now;
};

static const struct story stories[] = {
    {"the first time all that is wrong", {{&relay, "25", STATE_FAIL}, {&tls, "", STATE_WARN}, {&tls, "x", STATE_OK}}, {{0}}, "+mail.relay 25 +mail.tls  ", "mail.relay 25=2 mail.tls =1 "},
    {"nothing changed, nothing to tell", {{&relay, "25", STATE_FAIL}}, {{"mail.relay", "25", "t", STATE_FAIL}}, "", "mail.relay 25=2 "},
    {"worse", {{&relay, "25", STATE_FAIL}}, {{"mail.relay", "25", "t", STATE_WARN}}, "!mail.relay 25 ", "mail.relay 25=2 "},
    {"better but not good", {{&relay, "25", STATE_WARN}}, {{"mail.relay", "25", "t", STATE_FAIL}}, "", "mail.relay 25=1 "},
    {"solved", {{&relay, "25", STATE_OK}}, {{"mail.relay", "25", "t", STATE_FAIL}}, "-mail.relay 25 ", ""},
    {"the object is gone", {{&relay, "", STATE_OK}}, {{"mail.relay", "25", "t", STATE_FAIL}}, "-mail.relay 25 ", ""},
    {"gone, but something stayed unknown", {{&relay, "", STATE_UNKNOWN}}, {{"mail.relay", "25", "t", STATE_FAIL}}, "", "mail.relay 25=2 "},
    {"unknown now", {{&relay, "25", STATE_UNKNOWN}}, {{"mail.relay", "25", "t", STATE_FAIL}}, "", "mail.relay 25=2 "},
    {"blind, and that tells", {{&size, "", STATE_UNKNOWN}}, {{0}}, "+queue.size  ", "queue.size =3 "},
    {"still blind", {{&size, "", STATE_UNKNOWN}}, {{"queue.size", "", "t", STATE_UNKNOWN}}, "", "queue.size =3 "},
    {"blind after something wrong", {{&size, "", STATE_UNKNOWN}}, {{"queue.size", "", "t", STATE_WARN}}, "", "queue.size =1 "},
    {"it sees again, and it is wrong", {{&size, "", STATE_WARN}}, {{"queue.size", "", "t", STATE_UNKNOWN}}, "!queue.size  ", "queue.size =1 "},
    {"it sees again, and it is fine", {{&size, "", STATE_OK}}, {{"queue.size", "", "t", STATE_UNKNOWN}}, "-queue.size  ", ""},
    {"blind, told by nobody", {{&relay, "25", STATE_UNKNOWN}}, {{0}}, "", ""},
    {"not asked", {{&tls, "", STATE_OK}}, {{"mail.relay", "25", "t", STATE_FAIL}}, "", "mail.relay 25=2 "},
    {"accepted", {{&relay, "25", STATE_FAIL, true}}, {{"mail.relay", "25", "t", STATE_FAIL}}, "", ""},
    {"the acceptance ended", {{&relay, "25", STATE_FAIL}}, {{0}}, "+mail.relay 25 ", "mail.relay 25=2 "},
};

static void changes_are_told_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stories); i++) {
        const struct story *s = &stories[i];
        struct host host = {.name = "h"};
        struct report r = {.arena = arena_new(1u << 20), .host = &host};
        struct findings f = {.arena = r.arena};
        told_list told = {0};
        struct news n;
        for (size_t k = 0; k < 4 && s->found[k].check; k++) {
            struct finding *one = arena_zalloc(r.arena, sizeof *one);
            f.check = s->found[k].check;
            *one = *finding_add(&f, s->found[k].state, s->found[k].object, "a\x1b[31m title");
            *list_push(r.arena, &r.results) = (struct result){.finding = one, .accepted_why = s->found[k].accepted ? "because" : NULL};
        }
        for (size_t k = 0; k < 3 && s->told[k].id; k++)
            *list_push(r.arena, &told) = s->told[k];
        news_find(&r, &told, &n);
        _cleanup_(buf_free) struct buf got = BUF(4096), now = BUF(4096), text = BUF(65536);
        for (size_t k = 0; k < n.fresh.n; k++)
            buf_printf(&got, "+%s %s ", n.fresh.v[k]->finding->check->id, n.fresh.v[k]->finding->object);
        for (size_t k = 0; k < n.worse.n; k++)
            buf_printf(&got, "!%s %s ", n.worse.v[k]->finding->check->id, n.worse.v[k]->finding->object);
        for (size_t k = 0; k < n.solved.n; k++)
            buf_printf(&got, "-%s %s ", n.solved.v[k]->id, n.solved.v[k]->object);
        for (size_t k = 0; k < n.now.n; k++)
            buf_printf(&now, "%s %s=%d ", n.now.v[k].id, n.now.v[k].object, (int)n.now.v[k].state);
        if (strcmp(got.p ? got.p : "", s->want) != 0 || strcmp(now.p ? now.p : "", s->now) != 0)
            fail_msg("%s: \"%s\", \"%s\"", s->name, got.p ? got.p : "", now.p ? now.p : "");
        assert_int_equal(news_empty(&n), !*s->want);
        news_text(&r, &n, &text);
        assert_null(strchr(text.p, '\x1b'));
        arena_free(r.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(changes_are_told_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
