/* test_journal_stream.c: the journal as a stream. */
#include "made_journal.h"
#include "base/worker.h"
#include "log/journal.h"
#include "log/journal_stream.h"
#include <errno.h>

/* What a stream tells, as text: one line for each. */
struct told {
    char text[8192];
    struct journal_position end;
};

static struct told read_all(const char *const *matches, int64_t since, int64_t until, const struct journal_position *after, unsigned most)
{
    struct told t = {0};
    struct err err = {0};
    struct journal_stream *s;
    struct journal_entry e;
    struct buf b = BUF(sizeof t.text - 1);
    struct journal_want w = {.root = &root, .matches = matches, .since_us = since, .until_us = until, .after = after, .fields = JOURNAL_LINE | JOURNAL_UNIT | JOURNAL_UID};
    assert_int_equal(journal_stream_open(&w, &s, &err), 0);
    int r = 0;
    for (unsigned n = 0; n < most && (r = journal_stream_next(s, &e, &err)) > 0; n++) {
        if (e.kind == JOURNAL_ENTRY) {
            buf_printf(&b, "%lld ", (long long)(e.time_us / SECOND - T0));
            journal_line(&e, &b);
            buf_addz(&b, e.by_user ? " (user)" : "");
        } else if (e.kind == JOURNAL_SUPPRESSED) {
            buf_printf(&b, "%lld lost %llu of %.*s", (long long)(e.time_us / SECOND - T0), (unsigned long long)e.lost, (int)e.unit.n, e.unit.p);
        } else if (e.kind == JOURNAL_GAP) {
            buf_printf(&b, "gap %lld-%lld", (long long)(e.from_us / SECOND - T0), (long long)(e.time_us / SECOND - T0));
        } else {
            const char *slash = memrchr(e.message.p, '/', e.message.n);
            buf_printf(&b, "damaged %.*s", (int)(e.message.n - (size_t)(slash + 1 - e.message.p)), slash + 1);
        }
        buf_addc(&b, '\n');
    }
    assert_true(r >= 0);
    assert_false(b.full);
    memcpy(t.text, b.p ? b.p : "", b.n + 1);
    journal_stream_position(s, &t.end);
    journal_stream_close(s);
    buf_free(&b);
    return t;
}

static void two_places(void)
{
    _cleanup_(buf_free) struct buf disk = BUF(1u << 20), memory = BUF(1u << 20);
    entry(&disk, T0 * SECOND, "ssh.service", "sshd", "first", NULL);
    entry(&disk, (T0 + 2) * SECOND, "dovecot.service", "dovecot", "third", NULL);
    entry(&memory, (T0 + 1) * SECOND, "ssh.service", "sshd", "second", "_UID=1000\n");
    entry(&memory, (T0 + 3) * SECOND, "ssh.service", "sshd", "fourth", "SYSLOG_PID=5\n_UID=33\n");
    journal("var/log/journal", "system", &disk);
    journal("run/log/journal", "system", &memory);
}

