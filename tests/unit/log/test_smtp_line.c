#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "log/mail_uses.h"

static const struct {
    const char *name, *identifier, *message, *service, *client, *account, *sender;
    bool want;
    enum smtp_says says;
} table[] = {
    {"a login on 587", "postfix/submission/smtpd", "3F2A41C2D0: client=pc[203.0.113.14], sasl_method=PLAIN, sasl_username=leak@alpha.example", "postfix/submission", "203.0.113.14", "leak@alpha.example", "", true, SMTP_SAYS_CLIENT},
    {"without a login, long id", "postfix/smtpd", "4XyZ12abcdz9: client=unknown[2001:db8::1]", "postfix", "2001:db8::1", "", "", true, SMTP_SAYS_CLIENT},
    {"another instance", "postfix-out/smtpd", "3F2A41C2D0: client=localhost[127.0.0.1]", "postfix-out", "127.0.0.1", "", "", true, SMTP_SAYS_CLIENT},
    {"sender", "postfix/qmgr", "3F2A41C2D0: from=<sales@alpha.example>, size=400, nrcpt=1 (queue active)", "postfix", "", "", "sales@alpha.example", true, SMTP_SAYS_SENDER},
    {"a bounce", "postfix/qmgr", "3F2A41C2D0: from=<>, size=400, nrcpt=1 (queue active)", "postfix", "", "", "", true, SMTP_SAYS_SENDER},
    {"relayed", "postfix/smtp", "3F2A41C2D0: to=<a@ok.example>, relay=ok.example[198.18.0.21]:25, delay=0.1, dsn=2.0.0, status=sent (250 Ok)", "postfix", "", "", "", true, SMTP_SAYS_RELAYED},
    {"put off", "postfix/smtp", "3F2A41C2D0: to=<a@defer.example>, relay=defer.example[198.18.0.22]:25, delay=0.1, dsn=4.0.0, status=deferred (x)", "", "", "", "", false, 0},
    {"to a filter here", "postfix/smtp", "3F2A41C2D0: to=<a@ok.example>, relay=127.0.0.1[127.0.0.1]:10024, delay=0.1, dsn=2.0.0, status=sent (250 Ok)", "", "", "", "", false, 0},
    {"a stranger's text in front", "postfix/smtpd", "warning: 3F2A41C2D0: client=x[203.0.113.1]", "", "", "", "", false, 0},
    {"not Postfix", "sendmail/smtpd", "3F2A41C2D0: client=x[203.0.113.1]", "", "", "", "", false, 0},
    {"no address", "postfix/smtpd", "3F2A41C2D0: client=x", "", "", "", "", false, 0},
    {"empty", "postfix/smtpd", "", "", "", "", "", false, 0},
};

static void lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct smtp_line l;
        bool got = smtp_line(str_of(table[i].identifier), str_of(table[i].message), &l);
        if (got != table[i].want)
            print_message("%s\n", table[i].name);
        assert_int_equal(got, table[i].want);
        if (!got)
            continue;
        assert_int_equal(l.says, table[i].says);
        assert_true(str_eq(l.service, str_of(table[i].service)));
        assert_true(str_eq(l.client, str_of(table[i].client)));
        assert_true(str_eq(l.account, str_of(table[i].account)));
        assert_true(str_eq(l.sender, str_of(table[i].sender)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
