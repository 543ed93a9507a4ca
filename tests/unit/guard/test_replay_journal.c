/* test_replay_journal.c: the journal replayed: each filter sees what its own service wrote, and nobody else can write in its name. */
#include "../log/made_journal.h"
#include "guard/replay.h"

static const char filter[] = "[Definition]\nfailregex = ^\\s*(?:\\S+ )?%s\\[\\d+\\]: wrong password from <HOST>$\n";

static void put_filter(const char *name)
{
    char path[256];
    struct buf b = BUF(1000);
    snprintf(path, sizeof path, "%s/%s.conf", dir, name);
    buf_printf(&b, filter, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, buf_str(&b)), 0);
    close(fd);
    buf_free(&b);
}

static struct replay replayed(struct arena *a, const char *name, int64_t since)
{
    struct replay_options o = {.journal = &root, .since = since, .now = T0 + 1000, .rules = {.find_time = 600, .ban_time = 600, .ban_time_max = 6000, .max_retry = 3}};
    struct replay r = {0};
    struct err err = {0};
    assert_int_equal(filter_load(a, dir, str_of(name), list_push(a, &o.filters), &err), 0);
    assert_int_equal(filter_load(a, dir, str_of(name), list_push(a, &o.journal_filters), &err), 0);
    if (replay_run(&o, a, &r, &err) != 0)
        print_error("%s\n", err.text);
    return r;
}

/* Three failures of each kind. */
static void write_journal(void)
{
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    for (unsigned i = 0; i < 3; i++) {
        int64_t t = (T0 + i) * SECOND;
        entry(&b, t, "ssh.service", "sshd", "wrong password from 192.0.2.1", "_UID=0\n");
        entry(&b, t, "ssh.service", "sshd", "wrong password from 192.0.2.2", "_UID=1000\n");   /* a person, in the unit of the login */
        entry(&b, t, "cron.service", "sshd", "wrong password from 192.0.2.3", "_UID=0\n");     /* logger -t sshd */
        entry(&b, t, "ssh@7.service", "sshd", "wrong password from 192.0.2.4", "_UID=0\n_EXE=/usr/sbin/sshd\n"); /* socket activation */
        entry(&b, t, NULL, "sshd", "wrong password from 192.0.2.6", "_UID=0\n");                /* a process that had ended when journald looked */
        entry(&b, t, NULL, "sshd", "wrong password from 192.0.2.7", "_UID=1000\n");
        entry(&b, t, "ssh@7.service", "sshd", "wrong password from 192.0.2.5", "_UID=1000\n_EXE=/usr/sbin/sshd\n");
    }
    entry(&b, (T0 + 4) * SECOND, "systemd-journald.service", "systemd-journald", "Suppressed 12 messages from ssh.service",
          "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e\n_TRANSPORT=driver\n");
    journal("var/log/journal", "system", &b);
}

static void only_the_service_itself_counts(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
    char who[ADDR_TEXT + 4];
    write_journal();
    put_filter("sshd");
    struct replay r = replayed(a, "sshd", 0);
    assert_int_equal(r.verdicts.n, 3);
    assert_string_equal(prefix_text(&r.verdicts.v[2].v.who, who), "192.0.2.6/32");
    assert_string_equal(prefix_text(&r.verdicts.v[0].v.who, who), "192.0.2.1/32");
    assert_string_equal(prefix_text(&r.verdicts.v[1].v.who, who), "192.0.2.4/32");
    assert_int_equal(r.verdicts.v[0].v.time, T0 + 2);
    assert_string_equal(r.verdicts.v[0].file, "journal");
    assert_int_equal(r.verdicts.v[0].line, 0);
    assert_int_equal(r.lost.n, 1);
    assert_string_equal(r.lost.v[0].unit, "ssh.service");
    assert_int_equal(r.lost.v[0].messages, 12);
    assert_int_equal(r.seen.n, 1);
    assert_null(r.seen.v[0].fault);
    assert_int_equal(replayed(a, "sshd", T0 + 1).verdicts.n, 0);
}

/* A filter that nobody knows sees the whole journal, as with fail2ban. */
static void an_unknown_filter_sees_all(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    for (unsigned i = 0; i < 3; i++)
        entry(&b, (T0 + i) * SECOND, "x.service", "mine", "wrong password from 192.0.2.9", NULL);
    journal("var/log/journal", "system", &b);
    shell("echo rubbish >%s/var/log/journal/" MACHINE "/old.journal", dir);
    put_filter("mine");
    struct replay r = replayed(a, "mine", 0);
    assert_int_equal(r.verdicts.n, 1);
    assert_non_null(r.seen.v[0].fault);
}

int main(void)
{
    if (!made_journal_begin())
        return 0;
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(only_the_service_itself_counts, clean), cmocka_unit_test_setup(an_unknown_filter_sees_all, clean)};
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    made_journal_end();
    return r;
}