static void in_order_of_time(void **state)
{
    (void)state;
    static const char *const ssh[] = {"_SYSTEMD_UNIT=ssh.service", NULL}, *const either[] = {"_SYSTEMD_UNIT=ssh.service", "_UID=33", "+", "SYSLOG_IDENTIFIER=dovecot", NULL};
    two_places();
    static const struct { const char *name; const char *const *matches; int64_t since, until; const char *want; } table[] = {
        {"all", NULL, 0, 0, "0 lab sshd[77]: first\n1 lab sshd[77]: second (user)\n2 lab dovecot[77]: third\n3 lab sshd[5]: fourth\n"},
        {"a unit", ssh, 0, 0, "0 lab sshd[77]: first\n1 lab sshd[77]: second (user)\n3 lab sshd[5]: fourth\n"},
        {"either", either, 0, 0, "2 lab dovecot[77]: third\n3 lab sshd[5]: fourth\n"},
        {"since", NULL, (T0 + 2) * SECOND, 0, "2 lab dovecot[77]: third\n3 lab sshd[5]: fourth\n"},
        {"until", NULL, 0, (T0 + 1) * SECOND, "0 lab sshd[77]: first\n1 lab sshd[77]: second (user)\n"},
        {"nothing", ssh, (T0 + 9) * SECOND, 0, ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct told t = read_all(table[i].matches, table[i].since, table[i].until, NULL, 100);
        if (strcmp(t.text, table[i].want) != 0)
            print_error("%s\n", table[i].name);
        assert_string_equal(t.text, table[i].want);
    }
}

static void read_messages(struct journal_stream *s, char *ret)
{
    struct journal_entry e;
    struct err err = {0};
    int r;
    ret[0] = 0;
    while ((r = journal_stream_next(s, &e, &err)) > 0) {
        strncat(ret, e.message.p, e.message.n);
        strcat(ret, " ");
    }
    assert_int_equal(r, 0);
    assert_int_equal(journal_stream_next(s, &e, &err), 0); /* the end stays the end */
}

/* The same files with one set of matches after the other. */
static void backwards_and_again(void **state)
{
    (void)state;
    static const char *const ssh[] = {"_SYSTEMD_UNIT=ssh.service", NULL}, *const dovecot[] = {"_SYSTEMD_UNIT=dovecot.service", NULL};
    static const struct { const char *name; bool backwards; int64_t since; uint64_t newest; const char *all, *of_ssh, *of_dovecot; } table[] = {
        {"backwards", true, 0, 0, "fourth third second first ", "fourth second first ", "third "},
        {"backwards since", true, (T0 + 1) * SECOND, 0, "fourth third second ", "fourth second ", "third "},
        {"backwards, the newest of each place", true, 0, 1, "fourth third ", "fourth first ", "third "},
        {"backwards, more than there are", true, 0, 9, "fourth third second first ", "fourth second first ", "third "},
        {"backwards, nothing", true, (T0 + 9) * SECOND, 0, "", "", ""},
        {"forwards", false, 0, 0, "first second third fourth ", "first second fourth ", "third "},
        {"forwards, about two of each place, which leaves one", false, 0, 2, "third fourth ", "first fourth ", "third "},
        {"forwards, more than there are", false, (T0 + 1) * SECOND, 9, "second third fourth ", "second fourth ", "third "},
    };
    two_places();
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct journal_want w = {.root = &root, .since_us = table[i].since, .newest = table[i].newest, .backwards = table[i].backwards, .fields = JOURNAL_MESSAGE | JOURNAL_UID};
        const struct { const char *const *matches; const char *want; } turns[] = {{ssh, table[i].of_ssh}, {dovecot, table[i].of_dovecot}, {NULL, table[i].all}, {ssh, table[i].of_ssh}};
        _cleanup_(journal_stream_closep) struct journal_stream *s = NULL;
        struct err err = {0};
        char text[1024];
        assert_int_equal(journal_stream_open(&w, &s, &err), 0);
        read_messages(s, text);
        if (strcmp(text, table[i].all) != 0)
            print_error("%s\n", table[i].name);
        assert_string_equal(text, table[i].all);
        for (size_t t = 0; t < ARRAY_SIZE(turns); t++) {
            assert_int_equal(journal_stream_again(s, turns[t].matches, &err), 0);
            read_messages(s, text);
            if (strcmp(text, turns[t].want) != 0)
                print_error("%s, turn %zu\n", table[i].name, t);
            assert_string_equal(text, turns[t].want);
        }
    }
}

/* Read one entry, remember the place, go on: each once, from both places. */
static void goes_on_behind_a_position(void **state)
{
    (void)state;
    static const char *const ssh[] = {"_SYSTEMD_UNIT=ssh.service", NULL};
    two_places();
    for (unsigned matched = 0; matched < 2; matched++) {
        struct journal_position at = {0};
        char all[8192] = "";
        for (unsigned i = 0; i < 6; i++) {
            struct told t = read_all(matched ? ssh : NULL, 0, 0, i ? &at : NULL, 1);
            at = t.end;
            strcat(all, t.text);
        }
        assert_string_equal(all, matched ? "0 lab sshd[77]: first\n1 lab sshd[77]: second (user)\n3 lab sshd[5]: fourth\n"
                                         : "0 lab sshd[77]: first\n1 lab sshd[77]: second (user)\n2 lab dovecot[77]: third\n3 lab sshd[5]: fourth\n");
    }
}

/* Beginning in the middle without having read anything: the place is kept nevertheless. */
static void remembers_where_it_began(void **state)
{
    (void)state;
    two_places();
    struct told none = read_all(NULL, (T0 + 1) * SECOND + 1, 0, NULL, 0);
    assert_true(none.end.cursor[0]);
    assert_string_equal(read_all(NULL, 0, 0, &none.end, 9).text, "2 lab dovecot[77]: third\n3 lab sshd[5]: fourth\n");
    assert_int_equal(none.end.seen_us, (T0 + 1) * SECOND);
}

static void tells_what_was_deleted(void **state)
{
    (void)state;
    _cleanup_(buf_free) struct buf old = BUF(1u << 20), young = BUF(1u << 20);
    for (unsigned i = 0; i < 3; i++)
        entry(&old, (T0 + i) * SECOND, "ssh.service", "sshd", "old", NULL);
    entry(&young, (T0 + 50) * SECOND, "ssh.service", "sshd", "young", NULL);
    journal("var/log/journal", "system@1", &old);
    journal("var/log/journal", "system", &young);
    struct told begun = read_all(NULL, 0, 0, NULL, 1);
    assert_string_equal(begun.text, "0 lab sshd[77]: old\n");
    shell("rm %s/var/log/journal/" MACHINE "/system@1.journal", dir);
    assert_string_equal(read_all(NULL, 0, 0, &begun.end, 9).text, "gap 0-50\n50 lab sshd[77]: young\n");
    /* An idle service: its last entry is gone, but all that was written up to the deletion had been looked at. */
    begun.end.seen_us = (T0 + 50) * SECOND;
    assert_string_equal(read_all(NULL, 0, 0, &begun.end, 9).text, "50 lab sshd[77]: young\n");
    /* No journal at all any more. */
    shell("rm -r %s/var", dir);
    assert_string_equal(read_all(NULL, 0, 0, &begun.end, 9).text, "");
}

