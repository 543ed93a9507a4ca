/* test_sources.c: which source is elected from what is seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "log/sources.h"
#include "server/server.h"

static const struct log_service *service(const char *product)
{
    for (size_t i = 0; i < log_services_n; i++)
        if (strcmp(log_services[i].product, product) == 0)
            return &log_services[i];
    fail();
    return NULL;
}

#define NOW 1795500000

static void one_source_each(void **state)
{
    (void)state;
    static const struct { const char *name, *product; bool in_journal; int64_t file, entry; const char *named, *usual; enum source_kind want; const char *files; } table[] = {
        {"rsyslog writes from the journal", "openssh", true, NOW, NOW, NULL, "/var/log/auth.log", SOURCE_JOURNAL, NULL},
        {"no journal", "openssh", false, NOW, 0, NULL, "/var/log/auth.log", SOURCE_FILES, "/var/log/auth.log"},
        {"a journal that nobody writes any more", "openssh", true, NOW, NOW - 3 * DAY, NULL, "/var/log/auth.log", SOURCE_FILES, "/var/log/auth.log"},
        {"quiet, but the journal is alive", "openssh", true, NOW - 9 * DAY, NOW, NULL, "/var/log/auth.log", SOURCE_JOURNAL, NULL},
        {"the settings name a file", "dovecot", true, NOW, NOW, "/srv/dovecot.log", "/var/log/mail.log", SOURCE_FILES, "/srv/dovecot.log"},
        {"files only", "proftpd", true, NOW, NOW, NULL, "/var/log/proftpd/proftpd.log", SOURCE_FILES, "/var/log/proftpd/proftpd.log"},
        {"web sites, known and to come", "apache", true, NOW, NOW, NULL, "/var/log/apache2/a-access.log", SOURCE_FILES, "/var/log/apache2/*access*.log"},
        {"the journal alone", "postfix", true, 0, NOW, NULL, NULL, SOURCE_JOURNAL, NULL},
        {"own files that are not there yet", "vsftpd", true, 0, NOW, NULL, NULL, SOURCE_JOURNAL, NULL},
        {"nothing", "exim", false, 0, NOW, NULL, NULL, SOURCE_NONE, NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
        struct seen_logs seen = {0};
        struct log_sources got;
        struct seen_log s = {.service = service(table[i].product), .in_journal = table[i].in_journal, .newest_file = table[i].file, .newest_entry = table[i].entry};
        if (table[i].named)
            *list_push(a, &s.named) = table[i].named;
        if (table[i].usual)
            *list_push(a, &s.usual) = table[i].usual;
        *list_push(a, &seen.list) = s;
        sources_elect(&seen, a, &got);
        if (got.list.v[0].kind != table[i].want)
            print_error("%s: %s\n", table[i].name, source_kind_name(got.list.v[0].kind));
        assert_int_equal(got.list.v[0].kind, table[i].want);
        assert_int_equal(got.patterns.n > 0, table[i].want == SOURCE_FILES);
        assert_int_equal(got.matches.n > 0, table[i].want == SOURCE_JOURNAL);
        if (table[i].files)
            assert_string_equal(got.patterns.v[0], table[i].files);
        assert_int_equal(got.search_only.n, table[i].want == SOURCE_JOURNAL && table[i].usual ? 1 : 0);
    }
}

/* Two services in one file: followed once, for the one that has no other source; and what is in the journal is read by all their matches. */
static void shared_files_once(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    struct seen_logs seen = {0};
    struct log_sources got;
    static const struct { const char *product; bool in_journal; } table[] = {{"postfix", false}, {"courier", false}, {"dovecot", true}, {"openssh", true}};
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct seen_log s = {.service = service(table[i].product), .in_journal = table[i].in_journal, .newest_file = NOW, .newest_entry = NOW};
        *list_push(a, &s.usual) = i == 3 ? "/var/log/auth.log" : "/var/log/mail.log";
        *list_push(a, &seen.list) = s;
    }
    sources_elect(&seen, a, &got);
    assert_int_equal(got.patterns.n, 1);
    assert_string_equal(got.patterns.v[0], "/var/log/mail.log");
    assert_int_equal(got.search_only.n, 1);
    assert_string_equal(got.search_only.v[0], "/var/log/auth.log");
    size_t alternatives = 0;
    for (size_t i = 0; i < got.matches.n; i++)
        alternatives += strcmp(got.matches.v[i], "+") == 0;
    assert_int_equal(alternatives, 3); /* dovecot + ssh + ssh by program + by name */
}

/* A name that no product has would never be found on any machine. */
static void every_service_is_of_a_product(void **state)
{
    (void)state;
    for (size_t i = 0; i < log_services_n; i++) {
        bool known = false;
        for (size_t k = 0; k < products_n; k++)
            known |= strcmp(products[k]->id, log_services[i].product) == 0;
        if (!known)
            fail_msg("%s", log_services[i].product);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_source_each), cmocka_unit_test(shared_files_once), cmocka_unit_test(every_service_is_of_a_product)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
