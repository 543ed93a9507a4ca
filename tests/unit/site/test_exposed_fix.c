/* test_exposed_fix.c: what refuses a path in Apache's and nginx's configuration. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "site/exposed_fix.h"

static void apache_sections(void **state)
{
    (void)state;
    static const struct { enum hidden_kind kind; const char *path, *want; } table[] = {
        {HIDDEN_FILE, "/var/www/a/backup.sql", "<Directory \"/var/www/a\">\n\t<Files \"backup.sql\">\n\t\tRequire all denied\n\t</Files>\n</Directory>\n"},
        {HIDDEN_DIRECTORY, "/var/www/a/.git", "<Directory \"/var/www/a/.git\">\n\tAllowOverride None\n\tRequire all denied\n</Directory>\n"},
        {HIDDEN_LISTING, "/var/www/a/files", "<Directory \"/var/www/a/files\">\n\tOptions -Indexes\n</Directory>\n"},
        {HIDDEN_FILE, "/var/www/a/b\"><x", NULL}, {HIDDEN_FILE, "/var/www/a/*.sql", NULL}, {HIDDEN_FILE, "/var/www/a/${X}", NULL},
        {HIDDEN_FILE, "/var/www/a/b\nRequire all granted", NULL}, {HIDDEN_FILE, "/var/www/a/", NULL}, {HIDDEN_FILE, "a", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(buf_free) struct buf b = BUF(4096);
        int r = hidden_apache(table[i].kind, table[i].path, &b);
        assert_int_equal(r, table[i].want ? 0 : -EINVAL);
        if (table[i].want)
            assert_true(str_eq(buf_str(&b), str_of(table[i].want)));
    }
}

static void nginx_locations(void **state)
{
    (void)state;
    static const struct { enum hidden_kind kind; const char *url, *want; } table[] = {
        {HIDDEN_FILE, "/backup.sql", "= /backup.sql"}, {HIDDEN_DIRECTORY, "/.git", "^~ /.git/"}, {HIDDEN_DIRECTORY, "/.git/", "^~ /.git/"},
        {HIDDEN_LISTING, "/files/", "= /files/"},       {HIDDEN_FILE, "/a b", NULL},             {HIDDEN_FILE, "/a;}", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(buf_free) struct buf b = BUF(4096);
        assert_int_equal(hidden_nginx(table[i].kind, table[i].url, &b), table[i].want ? 0 : -EINVAL);
        if (table[i].want)
            assert_true(str_eq(buf_str(&b), str_of(table[i].want)));
    }
}

/* The server with the line, even after another one became longer. */
static void nginx_servers(void **state)
{
    (void)state;
    static const struct { const char *text; unsigned line, n; const char *want; } table[] = {
        {"server {\n\tlisten 80;\n}\nserver {\n\tlisten 443;\n}\n", 5, 2, "server {\n\tlisten 80;\n}\nserver {\n\tlisten 443;\n\tlocation = /x {\n\t\treturn 404;\n\t}\n}\n"},
        {"http {\n\tserver {\n\t\tlisten 80;\n\t}\n}\n", 2, 1, "http {\n\tserver {\n\t\tlisten 80;\n\t\tlocation = /x {\n\t\t\treturn 404;\n\t\t}\n\t}\n}\n"},
        {"server {\n\tlocation = /x {\n\t\treturn 404;\n\t}\n}\n", 1, 1, "server {\n\tlocation = /x {\n\t\treturn 404;\n\t}\n}\n"},
        {"upstream a {\n}\n", 1, 0, NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(buf_free) struct buf b = BUF(4096);
        struct err err = {0};
        unsigned n = hidden_nginx_server(str_of(table[i].text), table[i].line);
        assert_int_equal(n, table[i].n);
        int r = n ? hidden_nginx_edit("f", str_of(table[i].text), n, HIDDEN_FILE, "= /x", &b, &err) : -ENOENT;
        assert_int_equal(r >= 0, table[i].want != NULL);
        if (table[i].want && !str_eq(buf_str(&b), str_of(table[i].want)))
            print_message("%.*s\n", (int)b.n, b.p);
        if (table[i].want)
            assert_true(str_eq(buf_str(&b), str_of(table[i].want)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(apache_sections), cmocka_unit_test(nginx_locations), cmocka_unit_test(nginx_servers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
