#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "log/journal.h"

static const struct { const char *name, *identifier, *message, *want, *address; } table[] = {
    {"dovecot 2.3", "dovecot", "imap-login: Login: user=<info@alpha.example>, method=PLAIN, rip=198.51.100.7", "info@alpha.example", "198.51.100.7"},
    {"dovecot 2.4", "dovecot", "pop3-login: Logged in: user=<taro@beta.example>, method=PLAIN", "taro@beta.example", ""},
    {"2.4 with an address", "dovecot", "imap-login: Logged in: user=<taro@beta.example>, method=PLAIN, rip=2001:db8::9, lip=2001:db8::1, mpid=7, TLS", "taro@beta.example", "2001:db8::9"},
    {"a name with an address", "dovecot", "imap-login: Login: user=<a, rip=192.0.2.1>, method=PLAIN, rip=198.51.100.7, lip=x", "a, rip=192.0.2.1", "198.51.100.7"},
    {"failure", "dovecot", "imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<info@alpha.example>", NULL},
    {"2.4 failure", "dovecot", "imap-login: Login aborted: Connection closed (auth failed) (auth_failed): user=<info@alpha.example>", NULL},
    {"name like a line", "dovecot", "imap-login: Disconnected: user=<x -login: Login: user=<taro@beta.example>>", NULL},
    {"postfix", "postfix/submission/smtpd", "3F2A: client=unknown[203.0.113.14], sasl_method=PLAIN, sasl_username=leak@alpha.example", "leak@alpha.example", "203.0.113.14"},
    {"postfix long id", "postfix/smtps/smtpd", "4XyZ12abcdz9: client=h[2001:db8::1], sasl_method=LOGIN, sasl_username=a, sasl_sender=b", "a", "2001:db8::1"},
    {"postfix failure", "postfix/submission/smtpd", "warning: unknown[203.0.113.14]: SASL LOGIN authentication failed: x, sasl_username=leak@alpha.example", NULL},
    {"postfix without login", "postfix/smtpd", "3F2A: client=unknown[203.0.113.14]", NULL},
    {"courier", "imapd", "LOGIN, user=admin, ip=[::ffff:198.51.100.1], port=[9], protocol=IMAP", "admin", "::ffff:198.51.100.1"},
    {"courier failure", "imapd", "INFO: LOGIN FAILED, user=admin, ip=[::ffff:198.51.100.1]", NULL},
    {"other program", "sshd", "imap-login: Login: user=<info@alpha.example>", NULL},
    {"ssh", "sshd", "Accepted publickey for admin from 198.51.100.7 port 50122 ssh2: ED25519 SHA256:abc", "admin", "198.51.100.7"},
    {"ssh of OpenSSH 10", "sshd-session", "Accepted password for webmaster from 2001:db8::7 port 50122 ssh2", "webmaster", "2001:db8::7"},
    {"ssh failure", "sshd", "Failed password for admin from 198.51.100.7 port 50122 ssh2", NULL},
    {"ssh name like a line", "sshd", "Failed password for invalid user Accepted password for admin from 198.51.100.7 port 1 ssh2", NULL},
    {"empty", "dovecot", "imap-login: Login: user=<>, method=", NULL},
};

static void lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct login_said l;
        bool got = login_line(str_of(table[i].identifier), str_of(table[i].message), &l);
        assert_true(!got || login_maybe(str_of(table[i].message)));
        if (got != !!table[i].want)
            print_message("%s\n", table[i].name);
        assert_int_equal(got, table[i].want != NULL);
        if (!got)
            continue;
        assert_true(str_eq(l.account, str_of(table[i].want)));
        assert_true(str_eq(l.address.p ? l.address : STR(""), str_of(table[i].address)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
