#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "mail/relay.h"
#include <stdio.h>

static struct arena *arena;
static struct relay_form forms[RELAY_FORMS];
static size_t n;

static const char *form(enum relay_class class, const char *text, const char *from)
{
    for (size_t i = 0; i < n; i++)
        if (forms[i].class == class && strcmp(forms[i].to, text) == 0 && (!from || strcmp(forms[i].from, from) == 0))
            return forms[i].to;
    return NULL;
}

static void has_all_forms(void **state)
{
    (void)state;
    static const struct { enum relay_class class; const char *to, *from; } table[] = {
        {RELAY_FOREIGN, "probe@relay-test.invalid", ""},
        {RELAY_FOREIGN, "probe@relay-test.invalid", "postmaster@lab.example"},
        {RELAY_FOREIGN, "probe@relay-test.invalid", "probe@relay-test.invalid"},
        {RELAY_FOREIGN, "probe@[198.51.100.25]", "postmaster@lab.example"},
        {RELAY_FOREIGN, "@lab.example:probe@relay-test.invalid", NULL},
        {RELAY_BARE, "\"probe@relay-test.invalid\"", NULL},
        {RELAY_BARE, "relay-test.invalid!probe", NULL},
        {RELAY_BARE, "probe%relay-test.invalid", NULL},
        {RELAY_BARE, "bansho-nobody-1a2b3c4d", NULL},
        {RELAY_LOCAL, "probe%relay-test.invalid@lab.example", NULL},
        {RELAY_LOCAL, "probe@relay-test.invalid@lab.example", NULL},
        {RELAY_LOCAL, "\"probe@relay-test.invalid\"@lab.example", NULL},
        {RELAY_LOCAL, "relay-test.invalid!probe@lab.example", NULL},
        {RELAY_LITERAL, "probe%relay-test.invalid@[IPv6:2001:db8::10]", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (!form(table[i].class, table[i].to, table[i].from))
            fail_msg("no form %s", table[i].to);
    size_t together = 0;
    for (unsigned s = 0; s < RELAY_SESSIONS; s++) {
        struct smtp_plan plan;
        relay_plan(forms, n, s, "[192.0.2.1]", &plan);
        assert_in_range(plan.envelopes, 1, 4); /* fail2ban's usual limit is 5 */
        together += plan.envelopes;
    }
    assert_int_equal(together, n);
}

/* Every form answered with `code` and text, except those of the exception. */
static void answers(struct smtp_seen *seen, int code, const char *text, const char *but, int but_code)
{
    size_t at[RELAY_SESSIONS] = {0};
    memset(seen, 0, RELAY_SESSIONS * sizeof *seen);
    for (size_t i = 0; i < n; i++) {
        struct smtp_seen *s = &seen[forms[i].session];
        size_t k = at[forms[i].session]++;
        bool other = but && strstr(forms[i].to, but);
        s->greeting = 220;
        s->rcpt_code[k] = other ? but_code : code;
        snprintf(s->rcpt_text[k], sizeof s->rcpt_text[k], "%s", other ? "ok" : text);
    }
}

static void judges(void **state)
{
    (void)state;
    static const struct { const char *what; int code; const char *text, *but; int but_code; enum relay_verdict want; } table[] = {
        {"closed", 554, "5.7.1 Relay access denied", NULL, 0, RELAY_CLOSED},
        {"closed for now", 454, "4.7.1 Relay access denied", NULL, 0, RELAY_CLOSED},
        {"qmail", 553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", NULL, 0, RELAY_CLOSED},
        {"submission", 530, "5.7.0 Authentication required", NULL, 0, RELAY_CLOSED},
        {"open", 250, "2.1.5 Ok", NULL, 0, RELAY_OPEN},
        {"open by source route alone", 554, "Relay access denied", "@lab.example:", 250, RELAY_OPEN},
        {"open by percent alone", 554, "Relay access denied", "probe%relay-test.invalid@lab", 250, RELAY_OPEN},
        {"open by bang alone", 554, "Relay access denied", "relay-test.invalid!probe", 251, RELAY_OPEN},
        {"all names of its own domain are taken", 554, "Relay access denied", "@lab.example", 250, RELAY_OPEN}, /* the source route contains it too */
        {"unknown domains are refused, an address literal is not", 450, "4.1.2 Recipient address rejected: Domain not found", "[198.51.100.25]", 250, RELAY_OPEN},
        {"nobody's name, nobody's answer", 450, "4.7.25 Client host rejected: cannot find your hostname", NULL, 0, RELAY_UNCLEAR},
        {"greylisting", 451, "4.7.1 Greylisting in action", NULL, 0, RELAY_UNCLEAR},
        {"block list", 554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using x", NULL, 0, RELAY_UNCLEAR},
        {"nothing", 0, "", NULL, 0, RELAY_UNCLEAR},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct smtp_seen seen[RELAY_SESSIONS];
        struct relay_answer a;
        answers(seen, table[i].code, table[i].text, table[i].but, table[i].but_code);
        relay_judge(forms, n, seen, &a);
        if (a.verdict != table[i].want)
            fail_msg("%s: %d", table[i].what, a.verdict);
    }
}

/* A name that nobody has is taken too: the address is local, whatever it looks like. */
static void a_catch_all_is_no_relay(void **state)
{
    (void)state;
    struct smtp_seen seen[RELAY_SESSIONS];
    struct relay_answer a;
    answers(seen, 554, "Relay access denied", NULL, 0);
    size_t at[RELAY_SESSIONS] = {0};
    for (size_t i = 0; i < n; i++) {
        size_t k = at[forms[i].session]++;
        if (forms[i].class == RELAY_LOCAL || forms[i].class == RELAY_BARE)
            seen[forms[i].session].rcpt_code[k] = 250;
    }
    relay_judge(forms, n, seen, &a);
    assert_int_equal(a.verdict, RELAY_CLOSED);
}

static void no_answer_is_not_closed(void **state)
{
    (void)state;
    struct smtp_seen seen[RELAY_SESSIONS] = {{0}};
    struct relay_answer a;
    for (unsigned s = 0; s < RELAY_SESSIONS; s++)
        seen[s].trouble = TROUBLE_TIMEOUT;
    relay_judge(forms, n, seen, &a);
    assert_int_equal(a.verdict, RELAY_SILENT);
    assert_int_equal(a.trouble, TROUBLE_TIMEOUT);
    answers(seen, 554, "Relay access denied", NULL, 0);
    seen[3].trouble = TROUBLE_CLOSED; /* hung up in the middle */
    seen[3].rcpt_code[1] = seen[3].rcpt_code[2] = 0;
    relay_judge(forms, n, seen, &a);
    assert_int_equal(a.verdict, RELAY_UNCLEAR);
}

static int make(void **state)
{
    (void)state;
    struct addr own;
    arena = arena_new(1 << 20);
    n = addr_parse(STR("2001:db8::10"), &own) ? relay_forms(arena, "1a2b3c4d", "lab.example", &own, forms) : 0;
    return n ? 0 : -1;
}

static int drop(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(has_all_forms), cmocka_unit_test(judges), cmocka_unit_test(a_catch_all_is_no_relay), cmocka_unit_test(no_answer_is_not_closed)};
    return cmocka_run_group_tests(tests, make, drop);
}
