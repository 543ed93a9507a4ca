#include "tree.h"

static void versions(void **state)
{
    (void)state;
    struct tree t;
    tree_make(&t);
    tree_write(&t, "etc/php/8.2/fpm/php-fpm.conf", "[global]\npid = /run/php/php8.2-fpm.pid\ninclude=/etc/php/8.2/fpm/pool.d/*.conf\n");
    tree_write(&t, "etc/php/8.2/fpm/pool.d/www.conf", "[www]\nuser = www-data\nlisten = /run/php/php8.2-fpm.sock\n;listen = 9\n");
    tree_write(&t, "etc/php/8.2/fpm/pool.d/shop.conf", "[shop]\nuser = $pool\nlisten = 127.0.0.1:9000\nphp_admin_value[mail.log] = /var/log/$pool.log\n");
    tree_write(&t, "etc/php/8.2/fpm/php.ini", "[PHP]\nexpose_php = Off\n[mail function]\nmail.add_x_header = Off\nmemory_limit = 1\n");
    tree_write(&t, "etc/php/8.2/fpm/conf.d/99.ini", "mail.add_x_header=On\n");
    tree_write(&t, "etc/php/8.2/cli/php.ini", "mail.add_x_header = Off\n");
    tree_write(&t, "opt/plesk/php/7.4/etc/php-fpm.conf", "include=/opt/plesk/php/7.4/etc/php-fpm.d/*.conf\n[global]\n");
    tree_write(&t, "opt/plesk/php/7.4/etc/php.ini", "allow_url_include = On\n");
    tree_load(&t);
    const struct instance *debian = server_instance(t.server, "php", 0), *plesk = server_instance(t.server, "php", 1);
    assert_non_null(plesk);
    assert_null(server_instance(t.server, "php", 2));
    assert_string_equal(setting_value(debian, "php.ini", "mail.add_x_header", "?"), "On");
    assert_string_equal(setting_value(debian, "php.ini/cli", "mail.add_x_header", "?"), "Off");
    assert_string_equal(setting_value(debian, "pool www", "user", "?"), "www-data");
    assert_string_equal(setting_value(debian, "pool shop", "user", "?"), "shop");
    assert_string_equal(setting_value(debian, "pool shop", "php_admin_value[mail.log]", "?"), "/var/log/shop.log");
    assert_string_equal(setting_value(debian, "php.ini", "memory_limit", "?"), "?");
    assert_string_equal(setting_value(plesk, "php.ini", "allow_url_include", "?"), "On");
    _cleanup_(buf_free) struct buf b = BUF(1024);
    assert_string_equal(tree_endpoints(&t, "php", 0, &b), " 127.0.0.1:9000 /etc/php/8.2/fpm/pool.d/shop.conf:3\n");
    tree_drop(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(versions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
