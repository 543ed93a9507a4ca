#include "fake.h"

typedef int ask_fn(const struct endpoint_at *, struct greeting_seen *, struct err *);
#define S(text) {BYTES, text, sizeof text - 1}
static const struct act ssh[] = {{SAY, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7\r\n"}, {HEAR}, {ACT_END}}, ssh_first[] = {{SAY, "be welcome\nSSH-2.0-dropbear\n"}, {HEAR}, {ACT_END}},
    not_ssh[] = {{SAY, "220 mail.test ESMTP\r\n"}, {ACT_END}},
    mysql[] = {S("\x61\0\0\0\x0a" "5.5.5-10.11.6-MariaDB-0+deb12u1\0" "0123456789012345678901234567890123456789012345678901234567890123"), {HEAR_BYTES, NULL, 78},
        S("\x0f\0\0\2\xff\x15\x04#28000denied"), {ACT_END}},
    mysql_blocked[] = {S("\x22\0\0\0\xff\x6a\x04Host 'x' is not allowed to conn"), {ACT_END}}, mysql_full[] = {S("\x17\0\0\0\xff\x10\x04Too many connections"), {ACT_END}},
    not_mysql[] = {{SAY, "HTTP/1.1 400 Bad\r\n"}, {ACT_END}},
    pg[] = {{HEAR_BYTES, NULL, 8}, {SAY, "S"}, {ACT_END}}, not_pg[] = {{HEAR_BYTES, NULL, 8}, {SAY, "HTTP/1.1"}, {ACT_END}},
    dns[] = {{HEAR_BYTES, NULL, 19}, S("\0\x11" "bs\x80\x05\0\1\0\0\0\0\0\0\0\0\6\0\1"), {ACT_END}}, not_dns[] = {{HEAR_BYTES, NULL, 19}, S("\0\x11" "xx\x80\x05\0\1\0\0\0\0\0\0\0\0\6\0\1"), {ACT_END}},
    nothing[] = {{DUMB}}, gone[] = {{ACT_END}};

static const struct {
    const char *name;
    ask_fn *ask;
    const struct act *script;
    enum trouble trouble;
    bool right;
    const char *banner;
} table[] = {
    {"ssh", ssh_ask, ssh, TROUBLE_NONE, true, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7"},
    {"ssh after other lines", ssh_ask, ssh_first, TROUBLE_NONE, true, "SSH-2.0-dropbear"},
    {"a mail server in ssh's place", ssh_ask, not_ssh, TROUBLE_CLOSED, false, "220 mail.test ESMTP"},
    {"ssh silent", ssh_ask, nothing, TROUBLE_TIMEOUT, false, ""},
    {"mysql", mysql_ask, mysql, TROUBLE_NONE, true, "10.11.6-MariaDB-0+deb12u1"},
    {"mysql lets nobody in", mysql_ask, mysql_blocked, TROUBLE_NONE, true, "Host 'x' is not allowed to conn"},
    {"mysql is full", mysql_ask, mysql_full, TROUBLE_CLOSED, false, "Too many connections"},
    {"a web server in mysql's place", mysql_ask, not_mysql, TROUBLE_GARBAGE, false, ""},
    {"mysql gone", mysql_ask, gone, TROUBLE_CLOSED, false, ""},
    {"postgresql", postgresql_ask, pg, TROUBLE_NONE, true, "SSL offered"},
    {"not postgresql", postgresql_ask, not_pg, TROUBLE_GARBAGE, false, ""},
    {"dns", dns_ask, dns, TROUBLE_NONE, true, "rcode 5"},
    {"an answer to another question", dns_ask, not_dns, TROUBLE_GARBAGE, false, ""},
    {"dns silent", dns_ask, nothing, TROUBLE_TIMEOUT, false, ""},
};

static void greets(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct greeting_seen seen;
        struct err err = {0};
        struct fake f = fake_start(table[i].script, NULL);
        struct endpoint_at at = fake_at(&f);
        if (table[i].trouble == TROUBLE_TIMEOUT)
            at.timeout_ms = 400;
        print_message("%s\n", table[i].name);
        assert_int_equal(table[i].ask(&at, &seen, &err), 0);
        fake_stop(&f);
        assert_int_equal(seen.trouble, table[i].trouble);
        assert_int_equal(seen.right, table[i].right);
        assert_string_equal(seen.banner, table[i].banner);
    }
}

static void hears_a_refused_port(void **state)
{
    (void)state;
    struct endpoint_at at = {.addr = {.bytes = {127, 0, 0, 1}}, .port = 1, .timeout_ms = 500}, udp = at, far = at;
    struct greeting_seen seen;
    struct err err = {0};
    udp.udp = true;
    far.addr = (struct addr){.v6 = 1, .bytes = {0x01, 0, [15] = 9}}; /* the discard prefix: no route */
    assert_int_equal(ssh_ask(&at, &seen, &err), 0);
    assert_int_equal(seen.trouble, TROUBLE_REFUSED);
    assert_int_equal(dns_ask(&udp, &seen, &err), 0);
    assert_int_equal(seen.trouble, TROUBLE_REFUSED);
    assert_int_equal(ssh_ask(&far, &seen, &err), 0);
    assert_true(seen.trouble == TROUBLE_UNREACHABLE || seen.trouble == TROUBLE_TIMEOUT);
    assert_string_not_equal(trouble_text(seen.trouble), "");
}

/* Twenty slow servers are not waited for one after the other. */
static void greets_many(void **state)
{
    (void)state;
    static const struct act slow[] = {{WAIT_MS, NULL, 300}, {SAY, "SSH-2.0-slow\r\n"}, {HEAR}, {ACT_END}};
    enum { N = 20 };
    struct fake f[N];
    struct hello q[N + 1] = {{.protocol = "gopher"}};
    struct hello_seen seen[N + 1];
    struct err err = {0};
    for (int i = 0; i < N; i++) {
        f[i] = fake_start(slow, NULL);
        q[i + 1] = (struct hello){.at = fake_at(&f[i]), .protocol = i % 2 ? "ssh" : "smtp"};
    }
    int64_t before = clock_monotonic_ms();
    assert_int_equal(hello_ask(q, N + 1, seen, &err), 0);
    assert_true(clock_monotonic_ms() - before < 20 * 300);
    assert_int_equal(seen[0].trouble, TROUBLE_WORKER);
    for (int i = 1; i <= N; i++) {
        assert_int_equal(seen[i].trouble, i % 2 ? TROUBLE_GARBAGE : TROUBLE_NONE);
        assert_int_equal(seen[i].right, i % 2 == 0);
        assert_true(seen[i].ms >= 290);
        fake_stop(&f[i - 1]);
    }
}

#define GREETING S("\x61\0\0\0\x0a" "5.5.5-10.11.6-MariaDB-0+deb12u1\0" "0123456789012345678901234567890123456789012345678901234567890123")
#define HEARD_ROOT {HEAR_BYTES, NULL, 64}
#define ACCEPTED(number) S("\x07\0\0" number "\0\0\0\x02\0\0\0")
#define REFUSED(number) S("\x0f\0\0" number "\xff\x15\x04#28000denied")
#define SWITCH(method) S("\x2c\0\0\2\xfe" method "\0" "01234567890123456789\0")
static const struct act let_in[] = {GREETING, HEARD_ROOT, ACCEPTED("\2"), {HEAR_BYTES, NULL, 5}, {ACT_END}}, kept_out[] = {GREETING, HEARD_ROOT, REFUSED("\2"), {ACT_END}},
    switched[] = {GREETING, HEARD_ROOT, SWITCH("mysql_native_password"), {HEAR_BYTES, NULL, 4}, ACCEPTED("\4"), {HEAR_BYTES, NULL, 5}, {ACT_END}},
    sha2[] = {GREETING, HEARD_ROOT, SWITCH("caching_sha2_password"), {HEAR_BYTES, NULL, 5}, REFUSED("\4"), {ACT_END}},
    strange[] = {GREETING, HEARD_ROOT, SWITCH("some_other_method_xxx"), {DUMB}}, mute[] = {GREETING, {DUMB}};

static void tries_an_empty_password(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const struct act *script;
        enum trouble trouble;
        bool accepted, refused;
        int code;
    } logins[] = {
        {"let in", let_in, TROUBLE_NONE, true, false, 0},
        {"kept out", kept_out, TROUBLE_NONE, false, true, 1045},
        {"let in by another method", switched, TROUBLE_NONE, true, false, 0},
        {"kept out by another method", sha2, TROUBLE_NONE, false, true, 1045},
        {"a method nobody knows", strange, TROUBLE_NONE, false, false, 0},
        {"this host is not let in", mysql_blocked, TROUBLE_NONE, false, true, 1130},
        {"full", mysql_full, TROUBLE_CLOSED, false, false, 0},
        {"silent after the greeting", mute, TROUBLE_TIMEOUT, false, false, 0},
        {"a web server", not_mysql, TROUBLE_GARBAGE, false, false, 0},
        {"gone", gone, TROUBLE_CLOSED, false, false, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(logins); i++) {
        struct mysql_login_seen seen;
        struct err err = {0};
        struct fake f = fake_start(logins[i].script, NULL);
        struct endpoint_at at = fake_at(&f);
        if (logins[i].trouble == TROUBLE_TIMEOUT)
            at.timeout_ms = 400;
        print_message("%s\n", logins[i].name);
        assert_int_equal(mysql_login_ask(&at, "root", &seen, &err), 0);
        fake_stop(&f);
        assert_int_equal(seen.trouble, logins[i].trouble);
        assert_int_equal(seen.accepted, logins[i].accepted);
        assert_int_equal(seen.refused, logins[i].refused);
        assert_int_equal(seen.code, logins[i].code);
    }
}

/* Connections that are alike begin with TLS 1.2, which is resumed most cheaply. A server that speaks only TLS 1.3 must not seem broken for it. */
static void greets_by_tls(void **state)
{
    (void)state;
    static const struct act script[] = {{TLS}, {SAY, "SSH-2.0-within\r\n"}, {HEAR}, {ACT_END}};
    static const int oldest[] = {0, TLS1_2_VERSION, TLS1_3_VERSION};
    struct fake_cert cert = cert_new("mail.test", time(NULL) - 1000, time(NULL) + 100000, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(oldest); i++) {
        struct hello_seen seen[2];
        struct err err = {0};
        cert.oldest = oldest[i];
        struct fake f = fake_start(script, &cert);
        struct hello q[2] = {{.at = fake_at(&f), .protocol = "ssh"}};
        q[0].at.tls = true;
        q[0].at.alike = 1;
        q[1] = q[0];
        assert_int_equal(hello_ask(q, 2, seen, &err), 0);
        fake_stop(&f);
        assert_true(seen[0].right && seen[1].right);
    }
    cert_free(&cert);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(greets), cmocka_unit_test(tries_an_empty_password), cmocka_unit_test(hears_a_refused_port), cmocka_unit_test(greets_many), cmocka_unit_test(greets_by_tls)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
