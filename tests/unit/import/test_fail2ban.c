/* test_fail2ban.c: what a fail2ban configuration and its memory become, and that nothing is left out in silence. */
#include "import/fail2ban.h"
#include "base/buf.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "../files.h"

static int load(struct arena *a, struct import_fail2ban *ret)
{
    struct root root;
    struct err err = {0};
    assert_int_equal(root_open("/", &root, &err), 0);
    int r = import_fail2ban(a, &root, dir, ret, &err);
    root_close(&root);
    return r;
}

/* "what: ..." of all that is left, so that a failing test shows it. */
static bool is_left(const struct import_fail2ban *f, const char *what, const char *file, unsigned line)
{
    for (size_t i = 0; i < f->left.n; i++) {
        const struct import_left *l = &f->left.v[i];
        if (strstr(l->what, what) && l->file && strstr(l->file, file) && l->line == line && *l->why)
            return true;
    }
    for (size_t i = 0; i < f->left.n; i++)
        fprintf(stderr, "left: %s (%s:%u)\n", f->left.v[i].what, f->left.v[i].file, f->left.v[i].line);
    return false;
}

static void takes_over_what_has_a_counterpart(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
    struct import_fail2ban f = {0};
    put("jail.conf", "[DEFAULT]\nbantime = 10m\nfindtime = 15m\nmaxretry = 4\nignoreip = 127.0.0.1/8 ::1\nbackend = auto\n"
                     "[sshd]\nfilter = sshd\nlogpath = /var/log/auth.log\n[postfix-sasl]\nfilter = postfix-sasl\nlogpath = /var/log/mail.log\n"
                     "[dovecot]\nfilter = dovecot\nlogpath = /var/log/mail.log\n[mine]\nfilter = mine\nlogpath = /var/log/mine.log\n[recidive]\nfilter = recidive\nlogpath = /var/log/fail2ban.log\n"
                     "[proftpd]\nfilter = proftpd\nlogpath = /var/log/proftpd.log\n");
    put("jail.local", "[sshd]\nenabled = true\nignoreip = 127.0.0.1 198.51.100.0/24, 198.51.100.9 2001:db8:9::/48 monitor.example 0.0.0.0/0\naction = nftables[port=\"22\"]\n  abuseipdb[x=1]\n"
                      "ignorecommand = /bin/true\nbantime.increment = true\nbantime.maxtime = 5w\n"
                      "[postfix-sasl]\nenabled = true\n[dovecot]\nenabled = true\nmaxretry = 2\nbantime = -1\n[mine]\nenabled = true\n[recidive]\nenabled = true\n");
    assert_int_equal(load(a, &f), 0);
    assert_int_equal(f.jails.n, 3);
    assert_string_equal(f.jails.v[1].filter, "postfix-sasl");
    assert_string_equal(f.jails.v[1].ours, "postfix");
    assert_int_equal(f.filters.n, 3);
    assert_true(f.find_time == 900 && f.max_retry == 4 && f.ban_time == 600 && f.ban_time_max == 5 * 7 * 86400);
    assert_int_equal(f.never.n, 2);
    assert_int_equal(f.never_names.n, 1);
    assert_string_equal(f.never_names.v[0], "monitor.example");
    assert_true(is_left(&f, "jail mine", "jail.conf", 16));
    static const char *const told[] = {"jail recidive", "action abuseipdb of jail sshd", "ignorecommand of jail sshd", "ignoreip 0.0.0.0/0 of jail sshd", "maxretry = 2 of jail dovecot", "bantime of jail dovecot"};
    for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
        bool found = false;
        for (size_t k = 0; k < f.left.n; k++)
            found |= strstr(f.left.v[k].what, told[i]) != NULL;
        if (!found)
            fail_msg("not told: %s", told[i]);
    }
}

