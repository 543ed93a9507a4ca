#include "expect.h"
#include "server/postfix.h"
#include <sys/stat.h>

/* What `postconf -x` of Postfix 3.7 and 3.10 prints for these. */
static const char *lookup(void *ctx, struct str name)
{
    static const char *const table[][2] = {{"a", "one"}, {"b", ""}, {"level", "3.6"}, {"c", "$a and ${b}"}, {"loop", "$loop"}, {"ten", "10"},
                                           {"w0", "$w1$w1$w1$w1"}, {"w1", "$w2$w2$w2$w2"}, {"w2", "$w3$w3$w3$w3"}, {"w3", "$a$a$a$a$a$a$a$a$a$a$a$a$a$a"}};
    (void)ctx;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (str_eq(name, str_of(table[i][0])))
            return table[i][1];
    return NULL;
}

static void expands(void **state)
{
    (void)state;
    static const struct { const char *input, *want; bool bad; } table[] = {
        {"", ""}, {"plain", "plain"}, {"$c", "one and "}, {"$(a)", "one"}, {"${a?yes $a}", "yes one"}, {"${b:no $a}", "no one"}, {"${a?{Y}:{N}}", "Y"},
        {"${b?{Y}:{N}}", "N"}, {"${a?{ spaced }:{N}}|", " spaced |"}, {"${{$level} <level {3.10} ? {lt} : {ge}}", "lt"}, {"${{$level} < {3.10} ? {lt} : {ge}}", "ge"},
        {"${{10} > {9} ? {num} : {str}}", "num"}, {"${{abc} != {abd} ? yes}", " yes"}, {"${{abc} == {abd} ? {yes} : no $a}", " no one"}, {"$$a", "$a"},
        {"${a?text:more}", "text:more"}, {"${b?text:more}", ""}, {"${ a }", "one"}, {"${b:${a?nested ${a}}}", "nested one"}, {"x${nothing}y$nothing2 z", "xy z"},
        {"$a.x$a_x ${a}b", "one.x oneb"}, {"${a ? {q} : {r}}", "q"}, {"${{3.6} ==level {3.6.0} ? {eq} : {ne}}", "eq"}, {"${b?{1}}end", "end"}, {"${b:{}}end", "end"},
        {"${{ one } == {$a} ? {y} : {n}}", "n"}, {"${b? {x} : {y} }", "y"}, {"${a ?text}", "text"}, {"$loop", "", true}, {"${loop?x}", "", true}, {"${{a} = {b} ? x}", "", true},
        {"${open", "${open"}, {"${a%b}", "", true}, {"$w0$w0$w0$w0$w0$w0$w0$w0$w0$w0$w0$w0", "", true},
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        struct postfix_expander x = {.lookup = lookup, .steps = 2000};
        struct buf out = BUF(POSTFIX_VALUE_MAX);
        postfix_expand(&x, str_of(table[k].input), &out);
        if (x.bad != table[k].bad || (!x.bad && strcmp(out.n ? out.p : "", table[k].want) != 0))
            fail_msg("%s: got '%s' bad %d", table[k].input, out.n ? out.p : "", x.bad);
        buf_free(&out);
    }
}

