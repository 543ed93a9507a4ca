#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "filter/belongs.h"
#include "filter/copies.h"
#include "filter/line_head.h"
#include <stdio.h>

static const struct {
    const char *account, *line;
    bool found;
} names[] = {
    {"taro@example.jp", "imap-login: Login: user=<taro@example.jp>, method=PLAIN", true}, {"taro@example.jp", "user=<Taro@Example.JP>", true},
    {"taro@example.jp", "sasl_method=PLAIN, sasl_username=taro@example.jp", true}, {"taro@example.jp", "sasl_username=taro@example.jp.", true},
    {"taro@example.jp", "sasl_username=otaro@example.jp", false}, {"taro@example.jp", "sasl_username=taro@example.jpx", false}, {"taro@example.jp", "taro@example.jp.evil.example", false},
    {"taro@example.jp", "ABC123: from=<taro@example.jp>, size=1", false}, {"taro@example.jp", "ABC123: to=<taro@example.jp>, relay=virtual", false}, {"taro@example.jp", "to=<x>, orig_to=<taro@example.jp>", false},
    {"taro@example.jp", "NOQUEUE: reject: RCPT from x: from=<taro@example.jp> to=<a@b.example>", false}, {"taro@example.jp", "imap(taro@example.jp)<12><abc>: Disconnected", true},
    {"taro", "Accepted password for taro from 192.0.2.1 port 1 ssh2", true}, {"taro", "Accepted password for taro2 from 192.0.2.1", false}, {"taro", "user=<taro@example.jp>", false},
    {"taro", "session opened for user taro(uid=1000) by (uid=0)", true}, {"taro", "session closed for user taro", true}, {"taro", "Invalid user taro.x from", false}, {"taro", "taro", true},
    {"taro", "USER taro: Login successful.", true}, {"taro", "=> taro <taro@example.jp> R=local", false}, {"taro+a@example.jp", "user=<taro+a@example.jp>", true}, {"taro@example.jp", "user=<x+taro@example.jp>", false},
};

static void who_logs_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (account_in(str_of(names[i].line), str_of(names[i].account)) != names[i].found)
            fail_msg("%s in: %s", names[i].account, names[i].line);
}

/* In the forms of Postfix 3.7 and Dovecot 2.3; "-": it is none of taro@example.jp's. */
static const char *const story[] = {
    "+Nov 24 10:00:00 lab dovecot: imap-login: Login: user=<taro@example.jp>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, mpid=311, TLS, session=<Lb2GqPAnUsTAAAIH>",
    "-Nov 24 10:00:01 lab postfix/submission/smtpd[400]: connect from client.example[192.0.2.7]",
    "+Nov 24 10:00:02 lab postfix/submission/smtpd[400]: 3F2A4B5C6D: client=client.example[192.0.2.7], sasl_method=PLAIN, sasl_username=taro@example.jp",
    "-Nov 24 10:00:02 lab postfix/smtpd[401]: 4A2A4B5C6E: client=other.example[198.51.100.7]",
    "+Nov 24 10:00:02 lab postfix/cleanup[402]: 3F2A4B5C6D: message-id=<a@client.example>",
    "-Nov 24 10:00:02 lab postfix/cleanup[402]: 4A2A4B5C6E: message-id=<taro@example.jp>",
    "+Nov 24 10:00:02 lab postfix/qmgr[1]: 3F2A4B5C6D: from=<taro@example.jp>, size=420, nrcpt=1 (queue active)",
    "-Nov 24 10:00:02 lab postfix/qmgr[1]: 4A2A4B5C6E: from=<taro@example.jp>, size=420, nrcpt=1 (queue active)",
    "+Nov 24 10:00:03 lab postfix/smtp[403]: 3F2A4B5C6D: to=<x@far.example>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 5B2A4B5C6F)",
    "+Nov 24 10:00:03 lab postfix/qmgr[1]: 3F2A4B5C6D: removed",
    "-Nov 24 10:00:03 lab postfix/smtpd[404]: 3F2A4B5C6D: client=other.example[198.51.100.7]",
    "+Nov 24 10:00:04 lab postfix/smtp[405]: 5B2A4B5C6F: to=<x@far.example>, relay=far.example[203.0.113.9]:25, dsn=5.1.1, status=bounced (host far.example said: 550 no such user)",
    "+Nov 24 10:00:04 lab postfix/bounce[406]: 5B2A4B5C6F: sender non-delivery notification: 6C2A4B5C70",
    "+Nov 24 10:00:04 lab postfix/qmgr[1]: 6C2A4B5C70: from=<>, size=2420, nrcpt=1 (queue active)",
    "+Nov 24 10:00:09 lab dovecot: imap(taro@example.jp)<311><Lb2GqPAnUsTAAAIH>: Disconnected: Logged out in=1 out=2",
    "-Nov 24 10:00:09 lab dovecot: imap(jiro@example.jp)<311><Lb2GqPAnUsTAAAIH>: made up",
};

