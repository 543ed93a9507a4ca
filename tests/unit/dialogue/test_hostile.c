/* What strangers' servers do to a client: every dialogue ends within its time with the right trouble. */
#include "fake.h"

#define NOW ((int64_t)time(NULL))
#define SHORT_MS 400 /* where waiting is what is tested */
#define LONG_MS 8000

static int ask_smtp(const struct endpoint_at *at, enum trouble *ret, char ret_transcript[static TRANSCRIPT])
{
    static const struct smtp_plan plan = {.starttls = true, .user = "u", .password = "secret-word", .auth_before_tls = true, .envelopes = 1, .envelope = {{"a@b.test", "c@d.test"}}};
    struct smtp_seen seen;
    struct err err = {0};
    int r = smtp_ask(at, &plan, &seen, &err);
    *ret = seen.trouble;
    memcpy(ret_transcript, seen.transcript, TRANSCRIPT);
    return r;
}

static int by_login(int (*ask)(const struct endpoint_at *, const struct login_plan *, struct login_seen *, struct err *), const struct endpoint_at *at, enum trouble *ret, char *ret_transcript)
{
    static const struct login_plan plan = {.starttls = true, .user = "u", .password = "secret-word", .login_before_tls = true};
    struct login_seen seen;
    struct err err = {0};
    int r = ask(at, &plan, &seen, &err);
    *ret = seen.trouble;
    memcpy(ret_transcript, seen.transcript, TRANSCRIPT);
    return r;
}

static int ask_imap(const struct endpoint_at *at, enum trouble *ret, char ret_transcript[static TRANSCRIPT])
{
    return by_login(imap_ask, at, ret, ret_transcript);
}

static int ask_pop3(const struct endpoint_at *at, enum trouble *ret, char ret_transcript[static TRANSCRIPT])
{
    return by_login(pop3_ask, at, ret, ret_transcript);
}

static int ask_ftp(const struct endpoint_at *at, enum trouble *ret, char ret_transcript[static TRANSCRIPT])
{
    return by_login(ftp_ask, at, ret, ret_transcript);
}

enum { SMTP, IMAP, POP3, FTP, PROTOCOLS };
static int (*const asks[PROTOCOLS])(const struct endpoint_at *, enum trouble *, char *) = {ask_smtp, ask_imap, ask_pop3, ask_ftp};
static const char *const hello[PROTOCOLS] = {"220 hi\r\n", "* OK hi\r\n", "+OK hi\r\n", "220 hi\r\n"};
static const char *const tls_offer[PROTOCOLS] = {"250-x\r\n250 STARTTLS\r\n", "* CAPABILITY STARTTLS\r\np0 OK\r\n", "+OK\r\nSTLS\r\n.\r\n", "211-x\r\n AUTH TLS\r\n211 y\r\n"};
static const char *const no_login[PROTOCOLS] = {"530 no\r\n", "p1 NO [PRIVACYREQUIRED] no\r\n", "-ERR TLS first\r\n", "550 TLS first\r\n"};
static const char *const go[PROTOCOLS] = {"220 go\r\n", "p3 OK go\r\n", "+OK go\r\n", "234 go\r\n"};

static const struct {
    const char *name;
    struct act script[16]; /* text "h" "o" "n" "g": the protocol's own hello, offer, refusal, go-ahead */
    enum trouble want;
} table[] = {
    {"nothing at all", {{DUMB}}, TROUBLE_TIMEOUT},
    {"closes at once", {{ACT_END}}, TROUBLE_CLOSED},
    {"closes within a line", {{SAY, "220 hi, I am"}, {ACT_END}}, TROUBLE_CLOSED},
    {"garbage", {{SAY, "\x16\x03\x01gar\xff bage\r\n"}, {DUMB}}, TROUBLE_GARBAGE},
    {"an empty line", {{SAY, "\r\n"}, {DUMB}}, TROUBLE_GARBAGE},
    {"NULs", {{BYTES, "\0\0\0\0\r\n\0", 7}, {DUMB}}, TROUBLE_GARBAGE},
    {"a megabyte without a line's end", {{FLOOD, NULL, 1 << 20}, {DUMB}}, TROUBLE_GARBAGE},
    {"byte by byte", {{DRIP, "220 this takes much longer than anybody would like to wait for it to come to its end\r\n"}, {DUMB}}, TROUBLE_TIMEOUT},
    {"greets, then says nothing", {{SAY, "h"}, {DUMB}}, TROUBLE_TIMEOUT},
    {"greets and goes", {{SAY, "h"}, {HEAR}, {ACT_END}}, TROUBLE_CLOSED},
    {"injects behind the go-ahead", {{SAY, "h"}, {HEAR}, {SAY, "o"}, {HEAR}, {SAY, "n"}, {HEAR}, {SAY, "g"}, {DUMB}}, TROUBLE_GARBAGE},
    {"garbage for a handshake", {{SAY, "h"}, {HEAR}, {SAY, "o"}, {HEAR}, {SAY, "n"}, {HEAR}, {SAY, "G"}, {WAIT_MS, NULL, 50}, {SAY, "not a handshake\r\n"}, {DUMB}}, TROUBLE_TLS},
    {"goes at the handshake", {{SAY, "h"}, {HEAR}, {SAY, "o"}, {HEAR}, {SAY, "n"}, {HEAR}, {SAY, "G"}, {WAIT_MS, NULL, 50}, {ACT_END}}, TROUBLE_TLS},
    {"silent at the handshake", {{SAY, "h"}, {HEAR}, {SAY, "o"}, {HEAR}, {SAY, "n"}, {HEAR}, {SAY, "G"}, {WAIT_MS, NULL, 2000}, {ACT_END}}, TROUBLE_TIMEOUT},
    {"silent under TLS", {{SAY, "h"}, {HEAR}, {SAY, "o"}, {HEAR}, {SAY, "n"}, {HEAR}, {SAY, "G"}, {TLS}, {DUMB}}, TROUBLE_TIMEOUT},
    {"a megabyte under TLS", {{SAY, "h"}, {HEAR}, {SAY, "o"}, {HEAR}, {SAY, "n"}, {HEAR}, {SAY, "G"}, {TLS}, {FLOOD, NULL, 1 << 20}, {DUMB}}, TROUBLE_GARBAGE},
    {"goes under TLS", {{SAY, "h"}, {HEAR}, {SAY, "o"}, {HEAR}, {SAY, "n"}, {HEAR}, {SAY, "G"}, {TLS}, {ACT_END}}, TROUBLE_CLOSED},
};

