/* What settings say about who sends as whom, and which script sent a mail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "mail/script_trace.h"
#include "mail/sender_dialogue.h"
#include "mail/sender_login.h"
#include <stdio.h>

static struct arena *arena;

static void set(struct instance *i, const char *section, const char *key, const char *value)
{
    *list_push(arena, &i->settings) = (struct setting){.section = section, .key = key, .value = value};
}

static void senders(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *delay;
        bool want;
    } table[] = {
        {"smtpd_sender_restrictions", "reject_authenticated_sender_login_mismatch", "yes", true},
        {"smtpd_sender_restrictions", "permit_mynetworks, reject_sender_login_mismatch permit_sasl_authenticated", "yes", true},
        {"smtpd_sender_restrictions", "permit_sasl_authenticated, reject_sender_login_mismatch", "yes", false},
        {"smtpd_sender_restrictions", "permit,reject_sender_login_mismatch", "yes", false},
        {"smtpd_sender_restrictions", "reject_unauthenticated_sender_login_mismatch", "yes", false},
        {"smtpd_client_restrictions", "reject_sender_login_mismatch", "yes", true},
        {"smtpd_client_restrictions", "reject_sender_login_mismatch", "no", false},
        {"smtpd_recipient_restrictions", "reject_sender_login_mismatch, permit_sasl_authenticated, reject", "no", true},
        {"smtpd_sender_restrictions", "", "yes", false},
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        struct instance i = {0};
        set(&i, "", "smtpd_delay_reject", table[k].delay);
        set(&i, "", table[k].key, table[k].value);
        assert_int_equal(sender_login_checked(&i, "submission/inet") != NULL, table[k].want);
        set(&i, "submission/inet", table[k].key, "permit"); /* the service's own list counts */
        assert_null(sender_login_checked(&i, "submission/inet"));
    }
}

static void tried(void **state)
{
    (void)state;
    static const struct {
        int auth, own, other;
        const char *text;
        enum sender_answer want;
    } table[] = {
        {235, 250, 553, "5.7.1 <postmaster@a.test>: Sender address rejected: not owned by user p@a.test", SENDER_REFUSED},
        {235, 250, 250, "2.1.5 Ok", SENDER_TAKEN},
        {235, 250, 550, "5.1.0 <postmaster@a.test>: Sender address rejected: User unknown", SENDER_UNCLEAR},
        {235, 250, 450, "4.7.1 try again later", SENDER_UNCLEAR},
        {235, 250, 0, "", SENDER_UNCLEAR},
        {235, 553, 553, "5.7.1 not yours", SENDER_UNCLEAR}, /* not even its own */
        {535, 0, 0, "", SENDER_UNCLEAR},
        {0, 250, 250, "2.1.5 Ok", SENDER_UNCLEAR}, /* it never logged in */
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        struct smtp_seen seen = {.auth_code = table[k].auth, .rcpt_code = {table[k].own, table[k].other}};
        snprintf(seen.rcpt_text[1], sizeof seen.rcpt_text[1], "%s", table[k].text);
        assert_int_equal(sender_judge(&seen), table[k].want);
    }
    assert_string_equal(sender_other("probe@a.test", arena), "postmaster@a.test");
    assert_string_equal(sender_other("Postmaster@a.test", arena), "abuse@a.test");
}

static void scripts(void **state)
{
    (void)state;
    static const struct {
        const char *ini_header, *ini_log, *pool_key, *pool_value;
        bool want_ini, want_pool;
    } table[] = {
        {NULL, NULL, NULL, NULL, false, false},
        {"Off", NULL, NULL, NULL, false, false},
        {"On", NULL, NULL, NULL, true, true},
        {"1", NULL, "php_admin_flag[mail.add_x_header]", "off", true, false},
        {"Off", NULL, "php_admin_value[mail.add_x_header]", "On", false, true},
        {"Off", "/var/log/php-mail.log", NULL, NULL, true, true},
        {"Off", "", "php_value[mail.log]", "syslog", false, true},
        {"Off", "syslog", "php_admin_value[mail.log]", "", true, false},
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        struct instance i = {.name = "8.2"};
        const struct setting *s;
        set(&i, "pool www", "listen", "/run/x");
        if (table[k].ini_header)
            set(&i, "php.ini", "mail.add_x_header", table[k].ini_header);
        if (table[k].ini_log)
            set(&i, "php.ini", "mail.log", table[k].ini_log);
        if (table[k].pool_key)
            set(&i, "pool www", table[k].pool_key, table[k].pool_value);
        assert_int_equal(script_traced(&i, "php.ini", "", &s), table[k].want_ini);
        assert_int_equal(script_traced(&i, "php.ini", "pool www", &s), table[k].want_pool);
        assert_string_equal(script_pool(&i, 0), "pool www");
        assert_null(script_pool(&i, 1));
    }
}

static int begin(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(senders), cmocka_unit_test(tried), cmocka_unit_test(scripts)};
    return cmocka_run_group_tests(tests, begin, end);
}
