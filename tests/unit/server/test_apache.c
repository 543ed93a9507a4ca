#include "tree.h"

static const char second[] =
    "# two names, one of them with a port\n"
    "<VirtualHost 192.0.2.1:443 [2001:db8::1]:443>\n"
    "  ServerName https://shop.example:443\n"
    "  ServerAlias www.shop.example \\\n"
    "     old.shop.example\n"
    "  DocumentRoot \"/srv/a b/httpdocs\"\n"
    "  Alias \"/blog\" /usr/share/wordpress\n"
    "  <Location /wiki>\n"
    "    Alias /srv/wiki\n"
    "  </Location>\n"
    "  SSLEngine on\n"
    "  SSLCertificateFile ssl/shop.pem\n"
    "</VirtualHost>\n"
    "<IfModule !mod_ssl.c>\n<VirtualHost *:81>\nServerName never.example\n</VirtualHost>\n</IfModule>\n"
    "<IfVersion < 2.4>\n<VirtualHost *:82>\nServerName ancient.example\n</VirtualHost>\n</IfVersion>\n"
    "<VirtualHost *>\nServerName all.example\n</VirtualHost>\n";

static void stock(void **state)
{
    (void)state;
    struct tree t;
    tree_recorded(&t, "debian12");
    tree_load(&t);
    _cleanup_(buf_free) struct buf sites = BUF(8192), endpoints = BUF(8192);
    assert_string_equal(tree_sites(&t, "apache", &sites),
        "||/var/www/html|/icons/=/usr/share/apache2/icons/,/phpmyadmin=/usr/share/phpmyadmin|||*:80|/etc/apache2/sites-enabled/000-default.conf:1\n"
        "||/var/www/html|/icons/=/usr/share/apache2/icons/,/phpmyadmin=/usr/share/phpmyadmin|tls|/etc/ssl/certs/ssl-cert-snakeoil.pem|*:443|/etc/apache2/sites-enabled/default-ssl.conf:1\n");
    assert_string_equal(tree_endpoints(&t, "apache", 0, &endpoints), "http :80 /etc/apache2/ports.conf:1\nhttps :443 tls /etc/apache2/ports.conf:3\n");
    assert_string_equal(tree_value(&t, "apache", "", "User"), "www-data");
    assert_string_equal(tree_value(&t, "apache", "VirtualHost *:80", "ErrorLog"), "/var/log/apache2/error.log");
    assert_int_equal(server_instance(t.server, "apache", 0)->seen.code, 0);
    tree_drop(&t);
}

/* Addresses, quotes, continuation, conditions, mounts of the main server, a host without port. */
static void rhel(void **state)
{
    (void)state;
    struct tree t;
    tree_make(&t);
    tree_write(&t, "etc/httpd/conf/httpd.conf",
        "ServerRoot \"/etc/httpd\"\r\nListen 80\r\nListen 192.0.2.1:443 https\r\nInclude conf.modules.d/*.conf\r\nDefine SITES conf.d\r\nDocumentRoot /var/www/html\r\n"
        "Alias /icons/ /usr/share/httpd/icons/\r\nIncludeOptional ${SITES}/*.conf\r\nIncludeOptional missing/*.conf\r\nIncludeOptional missing.conf\r\n");
    tree_write(&t, "etc/httpd/conf.modules.d/00-ssl.conf", "LoadModule ssl_module modules/mod_ssl.so\n");
    tree_write(&t, "etc/httpd/conf.d/shop.conf", second);
    tree_load(&t);
    _cleanup_(buf_free) struct buf sites = BUF(8192);
    const char *want =
        "shop.example|www.shop.example,old.shop.example|/srv/a b/httpdocs|/blog=/usr/share/wordpress,/wiki=/srv/wiki,/icons/=/usr/share/httpd/icons/|tls|/etc/httpd/ssl/shop.pem|192.0.2.1:443|/etc/httpd/conf.d/shop.conf:2\n"
        "shop.example|www.shop.example,old.shop.example|/srv/a b/httpdocs|/blog=/usr/share/wordpress,/wiki=/srv/wiki,/icons/=/usr/share/httpd/icons/|tls|/etc/httpd/ssl/shop.pem|2001:db8::1:443|/etc/httpd/conf.d/shop.conf:2\n"
        "all.example||/var/www/html|/icons/=/usr/share/httpd/icons/|||*:80|/etc/httpd/conf.d/shop.conf:24\n"
        "all.example||/var/www/html|/icons/=/usr/share/httpd/icons/|||*:443|/etc/httpd/conf.d/shop.conf:24\n";
    assert_string_equal(tree_sites(&t, "apache", &sites), want);
    assert_int_equal(server_instance(t.server, "apache", 0)->seen.code, 0);
    tree_drop(&t);
}

