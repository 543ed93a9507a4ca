#include "fake.h"

#define NOW ((int64_t)time(NULL))
#define EHLO_PLAIN "250-mail.test\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n"
#define EHLO_TLS "250-mail.test\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n"

static struct fake_cert ca, good, foreign;

static void ask(const struct act *script, const struct fake_cert *cert, const struct smtp_plan *plan, struct smtp_seen *seen, char *heard, int timeout_ms)
{
    struct err err = {0};
    struct fake f = fake_start(script, cert);
    struct endpoint_at at = fake_at(&f);
    at.name = "mail.test";
    if (timeout_ms)
        at.timeout_ms = timeout_ms;
    int64_t before = clock_monotonic_ms();
    assert_int_equal(smtp_ask(&at, plan, seen, &err), 0);
    assert_true(clock_monotonic_ms() - before < at.timeout_ms + 3000);
    if (heard)
        snprintf(heard, HEARD, "%s", f.heard);
    fake_stop(&f);
}

/* A submission port as it should be: AUTH only after TLS, a wrong password refused. */
static const struct act sound[] = {
    {SAY, "220 mail.test ESMTP\r\n"}, {HEAR}, {SAY, EHLO_PLAIN}, {HEAR}, {SAY, "530 5.7.0 Must issue a STARTTLS command first\r\n"},
    {HEAR}, {SAY, "220 go\r\n"}, {TLS}, {HEAR}, {SAY, EHLO_TLS}, {HEAR}, {SAY, "334 \r\n"}, {HEAR}, {SAY, "535 5.7.8 authentication failed\r\n"},
    {HEAR}, {SAY, "250 ok\r\n"}, {HEAR}, {SAY, "554 5.7.1 Relay access denied\r\n"}, {HEAR}, {SAY, "250 ok\r\n"},
    {HEAR}, {SAY, "250 ok\r\n"}, {HEAR}, {SAY, "250 taken\r\n"}, {HEAR}, {SAY, "250 ok\r\n"}, {HEAR}, {SAY, "221 bye\r\n"}, {ACT_END},
};

static void sees_a_sound_submission(void **state)
{
    (void)state;
    struct smtp_plan plan = {.starttls = true, .user = "probe", .password = "not the password", .auth_before_tls = true, .envelopes = 2,
        .envelope = {{"a@out.test", "b@far.test"}, {"", "c@mail.test"}}};
    struct smtp_seen seen;
    static char heard[HEARD];
    ask(sound, &good, &plan, &seen, heard, 5000);
    assert_int_equal(seen.trouble, TROUBLE_NONE);
    assert_int_equal(seen.greeting, 220);
    assert_string_equal(seen.banner, "mail.test ESMTP");
    assert_true(seen.starttls_offered && !seen.auth_offered_plain && seen.auth_offered_tls);
    assert_string_equal(seen.auth_tls, "PLAIN LOGIN");
    assert_int_equal(seen.auth_code_plain, 530);
    assert_int_equal(seen.auth_code, 535);
    assert_int_equal(seen.rcpt_code[0], 554);
    assert_string_equal(seen.rcpt_text[0], "5.7.1 Relay access denied");
    assert_int_equal(seen.rcpt_code[1], 250);
    assert_true(seen.tls.done && seen.tls.trusted && seen.tls.name_matches && !seen.tls.self_signed);
    assert_string_equal(seen.tls.problem, "");
    assert_string_equal(seen.tls.names, "mail.test *.wild.test");
    assert_true(seen.tls.not_before < NOW && seen.tls.not_after > NOW);
    assert_null(strstr(heard, "DATA"));
    assert_non_null(strstr(heard, "RSET\r\nQUIT\r\n"));
    assert_null(strstr(seen.transcript, "not the password"));
    assert_non_null(strstr(seen.transcript, "> (password)\n"));
}

/* Asked with old versions only: a server of today refuses, one that was never updated does not. */
static void tells_old_versions(void **state)
{
    (void)state;
    static const struct act script[] = {{TLS}, {SAY, "220 mail.test ESMTP\r\n"}, {HEAR}, {SAY, "250 mail.test\r\n"}, {HEAR}, {SAY, "221 bye\r\n"}, {ACT_END}};
    struct smtp_plan plan = {0};
    struct err err = {0};
    for (int newest_only = 0; newest_only < 2; newest_only++) {
        struct fake_cert cert = good;
        struct smtp_seen seen;
        cert.oldest = newest_only ? TLS1_2_VERSION : 0;
        struct fake f = fake_start(script, &cert);
        struct endpoint_at at = fake_at(&f);
        at.tls = true;
        at.tls_max = TLS1_1_VERSION;
        assert_int_equal(smtp_ask(&at, &plan, &seen, &err), 0);
        fake_stop(&f);
        assert_int_equal(seen.trouble, newest_only ? TROUBLE_TLS : TROUBLE_NONE);
        assert_string_equal(seen.tls.version, newest_only ? "" : "TLSv1.1");
        assert_true(!newest_only || strstr(seen.tls.problem, "protocol version")); /* in OpenSSL's words */
    }
}

/* All envelopes in one piece where the server takes that: here it waits for all of it before it says anything. An answer to a recipient whose sender was refused
   says nothing. */
