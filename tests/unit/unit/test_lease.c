#include "base/child.h"
#include "unit/lease_files.h"
#include "unit/monit.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <unistd.h>

static struct lease example(struct arena *a)
{
    struct lease l = {.unit = "postgresql@15-main.service", .why = "two\nlines = one", .who = "taro", .since = 100, .until = 1795531266};
    *list_push(a, &l.held.list) = arena_dupz(a, l.unit);
    *list_push(a, &l.held.list) = arena_dupz(a, "x.socket");
    *list_push(a, &l.brings.list) = arena_dupz(a, "x.socket");
    *list_push(a, &l.watchers.list) = arena_dupz(a, "/usr/bin/monit\t/etc/monit/monitrc\tmy \"data\" $base 100%");
    return l;
}

static void a_lease_is_read_back(void **state)
{
    struct arena *a = arena_new(1u << 20);
    struct lease l = example(a), back;
    _cleanup_(buf_free) struct buf b = BUF(65536);
    (void)state;
    lease_text(&l, &b);
    assert_int_equal(lease_parse(buf_str(&b), a, &back), 0);
    assert_string_equal(back.unit, l.unit);
    assert_string_equal(back.why, "two lines = one");
    assert_string_equal(back.who, "taro");
    assert_int_equal(back.since, 100);
    assert_int_equal(back.until, 1795531266);
    assert_int_equal(back.held.list.n, 2);
    assert_string_equal(back.brings.list.v[0], "x.socket");
    assert_string_equal(back.watchers.list.v[0], l.watchers.list.v[0]);
    arena_free(a);
}

static void nonsense_is_refused(void **state)
{
    static const char *const texts[] = {"", "unit=x\n", "until=5\n", "unit=x\nuntil=soon\n", "unit=x\nuntil=5\nshell=1\n", "unit=x\nuntil=5\nno line", "unit=x\nuntil=99999999999999999999\n"};
    struct arena *a = arena_new(1u << 20);
    struct lease l;
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        assert_int_equal(lease_parse(str_of(texts[i]), a, &l), -EBADMSG);
    assert_int_equal(lease_parse(str_span("unit=x\0y\nuntil=5\n", 17), a, &l), -EBADMSG);
    arena_free(a);
}

