/* test_journal_losses.c: what a journal says is missing from it. */
#include "made_journal.h"
#include "log/journal_losses.h"

#define DROPPED "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e\n_TRANSPORT=driver\n"

static void summed_by_unit(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    struct journal_losses l;
    entry(&b, T0 * SECOND, "systemd-journald.service", "systemd-journald", "Suppressed 100 messages from postfix@-.service", DROPPED);
    entry(&b, (T0 + 10) * SECOND, "systemd-journald.service", "systemd-journald", "Suppressed 5 messages from postfix@-.service", DROPPED);
    entry(&b, (T0 + 20) * SECOND, "systemd-journald.service", "systemd-journald", "Suppressed 7 messages from ssh.service", DROPPED);
    entry(&b, (T0 + 20) * SECOND, "x.service", "systemd-journald", "Suppressed 9 messages from ssh.service", "_TRANSPORT=syslog\n");
    journal("var/log/journal", "system", &b);
    assert_int_equal(journal_losses(&root, T0 + 5, a, &l, NULL), 0);
    assert_int_equal(l.list.n, 2);
    assert_string_equal(l.list.v[0].unit, "postfix@-.service");
    assert_int_equal(l.list.v[0].messages, 5);
    assert_int_equal(l.list.v[1].messages, 7);
    assert_int_equal(l.list.v[1].last, T0 + 20);
    assert_int_equal(l.damaged.n, 0);
    shell("echo rubbish >%s/var/log/journal/" MACHINE "/old.journal", dir);
    assert_int_equal(journal_losses(&root, 0, a, &l, NULL), 0);
    assert_int_equal(l.list.v[0].messages, 105);
    assert_int_equal(l.damaged.n, 1);
    assert_string_equal(l.damaged.v[0], "/var/log/journal/" MACHINE "/old.journal");
}

static void nothing_without_a_journal(void **state)
{
    (void)state;
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    struct journal_losses l;
    assert_int_equal(journal_losses(&root, 0, a, &l, NULL), 0);
    assert_int_equal(l.list.n + l.damaged.n, 0);
}

int main(void)
{
    if (!made_journal_begin())
        return 0;
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(summed_by_unit, clean), cmocka_unit_test_setup(nothing_without_a_journal, clean)};
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    made_journal_end();
    return r;
}
