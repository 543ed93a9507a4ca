/* test_foreign_use.c: account.foreign-use: the judgement by itself, and the probe over a real journal that systemd-journal-remote(8) wrote. */
#include "../server/tree.h"
#include "account/foreign_use.h"
#include "base/once.h"
#include "config/config.h"
#include "log/journal.h"
#include <stdio.h>
#include <time.h>

#define NOW 1795500000 /* 2026-11-24 */
#define REMOTE "/lib/systemd/systemd-journal-remote"

static const struct check check = {.id = "account.foreign-use", .severity = SEVERITY_NORMAL};

struct row { const char *network; double first, last; unsigned n; }; /* days ago */

static bool office(void *arg, const struct addr *address)
{
    (void)arg;
    return address->bytes[0] == 192 && address->bytes[1] == 0;
}

static void judges_by_the_accounts_own_history(void **state)
{
    (void)state;
    static const struct { const char *name; double since; struct row rows[6]; enum state want; const char *title; } table[] = {
        {"as ever", 30, {{"198.51.100.0/24", 30, 0.1, 400}}, STATE_OK, "taro: used from 1 network, nothing new"},
        {"from elsewhere", 30, {{"198.51.100.0/24", 30, 9, 400}, {"203.0.113.0/24", 2, 1, 3}}, STATE_WARN, "taro: logged in from 1 network where it was never used before"},
        {"IPv6 elsewhere", 30, {{"2001:db8:1::/48", 30, 9, 400}, {"2a00:1450::/48", 2, 1, 3}}, STATE_WARN, "taro: logged in from 1 network where it was never used before"},
        {"the same provider", 30, {{"198.51.100.0/24", 30, 9, 400}, {"198.51.7.0/24", 2, 1, 3}}, STATE_OK, "taro: used from 1 network, nothing new"},
        {"eight days ago is history", 30, {{"198.51.100.0/24", 30, 1, 400}, {"203.0.113.0/24", 8, 8, 3}}, STATE_OK, "taro: used from 1 network, nothing new"},
        {"records too short", 10, {{"198.51.100.0/24", 10, 1, 400}, {"203.0.113.0/24", 2, 1, 3}}, STATE_UNKNOWN, "taro: too little is known of it to tell a new place"},
        {"new account", 30, {{"203.0.113.0/24", 2, 1, 3}}, STATE_UNKNOWN, "taro: too little is known of it to tell a new place"},
        {"on the way", 30, {{"198.51.100.0/24", 30, 1, 4}, {"192.0.2.0/24", 29, 25, 4}, {"100.64.9.0/24", 21, 20, 4}, {"172.20.1.0/24", 15, 14, 2}, {"10.9.8.0/24", 12, 12, 2}, {"203.0.113.0/24", 2, 1, 3}},
         STATE_OK, "taro: comes from ever new networks, as before (5 until a week ago, 1 since)"},
        {"the declared office", 30, {{"198.51.100.0/24", 30, 9, 400}, {"192.0.2.0/24", 2, 1, 3}}, STATE_OK, "taro: used from 1 network, nothing new"},
        {"no address is told", 30, {{NULL, 30, 1, 400}}, STATE_NA, NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct arena *a = arena_new(1u << 20);
        struct findings out = {.arena = a, .check = &check};
        struct login_place places[6];
        struct foreign_use u = {places, 0, NOW - (int64_t)(table[i].since * DAY), NOW, NULL, NULL};
        for (const struct row *r = table[i].rows; u.n < 6 && r->n; r++) {
            struct login_place p = {.account = "taro", .first = NOW - (int64_t)(r->first * DAY), .last = NOW - (int64_t)(r->last * DAY), .n = r->n};
            if (r->network)
                assert_true(prefix_parse(str_of(r->network), true, &p.network));
            p.address = p.network.addr;
            places[u.n++] = p;
        }
        if (strstr(table[i].name, "office"))
            u.known = office;
        foreign_use_judge(&u, &out);
        if (!table[i].title) {
            assert_int_equal(out.list.n, 0);
        } else {
            assert_int_equal(out.list.n, 1);
            assert_string_equal(out.list.v[0].title, table[i].title);
            assert_int_equal(out.list.v[0].state, table[i].want);
        }
        arena_free(a);
    }
}

static void entry(FILE *f, int64_t when, const char *unit, const char *identifier, const char *message)
{
    fprintf(f, "__REALTIME_TIMESTAMP=%lld\n__MONOTONIC_TIMESTAMP=%lld\n_BOOT_ID=0123456789abcdef0123456789abcdef\n_UID=0\n_SYSTEMD_UNIT=%s\n%sSYSLOG_IDENTIFIER=%s\nMESSAGE=%s\n\n",
            (long long)when * 1000000, (long long)(when - NOW + 90 * DAY) * 1000000, unit,
            strncmp(unit, "postfix@", 8) == 0 ? "_SYSTEMD_SLICE=system-postfix.slice\n" : "", identifier, message);
}

/* A month of one owner's mail program, then three lines that matter and some that only look so. */
static void write_month(FILE *f)
{
    char line[300];
    for (int day = 30; day > 0; day--) {
        snprintf(line, sizeof line, "imap-login: Login: user=<taro@example.jp>, method=PLAIN, rip=198.51.100.%d, lip=192.0.2.1, mpid=7, TLS", day);
        entry(f, NOW - day * DAY, "dovecot.service", "dovecot", line);
        entry(f, NOW - day * DAY + 1, "postfix@-.service", "postfix/submission/smtpd", "3F2A9: client=h[198.51.100.9], sasl_method=PLAIN, sasl_username=hanako@example.jp");
    }
    entry(f, NOW - 2 * DAY, "user@1000.service", "dovecot", "imap-login: Login: user=<hanako@example.jp>, method=PLAIN, rip=203.0.113.66, lip=x"); /* not Dovecot */
    entry(f, NOW - 2 * DAY + 5, "dovecot.service", "dovecot", "imap-login: Disconnected (auth failed): user=<hanako@example.jp>, rip=203.0.113.66");
    entry(f, NOW - DAY - 60, "dovecot.service", "dovecot", "imap-login: Login: user=<taro@example.jp>, method=PLAIN, rip=203.0.113.66, lip=192.0.2.1, mpid=8, TLS");
}

/* What the units would say, which a tree has not. */
static void offer(struct tree *t, const char *product)
{
    struct instance *i = (struct instance *)server_instance(t->server, product, 0);
    assert_non_null(i);
    i->wanted = true;
}

/* Each time to look back has its own answer, as if it were the only one; and whoever asks after the first one is told without a reading. */
static void one_reading(struct tree *t, const struct logins_want *want)
{
    struct login_places each[2], alone, again;
    struct err err = {0};
    once_begin();
    for (size_t i = 0; i < 2; i++) {
        const struct logins_want single = {want->which, {want->since[i]}, 1, want->timeout_ms};
        assert_int_equal(journal_login_places(t->server->host->root, want, i, t->host.arena, &each[i], &err), 0);
        assert_int_equal(journal_login_places(t->server->host->root, &single, 0, t->host.arena, &alone, &err), 0);
        assert_int_equal(each[i].list.n, alone.list.n);
        assert_int_equal(each[i].since, alone.since);
        for (size_t k = 0; k < alone.list.n; k++) {
            assert_string_equal(each[i].list.v[k].account, alone.list.v[k].account);
            assert_int_equal(each[i].list.v[k].n, alone.list.v[k].n);
            assert_int_equal(each[i].list.v[k].first, alone.list.v[k].first);
        }
    }
    assert_true(each[0].list.v[0].n > each[1].list.v[0].n);
    const struct root gone = {.fd = -1, .path = t->host.root->path};
    assert_int_equal(journal_login_places(&gone, want, 0, t->host.arena, &again, &err), 0);
    assert_int_equal(again.list.n, each[0].list.n);
    once_end();
    assert_true(journal_login_places(&gone, want, 0, t->host.arena, &again, &err) < 0 || !again.list.n);
}

static void reads_a_real_journal(void **state)
{
    (void)state;
    struct tree t;
    struct err err = {0};
    char command[2200];
    if (access(REMOTE, X_OK) != 0)
        skip();
    tree_make(&t);
    tree_write(&t, "var/log/journal/0123456789abcdef0123456789abcdef/note", "");
    snprintf(command, sizeof command, REMOTE " -o %s/var/log/journal/0123456789abcdef0123456789abcdef/system.journal - >/dev/null 2>&1", t.dir);
    FILE *f = popen(command, "w");
    assert_non_null(f);
    write_month(f);
    assert_int_equal(pclose(f), 0);
    tree_write(&t, "usr/sbin/dovecot", "");
    tree_write(&t, "usr/lib/postfix/sbin/master", "");
    tree_write(&t, "etc/dovecot/dovecot.conf", "protocols = imap\n");
    tree_write(&t, "etc/postfix/main.cf", "");
    tree_write(&t, "etc/postfix/master.cf", "submission inet n - n - - smtpd\n");
    tree_load(&t);
    offer(&t, "dovecot");
    offer(&t, "postfix");
    struct config *config = config_new();
    struct probe_ctx ctx = {.server = t.server, .config = config, .now = NOW};
    struct findings out = {.arena = t.host.arena, .check = &check};
    assert_int_equal(account_foreign_use(&ctx, &out, &err), 0);
    assert_int_equal(out.list.n, 2);
    assert_string_equal(out.list.v[0].title, "hanako@example.jp: used from 1 network, nothing new");
    const struct finding *taro = &out.list.v[1];
    assert_int_equal(taro->state, STATE_WARN);
    assert_non_null(strstr(taro->evidence.v[0].text, "203.0.113.66"));
    assert_non_null(strstr(taro->evidence.v[1].text, "198.51.100.0/24"));
    assert_non_null(strstr(taro->evidence.v[2].text, "as ever: 30 logins from 1 network, since"));
    /* Where the time is too short for all, the newest are known, and since when. */
    struct logins all;
    struct logins_want want = {LOGINS_MAIL, {NOW - 10 * DAY - 60, NOW - 3 * DAY - 60}, 2, 5000};
    assert_int_equal(journal_logins(t.server->host->root, &want, 0, t.host.arena, &all, &err), 0);
    assert_int_equal(all.list.n, 2);
    assert_int_equal(all.list.v[1].last, NOW - DAY); /* the daily one is later than the stranger's */
    one_reading(&t, &want);
    config_free(config);
    tree_drop(&t);
}

/* No service that lets people in: nothing to judge. One that logs elsewhere: not known, whatever the journal lacks. */
static void says_what_it_does_not_see(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct tree t;
        struct err err = {0};
        tree_make(&t);
        if (i)
            tree_write(&t, "usr/sbin/dovecot", "");
        if (i)
            tree_write(&t, "etc/dovecot/dovecot.conf", "protocols = imap\nlog_path = /srv/dovecot.log\n");
        tree_load(&t);
        if (i)
            offer(&t, "dovecot");
        struct config *config = config_new();
        struct probe_ctx ctx = {.server = t.server, .config = config, .now = NOW};
        struct findings out = {.arena = t.host.arena, .check = &check};
        assert_int_equal(account_foreign_use(&ctx, &out, &err), 0);
        assert_int_equal(out.list.n, i);
        if (i) {
            assert_int_equal(out.list.v[0].state, STATE_UNKNOWN);
            assert_string_equal(out.list.v[0].object, "dovecot");
        }
        config_free(config);
        tree_drop(&t);
    }
}

int main(void)
{
    setenv("TZ", "UTC", 1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges_by_the_accounts_own_history), cmocka_unit_test(reads_a_real_journal), cmocka_unit_test(says_what_it_does_not_see)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