/* What a stranger may have named cannot become a command of the unit that ends the pause. */
static void words_have_no_meaning(void **state)
{
    static const struct { const char *word, *want; } rows[] = {
        {"plain", "\"plain\""}, {"a b", "\"a b\""}, {"a\"b\\c", "\"a\\\"b\\\\c\""}, {"$HOME %h", "\"$$HOME %%h\""}, {"x\nExecStart=y", "\"x\\x0aExecStart=y\""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        _cleanup_(buf_free) struct buf b = BUF(4096);
        unit_file_word(&b, str_of(rows[i].word));
        assert_string_equal(b.p, rows[i].want);
    }
}

static void texts_for_systemd(void **state)
{
    struct arena *a = arena_new(1u << 20);
    struct lease l = example(a);
    _cleanup_(buf_free) struct buf timer = BUF(65536), service = BUF(65536), dropin = BUF(65536);
    (void)state;
    lease_timer_text(&l, a, &timer);
    assert_non_null(strstr(timer.p, "\nOnCalendar=2026-11-24 14:41:06 UTC\nPersistent=true\n"));
    lease_service_text(&l, a, &service);
    assert_non_null(strstr(service.p, "\nExecStart=-/bin/rm -f -- \"/var/lib/bansho/leases/postgresql:4015-main.service\"\n"));
    assert_non_null(strstr(service.p, "\nExecStart=-/bin/systemctl start -- \"x.socket\"\nExecStart=-/bin/systemctl start -- \"postgresql@15-main.service\"\n"));
    assert_non_null(strstr(service.p, "\nExecStart=-/usr/bin/monit \"-c\" \"/etc/monit/monitrc\" \"monitor\" \"my \\\"data\\\" $$base 100%%\"\n"));
    lease_dropin_text(&l, a, &dropin);
    assert_non_null(strstr(dropin.p, "\nConditionPathExists=!/var/lib/bansho/leases/postgresql:4015-main.service\n"));
    assert_string_equal(lease_unit(a, l.unit, "timer"), "bansho-lease-postgresql:4015-main.timer");
    assert_string_equal(lease_unit(a, "x.socket", "timer"), "bansho-lease-x.socket.timer");
    assert_string_not_equal(lease_name(a, "a:b"), lease_name(a, "a@b"));
    arena_free(a);
}

static void who_must_not_stop(void **state)
{
    static const struct { const char *unit; bool may; } rows[] = {
        {"postfix.service", true}, {"ssh.service", false}, {"sshd.service", false}, {"ssh.socket", false}, {"systemd-journald.service", false},
        {"dbus.service", false}, {"multi-user.target", false}, {"-.mount", false}, {"sshguard.service", true}, {"getty@tty1.service", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(unit_may_stop(rows[i].unit, NULL), rows[i].may ? 0 : -EPERM);
}

static void leases_on_disk(void **state)
{
    char top[] = "/tmp/bansho-lease-XXXXXX", path[256];
    struct arena *a = arena_new(1u << 20);
    struct root root;
    struct leases all;
    struct err err = {0};
    (void)state;
    assert_non_null(mkdtemp(top));
    assert_int_equal(root_open(top, &root, NULL), 0);
    assert_int_equal(unit_leases(&root, a, &all, NULL), 0);
    assert_int_equal(all.list.n, 0);
    snprintf(path, sizeof path, "%s" LEASE_DIR "/b.service", top);
    assert_int_equal(write_durably(path, STR("unit=b.service\nuntil=5\n"), 0600, NULL), 0);
    snprintf(path, sizeof path, "%s" LEASE_DIR "/a.service", top);
    assert_int_equal(write_durably(path, STR("damaged"), 0600, NULL), 0);
    assert_int_equal(unit_leases(&root, a, &all, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "a.service"));
    assert_int_equal(all.list.n, 1);
    assert_string_equal(all.list.v[0].unit, "b.service");
    root_close(&root);
    const char *const argv[] = {"rm", "-r", top, NULL};
    struct child_result done;
    assert_int_equal(child_run(argv, NULL, &done, NULL), 0);
    child_result_free(&done);
    arena_free(a);
}

static const char monitrc[] =
    "set daemon 120 # seconds\nset httpd port 2812 and use address localhost\n"
    "check process sshd with pidfile /var/run/sshd.pid\n  start program = \"/etc/init.d/ssh start\"\n  if failed port 22 protocol ssh then restart\n"
    "check process \"my db\" matching 'mysqld.*'\n  start = \"/bin/systemctl start mariadb.service\" with timeout 60 seconds\n"
    "check system $HOST\n  if loadavg (1min) > 4 then alert\n  start program = \"/bin/nobody\"\n"
    "check process qmail pidfile /run/q.pid start program \"/var/qmail/rc\"\n"
    "check process seen matching 'x' if does not exist then start\n"
    "include /etc/monit/conf.d/*\n";

static void monit_is_understood(void **state)
{
    struct arena *a = arena_new(1u << 20);
    struct monit_services s = {0};
    struct monit_includes in = {0};
    struct root root;
    (void)state;
    assert_int_equal(root_open("/", &root, NULL), 0);
    monit_parse(str_of(monitrc), a, &s, &in);
    assert_int_equal(s.list.n, 4);
    assert_int_equal(in.list.n, 1);
    assert_string_equal(in.list.v[0], "/etc/monit/conf.d/*");
    assert_string_equal(s.list.v[1].name, "my db");
    assert_true(monit_watches(&s.list.v[0], &root, "ssh.service", 0));
    assert_false(monit_watches(&s.list.v[0], &root, "sshd.service", 0));
    assert_true(monit_watches(&s.list.v[1], &root, "mariadb.service", 0));
    assert_true(monit_starts_by_systemd(&s.list.v[1]));
    assert_string_equal(s.list.v[2].pidfile, "/run/q.pid");
    assert_false(monit_starts_by_systemd(&s.list.v[2]));
    assert_string_equal(s.list.v[3].start, "");
    root_close(&root);
    arena_free(a);
}

/* As Plesk's Watchdog writes it; recorded, since Plesk itself cannot be had. */
static void plesk_watchdog(void **state)
{
    struct arena *a = arena_new(1u << 20);
    struct monit_services s = {0};
    struct root root;
    (void)state;
    assert_int_equal(root_open(TEST_DATA "/plesk", &root, NULL), 0);
    monit_read(&root, a, &s);
    assert_false(s.partly);
    assert_int_equal(s.list.n, 3);
    assert_string_equal(s.list.v[0].by->title, "Plesk Watchdog");
    assert_true(monit_watches(&s.list.v[1], &root, "qmail.service", 0));
    assert_true(monit_watches(&s.list.v[2], &root, "postfix.service", 4321));
    assert_false(monit_watches(&s.list.v[2], &root, "postfix.service", 4322));
    root_close(&root);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lease_is_read_back), cmocka_unit_test(nonsense_is_refused), cmocka_unit_test(words_have_no_meaning), cmocka_unit_test(texts_for_systemd),
        cmocka_unit_test(who_must_not_stop), cmocka_unit_test(leases_on_disk), cmocka_unit_test(monit_is_understood), cmocka_unit_test(plesk_watchdog)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
