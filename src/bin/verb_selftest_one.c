/* verb_selftest_one.c: one service, from the failed login to the dropped packet. */
#include "bin/selftest.h"
#include "base/clock.h"
#include "guard/detect.h"
#include <errno.h>
#include <time.h>

#define LIVES_S 180
#define WAIT_MS 20000     /* until its line was read and the wall has answered */
#define TROUBLE_WAIT_MS 5000 /* the same, where the login could not be tried to its end */
#define LOOK_MS 20
#define DROPPED_MS 1500   /* no answer for so long: it is dropped */
#define VISIT_MS 3000
#define KERNEL_MS 2000

int selftest_ask(struct selftest *s, const struct addr *a, int seconds, struct wire_answer *ret, struct err *err)
{
    char text[ADDR_TEXT];
    return peer_ask(s->watch, &peer_watch, "SelfTest", json_pack("{s:s, s:i}", "address", addr_text(a, text), "seconds", seconds), ret, err);
}

static bool end(struct selftest_result *r, enum selftest_state state, const char *why)
{
    r->state = state;
    r->why = why;
    return false;
}

static void wait_a_little(void)
{
    struct timespec t = {0, LOOK_MS * 1000000L};
    nanosleep(&t, NULL);
}

static const char *text_of(const json_t *o, const char *key) { return json_string_value(json_object_get(o, key)); }

static bool registered(struct selftest *s, const struct addr *a, struct selftest_result *r)
{
    struct wire_answer answer = {0};
    struct err err = {0};
    int code = selftest_ask(s, a, LIVES_S, &answer, &err);
    wire_answer_done(&answer);
    return code == 0 || end(r, SELFTEST_UNKNOWN, arena_dupz(s->a, err.text));
}

static bool visited(struct selftest *s, const struct canary_target *t, struct selftest_result *r)
{
    enum trouble trouble = canary_visit(t, &s->control, VISIT_MS);
    if (trouble == TROUBLE_NONE)
        return true;
    return end(r, SELFTEST_UNKNOWN, arena_printf(s->a, _("a visitor from outside gets no answer: %s"), trouble_text(trouble)));
}

/* *ret_why: what was wrong with it, where something was: it may have been shut out in the middle, or the service does not work. */
static bool failed(struct selftest *s, const struct canary_target *t, const struct canary_place *p, const char **ret_why, struct selftest_result *r)
{
    struct err err = {0};
    int code = canary_fail(t, p, &err);
    if (code < 0)
        *ret_why = arena_printf(s->a, _("no login could be tried: %s"), err.text);
    if (code == 0)
        return end(r, SELFTEST_NA, strcmp(t->protocol, "http") == 0 ? _("none of its sites has a login that the filters know") : _("nobody can log in there"));
    return true;
}

/* What became of the failure: the watch's own words. */
static bool decided(struct selftest *s, const struct addr *from, const char *trouble, json_t **ret, struct selftest_result *r)
{
    int64_t until = clock_monotonic_ms() + (trouble ? TROUBLE_WAIT_MS : WAIT_MS), events = 0;
    const char *state = NULL;
    do {
        struct wire_answer answer = {0};
        struct err err = {0};
        wait_a_little();
        int code = selftest_ask(s, from, 0, &answer, &err);
        if (code < 0) {
            wire_answer_done(&answer);
            return end(r, SELFTEST_UNKNOWN, arena_dupz(s->a, err.text));
        }
        events = json_integer_value(json_object_get(answer.parameters, "events"));
        json_decref(*ret);
        *ret = json_incref(answer.parameters);
        state = text_of(*ret, "state");
        bool lives = json_is_true(json_object_get(*ret, "lives"));
        wire_answer_done(&answer);
        if (!lives)
            return end(r, SELFTEST_UNKNOWN, _("bansho-watch was started again meanwhile"));
    } while ((!state || strcmp(state, "waiting") == 0) && clock_monotonic_ms() < until);
    if (!state && trouble && !events)
        return end(r, SELFTEST_UNKNOWN, trouble);
    if (!state)
        return end(r, SELFTEST_FAIL, events ? _("its log was read, but the line was not taken for a failed login") : _("the failed login was not seen in its log"));
    if (strcmp(state, "waiting") == 0)
        return end(r, SELFTEST_FAIL, _("the failure was seen, but bansho-wall does not answer"));
    const char *reason = text_of(*ret, "reason");
    if (strcmp(state, "refused") == 0 && reason)
        return end(r, SELFTEST_FAIL, arena_printf(s->a, _("the failure was seen, but bansho-wall refused: %s"), reason));
    return true;
}