static void master_cf(void **state)
{
    (void)state;
    static const char text[] = "#smtp inet n - n - - smtpd\nsmtp inet n - y - - smtpd\n  -o a=b=c -v -D -od=\n# no\n\t# no\n\n  -o { e = f,\n   g } -s x -o h=i j -o no=x\nshort inet n - n -\n"
                               "unix unix - n - - - lmtp -c /x -o k=l\n";
    struct arena *a = arena_new(1u << 20);
    struct postfix_master m;
    postfix_master_parse(a, str_of(text), &m);
    assert_int_equal(m.services.n, 2);
    const struct postfix_service *s = m.services.v;
    assert_string_equal(s[0].command, "smtpd");
    assert_true(s[0].private == 'n' && s[0].chroot == 'y' && s[0].line == 2);
    static const struct { const char *key, *value; unsigned line; } want[] = {{"a", "b=c", 3}, {"d", "", 3}, {"e", "f,    g", 7}, {"h", "i", 8}};
    assert_int_equal(s[0].overrides.n, ARRAY_SIZE(want));
    for (size_t k = 0; k < ARRAY_SIZE(want); k++) {
        assert_string_equal(s[0].overrides.v[k].key, want[k].key);
        assert_string_equal(s[0].overrides.v[k].value, want[k].value);
        assert_int_equal(s[0].overrides.v[k].line, want[k].line);
    }
    assert_true(s[1].chroot == '-' && s[1].private == '-' && s[1].line == 10 && s[1].overrides.n == 1);
    arena_free(a);
}

static void debian(void **state)
{
    (void)state;
    struct tree t;
    tree_recorded(&t, "postfix-debian");
    tree_load(&t);
    const struct instance *i = server_instance(t.server, "postfix", 0), *out = server_instance(t.server, "postfix", 1);
    assert_non_null(i);
    assert_int_equal(i->seen.code, 0);
    static const struct shown_row rows[] = {
        {"", "smtpd_banner", "mx.alpha.example ESMTP Postfix (Debian/GNU) main.cf:2"},
        {"", "mydestination", "mx.alpha.example, localhost.alpha.example, localhost main.cf:6"},
        {"", "mynetworks", "127.0.0.0/8, 203.0.113.0/24 main.cf:14"},
        {"", "smtpd_recipient_restrictions", "reject_unauth_destination, check_policy_service unix:private/policy main.cf:15"},
        {"", "smtpd_relay_restrictions", "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination"},
        {"", "relay_domains", ""}, {"", "smtpd_tls_key_file", ""}, {"", "mailbox_command", "procmail -a \"$EXTENSION\" main.cf:21"}, {"", "syslog_name", "postfix"}, {"", "queue_directory", "/var/spool/postfix"},
        {"submission/inet", "smtpd_sasl_auth_enable", "yes master.cf:8"},
        {"submission/inet", "smtpd_relay_restrictions", "permit_sasl_authenticated, reject,        reject_unauth_destination master.cf:10"},
        {"submission/inet", "mynetworks", "127.0.0.0/8, 192.0.2.0/24 master.cf:13"},
        {"submission/inet", "smtpd_banner", "-"}, {"submission/inet", "master.chroot", "n master.cf:6"},
        {"465/inet", "smtpd_recipient_restrictions", "permit, check_policy_service unix:private/policy master.cf:15"},
        {"465/inet", "smtpd_tls_wrappermode", "yes master.cf:14"},
        {"smtp/inet", "master.command", "postscreen master.cf:2"}, {"smtp/inet", "smtpd_sasl_auth_enable", "no master.cf:4"}, {"smtpd/pass", "smtpd_sasl_auth_enable", "no master.cf:4"},
        {"pickup/unix", "master.chroot", "y master.cf:18"},
    };
    settings_are(i, rows, ARRAY_SIZE(rows));
    static const char *const endpoints[] = {"smtp smtp/inet :25 master.cf:2", "submission submission/inet :587 master.cf:6", "submissions 465/inet :465 tls master.cf:14",
                                            " [::1]:10025/inet ::1:10025 master.cf:16", "submissions 127.0.0.1:smtps/inet 127.0.0.1:465 master.cf:17"};
    endpoints_are(i, endpoints, ARRAY_SIZE(endpoints));
    assert_string_equal(postfix_value(i, "submission/inet", "inet_interfaces", ""), "all");
    assert_true(postfix_bool(i, "submission/inet", "smtpd_sasl_auth_enable", false) && !postfix_bool(i, "smtp/inet", "smtpd_sasl_auth_enable", true));

    assert_non_null(out);
    assert_string_equal(out->name, "postfix-out");
    assert_string_equal(out->config, "/etc/postfix-out");
    static const struct shown_row second[] = {{"", "queue_directory", "/var/spool/postfix-out main.cf:4"}, {"", "mynetworks", "-"}, {"", "syslog_name", "postfix-out"}, {"", "mydomain", "alpha.example"},
                                              {"", "smtpd_tls_security_level", "$no_such_name main.cf:7"}};
    settings_are(out, second, ARRAY_SIZE(second));
    static const char *const loopback[] = {"smtp smtp/inet 127.0.0.1:25 master.cf:1", "smtp smtp/inet ::1:25 master.cf:1"};
    endpoints_are(out, loopback, ARRAY_SIZE(loopback));
    assert_null(server_instance(t.server, "postfix", 2));
    tree_drop(&t);
}

