/* Whatever stands in the place of a configuration file: the server is loaded, and nothing is taken for known that was not read. */
#include "tree.h"

static const struct { const char *product, *path; } files[] = {
    {"openssh", "etc/ssh/sshd_config"}, {"apache", "etc/apache2/apache2.conf"}, {"nginx", "etc/nginx/nginx.conf"}, {"proftpd", "etc/proftpd/proftpd.conf"}, {"vsftpd", "etc/vsftpd.conf"},
    {"pure-ftpd", "etc/pure-ftpd/pure-ftpd.conf"}, {"postgresql", "var/lib/pgsql/data/postgresql.conf"}, {"bind", "etc/bind/named.conf"}, {"unbound", "etc/unbound/unbound.conf"},
    {"fail2ban", "etc/fail2ban/jail.conf"}, {"csf", "etc/csf/csf.conf"}, {"docker", "etc/docker/daemon.json"}, {"php", "etc/php/8.2/fpm/php-fpm.conf"}, {"mysql", "etc/my.cnf"},
};

enum evil { A_FIFO, A_DIRECTORY, A_GIGABYTE, EVIL_SEEN /* those before are noticed */, GARBAGE = EVIL_SEEN, ONE_LINE, MANY_LINES, DEEP, EVIL_COUNT };

static void plant(struct tree *t, const char *path, enum evil evil)
{
    _cleanup_(buf_free) struct buf b = BUF(8u << 20);
    tree_write(t, path, "");
    switch (evil) {
    case A_FIFO:
    case A_DIRECTORY:
        unlinkat(t->root.fd, path, 0);
        assert_int_equal(evil == A_FIFO ? mkfifoat(t->root.fd, path, 0644) : mkdirat(t->root.fd, path, 0755), 0);
        return;
    case A_GIGABYTE: {
        int fd = openat(t->root.fd, path, O_WRONLY | O_CLOEXEC);
        assert_int_equal(ftruncate(fd, 1ll << 30), 0);
        close(fd);
        return;
    }
    case GARBAGE:
        for (unsigned n = 0, x = 1; n < 300000; n++) {
            x = x * 1103515245 + 12345;
            buf_addc(&b, (char)(x >> 16));
        }
        break;
    case ONE_LINE:
        for (unsigned n = 0; n < 1u << 20; n++)
            buf_addc(&b, "a b=\"{;<"[n % 8]);
        break;
    case MANY_LINES:
        for (unsigned n = 0; n < 60000; n++)
            buf_printf(&b, "Key%u = v%u;\n", n, n);
        break;
    default:
        for (unsigned n = 0; n < 100000; n++)
            buf_addz(&b, n % 2 ? "<A b>\n" : "a {\n");
    }
    tree_write_n(t, path, b.p, b.n);
}

static void planted(void **state)
{
    (void)state;
    for (enum evil evil = 0; evil < EVIL_COUNT; evil++) {
        struct tree t;
        tree_make(&t);
        tree_write(&t, "var/lib/mysql/mysql/db.frm", "");
        for (size_t i = 0; i < ARRAY_SIZE(files); i++)
            plant(&t, files[i].path, evil);
        tree_load(&t);
        for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
            const struct instance *x = server_instance(t.server, files[i].product, 0);
            if (!x)
                fail_msg("%s, evil %u: no instance", files[i].product, evil);
            if (evil < EVIL_SEEN && x->seen.code == 0)
                fail_msg("%s, evil %u: taken for known", files[i].product, evil);
            if (x->seen.code < 0)
                assert_non_null(x->seen.why);
            assert_true(x->settings.n <= SETTINGS_MAX);
        }
        tree_drop(&t);
    }
}

/* Includes that lead to each other, and a directory of includes as wide as it may get. */
static void includes(void **state)
{
    (void)state;
    struct tree t;
    tree_make(&t);
    tree_write(&t, "etc/apache2/apache2.conf", "IncludeOptional many/*.conf\nInclude many/*.conf\n");
    for (unsigned n = 0; n < 1600; n++) {
        char path[64];
        snprintf(path, sizeof path, "etc/apache2/many/%u.conf", n);
        tree_write(&t, path, "Timeout 3\n");
    }
    tree_load(&t);
    assert_int_equal(server_instance(t.server, "apache", 0)->seen.code, -E2BIG);
    tree_drop(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(planted), cmocka_unit_test(includes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
