/* Databases, name servers, guards and containers. */
#include "tree.h"

static void stock(void **state)
{
    (void)state;
    struct tree t;
    tree_recorded(&t, "debian12");
    tree_load(&t);
    static const struct { const char *product, *section, *key, *want; } values[] = {
        {"mysql", "mysqld", "bind-address", "127.0.0.1"}, {"mysql", "mysqld", "socket", "/run/mysqld/mysqld.sock"},
        {"postgresql", "", "max_connections", "100"}, {"postgresql", "", "data_directory", "/var/lib/postgresql/15/main"},
        {"bind", "options", "listen-on-v6", "any"}, {"bind", "options", "dnssec-validation", "auto"}, {"bind", "zone localhost", "type", "master"},
        {"unbound", "remote-control", "control-enable", "yes"}, {"unbound", "server", "auto-trust-anchor-file", "/var/lib/unbound/root.key"},
        {"fail2ban", "sshd", "enabled", "true"}, {"fail2ban", "sshd", "port", "ssh"}, {"fail2ban", "sshd", "bantime", "10m"}, {"fail2ban", "dropbear", "port", "(not set)"},
        {"csf", "", "TESTING", "(no instance)"}, {"docker", "", "hosts", "(no instance)"},
    };
    for (size_t k = 0; k < ARRAY_SIZE(values); k++)
        assert_string_equal(tree_value(&t, values[k].product, values[k].section, values[k].key), values[k].want);
    static const struct { const char *product, *want; } endpoints[] = {
        {"mysql", "mysql 127.0.0.1:3306 /etc/mysql/mariadb.conf.d/50-server.cnf:5\n"},
        {"postgresql", "postgresql localhost:5432 -:0\n"},
        {"bind", "dns :::53 /etc/bind/named.conf.options:4\ndns 0.0.0.0:53 -:0\n"},
        {"unbound", "dns 127.0.0.1:53 -:0\ndns ::1:53 -:0\n"},
    };
    for (size_t k = 0; k < ARRAY_SIZE(endpoints); k++) {
        _cleanup_(buf_free) struct buf b = BUF(999);
        assert_string_equal(tree_endpoints(&t, endpoints[k].product, 0, &b), endpoints[k].want);
        assert_int_equal(server_instance(t.server, endpoints[k].product, 0)->seen.code, 0);
    }
    tree_drop(&t);
}

static void databases(void **state)
{
    (void)state;
    static const struct { const char *product, *path, *text, *want; int seen; } table[] = {
        {"mysql", "etc/my.cnf", "[client]\nport=1\n[mysqld]\nbind_address = ::1,192.0.2.1 # both\nport=3307\n!includedir /etc/my.cnf.d\n", "mysql ::1:3307 /etc/my.cnf:4\nmysql 192.0.2.1:3307 /etc/my.cnf:4\n", 0},
        {"mysql", "etc/my.cnf", "[server]\nskip-networking\n", "", 0},
        {"mysql", "etc/my.cnf", "[mariadb]\nskip-networking=0\nbind-address=*\n", "mysql :3306 /etc/my.cnf:3\n", 0},
        {"mysql", "etc/my.cnf", "!include /etc/my.cnf\n[mysqld]\n", "mysql :3306 -:0\n", -ELOOP},
        {"postgresql", "var/lib/pgsql/data/postgresql.conf", "listen_addresses = '*'\t# all\nport 5433\n", "postgresql :5433 /var/lib/pgsql/data/postgresql.conf:1\n", 0},
        {"postgresql", "etc/postgresql/13/old/postgresql.conf", "listen_addresses = 'localhost, 192.0.2.1'\ninclude 'gone.conf'\n",
         "postgresql localhost:5432 /etc/postgresql/13/old/postgresql.conf:1\npostgresql 192.0.2.1:5432 /etc/postgresql/13/old/postgresql.conf:1\n", -ENOENT},
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        struct tree t;
        tree_make(&t);
        tree_write(&t, table[k].path, table[k].text);
        tree_write(&t, "var/lib/mysql/mysql/db.frm", "");
        tree_load(&t);
        _cleanup_(buf_free) struct buf b = BUF(999);
        assert_string_equal(tree_endpoints(&t, table[k].product, 0, &b), table[k].want);
        assert_int_equal(server_instance(t.server, table[k].product, 0)->seen.code, table[k].seen);
        tree_drop(&t);
    }
}