/* The script with the protocol's own words in the place of the letters. */
static void compose(struct act *script, const struct act *from, int protocol, char injected[static 64])
{
    snprintf(injected, 64, "%s%s", go[protocol], hello[protocol]);
    for (size_t i = 0; i < 16; i++) {
        script[i] = from[i];
        if (from[i].kind != SAY || strlen(from[i].text) != 1)
            continue;
        char c = from[i].text[0];
        script[i].text = c == 'h' ? hello[protocol] : c == 'o' ? tls_offer[protocol] : c == 'n' ? no_login[protocol] : c == 'g' ? injected : go[protocol];
    }
}

static struct fake_cert self;

static bool one(size_t i, int p)
{
    struct act script[16];
    char injected[64], transcript[TRANSCRIPT];
    enum trouble got;
    int limit = table[i].want == TROUBLE_TIMEOUT ? SHORT_MS : LONG_MS;
    compose(script, table[i].script, p, injected);
    struct fake f = fake_start(script, &self);
    struct endpoint_at at = fake_at(&f);
    at.timeout_ms = limit;
    int64_t before = clock_monotonic_ms();
    int r = asks[p](&at, &got, transcript);
    int64_t took = clock_monotonic_ms() - before;
    fake_stop(&f);
    if (r == 0 && got == table[i].want && took <= limit + 3000 && !strstr(transcript, "secret-word"))
        return true;
    print_message("%s (protocol %d): %s after %d ms, wanted %s\n%s", table[i].name, p, trouble_text(got), (int)took, trouble_text(table[i].want), transcript);
    return false;
}

/* The protocols side by side, to save time. */
static void survives(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        pid_t pid[PROTOCOLS];
        for (int p = 0; p < PROTOCOLS; p++)
            if ((pid[p] = fork()) == 0)
                _exit(one(i, p) ? 0 : 1);
        for (int p = 0; p < PROTOCOLS; p++) {
            int status = -1;
            assert_int_equal(waitpid(pid[p], &status, 0), pid[p]);
            assert_int_equal(status, 0);
        }
    }
}

/* 421 in the middle is noted, and what was learnt before it is kept. */
static void keeps_what_it_learnt(void **state)
{
    (void)state;
    static const struct act script[] = {{SAY, "220 hi\r\n"}, {HEAR}, {SAY, "250 x\r\n"}, {HEAR}, {SAY, "250 ok\r\n"}, {HEAR}, {SAY, "554 no\r\n"}, {HEAR}, {SAY, "250 ok\r\n"}, {HEAR}, {SAY, "250 ok\r\n"},
        {HEAR}, {SAY, "421 too much\r\n"}, {ACT_END}};
    struct smtp_plan plan = {.envelopes = 3, .envelope = {{"a@b.test", "c@d.test"}, {"a@b.test", "e@f.test"}, {"a@b.test", "g@h.test"}}};
    struct smtp_seen seen;
    struct err err = {0};
    struct fake f = fake_start(script, NULL);
    struct endpoint_at at = fake_at(&f);
    assert_int_equal(smtp_ask(&at, &plan, &seen, &err), 0);
    fake_stop(&f);
    assert_int_equal(seen.trouble, TROUBLE_CLOSED);
    assert_int_equal(seen.rcpt_code[0], 554);
    assert_int_equal(seen.rcpt_code[1], 421);
    assert_int_equal(seen.rcpt_code[2], 0);
}

int main(void)
{
    self = cert_new("mail.test", NOW - 1000, NOW + 100000, NULL);
    const struct CMUnitTest tests[] = {cmocka_unit_test(survives), cmocka_unit_test(keeps_what_it_learnt)};
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    cert_free(&self);
    return r;
}
