#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "mail/submission.h"

static void judges_dialogues(void **state)
{
    (void)state;
    static const struct { const char *what; bool tls_first; struct smtp_seen seen; enum submission_fault want; } table[] = {
        {"sound", false, {.greeting = 220, .starttls_offered = true, .auth_offered_tls = true, .auth_tls = "PLAIN LOGIN", .auth_code_plain = 530, .auth_code = 535, .tls.done = true}, SUBMISSION_SOUND},
        {"sound, TLS first", true, {.greeting = 220, .auth_offered_tls = true, .auth_code = 535, .tls.done = true}, SUBMISSION_SOUND},
        {"any password", false, {.greeting = 220, .starttls_offered = true, .auth_offered_tls = true, .auth_code_plain = 530, .auth_code = 235, .tls.done = true}, SUBMISSION_ANY_PASSWORD},
        {"any password, in clear text", false, {.greeting = 220, .auth_code_plain = 235}, SUBMISSION_ANY_PASSWORD},
        {"offered in clear text", false, {.greeting = 220, .starttls_offered = true, .auth_offered_plain = true, .auth_plain = "CRAM-MD5 PLAIN", .auth_offered_tls = true, .auth_code = 535, .tls.done = true}, SUBMISSION_CLEAR_TEXT},
        {"not offered, but taken", false, {.greeting = 220, .starttls_offered = true, .auth_code_plain = 535, .auth_offered_tls = true, .auth_code = 535, .tls.done = true}, SUBMISSION_CLEAR_TEXT},
        {"only challenges in clear text", false, {.greeting = 220, .starttls_offered = true, .auth_offered_plain = true, .auth_plain = "CRAM-MD5", .auth_code_plain = 504, .auth_offered_tls = true, .auth_code = 535, .tls.done = true}, SUBMISSION_SOUND},
        {"no TLS", false, {.greeting = 220, .auth_code_plain = 503}, SUBMISSION_NO_TLS},
        {"no login", false, {.greeting = 220, .starttls_offered = true, .auth_code_plain = 503, .auth_code = 503, .tls.done = true}, SUBMISSION_NO_LOGIN},
        {"the password server is dead", false, {.greeting = 220, .starttls_offered = true, .auth_offered_tls = true, .auth_code_plain = 530, .auth_code = 454, .tls.done = true}, SUBMISSION_UNCLEAR},
        {"TLS is offered and fails", false, {.trouble = TROUBLE_TLS, .greeting = 220, .starttls_offered = true, .auth_code_plain = 530}, SUBMISSION_UNCLEAR},
        {"silence", false, {.trouble = TROUBLE_TIMEOUT}, SUBMISSION_UNCLEAR},
        {"too busy", false, {.greeting = 421}, SUBMISSION_UNCLEAR},
        {"clear text, then it hangs up", false, {.trouble = TROUBLE_CLOSED, .greeting = 220, .auth_offered_plain = true, .auth_plain = "LOGIN"}, SUBMISSION_CLEAR_TEXT},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (submission_judge(table[i].tls_first, &table[i].seen) != table[i].want)
            fail_msg("%s", table[i].what);
}

static void knows_mechanisms(void **state)
{
    (void)state;
    static const struct { const char *mechanisms; bool want; } table[] = {
        {"PLAIN LOGIN", true}, {"login", true}, {"CRAM-MD5 DIGEST-MD5", false}, {"", false}, {"XPLAIN", false}, {"SCRAM-SHA-256 PLAIN", true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        assert_int_equal(sends_password(table[i].mechanisms), table[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges_dialogues), cmocka_unit_test(knows_mechanisms)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