/* Plesk: nginx in front on 80 and 443, Apache behind it on 7080 and 7081, both written by the panel. */
static void plesk(void **state)
{
    (void)state;
    struct tree t;
    tree_make(&t);
    tree_write(&t, "etc/apache2/apache2.conf", "Listen 7080\nListen 7081\nIncludeOptional mods-enabled/*.load\nIncludeOptional conf-enabled/*.conf\n");
    tree_write(&t, "etc/apache2/mods-enabled/ssl.load", "LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so\n");
    tree_write(&t, "etc/apache2/conf-enabled/zz010_psa_httpd.conf", "Include \"/etc/apache2/plesk.conf.d/vhosts/*.conf\"\n");
    tree_write(&t, "etc/apache2/plesk.conf.d/vhosts/shop.example.conf", "IncludeOptional \"/var/www/vhosts/system/shop.example/conf/httpd.conf\"\n");
    tree_write(&t, "var/www/vhosts/system/shop.example/conf/httpd.conf",
        "<IfModule mod_ssl.c>\n\t<VirtualHost 203.0.113.5:7081>\n\t\tServerName \"shop.example:443\"\n\t\tServerAlias \"www.shop.example\"\n\t\tServerAlias \"ipv4.shop.example\"\n"
        "\t\tUseCanonicalName Off\n\t\tDocumentRoot \"/var/www/vhosts/shop.example/httpdocs\"\n\t\tAlias \"/plesk-stat\" \"/var/www/vhosts/system/shop.example/statistics\"\n"
        "\t\tSSLEngine on\n\t\tSSLCertificateFile /opt/psa/var/certificates/scf12\n\t</VirtualHost>\n</IfModule>\n");
    tree_write(&t, "etc/nginx/nginx.conf", "http { include /etc/nginx/plesk.conf.d/vhosts/*.conf; }\n");
    tree_write(&t, "etc/nginx/plesk.conf.d/vhosts/shop.example.conf",
        "server {\n\tlisten 203.0.113.5:443 ssl;\n\tserver_name shop.example;\n\tserver_name www.shop.example;\n\tssl_certificate /opt/psa/var/certificates/scf12;\n"
        "\troot \"/var/www/vhosts/shop.example/httpdocs\";\n\tlocation / { proxy_pass https://203.0.113.5:7081; }\n\tlocation @fallback { proxy_pass https://203.0.113.5:7081; }\n}\n");
    tree_load(&t);
    _cleanup_(buf_free) struct buf apache = BUF(8192), nginx = BUF(8192);
    assert_string_equal(tree_sites(&t, "apache", &apache),
        "shop.example|www.shop.example,ipv4.shop.example|/var/www/vhosts/shop.example/httpdocs|/plesk-stat=/var/www/vhosts/system/shop.example/statistics|tls|/opt/psa/var/certificates/scf12|203.0.113.5:7081|"
        "/var/www/vhosts/system/shop.example/conf/httpd.conf:2\n");
    assert_string_equal(tree_sites(&t, "nginx", &nginx),
        "shop.example|www.shop.example|/var/www/vhosts/shop.example/httpdocs||tls|/opt/psa/var/certificates/scf12|203.0.113.5:443|/etc/nginx/plesk.conf.d/vhosts/shop.example.conf:1\n");
    tree_drop(&t);
}

