/* test_logins.c: the reading of logins leaves out what programs wrote that let nobody in, where nothing else is asked of it, and loses no login by that. */
#include "made_journal.h"
#include "log/journal.h"

#define DAY_S 86400

static void login(struct buf *b, int64_t t, const char *identifier, const char *account)
{
    char message[200];
    snprintf(message, sizeof message, "3F2A9: client=h[198.51.100.9], sasl_method=PLAIN, sasl_username=%s", account);
    entry(b, t * SECOND, "postfix.service", identifier, message, "_UID=0\n");
}

static void delivery(struct buf *b, int64_t t)
{
    entry(b, t * SECOND, "postfix.service", "postfix/qmgr", "3F2A9: removed", "_UID=0\n");
}

/* "account count, ..." of all logins since T0. */
static void logins(int64_t glance_since, const char *want)
{
    struct arena *a = arena_new(64u << 20);
    const struct logins_want w = {LOGINS_ALL, {T0}, 1, 20000, glance_since};
    _cleanup_(buf_free) struct buf b = BUF(65536);
    struct login_places places;
    struct err err = {0};
    assert_int_equal(journal_login_places(&root, &w, 0, a, &places, &err), 0);
    assert_true(places.complete);
    for (size_t i = 0; i < places.list.n; i++)
        buf_printf(&b, "%s%s %llu", i ? ", " : "", places.list.v[i].account, (unsigned long long)places.list.v[i].n);
    assert_string_equal(b.p ? b.p : "", want);
    arena_free(a);
}

/* In both places, by all names that Postfix's door has, before the glance, within it, and right where it ends. */
static void no_login_is_lost(void **state)
{
    (void)state;
    _cleanup_(buf_free) struct buf disk = BUF(1u << 20), memory = BUF(1u << 20);
    for (unsigned i = 0; i < 3; i++) {
        delivery(&disk, T0 + i * 10);
        login(&disk, T0 + i * 10 + 1, "postfix/smtpd", "old");
        login(&disk, T0 + i * 10 + 2, "postfix/submission/smtpd", "old");
        login(&disk, T0 + i * 10 + 3, "postfix-out/10025/smtpd", "out");
        entry(&disk, (T0 + i * 10 + 4) * SECOND, "dovecot.service", "dovecot", "imap-login: Login: user=<reader>, method=PLAIN, rip=192.0.2.1, lip=x", "_UID=0\n");
    }
    login(&memory, T0 + DAY_S - 2, "postfix/smtpd", "late");
    delivery(&memory, T0 + DAY_S - 1);
    login(&memory, T0 + DAY_S, "postfix/smtpd", "late");
    delivery(&memory, T0 + DAY_S + 1);
    journal("var/log/journal", "system", &disk);
    journal("run/log/journal", "system", &memory);
    const int64_t glances[] = {0, T0, T0 + 11, T0 + 12, T0 + DAY_S - 2, T0 + DAY_S - 1, T0 + DAY_S, T0 + DAY_S + 1, T0 + 2 * DAY_S};
    for (size_t i = 0; i < ARRAY_SIZE(glances); i++)
        logins(glances[i], "late 2, old 6, out 3, reader 3");
}

/* What another program wrote is read as long as the glance lasts, which wants all. This is how it shows that less is read before. */
static void others_are_left_out(void **state)
{
    (void)state;
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    for (unsigned i = 0; i < 4; i++)
        login(&b, T0 + i, i < 3 ? "postfix/qmgr" : "postfix/smtpd", "anybody");
    journal("var/log/journal", "system", &b);
    logins(T0, "anybody 4");
    logins(T0 + 2, "anybody 2");
    logins(0, "anybody 1");
}

/* Nobody was let in at all; and more names than are kept apart: then all is read. */
static void no_name_and_too_many(void **state)
{
    (void)state;
    _cleanup_(buf_free) struct buf none = BUF(1u << 20), many = BUF(1u << 20);
    for (unsigned i = 0; i < 4; i++)
        delivery(&none, T0 + i);
    journal("var/log/journal", "system", &none);
    for (unsigned k = 0; k < 2; k++)
        logins(k ? T0 + 2 : 0, "");
    clean(NULL);
    for (unsigned i = 0; i < 50; i++) {
        char name[40];
        snprintf(name, sizeof name, "postfix/%u/smtpd", i);
        login(&many, T0 + i, name, "anybody");
    }
    journal("var/log/journal", "system", &many);
    logins(0, "anybody 50");
    logins(T0 + 20, "anybody 50");
}

int main(void)
{
    if (!made_journal_begin())
        return 0;
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(no_login_is_lost, clean), cmocka_unit_test_setup(others_are_left_out, clean), cmocka_unit_test_setup(no_name_and_too_many, clean)};
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    made_journal_end();
    return r;
}
