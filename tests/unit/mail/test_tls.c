#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "mail/tls.h"

#define NOW 1800000000
#define GOOD {.done = true, .version = "TLSv1.3", .trusted = true, .name_matches = true, .not_before = NOW - 100 * DAY, .not_after = NOW + 60 * DAY}

static const struct mail_port imap = {.name = "imap", .protocol = "imap", .port = 143}, imaps = {.name = "imaps", .protocol = "imap", .port = 993, .tls = true},
                              smtp = {.name = "smtp", .protocol = "smtp", .port = 25};

static void judges(void **state)
{
    (void)state;
    static const char *const names[] = {"lab.example", "alpha.example", NULL};
    static const struct { const char *what; const struct mail_port *port; struct tls_look look; unsigned want; } table[] = {
        {"sound", &imap, {.starttls_offered = true, .no_login = true, .tls = GOOD, .old_asked = true, .old_trouble = TROUBLE_TLS}, TLS_SOUND},
        {"hangs up on old versions", &imap, {.starttls_offered = true, .tls = GOOD, .old_asked = true, .old_trouble = TROUBLE_CLOSED}, TLS_SOUND},
        {"clear text", &imap, {.starttls_offered = true, .clear = true, .tls = GOOD, .old_asked = true, .old_trouble = TROUBLE_TLS}, TLS_CLEAR_TEXT},
        {"clear text and nothing else", &imap, {.clear = true}, TLS_CLEAR_TEXT | TLS_NONE},
        {"no login, no TLS", &imap, {.no_login = true}, TLS_NONE},
        {"old versions", &imaps, {.tls = GOOD, .old_asked = true, .old_taken = true}, TLS_OLD},
        {"old versions were not looked at", &imaps, {.tls = GOOD, .old_asked = true, .old_trouble = TROUBLE_TIMEOUT}, TLS_UNSEEN},
        {"silence", &imaps, {.trouble = TROUBLE_TIMEOUT}, TLS_UNSEEN},
        {"expired", &imaps, {.tls = {.done = true, .trusted = true, .name_matches = true, .not_after = NOW - 1}}, TLS_EXPIRED},
        {"expires now", &imaps, {.tls = {.done = true, .trusted = true, .name_matches = true, .not_after = NOW}}, TLS_EXPIRED},
        {"expires soon", &imaps, {.tls = {.done = true, .trusted = true, .name_matches = true, .not_after = NOW + 14 * DAY}}, TLS_SOON},
        {"expires in a month", &imaps, {.tls = {.done = true, .trusted = true, .name_matches = true, .not_after = NOW + 30 * DAY}}, TLS_SOUND},
        {"of tomorrow", &imaps, {.tls = {.done = true, .trusted = true, .name_matches = true, .not_before = NOW + 1, .not_after = NOW + 90 * DAY}}, TLS_NOT_YET},
        {"made by itself, for nobody", &imaps, {.tls = {.done = true, .not_after = NOW + 90 * DAY, .names = "localhost"}}, TLS_UNTRUSTED | TLS_OTHER_NAME},
        {"for a domain whose mail is here", &imaps, {.tls = {.done = true, .trusted = true, .not_after = NOW + 90 * DAY, .names = "www.x.example mail.alpha.example"}}, TLS_SOUND},
        {"port 25 without TLS", &smtp, {.no_login = true}, TLS_SOUND},
        {"port 25 with a bad certificate", &smtp, {.no_login = true, .starttls_offered = true, .tls = {.done = true}}, TLS_SOUND},
        {"port 25 takes passwords", &smtp, {.clear = true, .starttls_offered = true, .tls = GOOD}, TLS_CLEAR_TEXT},
        {"port 25 says nothing", &smtp, {.trouble = TROUBLE_TIMEOUT}, TLS_UNSEEN},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        unsigned got = tls_judge(table[i].port, &table[i].look, names, NOW);
        if (got != table[i].want)
            fail_msg("%s: %u", table[i].what, got);
    }
}

static void names_fit(void **state)
{
    (void)state;
    static const struct { const char *certificate, *name; bool want; } table[] = {
        {"lab.example", "lab.example", true}, {"LAB.example", "lab.Example", true}, {"mail.lab.example", "lab.example", true}, {"*.lab.example", "lab.example", true},
        {"notlab.example", "lab.example", false}, {"lab.example", "mail.lab.example", false}, {"", "lab.example", false}, {"a.example b.example", "b.example", true}, {"example", "lab.example", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (tls_names_fit(table[i].certificate, table[i].name) != table[i].want)
            fail_msg("%s for %s", table[i].certificate, table[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges), cmocka_unit_test(names_fit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