/* Without a virtual host that takes every address, the main server's document root answers. */
static void main_server(void **state)
{
    (void)state;
    struct tree t;
    tree_make(&t);
    tree_write(&t, "etc/apache2/apache2.conf", "Listen 80\nDocumentRoot htdocs\n<VirtualHost 192.0.2.7:80>\nServerName one.example\nDocumentRoot /srv/one\n</VirtualHost>\n");
    tree_load(&t);
    _cleanup_(buf_free) struct buf sites = BUF(8192);
    assert_string_equal(tree_sites(&t, "apache", &sites),
        "one.example||/srv/one||||192.0.2.7:80|/etc/apache2/apache2.conf:3\n||/etc/apache2/htdocs||||*:80|/etc/apache2/apache2.conf:0\n");
    tree_drop(&t);
}

/* What cannot be read in full is never taken for the whole. Each case has one good virtual host, which is still found. */
static void hostile(void **state)
{
    (void)state;
    static const char good[] = "<VirtualHost *:80>\nServerName good.example\nDocumentRoot /srv/good\n</VirtualHost>\n";
    static const struct { const char *name, *extra; int want; } table[] = {
        {"a file that includes itself", "Include apache2.conf\n", -ELOOP},
        {"a ring of files", "Include ring-a.conf\n", -ELOOP},
        {"a named pipe", "Include fifo\n", -EINVAL},
        {"a directory that includes itself by a link", "Include ring-dir\n", 0},
        {"a file that is not there", "Include nothing.conf\n", -ENOENT},
        {"a pattern that fits nothing", "Include nothing*.conf\n", 0},
        {"a macro", "Use VHost a b\n", -ENOTSUP},
        {"an open section", "<Directory /x>\n", -EINVAL},
        {"a line of a megabyte", NULL, -E2BIG},
        {"more closed than open", "</Directory>\n</VirtualHost>\n", 0},
        {"names with escapes", "ServerAdmin \"\033[2J\"\nInclude \"\001\n", -ENOENT},
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        struct tree t;
        tree_make(&t);
        _cleanup_(buf_free) struct buf b = BUF(4u << 20);
        buf_addz(&b, good);
        if (table[k].extra)
            buf_addz(&b, table[k].extra);
        for (size_t n = 0; !table[k].extra && n < 1u << 20; n++)
            buf_addc(&b, 'x');
        tree_write_n(&t, "etc/apache2/apache2.conf", b.p, b.n);
        tree_write(&t, "etc/apache2/ring-a.conf", "Include ring-b.conf\n");
        tree_write(&t, "etc/apache2/ring-b.conf", "Include ./ring-a.conf\n");
        mkfifoat(t.root.fd, "etc/apache2/fifo", 0644);
        assert_int_equal(symlinkat(".", t.root.fd, "etc/apache2/ring-dir"), 0);
        unlinkat(t.root.fd, k == 3 ? "etc/apache2/ring-a.conf" : "none", 0);
        unlinkat(t.root.fd, k == 3 ? "etc/apache2/ring-b.conf" : "none", 0);
        tree_load(&t);
        const struct instance *i = server_instance(t.server, "apache", 0);
        if (k != 3)
            assert_int_equal(i->seen.code, table[k].want);
        assert_int_equal(i->seen.code < 0, t.server->sites_seen.code < 0);
        assert_true(t.server->sites.n > 0);
        assert_string_equal(t.server->sites.v[0].name, "good.example");
        tree_drop(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stock), cmocka_unit_test(rhel), cmocka_unit_test(plesk), cmocka_unit_test(main_server), cmocka_unit_test(hostile)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
