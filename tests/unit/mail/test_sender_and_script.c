/* What settings say about who sends as whom, and which script sent a mail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "mail/script_trace.h"
#include "mail/sender_login.h"

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
    const struct CMUnitTest tests[] = {cmocka_unit_test(senders), cmocka_unit_test(scripts)};
    return cmocka_run_group_tests(tests, begin, end);
}