static void what_belongs_together(void **state)
{
    (void)state;
    static struct belongs b;
    for (size_t i = 0; i < ARRAY_SIZE(story); i++)
        if (belongs_line(&b, str_of(story[i] + 1), STR("taro@example.jp"), 0) != (story[i][0] == '+'))
            fail_msg("%s", story[i]);
    assert_int_equal(b.n, 2); /* 5B and 6C were not removed */
}

static void a_process_is_one_connection(void **state)
{
    (void)state;
    static struct belongs b;
    static const char *const lines[] = {
        "+Nov 24 10:00:00 lab sshd[500]: Accepted password for taro from 192.0.2.7 port 50000 ssh2", "+Nov 24 10:00:00 lab sshd[500]: Starting session: subsystem 'sftp'", "-Nov 24 10:00:00 lab sshd[501]: Connection from 192.0.2.9",
        "+Nov 24 10:00:05 lab sshd[500]: pam_unix(sshd:session): session closed for user taro", "-Nov 25 10:00:05 lab sshd[500]: Connection from 192.0.2.9"};
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        if (belongs_line(&b, str_of(lines[i] + 1), STR("taro"), 0) != (lines[i][0] == '+'))
            fail_msg("%s", lines[i]);
}

/* However many connections there are, memory stays; the newest are known. */
static void the_oldest_is_forgotten(void **state)
{
    (void)state;
    static struct belongs b;
    char line[200];
    for (unsigned i = 0; i < BELONGS_IDS + 10; i++) {
        snprintf(line, sizeof line, "lab postfix/smtpd[1]: %06XAAAA1: client=x[192.0.2.7], sasl_username=taro", i);
        assert_true(belongs_line(&b, str_of(line), STR("taro"), i));
    }
    assert_int_equal(b.n, BELONGS_IDS);
    assert_false(belongs_line(&b, STR("lab postfix/qmgr[1]: 000000AAAA1: removed"), STR("taro"), BELONGS_IDS + 10));
    assert_true(belongs_line(&b, STR("lab postfix/qmgr[1]: 000400AAAA1: removed"), STR("taro"), BELONGS_IDS + 10));
}

static const struct {
    const char *line;
    unsigned want;
} services[] = {
    {"Nov 24 10:00:00 lab sshd[1]: x", SERVICE_SSH}, {"lab sshd-session[1]: x", SERVICE_SSH}, {"2026-11-24T10:00:00.1+09:00 lab postfix/submission/smtpd[1]: x", SERVICE_SUBMISSION},
    {"lab postfix-out/smtp[1]: x", SERVICE_SMTP}, {"lab postfix/smtps/smtpd[1]: x", SERVICE_SUBMISSION}, {"lab dovecot: imap-login: x", SERVICE_IMAP}, {"lab dovecot: pop3(a)<1><b>: x", SERVICE_POP3},
    {"lab dovecot: auth: x", SERVICE_IMAP | SERVICE_POP3 | SERVICE_SUBMISSION}, {"lab kernel: x", 0}, {"lab sudo: taro : x", 0}, {"no head", 0}, {"x (sshd[1]): y", 0}, {"", 0}, {": x", 0}, {"]: x", 0},
};

static void whose_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(services); i++)
        if (line_services(str_of(services[i].line)) != services[i].want)
            fail_msg("%s: %u", services[i].line, line_services(str_of(services[i].line)));
    unsigned set = 0;
    assert_true(service_set(STR("mail"), &set) && set == (SERVICE_SMTP | SERVICE_SUBMISSION | SERVICE_IMAP | SERVICE_POP3));
    assert_false(service_set(STR("gopher"), &set));
}

static void a_copy_is_not_told_again(void **state)
{
    (void)state;
    static struct copies c;
    assert_false(copies_told(&c, STR(" lab sshd[1]: x"), 1000000, 0));
    assert_true(copies_told(&c, STR("lab sshd[1]: x"), 1700000, 1));
    assert_true(copies_told(&c, STR("lab sshd[1]: x"), 1700000, 2));
    assert_false(copies_told(&c, STR("lab sshd[1]: x"), 1700000, 1)); /* it stands there twice */
    assert_true(copies_told(&c, STR("lab sshd[1]: x"), 1700000, 0));
    assert_false(copies_told(&c, STR("lab dovecot[59]: imap-login: x"), 1700000, 0)); /* the journal knows the number */
    assert_true(copies_told(&c, STR(" lab.example dovecot: imap-login: x"), 1000000, 1));
    assert_false(copies_told(&c, STR("lab sshd[1]: y"), 1700000, 1));
    assert_false(copies_told(&c, STR("lab sshd[1]: x"), 9000000, 5)); /* much later it is another one */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_logs_in), cmocka_unit_test(what_belongs_together), cmocka_unit_test(a_process_is_one_connection), cmocka_unit_test(the_oldest_is_forgotten),
                                       cmocka_unit_test(whose_line), cmocka_unit_test(a_copy_is_not_told_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
