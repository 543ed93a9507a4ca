#include "expect.h"
#include "server/dovecot.h"
#include <sys/stat.h>

/* Items as "line kind key|value", one a row. */
static void reads(void **state)
{
    (void)state;
    static const struct { const char *input, *want; } table[] = {
        {"", ""}, {"# c\n\n", ""}, {"a = b", "1 0 a|b;"}, {"a=b # c\nd = e#f\n", "1 0 a|b;2 0 d|e#f;"}, {"a = \"b # c\" # d", "1 0 a|b # c;"}, {"a = 'b'\"", "1 0 a|'b'\";"},
        {"a = b \\\n  c \\\n d\ne =\n", "3 0 a|b c d;4 0 e|;"}, {"service imap-login {\n}\n", "1 1 service|imap-login;2 2 }|;"}, {"passdb {", "1 1 passdb|;"},
        {"unix_listener \"a b\" {", "1 1 unix_listener|a b;"}, {"!include conf.d/*.conf\n!include_try \"x y\"\n!includex\n", "1 3 conf.d/*.conf|;2 4 x y|;3 5 !includex|;"},
        {"a = <file\nb = { x\n= c\n", "1 0 a|<file;2 0 b|{ x;3 5 = c|;"}, {"a = # hidden, use -P to show it", "1 0 a|;"}, {"local 10.0.0.0/8 {", "1 1 local|10.0.0.0/8;"},
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        struct arena *a = arena_new(1u << 20);
        struct dovecot_reader r = {.arena = a, .rest = str_of(table[k].input)};
        struct dovecot_item i;
        char *all = arena_dupz(a, "");
        while (dovecot_next(&r, &i))
            all = arena_printf(a, "%s%u %d %.*s|%.*s;", all, i.line, i.kind, (int)i.key.n, i.key.p, (int)i.value.n, i.value.p);
        assert_string_equal(all, table[k].want);
        arena_free(a);
    }
}

static void dbs_are(const struct instance *i, const char *const *rows, size_t n)
{
    struct dovecot_db db;
    char text[512];
    size_t k = 0;
    for (; dovecot_db(i, "passdb", k, &db); k++) {
        snprintf(text, sizeof text, "%s|%s|%s|%s|%s%s|%u", db.section, db.driver, db.path, db.username_format, db.deny ? "deny" : "", db.master ? "master" : "", db.line);
        assert_true(k < n);
        assert_string_equal(text, rows[k]);
    }
    assert_int_equal(k, n);
}

static void version_2_3(void **state)
{
    (void)state;
    struct tree t;
    tree_recorded(&t, "dovecot-23");
    tree_load(&t);
    const struct instance *i = server_instance(t.server, "dovecot", 0);
    assert_non_null(i);
    assert_int_equal(i->seen.code, 0);
    static const struct shown_row rows[] = {
        {"", "protocols", "imap sieve pop3 pop3d.protocol:1"}, {"", "auth_mechanisms", "plain login 10-auth.conf:3"}, {"", "auth_username_format", "%Ln 10-auth.conf:4"},
        {"", "ssl_min_protocol", "TLSv1.2"}, {"", "auth_default_realm", ""}, {"", "auth_allow_cleartext", "-"}, {"", "ssl_cert", "</etc/dovecot/private/dovecot.pem 10-ssl.conf:2"},
        {"local_name mail.beta.example", "ssl_cert", "</etc/ssl/beta.pem 10-ssl.conf:4"}, {"protocol imap", "mail_max_userip_connections", "20 10-ssl.conf:7"},
        {"service auth/unix_listener /var/spool/postfix/private/auth", "mode", "0666 10-master.conf:18"}, {"userdb", "driver", "static 10-auth.conf:15"},
    };
    settings_are(i, rows, ARRAY_SIZE(rows));
    static const char *const dbs[] = {"passdb|passwd-file|/etc/dovecot/deny-users||deny|6", "passdb 2|passwd-file|/etc/dovecot/users|%u||11"};
    dbs_are(i, dbs, ARRAY_SIZE(dbs));
    static const char *const endpoints[] = {
        " imap-login/old 127.0.0.1:1143 10-master.conf:9", "imaps imap-login/imaps 192.0.2.10:993 tls :0", "imaps imap-login/imaps 2001:db8::10:993 tls :0",
        "pop3 pop3-login/pop3 192.0.2.10:110 :0", "pop3 pop3-login/pop3 2001:db8::10:110 :0", "pop3s pop3-login/pop3s 192.0.2.10:995 tls :0",
        "pop3s pop3-login/pop3s 2001:db8::10:995 tls :0", " managesieve-login/sieve 192.0.2.10:4190 :0", " managesieve-login/sieve 2001:db8::10:4190 :0",
    };
    endpoints_are(i, endpoints, ARRAY_SIZE(endpoints));
    const struct setting *decides;
    assert_true(dovecot_cleartext(i, &decides));
    assert_string_equal(shown(decides), "no 10-auth.conf:1");
    tree_drop(&t);
}