/* Postfix 2.6 of an old Plesk: no package list, no units, a link of run level 3. */
static void plesk(void **state)
{
    (void)state;
    struct tree t;
    tree_recorded(&t, "postfix-plesk");
    tree_load(&t);
    const struct instance *i = server_instance(t.server, "postfix", 0);
    assert_non_null(i);
    assert_true(i->wanted && !i->running);
    static const struct shown_row rows[] = {
        {"", "virtual_mailbox_domains", "hash:/var/spool/postfix/plesk/vmailbox, hash:/var/spool/postfix/plesk/virtual_domains main.cf:7"},
        {"", "smtpd_tls_key_file", "/etc/postfix/postfix_default.pem main.cf:13"}, {"", "mynetworks", "127.0.0.0/8 main.cf:18"},
        {"", "relay_domains", "localhost.example, localhost, localhost.localdomain"}, {"smtp/inet", "master.chroot", "y master.cf:1"},
        {"smtps/inet", "smtpd_client_restrictions", "permit_sasl_authenticated,reject master.cf:2"},
    };
    settings_are(i, rows, ARRAY_SIZE(rows));
    static const char *const endpoints[] = {"smtp smtp/inet :25 master.cf:1", "submissions smtps/inet :465 tls master.cf:2", "submission submission/inet :587 master.cf:3"};
    endpoints_are(i, endpoints, ARRAY_SIZE(endpoints));
    tree_drop(&t);
}

/* What is in the way of judging is said, and nothing hangs. */
static void hostile(void **state)
{
    (void)state;
    static const struct { const char *what, *main, *master; int code; off_t size; bool fifo; } table[] = {
        {"missing master.cf", "a = b\n", NULL, -ENOENT}, {"loop", "myhostname = $mydomain\nmydomain = ${myhostname}\n", "", -ELOOP},
        {"large", "a = b\n", "", -EFBIG, 1u << 30}, {"fifo", NULL, "", -EINVAL, 0, true}, {"sound", "a = b\n", "", 0},
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        struct tree t;
        tree_make(&t);
        tree_write(&t, "usr/lib/postfix/sbin/master", "");
        tree_write(&t, "etc/postfix/x", "");
        if (table[k].main)
            tree_write(&t, "etc/postfix/main.cf", table[k].main);
        if (table[k].master)
            tree_write(&t, "etc/postfix/master.cf", table[k].master);
        char path[128];
        snprintf(path, sizeof path, "%s/etc/postfix/main.cf", t.dir);
        assert_true(!table[k].fifo || mkfifo(path, 0600) == 0);
        assert_true(!table[k].size || truncate(path, table[k].size) == 0);
        tree_load(&t);
        const struct instance *i = server_instance(t.server, "postfix", 0);
        assert_non_null(i);
        if (i->seen.code != table[k].code || (i->seen.why != NULL) != (table[k].code < 0))
            fail_msg("%s: code %d, %s", table[k].what, i->seen.code, i->seen.why ? i->seen.why : "");
        tree_drop(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(expands), cmocka_unit_test(master_cf), cmocka_unit_test(debian), cmocka_unit_test(plesk), cmocka_unit_test(hostile)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
