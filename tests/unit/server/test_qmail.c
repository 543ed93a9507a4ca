#include "expect.h"
#include "server/qmail.h"

/* Plesk 11 on CentOS 6: qmail behind xinetd, Courier, no list of packages that can be read. */
static void plesk(void **state)
{
    (void)state;
    struct tree t;
    tree_recorded(&t, "plesk11-qmail");
    tree_load(&t);
    const struct instance *qmail = server_instance(t.server, "qmail", 0), *courier = server_instance(t.server, "courier", 0), *panel = server_instance(t.server, "plesk", 0);
    assert_true(qmail && courier && panel);
    assert_true(qmail->wanted && courier->wanted && !qmail->seen.code && !courier->seen.code && !panel->seen.code);
    static const struct shown_row rows[] = {
        {"control", "me", "host.alpha.example me:1"}, {"control", "rcpthosts", ".gamma.example rcpthosts:5"}, {"control", "badmailfrom", " badmailfrom:0"},
        {"control", "morercpthosts.cdb", " morercpthosts.cdb:0"}, {"control", "percenthack", "-"}, {"smtp", "relaylock", "yes smtp_psa:1"},
        {"smtp", "rblsmtpd", "zen.spamhaus.org bl.spamcop.net smtp_psa:1"}, {"smtps", "rblsmtpd", " smtps_psa:1"}, {"submission", "enabled", "no submission_psa:1"},
        {"submission", "relaylock", "no submission_psa:1"}, {"submission", "smtp_auth", "yes submission_psa:1"},
    };
    settings_are(qmail, rows, ARRAY_SIZE(rows));
    static const char *const endpoints[] = {"smtp smtp :25 smtp_psa:1", "submissions smtps :465 tls smtps_psa:1"};
    endpoints_are(qmail, endpoints, ARRAY_SIZE(endpoints));
    static const struct shown_row imap[] = {{"imapd", "IMAP_CAPABILITY", "IMAP4rev1 UIDPLUS imapd:5"}, {"imapd-ssl", "IMAPDSTARTTLS", "YES imapd-ssl:4"}};
    settings_are(courier, imap, ARRAY_SIZE(imap));
    static const char *const ports[] = {"imap imapd :143 imapd:3", " imapd 127.0.0.1:1143 imapd:3", "imaps imapd-ssl :993 tls imapd-ssl:1", "pop3 pop3d :110 pop3d:1"};
    endpoints_are(courier, ports, ARRAY_SIZE(ports));
    static const struct shown_row conf[] = {{"", "PLESK_MAILNAMES_D", "/var/qmail/mailnames psa.conf:5"}, {"", "product_root", "/usr/local/psa"}, {"", "mta", "qmail"},
                                            {"", "mailbox", "courier"}};
    settings_are(panel, conf, ARRAY_SIZE(conf));
    assert_string_equal(panel->version, "11.5.30");
    assert_null(server_instance(t.server, "postfix", 0));
    tree_drop(&t);
}

static void daemontools(void **state)
{
    (void)state;
    struct tree t;
    tree_recorded(&t, "qmail-daemontools");
    tree_load(&t);
    const struct instance *i = server_instance(t.server, "qmail", 0);
    assert_non_null(i);
    static const struct shown_row rows[] = {{"control", "rcpthosts", "-"}, {"qmail-smtpd", "rblsmtpd", "zen.spamhaus.org run:7"}, {"qmail-pop3d", "enabled", "no run:2"},
                                            {"qmail-smtpd", "smtpd", "yes run:7"}};
    settings_are(i, rows, ARRAY_SIZE(rows));
    static const char *const endpoints[] = {"smtp qmail-smtpd :25 run:7"};
    endpoints_are(i, endpoints, ARRAY_SIZE(endpoints));
    assert_true(i->wanted);
    tree_drop(&t);
}

static void run_scripts(void **state)
{
    (void)state;
    static const struct { const char *input, *program, *address, *port; } table[] = {
        {"exec tcpserver -R 0 25 /q/qmail-smtpd", "/q/qmail-smtpd", "0", "25"}, {"exec tcpserver -l0 ::0 smtp /q/qmail-smtpd 2>&1", "/q/qmail-smtpd", "::0", "smtp"},
        {"exec tcpserver -c 40 192.0.2.1 587 fixcrio qmail-smtpd", "qmail-smtpd", "192.0.2.1", "587"}, {"# exec qmail-smtpd", NULL}, {"echo qmail-smtpd", NULL},
        {"exec qmail-start ./Mailbox", NULL}, {"exec qmail-smtpd", "qmail-smtpd", "", ""}, {"exec sslserver \"$IP\" 465 qmail-smtpd", "qmail-smtpd", "\"$IP\"", "465"},
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        struct arena *a = arena_new(1u << 20);
        struct qmail_run run;
        bool found = qmail_run_find(a, str_of(table[k].input), &run);
        assert_int_equal(found, table[k].program != NULL);
        if (found && (!str_eq(run.program, str_of(table[k].program)) || !str_eq(run.port, str_of(table[k].port)) || !str_eq(run.address, str_of(table[k].address))))
            fail_msg("%s: %.*s %.*s", table[k].input, (int)run.address.n, run.address.p, (int)run.port.n, run.port.p);
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plesk), cmocka_unit_test(daemontools), cmocka_unit_test(run_scripts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
