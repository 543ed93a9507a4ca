/* test_source_look.c: what is seen of each source: the journal's own, files of its own, a file that two share; only their ends where there is too much. */
#include "../log/made_journal.h"
#include "base/once.h"
#include "filter/definition.h"
#include "guard/source_look.h"
#include "log/journal.h"

#define DAY_S 86400

struct made {
    struct arena *a;
    struct log_sources sources;
};

static const struct log_service *service(const char *product)
{
    for (size_t i = 0; i < log_services_n; i++)
        if (strcmp(log_services[i].product, product) == 0)
            return &log_services[i];
    fail();
    return NULL;
}

static void add(struct made *m, const char *product, enum source_kind kind, const char *file)
{
    struct log_source *s = list_push(m->a, &m->sources.list);
    *s = (struct log_source){.service = service(product), .kind = kind};
    if (file)
        *list_push(m->a, &s->files) = file;
}

static struct source_looks looked_for(struct made *m, uint64_t bytes, bool logins_only)
{
    struct source_look_options o = {.logins_only = logins_only, .root = &root, .sources = &m->sources, .filters = filter_own_dir(), .since = T0 - DAY_S, .now = T0 + 1000, .bytes = bytes, .bytes_of_all = 1u << 20, .timeout_ms = 20000,
                                    .rules = {.find_time = 600, .ban_time = 600, .ban_time_max = 6000, .max_retry = 3}};
    struct source_looks all = {0};
    struct err err = {0};
    if (source_look(&o, m->a, &all, &err) != 0)
        print_error("%s %s:%u\n", err.text, err.file, err.line);
    assert_int_equal(all.list.n, m->sources.list.n);
    return all;
}

static struct source_looks looked(struct made *m, uint64_t bytes) { return looked_for(m, bytes, false); }