static void says_envelopes_at_once(void **state)
{
    (void)state;
    static const struct act script[] = {{SAY, "220 hi\r\n"}, {HEAR}, {SAY, "250-x\r\n250 PIPELINING\r\n"}, {HEAR}, {HEAR}, {HEAR}, {HEAR}, {HEAR}, {HEAR}, {HEAR}, {HEAR}, {HEAR},
        {SAY, "250 ok\r\n554 no relaying\r\n250 ok\r\n553 no such sender\r\n503 sender first\r\n250 ok\r\n250 ok\r\n250 taken\r\n250 ok\r\n"}, {HEAR}, {SAY, "221 bye\r\n"}, {ACT_END}};
    struct smtp_plan plan = {.envelopes = 3, .envelope = {{"a@b.test", "c@d.test"}, {"e@b.test", "f@d.test"}, {"", "g@d.test"}}};
    struct smtp_seen seen;
    static char heard[HEARD];
    ask(script, NULL, &plan, &seen, heard, 5000);
    assert_int_equal(seen.trouble, TROUBLE_NONE);
    assert_int_equal(seen.rcpt_code[0], 554);
    assert_int_equal(seen.rcpt_code[1], 553);
    assert_string_equal(seen.rcpt_text[1], "no such sender");
    assert_int_equal(seen.rcpt_code[2], 250);
    assert_non_null(strstr(seen.transcript, "> RCPT TO:<c@d.test>\n< 554 no relaying\n> RSET\n< 250 ok\n> MAIL FROM:<e@b.test>\n< 553 no such sender\n"));
    assert_non_null(strstr(heard, "RCPT TO:<g@d.test>\r\nRSET\r\nQUIT\r\n"));
}

/* 421 among answers to what was said in one piece: what comes behind it was never asked. */
static void stops_within_a_piece(void **state)
{
    (void)state;
    static const struct act script[] = {{SAY, "220 hi\r\n"}, {HEAR}, {SAY, "250-x\r\n250 PIPELINING\r\n"}, {HEAR}, {HEAR}, {HEAR}, {HEAR}, {HEAR}, {HEAR}, {HEAR}, {HEAR}, {HEAR},
        {SAY, "250 ok\r\n554 no\r\n250 ok\r\n250 ok\r\n421 too much\r\n"}, {ACT_END}};
    struct smtp_plan plan = {.envelopes = 3, .envelope = {{"a@b.test", "c@d.test"}, {"a@b.test", "e@f.test"}, {"a@b.test", "g@h.test"}}};
    struct smtp_seen seen;
    ask(script, NULL, &plan, &seen, NULL, 5000);
    assert_int_equal(seen.trouble, TROUBLE_CLOSED);
    assert_int_equal(seen.rcpt_code[0], 554);
    assert_int_equal(seen.rcpt_code[1], 421);
    assert_int_equal(seen.rcpt_code[2], 0);
}

/* A server that offers PIPELINING and loses what came ahead: nothing comes of the piece; in turn all is answered. */
static void says_envelopes_in_turn(void **state)
{
    (void)state;
    static const struct act script[] = {{SAY, "220 hi\r\n"}, {HEAR}, {SAY, "250-x\r\n250 PIPELINING\r\n"}, {HEAR}, {FORGET}, {SAY, "250 ok\r\n"}, {HEAR}, {FORGET}, {SAY, "554 no relaying\r\n"},
        {HEAR}, {SAY, "250 ok\r\n"}, {HEAR}, {SAY, "221 bye\r\n"}, {ACT_END}};
    struct smtp_plan plan = {.envelopes = 1, .envelope = {{"a@b.test", "c@d.test"}}};
    struct smtp_seen seen;
    ask(script, NULL, &plan, &seen, NULL, 600);
    assert_int_equal(seen.trouble, TROUBLE_TIMEOUT);
    assert_int_equal(seen.rcpt_code[0], 0);
    plan.in_turn = true;
    ask(script, NULL, &plan, &seen, NULL, 5000);
    assert_int_equal(seen.trouble, TROUBLE_NONE);
    assert_int_equal(seen.rcpt_code[0], 554);
}

/* The words of a refusal are no offer. */
static void takes_no_offer_from_a_refusal(void **state)
{
    (void)state;
    static const struct act script[] = {{SAY, "220 hi\r\n"}, {HEAR}, {SAY, "502-STARTTLS\r\n502 PIPELINING\r\n"}, {HEAR}, {SAY, "250 x\r\n"}, {HEAR}, {SAY, "221 bye\r\n"}, {ACT_END}};
    struct smtp_plan plan = {.starttls = true};
    struct smtp_seen seen;
    ask(script, NULL, &plan, &seen, NULL, 5000);
    assert_int_equal(seen.trouble, TROUBLE_NONE);
    assert_false(seen.starttls_offered);
}

int main(void)
{
    char path[64];
    ca = cert_new("Test CA", NOW - 1000, NOW + 100000, NULL);
    good = cert_new("mail.test", NOW - 1000, NOW + 100000, &ca);
    foreign = cert_new("other.test", NOW - 1000, NOW - 10, NULL);
    trust(&ca, path);
    const struct CMUnitTest tests[] = {cmocka_unit_test(sees_a_sound_submission), cmocka_unit_test(tells_old_versions), cmocka_unit_test(says_envelopes_at_once), cmocka_unit_test(stops_within_a_piece), cmocka_unit_test(says_envelopes_in_turn), cmocka_unit_test(takes_no_offer_from_a_refusal)};
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    cert_free(&ca);
    cert_free(&good);
    cert_free(&foreign);
    return r;
}
