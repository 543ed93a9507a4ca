#include "fake.h"

#define NOW ((int64_t)time(NULL))
typedef int ask_fn(const struct endpoint_at *, const struct login_plan *, struct login_seen *, struct err *);

static struct fake_cert self;
static const struct login_plan look = {.starttls = true}, both = {.starttls = true, .user = "bansho-probe", .password = "wrong \"word\"", .login_before_tls = true},
    plain_only = {.user = "bansho-probe", .password = "wrong-word", .login_before_tls = true}, under_tls = {.starttls = true, .user = "u", .password = "right-word"};

/* --- IMAP --- */
#define CAPS "* CAPABILITY IMAP4rev1 LITERAL+ STARTTLS LOGINDISABLED\r\n"
static const struct act imap_sound[] = {
    {SAY, "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot (Debian) ready.\r\n"}, {HEAR}, {SAY, CAPS "p0 OK done\r\n"}, {HEAR},
    {SAY, "* BAD [ALERT] Plaintext authentication not allowed\r\np1 NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.\r\n"},
    {HEAR}, {SAY, "p3 OK Begin TLS\r\n"}, {TLS}, {HEAR}, {SAY, "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\np4 OK x\r\n"}, {HEAR},
    {SAY, "p5 NO [AUTHENTICATIONFAILED] Authentication failed.\r\n"}, {HEAR}, {SAY, "* BYE\r\np7 OK\r\n"}, {ACT_END}};
static const struct act imap_open[] = {
    {SAY, "* OK ready\r\n"}, {HEAR}, {SAY, "* NOISE {12}\r\nab\r\nxx\r\n\r\n\r\n more\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\np0 OK\r\n"}, {HEAR},
    {SAY, "p1 NO [AUTHENTICATIONFAILED] Authentication failed.\r\n"}, {HEAR}, {ACT_END}};
static const struct act imap_hangs_up[] = { /* over a login in clear text: called again for TLS, where the script plays anew */
    {SAY, "* OK ready\r\n"}, {HEAR}, {SAY, "* CAPABILITY STARTTLS\r\np0 OK\r\n"}, {WAIT_MS, NULL, 300}, {ACT_END}};

/* --- POP3 --- */
static const struct act pop3_sound[] = {
    {SAY, "+OK Dovecot ready.\r\n"}, {HEAR}, {SAY, "+OK\r\nCAPA\r\nSTLS\r\nSASL\r\n.\r\n"}, {HEAR},
    {SAY, "-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.\r\n"}, {HEAR}, {SAY, "+OK Begin TLS\r\n"}, {TLS}, {HEAR},
    {SAY, "+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n"}, {HEAR}, {SAY, "+OK\r\n"}, {HEAR}, {SAY, "-ERR [AUTH] Authentication failed.\r\n"}, {HEAR}, {SAY, "+OK\r\n"}, {ACT_END}};
static const struct act pop3_open[] = {
    {SAY, "+OK\r\n"}, {HEAR}, {SAY, "-ERR what\r\n"}, {HEAR}, {SAY, "+OK\r\n"}, {HEAR}, {SAY, "-ERR no\r\n"}, {HEAR}, {ACT_END}};
static const struct act pop3_right[] = {
    {SAY, "+OK\r\n"}, {HEAR}, {SAY, "+OK\r\nSTLS\r\nUSER\r\n.\r\n"}, {HEAR}, {SAY, "+OK\r\n"}, {TLS}, {HEAR}, {SAY, "+OK\r\nUSER\r\n.\r\n"}, {HEAR}, {SAY, "+OK\r\n"},
    {HEAR}, {SAY, "+OK Logged in: right-word\r\n"}, {HEAR}, {ACT_END}};

/* --- FTP --- */
#define FEAT "211-Features:\r\n MDTM\r\n AUTH TLS\r\n211-LANG\r\n PBSZ\r\n211 End\r\n"
static const struct act ftp_sound[] = {
    {SAY, "220-Welcome\r\n 220 not yet\r\n220 ready\r\n"}, {HEAR}, {SAY, FEAT}, {HEAR}, {SAY, "550 SSL/TLS required on the control channel\r\n"}, {HEAR}, {SAY, "234 go\r\n"}, {TLS},
    {HEAR}, {SAY, FEAT}, {HEAR}, {SAY, "331 password\r\n"}, {HEAR}, {SAY, "530 Login incorrect.\r\n"}, {HEAR}, {SAY, "221 bye\r\n"}, {ACT_END}};
static const struct act ftp_open[] = {
    {SAY, "220 ready\r\n"}, {HEAR}, {SAY, "500 what\r\n"}, {HEAR}, {SAY, "331 password\r\n"}, {HEAR}, {SAY, "530 Login incorrect.\r\n"}, {HEAR}, {SAY, "221 bye\r\n"}, {ACT_END}};
static const struct act ftp_busy[] = {{SAY, "421 too many connections\r\n"}, {ACT_END}};