static void tells_what_was_suppressed(void **state)
{
    (void)state;
    static const char *const ssh[] = {"_SYSTEMD_UNIT=ssh.service", NULL};
    const char *id = "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e\n_TRANSPORT=driver\n";
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    entry(&b, T0 * SECOND, "systemd-journald.service", "systemd-journald", "Suppressed 1234 messages from ssh.service", id);
    entry(&b, (T0 + 1) * SECOND, "ssh.service", "sshd", "Suppressed 9 messages from dovecot.service", "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e\n_TRANSPORT=syslog\n");
    journal("var/log/journal", "system", &b);
    for (unsigned matched = 0; matched < 2; matched++)
        assert_string_equal(read_all(matched ? ssh : NULL, 0, 0, NULL, 9).text, "0 lost 1234 of ssh.service\n1 lab sshd[77]: Suppressed 9 messages from dovecot.service\n");
}

/* Long fields are packed, and sd-journal unpacks them into one place, one after the other. */
static void long_fields(void **state)
{
    (void)state;
    static const size_t longer[] = {700, 300000};
    for (size_t i = 0; i < ARRAY_SIZE(longer); i++) {
        _cleanup_(buf_free) struct buf b = BUF(1u << 20), message = BUF(4096), other = BUF(1u << 20), want = BUF(4096);
        while (message.n < 600)
            buf_addz(&message, "message ");
        buf_addz(&other, "OTHER=");
        while (other.n < longer[i])
            buf_addz(&other, "something else ");
        buf_addz(&other, "\n");
        entry(&b, T0 * SECOND, "ssh.service", "sshd", message.p, other.p);
        journal("var/log/journal", "system", &b);
        buf_printf(&want, "0 lab sshd[77]: %s\n", message.p);
        assert_string_equal(read_all(NULL, 0, 0, NULL, 9).text, want.p);
        clean(NULL);
    }
}

static void tells_damaged_files_once(void **state)
{
    (void)state;
    two_places();
    shell("cd %s/var/log/journal/" MACHINE " && echo rubbish >system@0.journal && head -c 100000 system.journal >user-1000.journal && : >empty.journal && echo x >other.txt", dir);
    assert_string_equal(read_all(NULL, (T0 + 3) * SECOND, 0, NULL, 9).text,
                        "damaged empty.journal\ndamaged system@0.journal\ndamaged user-1000.journal\n3 lab sshd[5]: fourth\n");
}

static void messages_are_one_line(void **state)
{
    (void)state;
    struct journal_entry e = {.message = STR("two\nlines"), .identifier = STR("x"), .host = STR("")};
    _cleanup_(buf_free) struct buf b = BUF(1000);
    journal_line(&e, &b);
    assert_string_equal(b.p, "x: two\\nlines");
}

/* Within a confined child; new entries wake. */
static int follow(void *arg, struct buf *out)
{
    struct journal_want w = {.root = &root, .fields = JOURNAL_MESSAGE};
    struct journal_stream *s;
    struct journal_entry e;
    int fds[2], r = journal_stream_open(&w, &s, NULL);
    (void)arg;
    if (r == 0 && journal_stream_wait_fds(s, fds) != 2)
        r = -EINVAL;
    while (r >= 0 && (r = journal_stream_next(s, &e, NULL)) > 0)
        buf_adds(out, e.message);
    return r;
}

static void reads_within_a_confined_process(void **state)
{
    (void)state;
    two_places();
    _cleanup_(buf_free) struct buf out = BUF(1u << 20);
    struct worker_options o = {.kind = WORKER_FILES};
    struct err err = {0};
    assert_int_equal(worker_run(&o, follow, NULL, &out, &err), 0);
    assert_string_equal(out.p, "firstsecondthirdfourth");
}

int main(void)
{
    if (!made_journal_begin())
        return 0;
    journal_prepare();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(in_order_of_time, clean), cmocka_unit_test_setup(backwards_and_again, clean), cmocka_unit_test_setup(goes_on_behind_a_position, clean), cmocka_unit_test_setup(remembers_where_it_began, clean),
        cmocka_unit_test_setup(tells_what_was_deleted, clean), cmocka_unit_test_setup(tells_what_was_suppressed, clean), cmocka_unit_test_setup(long_fields, clean), cmocka_unit_test_setup(tells_damaged_files_once, clean),
        cmocka_unit_test(messages_are_one_line), cmocka_unit_test_setup(reads_within_a_confined_process, clean),
    };
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    made_journal_end();
    return r;
}
