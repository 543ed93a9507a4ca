#include "tree.h"

/* Debian's files as they are installed, and a drop-in. */
static void stock(void **state)
{
    (void)state;
    struct tree t;
    tree_recorded(&t, "debian12");
    tree_load(&t);
    static const struct { const char *product, *section, *key, *want; } table[] = {
        {"proftpd", "", "User", "proftpd"}, {"proftpd", "", "ControlsEngine", "off"}, {"proftpd", "", "TLSEngine", "(not set)"}, {"proftpd", "", "IdentLookups", "(not set)"},
        {"proftpd", "", "AuthUserFile", "/etc/proftpd/ftpd.passwd"}, {"proftpd", "Global", "RequireValidShell", "off"},
        {"vsftpd", "", "anonymous_enable", "NO"}, {"vsftpd", "", "ssl_enable", "NO"},
        {"pure-ftpd", "", "PAMAuthentication", "yes"}, {"pure-ftpd", "", "MinUID", "1000"}, {"pure-ftpd", "auth", "70pam", "../conf/PAMAuthentication"},
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++)
        assert_string_equal(tree_value(&t, table[k].product, table[k].section, table[k].key), table[k].want);
    _cleanup_(buf_free) struct buf a = BUF(999), b = BUF(999), c = BUF(999);
    assert_string_equal(tree_endpoints(&t, "proftpd", 0, &a), "ftp :21 /etc/proftpd/proftpd.conf:18\n");
    assert_string_equal(tree_endpoints(&t, "vsftpd", 0, &b), "ftp :21 /etc/vsftpd.conf:2\n");
    assert_string_equal(tree_endpoints(&t, "pure-ftpd", 0, &c), "ftp :21 -:0\n");
    tree_drop(&t);
}

static void endpoints(void **state)
{
    (void)state;
    static const struct { const char *product, *path, *text, *want; } table[] = {
        {"proftpd", "etc/proftpd.conf", "Port 2121\n<VirtualHost 192.0.2.5>\nTLSOptions UseImplicitSSL NoCertRequest\nPort 990\n</VirtualHost>\n<VirtualHost ftp.example>\n</VirtualHost>\n",
         "ftp :2121 /etc/proftpd.conf:1\nftps 192.0.2.5:990 tls /etc/proftpd.conf:4\nftp ftp.example:21 /etc/proftpd.conf:6\n"},
        {"proftpd", "etc/proftpd.conf", "<IfModule mod_tls.c>\nPort 1021\n</IfModule>\n<IfDefine X>\nPort 1\n</IfDefine>\n", "ftp :1021 /etc/proftpd.conf:2\n"},
        {"proftpd", "etc/proftpd/proftpd.conf", "LoadModule mod_x.c\n<IfModule mod_tls.c>\nPort 1021\n</IfModule>\n<IfModule !mod_tls.c>\nPort 1022\n</IfModule>\n", "ftp :1022 /etc/proftpd/proftpd.conf:6\n"},
        {"vsftpd", "etc/vsftpd/vsftpd.conf", "listen=YES\nlisten_address=192.0.2.1\nssl_enable=YES\nimplicit_ssl=YES\nlisten_port=990\n", "ftps 192.0.2.1:990 tls /etc/vsftpd/vsftpd.conf:5\n"},
        {"pure-ftpd", "etc/pure-ftpd/conf/Bind", "127.0.0.1,2121\n", "ftp 127.0.0.1:2121 /etc/pure-ftpd/conf/Bind:1\n"},
        {"pure-ftpd", "etc/pure-ftpd.conf", "# x\nBind ,990\nTLS 2\n", "ftps :990 tls /etc/pure-ftpd.conf:2\n"},
    };
    for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
        struct tree t;
        tree_make(&t);
        tree_write(&t, table[k].path, table[k].text);
        tree_load(&t);
        _cleanup_(buf_free) struct buf b = BUF(999);
        assert_string_equal(tree_endpoints(&t, table[k].product, 0, &b), table[k].want);
        tree_drop(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stock), cmocka_unit_test(endpoints)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