static void measure(const json_t *seen, struct selftest_result *r)
{
    int64_t line = json_integer_value(json_object_get(seen, "failed_us")), read = json_integer_value(json_object_get(seen, "read_us")), answered = json_integer_value(json_object_get(seen, "answered_us"));
    if (line && read)
        r->read_ms = read > line ? (read - line) / 1000 : 0;
    if (read && answered)
        r->ban_ms = (answered - read) / 1000;
}

/* mode = observe: nobody is shut out by the watch. Where that is not written but the default, root's own order is carried out, and the rest is seen all the same. */
static bool order(struct selftest *s, const char *network, struct selftest_result *r)
{
    struct wire_answer answer = {0};
    struct err err = {0};
    json_t *in = json_pack("{s:s, s:I, s:s}", "network", network, "until", (json_int_t)(time(NULL) + 120), "why", "bansho selftest");
    int64_t begun = clock_monotonic_ms();
    int code = peer_ask(s->wall, &peer_wall, "Ban", in, &answer, &err);
    if (code == 0) {
        r->ban_ms = clock_monotonic_ms() - begun;
        r->ordered = true;
    } else {
        end(r, SELFTEST_UNKNOWN, arena_printf(s->a, _("the failure was seen and understood; the rest could not be tried: %s"), wire_answer_reason(&answer) ? wire_answer_reason(&answer) : err.text));
    }
    wire_answer_done(&answer);
    return code == 0;
}

static bool in_kernel(struct selftest *s, const char *network, struct selftest_result *r)
{
    struct ban_key k = {0};
    struct err err = {0};
    uint64_t ms;
    if (!prefix_parse(str_of(network), true, &k.network))
        return end(r, SELFTEST_UNKNOWN, arena_dupz(s->a, network));
    int code = bans_find(s->bans, &k, &ms, &err);
    if (code < 0)
        return end(r, SELFTEST_UNKNOWN, arena_dupz(s->a, err.text));
    return code == 1 || end(r, SELFTEST_FAIL, _("bansho-wall says that it is shut out, but the packet filter does not hold it"));
}

static bool dropped(struct selftest *s, const struct canary_target *t, const struct canary_place *p, struct selftest_result *r)
{
    enum trouble trouble = canary_visit(t, p, DROPPED_MS);
    if (trouble != TROUBLE_TIMEOUT)
        return end(r, SELFTEST_FAIL, trouble == TROUBLE_NONE ? _("it is in the packet filter, and is answered all the same") : arena_printf(s->a, _("it is in the packet filter, but: %s"), trouble_text(trouble)));
    return true;
}

/* Whoever only looked is no attacker, and is let in as before. */
static bool harmless(struct selftest *s, const struct canary_target *t, struct selftest_result *r)
{
    struct wire_answer answer = {0};
    struct err err = {0};
    int code = selftest_ask(s, &s->control.from, 0, &answer, &err);
    bool fine = code == 0 && json_is_true(json_object_get(answer.parameters, "lives")), shut = text_of(answer.parameters, "state");
    wire_answer_done(&answer);
    if (!fine)
        return end(r, SELFTEST_UNKNOWN, err.text[0] ? arena_dupz(s->a, err.text) : _("bansho-watch was started again meanwhile"));
    if (shut)
        return end(r, SELFTEST_FAIL, _("a harmless visitor was taken for an attacker"));
    return visited(s, t, r);
}

static void take_away(struct selftest *s, const struct addr *from, const char *network)
{
    struct wire_answer answer = {0}, other = {0};
    struct err err = {0};
    if (network)
        (void)!peer_ask(s->wall, &peer_wall, "Unban", json_pack("{s:s}", "network", network), &answer, &err);
    (void)!selftest_ask(s, from, -1, &other, &err);
    wire_answer_done(&answer);
    wire_answer_done(&other);
}

void selftest_one(struct selftest *s, const struct canary_target *t, const struct addr *from, struct selftest_result *r)
{
    const struct canary_place p = {.netns = s->netns, .from = *from, .run = s->run};
    json_t *seen = NULL;
    const char *network = NULL, *trouble = NULL;
    r->read_ms = r->ban_ms = -1;
    r->port = t->port;
    bool on = registered(s, from, r) && visited(s, t, r) && failed(s, t, &p, &trouble, r) && decided(s, from, trouble, &seen, r);
    if (on) {
        network = text_of(seen, "network");
        measure(seen, r);
        on = network && (strcmp(text_of(seen, "state"), "observed") != 0 || order(s, network, r));
    }
    if (on && in_kernel(s, network, r) && dropped(s, t, &p, r) && harmless(s, t, r))
        end(r, SELFTEST_OK, "");
    take_away(s, from, network);
    json_decref(seen);
}