static void version_2_4(void **state)
{
    (void)state;
    struct tree t;
    tree_recorded(&t, "dovecot-24");
    tree_load(&t);
    const struct instance *i = server_instance(t.server, "dovecot", 0);
    assert_non_null(i);
    assert_int_equal(i->seen.code, 0);
    assert_int_equal(dovecot_version(i), 204);
    static const struct shown_row rows[] = {
        {"", "protocols", "imap pop3 dovecot.conf:5"}, {"", "ssl_server_cert_file", "/etc/ssl/server.pem dovecot.conf:11"}, {"", "disable_plaintext_auth", "-"},
        {"passdb pam", "driver", "pam dovecot.conf:13"}, {"", "auth_username_format", "%{user | lower}"},
    };
    settings_are(i, rows, ARRAY_SIZE(rows));
    static const char *const dbs[] = {"passdb pam|pam||||13", "passdb users|passwd-file|/etc/dovecot/users|%{user | username}||16"};
    dbs_are(i, dbs, ARRAY_SIZE(dbs));
    static const char *const endpoints[] = {"imap imap-login/imap :143 :0", "pop3 pop3-login/pop3 :110 :0"}; /* ssl = no: the others stay shut */
    endpoints_are(i, endpoints, ARRAY_SIZE(endpoints));
    const struct setting *decides;
    assert_true(dovecot_cleartext(i, &decides));
    tree_drop(&t);
}

static void hostile(void **state)
{
    (void)state;
    static const struct { const char *what, *text; int code; off_t size; bool fifo; } table[] = {
        {"itself", "!include dovecot.conf\n", -ELOOP}, {"each other", "!include_try a.conf\n", -ELOOP}, {"missing", "!include b.conf\n", -ENOENT},
        {"no match", "!include no/*.conf\n!include_try c.conf\n", 0}, {"large", "a = b\n", -EFBIG, 1u << 30}, {"fifo", NULL, -EINVAL, 0, true},
        {"doubling", "a = x\na = $a$a\na = $a$a\na = $a$a$a$a$a$a$a$a\na = $a$a$a$a$a$a$a$a\na = $a$a$a$a$a$a$a$a\na = $a$a$a$a$a$a$a$a\na = $a$a$a$a$a$a$a$a\n", 0},
        {"a directory", "!include conf.d\n", -EINVAL},
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        struct tree t;
        char path[128];
        tree_make(&t);
        tree_write(&t, "usr/sbin/dovecot", "");
        tree_write(&t, "etc/dovecot/a.conf", "passdb {\n driver = pam\n!include dovecot.conf\n");
        tree_write(&t, "etc/dovecot/conf.d/x", "");
        if (table[k].text)
            tree_write(&t, "etc/dovecot/dovecot.conf", table[k].text);
        snprintf(path, sizeof path, "%s/etc/dovecot/dovecot.conf", t.dir);
        assert_true(!table[k].fifo || mkfifo(path, 0600) == 0);
        assert_true(!table[k].size || truncate(path, table[k].size) == 0);
        tree_load(&t);
        const struct instance *i = server_instance(t.server, "dovecot", 0);
        assert_non_null(i);
        if (i->seen.code != table[k].code || (i->seen.why != NULL) != (table[k].code < 0))
            fail_msg("%s: code %d, %s", table[k].what, i->seen.code, i->seen.why ? i->seen.why : "");
        tree_drop(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads), cmocka_unit_test(version_2_3), cmocka_unit_test(version_2_4), cmocka_unit_test(hostile)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