static void a_jail_that_cannot_be_read_is_told(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
    struct import_fail2ban f = {0};
    put("jail.local", "[sshd]\nenabled = true\nmaxretry = many\n");
    assert_int_equal(load(a, &f), 0);
    assert_int_equal(f.jails.n, 0);
    assert_int_equal(f.left.n, 1);
    assert_non_null(strstr(f.left.v[0].what, "jail sshd"));
    assert_true(f.find_time == 0 && f.max_retry == 0);
}

static void there_is_none(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
    struct import_fail2ban f = {0};
    unlink(path_of("jail.local"));
    unlink(path_of("jail.conf"));
    assert_int_equal(load(a, &f), -ENOENT);
}

/* As fail2ban 1.0.2 makes it (server/database.py). */
static void memory(const char *rows)
{
    sqlite3 *db;
    unlink(path_of("memory.sqlite3"));
    assert_int_equal(sqlite3_open(path_of("memory.sqlite3"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE bips(ip TEXT NOT NULL, jail TEXT, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL, bancount INTEGER NOT NULL default 1, data JSON,"
                                      " PRIMARY KEY(ip, jail))", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, rows, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void reads_the_bans_in_force(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
    struct import_bans b = {0};
    struct err err = {0};
    memory("INSERT INTO bips VALUES ('192.0.2.7', 'sshd', 1000, 600, 1, '{}'), ('192.0.2.7', 'postfix', 1100, 3600, 2, '{}'), ('192.0.2.8', 'sshd', 100, 600, 1, '{}'),"
           " ('2001:db8::9', 'sshd', 5, -1, 1, '{}'), ('no address; rm', 'sshd', 1000, 600, 1, '{}'), ('192.0.2.9', 'sshd', 'x', 'y', 1, '{}'), ('192.0.2.10', 'sshd', 1000, 9223372036854775807, 1, '{}')");
    assert_int_equal(import_fail2ban_bans(a, path_of("memory.sqlite3"), 1200, &b, &err), 0);
    assert_int_equal(b.list.n, 3);
    assert_int_equal(b.unread, 1);
    char text[ADDR_TEXT + 4];
    assert_non_null(strstr(prefix_text(&b.list.v[0].who, text), "192.0.2.7"));
    assert_true(b.list.v[0].until == 4700);
    assert_true(b.list.v[1].until > 4000000000 && b.list.v[2].until == INT64_MAX);
}

static void other_files_are_told(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
    struct import_bans b = {0};
    struct err err = {0};
    assert_int_equal(import_fail2ban_bans(a, path_of("nothing"), 0, &b, &err), -ENOENT);
    err = (struct err){0};
    put("text", "this is no database, but long enough to be looked at as one, which is a hundred bytes or more, so here are some more of them");
    assert_int_equal(import_fail2ban_bans(a, path_of("text"), 0, &b, &err), -EUCLEAN);
    if (!strstr(err.text, path_of("text")))
        fail_msg("%s", err.text);
    assert_null(strstr(err.text, "mv "));
}

static int prepare(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return 1;
    mkdir(path_of("filter.d"), 0700);
    static const char *const filters[] = {"sshd", "postfix-sasl", "dovecot", "mine", "recidive", "proftpd"};
    for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
        char name[64];
        snprintf(name, sizeof name, "filter.d/%s.conf", filters[i]);
        put(name, "[Definition]\nfailregex = ^x <HOST>$\n");
    }
    return 0;
}

static int clean(void **state)
{
    (void)state;
    static const char *const files[] = {"filter.d/sshd.conf", "filter.d/postfix-sasl.conf", "filter.d/dovecot.conf", "filter.d/mine.conf", "filter.d/recidive.conf", "filter.d/proftpd.conf", "memory.sqlite3", "text"};
    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        unlink(path_of(files[i]));
    rmdir(path_of("filter.d"));
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_over_what_has_a_counterpart),
        cmocka_unit_test(a_jail_that_cannot_be_read_is_told),
        cmocka_unit_test(there_is_none),
        cmocka_unit_test(reads_the_bans_in_force),
        cmocka_unit_test(other_files_are_told),
    };
    return cmocka_run_group_tests(tests, prepare, clean);
}