static void name_servers(void **state)
{
    (void)state;
    struct tree t;
    tree_make(&t);
    tree_write(&t, "etc/named.conf",
        "acl office { 192.0.2.0/24; !192.0.2.9; };\noptions {\n  directory \"/var/named\"; /* c */\n  listen-on port 5353 { 127.0.0.1; };\n  listen-on-v6 { none; };\n  recursion yes; // open\n"
        "  allow-recursion { any; { nested; }; };\n};\nview \"in\" {\n  match-clients { office; };\n  zone \"a.example\" IN { type master; allow-transfer { any; }; };\n};\ninclude \"/etc/named.more\";\n");
    tree_write(&t, "etc/named.more", "include \"/etc/named.conf\";\nzone \"b.example\" { type slave;\n");
    tree_write(&t, "etc/unbound/unbound.conf", "server:\n  interface: 192.0.2.1@5353\n  interface: ::0 # all\n  access-control: 0.0.0.0/0 allow\nforward-zone:\n  name: \".\"\n");
    tree_load(&t);
    static const struct { const char *product, *section, *key, *want; } values[] = {
        {"bind", "", "acl office", "192.0.2.0/24; !192.0.2.9"}, {"bind", "options", "allow-recursion", "any; { nested; }"}, {"bind", "options", "recursion", "yes"},
        {"bind", "view in/zone a.example", "allow-transfer", "any"}, {"bind", "view in", "match-clients", "office"}, {"bind", "zone b.example", "type", "slave"},
        {"unbound", "server", "access-control", "0.0.0.0/0 allow"}, {"unbound", "forward-zone", "name", "."},
    };
    for (size_t k = 0; k < ARRAY_SIZE(values); k++)
        assert_string_equal(tree_value(&t, values[k].product, values[k].section, values[k].key), values[k].want);
    _cleanup_(buf_free) struct buf a = BUF(999), b = BUF(999);
    assert_string_equal(tree_value(&t, "bind", "options", "listen-on"), "127.0.0.1");
    assert_string_equal(tree_endpoints(&t, "bind", 0, &a), " 127.0.0.1:5353 /etc/named.conf:4\n");
    assert_string_equal(tree_endpoints(&t, "unbound", 0, &b), " 192.0.2.1:5353 /etc/unbound/unbound.conf:2\ndns ::0:53 /etc/unbound/unbound.conf:3\n");
    assert_int_equal(server_instance(t.server, "bind", 0)->seen.code, -ELOOP);
    tree_drop(&t);
}

static void guards(void **state)
{
    (void)state;
    struct tree t;
    tree_make(&t);
    tree_write(&t, "etc/fail2ban/jail.conf", "[DEFAULT]\nenabled = %(all)s\nall = %(all)s\nmaxretry = 5\n[a]\nenabled = true\n[b]\n[c]\nenabled = yes\nport = %(mine)s,%(mine)s\nmine = 25\n");
    tree_write(&t, "etc/fail2ban/jail.local", "[a]\nenabled = false\n[DEFAULT]\nmaxretry = 3\n");
    tree_write(&t, "etc/fail2ban/jail.d/z.local", "[b]\nenabled = 1\nlogpath = /var/log/x\n   /var/log/y\n");
    tree_write(&t, "etc/csf/csf.conf", "# c\nTESTING = \"1\"\nTCP_IN = \"20,21\" # x \"y\nLF_SSHD = 5\nbad\n");
    tree_write(&t, "etc/csf/csf.disable", "");
    tree_load(&t);
    static const struct { const char *product, *section, *key, *want; } values[] = {
        {"fail2ban", "a", "enabled", "(not set)"}, {"fail2ban", "b", "enabled", "1"}, {"fail2ban", "b", "maxretry", "3"}, {"fail2ban", "b", "logpath", "/var/log/x /var/log/y"},
        {"fail2ban", "c", "port", "25,25"}, {"csf", "", "TESTING", "1"}, {"csf", "", "LF_SSHD", "(not set)"}, {"csf", "", "disabled", "1"},
    };
    for (size_t k = 0; k < ARRAY_SIZE(values); k++)
        assert_string_equal(tree_value(&t, values[k].product, values[k].section, values[k].key), values[k].want);
    tree_drop(&t);
}

static void docker(void **state)
{
    (void)state;
    static const struct { const char *text, *want, *ipv6; int seen; } table[] = {
        {"{\"hosts\": [\"unix:///run/docker.sock\", \"tcp://0.0.0.0:2375\"], \"ipv6\": true, \"log-opts\": {\"max-size\": \"1m\"}}", " 0.0.0.0:2375 /etc/docker/daemon.json:0\n", "true", 0},
        {"{\"tlsverify\": true, \"hosts\": [\"tcp://192.0.2.1\"]}", " 192.0.2.1:2376 tls /etc/docker/daemon.json:0\n", "(not set)", 0},
        {"{\"hosts\": ", "", "(not set)", -EINVAL},
        {"[]", "", "(not set)", -EINVAL},
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        struct tree t;
        tree_make(&t);
        tree_write(&t, "etc/docker/daemon.json", table[k].text);
        tree_load(&t);
        _cleanup_(buf_free) struct buf b = BUF(999);
        assert_string_equal(tree_endpoints(&t, "docker", 0, &b), table[k].want);
        assert_string_equal(tree_value(&t, "docker", "", "ipv6"), table[k].ipv6);
        assert_int_equal(server_instance(t.server, "docker", 0)->seen.code, table[k].seen);
        tree_drop(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stock), cmocka_unit_test(databases), cmocka_unit_test(name_servers), cmocka_unit_test(guards), cmocka_unit_test(docker)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
