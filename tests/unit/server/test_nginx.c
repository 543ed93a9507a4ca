#include "tree.h"
#include "server/nginx.h"

static void stock(void **state)
{
    (void)state;
    struct tree t;
    tree_recorded(&t, "debian12");
    tree_load(&t);
    _cleanup_(buf_free) struct buf sites = BUF(8192), endpoints = BUF(8192);
    assert_string_equal(tree_sites(&t, "nginx", &sites), "||/var/www/html||||*:80|/etc/nginx/sites-enabled/default:1\n");
    assert_string_equal(tree_endpoints(&t, "nginx", 0, &endpoints), "http :80 /etc/nginx/sites-enabled/default:2\nhttp :::80 /etc/nginx/sites-enabled/default:3\n");
    assert_string_equal(tree_value(&t, "nginx", "", "user"), "www-data");
    assert_int_equal(server_instance(t.server, "nginx", 0)->seen.code, 0);
    tree_drop(&t);
}

/* {what stands in http {}, the sites, seen} */
static void servers(void **state)
{
    (void)state;
    static const struct { const char *text, *want; int seen; } table[] = {
        {"ssl_certificate /etc/ssl/all.pem;\nserver { listen 443 ssl http2; listen [::]:443 ssl http2; server_name shop.example www.shop.example *.shop.example; root /srv/shop; }",
         "shop.example|www.shop.example,*.shop.example|/srv/shop||tls|/etc/ssl/all.pem|*:443|/etc/nginx/nginx.conf:3\n", 0},
        {"server { listen 8080; listen 192.0.2.1:443 ssl; ssl_certificate own.pem; server_name a.example; location / { root /srv/a; } location /static { root /srv/b; }\n"
         "location ^~ /img/ { alias \"/srv/my images/\"; } location ~ \\.php$ { root /never; } location = /x { alias /never; } }",
         "a.example||/srv/a|/static=/srv/b/static,/img/=/srv/my images/|||*:8080|/etc/nginx/nginx.conf:2\n"
         "a.example||/srv/a|/static=/srv/b/static,/img/=/srv/my images/|tls|/etc/nginx/own.pem|192.0.2.1:443|/etc/nginx/nginx.conf:2\n", 0},
        {"server { server_name proxy.example; location / { proxy_pass http://127.0.0.1:7080; } }", "proxy.example||||||*:80|/etc/nginx/nginx.conf:2\n", 0},
        {"root /srv/all; server { listen unix:/run/x; listen 81; server_name _; } ", "||/srv/all||||*:81|/etc/nginx/nginx.conf:2\n", 0},
        {"server { listen 80; server_name plain.example; }", "plain.example||/usr/share/nginx/html||||*:80|/etc/nginx/nginx.conf:2\n", 0},
        {"server { listen 80; server_name v.example; root /srv/$host; }", "v.example||||||*:80|/etc/nginx/nginx.conf:2\n", -ENOTSUP},
        {"map $x $y { listen 1; server 2; root /; } upstream b { server 127.0.0.1:80; }\nserver { listen 80; server_name u.example; root /u;\n content_by_lua_block { if x then y = {} end } }",
         "u.example||/u||||*:80|/etc/nginx/nginx.conf:3\n", 0},
        {"server { listen 80; server_name open.example; root /o; ", "open.example||/o||||*:80|/etc/nginx/nginx.conf:2\n", -EINVAL},
        {"include self.conf; server { listen 80; server_name loop.example; root /l; }", "loop.example||/l||||*:80|/etc/nginx/nginx.conf:2\n", -ELOOP},
        {"server { listen 80; server_name 'q\\'.example' \"\"; root \"/q;q\"; # }\n }", "q'.example||/q;q||||*:80|/etc/nginx/nginx.conf:2\n", 0},
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        struct tree t;
        tree_make(&t);
        char text[2048];
        snprintf(text, sizeof text, "http {\n%s }\n", table[k].text);
        tree_write(&t, "etc/nginx/nginx.conf", text);
        tree_write(&t, "etc/nginx/self.conf", "include self.conf;\n");
        tree_load(&t);
        _cleanup_(buf_free) struct buf sites = BUF(8192);
        assert_string_equal(tree_sites(&t, "nginx", &sites), table[k].want);
        assert_int_equal(server_instance(t.server, "nginx", 0)->seen.code, table[k].seen);
        tree_drop(&t);
    }
}

static void dump(void **state)
{
    (void)state;
    struct arena *a = arena_new(1u << 20);
    struct conf_files f = {.arena = a};
    nginx_dump_parse(STR("nginx: ok\n# configuration file /etc/nginx/nginx.conf:\nuser x;\n# configuration file\n\n# configuration file /etc/nginx/b:\nb;\n"), a, &f);
    assert_int_equal(f.given.n, 2);
    assert_string_equal(f.given.v[0].path, "/etc/nginx/nginx.conf");
    assert_true(str_eq(f.given.v[0].text, STR("user x;\n# configuration file\n\n")));
    assert_string_equal(f.given.v[1].path, "/etc/nginx/b");
    assert_true(str_eq(f.given.v[1].text, STR("b;\n")));
    arena_free(a);
}

/* All addresses of one family are not those of the other. */
static void families(void **state)
{
    (void)state;
    static const struct { const char *listen; unsigned want; } table[] = {
        {"listen 443 ssl;", SITE_V4}, {"listen *:443 ssl;", SITE_V4}, {"listen [::]:443 ssl;", SITE_V6}, {"listen [::]:443 ssl ipv6only=off;", SITE_V4 | SITE_V6},
        {"listen 443 ssl; listen [::]:443 ssl;", SITE_V4 | SITE_V6}, {"listen [::]:443 ssl; listen 443 ssl; listen [::]:80;", SITE_V4 | SITE_V6},
        {"listen 192.0.2.1:443 ssl;", 0}, {"listen [::]:443 ssl ipv6only=on;", SITE_V6},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct tree t;
        char text[300];
        snprintf(text, sizeof text, "http { server { %s server_name a.example; root /srv/a; } }\n", table[i].listen);
        tree_make(&t);
        tree_write(&t, "etc/nginx/nginx.conf", text);
        tree_load(&t);
        assert_true(t.server->sites.n >= 1);
        assert_int_equal(t.server->sites.v[0].families, table[i].want);
        tree_drop(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stock), cmocka_unit_test(servers), cmocka_unit_test(dump), cmocka_unit_test(families)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