struct want {
    enum trouble trouble;
    bool offered, disabled, plain_refused, plain_considered, accepted, refused, tls;
    const char *capabilities, *answer;
};
static const struct {
    const char *name;
    ask_fn *ask;
    const struct act *script;
    const struct login_plan *plan;
    struct want want;
} table[] = {
    {"imap sound", imap_ask, imap_sound, &both, {0, true, true, true, false, false, true, true, "IMAP4rev1 AUTH=PLAIN", "NO [AUTHENTICATIONFAILED] Authentication failed."}},
    {"imap open", imap_ask, imap_open, &plain_only, {0, false, false, false, true, false, false, false, "IMAP4rev1 AUTH=PLAIN", ""}},
    {"imap hangs up", imap_ask, imap_hangs_up, &both, {TROUBLE_CLOSED, true, false, false, false, false, false, false, "STARTTLS", ""}},
    {"pop3 sound", pop3_ask, pop3_sound, &both, {0, true, true, true, false, false, true, true, "USER SASL", "[AUTH] Authentication failed."}},
    {"pop3 open", pop3_ask, pop3_open, &plain_only, {0, false, false, false, true, false, false, false, "", ""}},
    {"pop3 right password, repeated by the server", pop3_ask, pop3_right, &under_tls, {0, true, false, false, false, true, false, true, "USER", "Logged in: **********"}},
    {"ftp sound", ftp_ask, ftp_sound, &both, {0, true, true, true, false, false, true, true, "MDTM AUTH LANG PBSZ", "530 Login incorrect."}},
    {"ftp open", ftp_ask, ftp_open, &plain_only, {0, false, false, false, true, false, false, false, "", ""}},
    {"ftp busy", ftp_ask, ftp_busy, &look, {TROUBLE_CLOSED, false, false, false, false, false, false, false, "", ""}},
};

static void sees(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        const struct want *w = &table[i].want;
        struct login_seen seen;
        struct err err = {0};
        struct fake f = fake_start(table[i].script, &self);
        struct endpoint_at at = fake_at(&f);
        print_message("%s\n", table[i].name);
        assert_int_equal(table[i].ask(&at, table[i].plan, &seen, &err), 0);
        fake_stop(&f);
        if (seen.trouble != w->trouble)
            print_message("%s", seen.transcript);
        assert_int_equal(seen.trouble, w->trouble);
        assert_int_equal(seen.starttls_offered, w->offered);
        assert_int_equal(seen.login_disabled, w->disabled);
        assert_int_equal(seen.plain_refused, w->plain_refused);
        assert_int_equal(seen.plain_considered, w->plain_considered);
        assert_int_equal(seen.accepted, w->accepted);
        assert_int_equal(seen.refused, w->refused);
        assert_int_equal(seen.tls.done, w->tls);
        assert_int_equal(seen.tls.self_signed, w->tls);
        assert_false(seen.tls.trusted);
        assert_string_equal(seen.capabilities, w->capabilities);
        assert_string_equal(seen.answer, w->answer);
        assert_null(strstr(seen.transcript, "right-word"));
        assert_null(strstr(seen.transcript, "wrong"));
    }
}

/* A password does not go out in clear text where TLS was asked for and is not offered. */
static void keeps_the_password(void **state)
{
    (void)state;
    static const struct act scripts[3][7] = {
        {{SAY, "* OK\r\n"}, {HEAR}, {SAY, "* CAPABILITY IMAP4rev1\r\np0 OK\r\n"}, {HEAR}}, {{SAY, "+OK\r\n"}, {HEAR}, {SAY, "+OK\r\nUSER\r\n.\r\n"}, {HEAR}},
        {{SAY, "220 x\r\n"}, {HEAR}, {SAY, "500 x\r\n"}, {HEAR}, {SAY, "500 x\r\n"}, {HEAR}}};
    static ask_fn *const asks[3] = {imap_ask, pop3_ask, ftp_ask};
    for (size_t i = 0; i < 3; i++) {
        struct login_seen seen;
        struct err err = {0};
        struct fake f = fake_start(scripts[i], &self);
        struct endpoint_at at = fake_at(&f);
        assert_int_equal(asks[i](&at, &under_tls, &seen, &err), 0);
        assert_int_equal(seen.trouble, TROUBLE_NONE);
        assert_false(seen.accepted || seen.refused);
        assert_null(strstr(f.heard, "right-word"));
        fake_stop(&f);
    }
}

static void refuses_two_lines_in_one(void **state)
{
    (void)state;
    struct login_plan plan = {.user = "a\r\nDELE 1", .password = "x"};
    struct endpoint_at at = {.addr = {.bytes = {127, 0, 0, 1}}, .port = 1};
    struct login_seen seen;
    struct err err = {0};
    assert_int_equal(pop3_ask(&at, &plan, &seen, &err), -EINVAL);
}

int main(void)
{
    self = cert_new("mail.test", NOW - 1000, NOW + 100000, NULL);
    const struct CMUnitTest tests[] = {cmocka_unit_test(sees), cmocka_unit_test(keeps_the_password), cmocka_unit_test(refuses_two_lines_in_one)};
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    cert_free(&self);
    return r;
}
