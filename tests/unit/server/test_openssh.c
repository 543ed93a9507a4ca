#include "tree.h"

static void stock(void **state)
{
    (void)state;
    struct tree t;
    tree_recorded(&t, "debian12");
    tree_load(&t);
    _cleanup_(buf_free) struct buf endpoints = BUF(8192);
    assert_string_equal(tree_endpoints(&t, "openssh", 0, &endpoints), "ssh :22 -:0\n");
    assert_string_equal(tree_value(&t, "openssh", "", "usepam"), "yes");
    assert_string_equal(tree_value(&t, "openssh", "", "PermitRootLogin"), "(not set)");
    tree_drop(&t);
}

/* The first value counts; includes stand where they are written; a Match block ends with its file. */
static void order(void **state)
{
    (void)state;
    struct tree t;
    tree_make(&t);
    tree_write(&t, "etc/ssh/sshd_config",
        "Include sshd_config.d/*.conf\nPermitRootLogin yes\nPort 22\nListenAddress 192.0.2.1\nListenAddress [2001:db8::1]:2022\n"
        "Match User backup\n\tPasswordAuthentication no\nMatch all\nX11Forwarding no\n");
    tree_write(&t, "etc/ssh/sshd_config.d/10-a.conf", "permitrootlogin = prohibit-password\nPort 2222\nMatch Address 10.0.0.0/8\nPasswordAuthentication yes\n");
    tree_write(&t, "etc/ssh/sshd_config.d/20-b.conf", "PasswordAuthentication no\nInclude sshd_config.d/20-b.conf\n");
    tree_load(&t);
    _cleanup_(buf_free) struct buf endpoints = BUF(8192);
    const struct instance *i = server_instance(t.server, "openssh", 0);
    const struct setting *s = setting_get(i, "", "PermitRootLogin");
    assert_string_equal(s->value, "prohibit-password");
    assert_string_equal(s->file, "/etc/ssh/sshd_config.d/10-a.conf");
    assert_int_equal(s->line, 1);
    assert_string_equal(setting_value(i, "", "PasswordAuthentication", "?"), "no");
    assert_string_equal(setting_value(i, "", "X11Forwarding", "?"), "no");
    assert_string_equal(setting_value(i, "Match Address 10.0.0.0/8", "PasswordAuthentication", "?"), "yes");
    assert_string_equal(setting_value(i, "Match User backup", "PasswordAuthentication", "?"), "no");
    assert_string_equal(tree_endpoints(&t, "openssh", 0, &endpoints),
        "ssh 192.0.2.1:2222 /etc/ssh/sshd_config:4\nssh 192.0.2.1:22 /etc/ssh/sshd_config:4\nssh 2001:db8::1:2022 /etc/ssh/sshd_config:5\n");
    assert_int_equal(i->seen.code, -ELOOP);
    tree_drop(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stock), cmocka_unit_test(order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