static void write_lines(const char *name, const char *const *lines, size_t n, unsigned times)
{
    char path[256];
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    snprintf(path, sizeof path, "%s/var/log", dir);
    shell("mkdir -p %s", path);
    for (unsigned t = 0; t < times; t++)
        for (size_t i = 0; i < n; i++)
            buf_printf(&b, "2026-11-24T%02u:%02u:%02u.000000+00:00 lab %s\n", t / 3600 % 24, t / 60 % 60, t % 60, lines[i]);
    snprintf(path, sizeof path, "%s/var/log/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, buf_str(&b)), 0);
    close(fd);
    shell("touch -d @%lld %s", (long long)T0, path);
}

static void the_journal_by_service(void **state)
{
    (void)state;
    struct made m = {.a = arena_new(64u << 20)};
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    for (unsigned i = 0; i < 4; i++)
        entry(&b, (T0 + i) * SECOND, "ssh.service", "sshd", "Failed password for root from 192.0.2.1 port 9 ssh2", "_UID=0\n");
    entry(&b, (T0 + 5) * SECOND, "ssh.service", "sshd", "Failed password for root from 192.0.2.7 port 9 ssh2", "_UID=1000\n"); /* a person */
    for (unsigned i = 0; i < 20; i++)
        entry(&b, (T0 + 10 + i) * SECOND, "dovecot.service", "dovecot", "imap-login: login of somebody went wrong in new words", "_UID=0\n");
    journal("var/log/journal", "system", &b);
    add(&m, "openssh", SOURCE_JOURNAL, NULL);
    add(&m, "dovecot", SOURCE_JOURNAL, NULL);
    struct source_looks all = looked(&m, 1u << 20);
    const struct source_look *ssh = &all.list.v[0], *dovecot = &all.list.v[1];
    assert_int_equal(source_look_state(ssh, T0 - DAY_S), SOURCE_LIVE);
    assert_int_equal(ssh->health.lines, 4);
    assert_int_equal(ssh->health.last_event, T0 + 3);
    assert_int_equal(ssh->failed, 4);
    assert_int_equal(ssh->addresses, 1);
    assert_int_equal(ssh->shut_out, 1);
    assert_int_equal(ssh->kept_out, 1);
    assert_true(ssh->whole);
    assert_null(ssh->samples[0]);
    assert_int_equal(source_look_state(dovecot, T0 - DAY_S), SOURCE_UNPARSED);
    assert_string_equal(dovecot->samples[1], "lab dovecot[77]: imap-login: login of somebody went wrong in new words");
    /* Only the newest. */
    all = looked(&m, 10 * LOOK_ENTRY);
    assert_false(all.list.v[1].whole);
    assert_true(all.list.v[1].from > T0 + 15);
    assert_int_equal(all.list.v[1].health.last_line, T0 + 29);
    assert_true(all.list.v[0].whole);
    arena_free(m.a);
}

/* What was seen when the logins were read is the same as what is seen without it; entries that were never read before show that it was used. */
static void a_glance_of_others(void **state)
{
    (void)state;
    struct made m = {.a = arena_new(64u << 20)};
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    for (unsigned i = 0; i < 30; i++)
        entry(&b, (T0 + i) * SECOND, "dovecot.service", "dovecot", "imap-login: Disconnected: (no auth attempts in 0 secs)", "_UID=0\n");
    for (unsigned i = 0; i < 12; i++)
        entry(&b, (T0 + 40 + i) * SECOND, "postfix.service", "postfix/smtpd", "warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: UGFzc3dvcmQ6", "_UID=0\n");
    for (unsigned i = 0; i < 12; i++)
        entry(&b, (T0 + 60 + i) * SECOND, "ssh.service", "sshd", "Failed password for root from 192.0.2.7 port 9 ssh2", i % 2 ? "_UID=1000\n" : "_UID=0\n");
    entry(&b, (T0 + 80) * SECOND, "ssh.service", "sshd", "Failed password for bansho-probe-1 from 127.0.0.1 port 9 ssh2", "_UID=0\n");
    journal("var/log/journal", "system", &b);
    add(&m, "openssh", SOURCE_JOURNAL, NULL);
    add(&m, "dovecot", SOURCE_JOURNAL, NULL);
    add(&m, "postfix", SOURCE_JOURNAL, NULL);
    struct source_looks alone = looked_for(&m, 1u << 20, true), shared;
    struct login_places places;
    struct err err = {0};
    const struct logins_want want = {LOGINS_ALL, {T0 - 9 * DAY_S}, 1, 20000, T0 - DAY_S};
    once_begin();
    assert_int_equal(journal_login_places(&root, &want, 0, m.a, &places, &err), 0);
    shared = looked_for(&m, 1u << 20, true);
    static const struct { uint64_t lines, failed; int64_t last; } seen[] = {{7, 7, T0 + 80}, {30, 0, T0 + 29}, {12, 12, T0 + 51}};
    for (size_t i = 0; i < 3; i++)
        for (unsigned k = 0; k < 2; k++) {
            const struct source_look *s = k ? &shared.list.v[i] : &alone.list.v[i];
            uint64_t lines = k && i == 1 ? 1 : seen[i].lines; /* whether there are any is enough */
            assert_int_equal(s->health.lines, lines);
            assert_int_equal(s->health.dated, lines);
            assert_int_equal(s->failed, seen[i].failed);
            assert_int_equal(s->health.last_line, seen[i].last);
            assert_int_equal(s->from, T0 - DAY_S);
            assert_true(s->whole);
            assert_int_equal(source_look_state(s, T0 - DAY_S), SOURCE_LIVE);
        }
    shell("rm -r %s/var/log/journal", dir);
    shared = looked_for(&m, 1u << 20, true);
    assert_int_equal(shared.list.v[1].health.lines, 1); /* nothing is read for it, */
    assert_int_equal(shared.list.v[2].health.lines, 0);  /* but for who tried to log in */
    once_end();
    shared = looked_for(&m, 1u << 20, true);
    assert_int_equal(shared.list.v[1].health.lines, 0);
    arena_free(m.a);
}

static void a_file_that_two_share(void **state)
{
    (void)state;
    struct made m = {.a = arena_new(64u << 20)};
    static const char *const lines[] = {"postfix/smtpd[7]: warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: UGFzc3dvcmQ6", "dovecot: imap-login: user=<x> login refused in words that nobody knows",
                                        "cron[1]: login failed, says another program"};
    write_lines("mail.log", lines, 3, 12);
    add(&m, "postfix", SOURCE_FILES, "/var/log/mail.log");
    add(&m, "dovecot", SOURCE_FILES, "/var/log/mail.log");
    struct source_looks all = looked(&m, 1u << 20);
    assert_int_equal(all.list.v[0].health.lines, 12);
    assert_int_equal(all.list.v[0].health.matched, 12);
    assert_int_equal(all.list.v[0].failed, 12);
    assert_int_equal(all.list.v[1].health.lines, 12);
    assert_int_equal(source_look_state(&all.list.v[0], T0 - DAY_S), SOURCE_LIVE);
    assert_int_equal(source_look_state(&all.list.v[1], T0 - DAY_S), SOURCE_UNPARSED);
    arena_free(m.a);
}

static void the_end_of_a_long_file(void **state)
{
    (void)state;
    struct made m = {.a = arena_new(64u << 20)};
    static const char *const line[] = {"proftpd[9] lab (x[192.0.2.1]): USER web: Login successful."};
    write_lines("proftpd.log", line, 1, 1000);
    write_lines("proftpd.log.1", line, 1, 10);
    add(&m, "proftpd", SOURCE_FILES, "/var/log/proftpd.log");
    struct source_looks all = looked(&m, 9000);
    assert_false(all.list.v[0].whole);
    assert_in_range(all.list.v[0].health.lines, 80, 120);
    assert_true(all.list.v[0].from > T0 - DAY_S);
    all = looked(&m, 1u << 20);
    assert_true(all.list.v[0].whole);
    assert_int_equal(all.list.v[0].health.lines, 1010);
    assert_int_equal(all.list.v[0].from, T0 - DAY_S);
    /* Not written for a week: its change tells when it was. */
    shell("touch -d @%lld %s/var/log/proftpd.log %s/var/log/proftpd.log.1", (long long)T0 - 9 * DAY_S, dir, dir);
    all = looked(&m, 1u << 20);
    assert_int_equal(all.list.v[0].health.lines, 0);
    assert_int_equal(all.list.v[0].health.last_line, T0 - 9 * DAY_S);
    assert_int_equal(source_look_state(&all.list.v[0], T0 - DAY_S), SOURCE_QUIET);
    arena_free(m.a);
}

static void what_is_no_file(void **state)
{
    (void)state;
    struct made m = {.a = arena_new(64u << 20)};
    shell("mkdir -p %s/var/log && mkfifo %s/var/log/vsftpd.log", dir, dir);
    add(&m, "vsftpd", SOURCE_FILES, "/var/log/vsftpd.log");
    add(&m, "exim", SOURCE_FILES, "/var/log/exim4/mainlog");
    struct source_looks all = looked(&m, 1u << 20);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(source_look_state(&all.list.v[i], T0 - DAY_S), SOURCE_QUIET);
    arena_free(m.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(the_journal_by_service, clean), cmocka_unit_test_setup(a_glance_of_others, clean), cmocka_unit_test_setup(a_file_that_two_share, clean),
                                       cmocka_unit_test_setup(the_end_of_a_long_file, clean), cmocka_unit_test_setup(what_is_no_file, clean)};
    if (!made_journal_begin())
        return 0;
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    made_journal_end();
    return r;
}
