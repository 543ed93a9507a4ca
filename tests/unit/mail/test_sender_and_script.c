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
        int auth, codes[3];
        const char *text[3];
        enum sender_answer want;
        size_t of;
    } table[] = {
        {235, {250, 553, 553}, {"", "5.7.1 <x@a.test>: Sender address rejected: not owned by user p@a.test", ""}, SENDER_REFUSED, SENDER_NOBODYS},
        {235, {250, 250, 553}, {"", "2.1.5 Ok", ""}, SENDER_TAKEN, SENDER_NOBODYS},
        {235, {250, 550, 553}, {"", "5.1.0 User unknown", "5.7.1 not owned"}, SENDER_REFUSED, SENDER_POSTMASTERS},
        {235, {250, 550, 250}, {"", "5.1.0 User unknown", "2.1.5 Ok"}, SENDER_UNCLEAR, SENDER_POSTMASTERS}, /* an alias of the account, perhaps */
        {235, {250, 550, 550}, {"", "5.1.0 User unknown", "5.1.0 User unknown"}, SENDER_UNCLEAR, SENDER_POSTMASTERS},
        {235, {250, 450, 450}, {"", "4.7.1 try again later", ""}, SENDER_UNCLEAR, SENDER_NOBODYS},
        {235, {250, 0, 0}, {"", "", ""}, SENDER_UNCLEAR, SENDER_NOBODYS},
        {235, {553, 553, 553}, {"5.7.1 not yours", "5.7.1 not yours", ""}, SENDER_UNCLEAR, SENDER_OWN}, /* not even its own */
        {535, {0, 0, 0}, {"", "", ""}, SENDER_UNCLEAR, SENDER_NOBODYS},
        {0, {250, 250, 250}, {"", "2.1.5 Ok", ""}, SENDER_UNCLEAR, SENDER_NOBODYS}, /* it never logged in */
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        struct smtp_seen seen = {.auth_code = table[k].auth};
        size_t of;
        for (size_t e = 0; e < SENDER_ENVELOPES; e++) {
            seen.rcpt_code[e] = table[k].codes[e];
            snprintf(seen.rcpt_text[e], sizeof seen.rcpt_text[e], "%s", table[k].text[e]);
        }
        assert_int_equal(sender_judge(&seen, &of), table[k].want);
        assert_int_equal(of, table[k].of);
    }
    assert_string_equal(sender_at("probe@a.test", "postmaster", arena), "postmaster@a.test");
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
