/* test_why_account.c: the sentence at the top of `bansho why ACCOUNT`: what could not be looked at is unknown, neither fine nor absent. */
#include "call.h"
#include "bin/why_account.h"

static struct account_known dovecot_silent[] = {{"Dovecot, passdb", true, KNOWN_UNASKED, "it does not run"}}, dovecot_yes[] = {{"Dovecot, passdb", true, KNOWN_YES, NULL}},
                            table_silent[] = {{"alias_maps hash:/etc/aliases", false, KNOWN_UNASKED, "no"}};
static struct standing fine[] = {{.kind = "system", .file = "/etc/passwd", .line = 3, .text = "shell /bin/sh"}};
static const char *unread[] = {"/etc/dovecot/users: EACCES"};

static void judges(void **state)
{
    (void)state;
    static const struct { const char *what; struct account_known *known; struct standing *place; const char **unread; enum outcome want; const char *says; } table[] = {
        {"nowhere", NULL, NULL, NULL, OUTCOME_WRONG, "There is no account"},
        {"Dovecot cannot tell", dovecot_silent, NULL, NULL, OUTCOME_UNKNOWN, "Not everything could be seen: Dovecot, passdb: it does not run"},
        {"a file cannot be read", NULL, NULL, unread, OUTCOME_UNKNOWN, "Not everything could be seen: /etc/dovecot/users"},
        {"where mail only goes cannot be read", table_silent, NULL, NULL, OUTCOME_WRONG, "There is no account"},
        {"there", NULL, fine, NULL, OUTCOME_FINE, "Nothing was found that keeps taro out"},
        {"there by Dovecot", dovecot_yes, NULL, NULL, OUTCOME_FINE, "Nothing was found that keeps taro out"},
        {"there, Dovecot cannot tell", dovecot_silent, fine, NULL, OUTCOME_UNKNOWN, "Not everything could be seen: Dovecot, passdb: it does not run"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct account_story s = {.account = "taro", .word = "taro", .arena = arena_new(65536)};
        const char *said;
        enum colour colour;
        s.known.list = (typeof(s.known.list)){.v = table[i].known, .n = table[i].known != NULL};
        s.places.list = (typeof(s.places.list)){.v = table[i].place, .n = table[i].place != NULL};
        s.places.not_seen = (typeof(s.places.not_seen)){.v = table[i].unread, .n = table[i].unread != NULL};
        account_not_seen(&s);
        enum outcome got = account_judge(&s, &said, &colour);
        if (got != table[i].want || !strstr(said, table[i].says))
            fail_msg("%s: %d, %s", table[i].what, got, said);
        arena_free(s.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
