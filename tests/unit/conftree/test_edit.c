#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "conftree/conftree.h"
#include <stdlib.h>

/* Edits as a user sees them: the file before, what is asked, the file after. */
enum what { SET, ADD, REMOVE, COMMENT, SECTION };

struct edit {
    const char *name, *grammar;
    struct str before;
    struct conf_step at[3];
    enum what what;
    const char *key, *value;
    struct str after; /* p == NULL: refused */
};

#define MASTER_HEAD "smtp      inet  n       -       y       -       -       smtpd\n"

static const struct edit edits[] = {
    /* Postfix main.cf */
    {"set keeps all else", "postfix-main", STR("# c\nsmtpd_banner = $myhostname\n\nmynetworks=127.0.0.0/8\n"), {}, SET, "mynetworks", "10.0.0.0/8",
     STR("# c\nsmtpd_banner = $myhostname\n\nmynetworks=10.0.0.0/8\n")},
    {"the last occurrence counts", "postfix-main", STR("a = 1\na = 2\nb = 3\n"), {}, SET, "a", "9", STR("a = 1\na = 9\nb = 3\n")},
    {"names are exact", "postfix-main", STR("A = 1\n"), {}, SET, "a", "2", STR("A = 1\na = 2\n")},
    {"continuation gives way, its comment stays", "postfix-main", STR("mynetworks = 127.0.0.0/8,\n# office\n  10.0.0.0/8\nb = 1\n"), {}, SET, "mynetworks",
     "127.0.0.0/8", STR("mynetworks = 127.0.0.0/8\n# office\nb = 1\n")},
    {"one of a list goes", "postfix-main", STR("n =\n  a,\n  b,\n  c\nx = 1\n"), {}, SET, "n", "a, c", STR("n =\n  a,\n  c\nx = 1\n")},
    {"the first of a list goes", "postfix-main", STR("n = a,\n  b,\n  c\n"), {}, SET, "n", "b, c", STR("n = b,\n  c\n")},
    {"the last of a list goes", "postfix-main", STR("n = a,\n  b,\n  c\n"), {}, SET, "n", "a, b", STR("n = a,\n  b\n")},
    {"one of a list comes", "postfix-main", STR("n = a,\n  c\n"), {}, SET, "n", "a, b, c", STR("n = a, b,\n  c\n")},
    {"a first one comes", "postfix-main", STR("n =\n  b\n  c\n"), {}, SET, "n", "a b c", STR("n =\n  a b\n  c\n")},
    {"a last one comes", "postfix-main", STR("n =\n  a\n  b\n"), {}, SET, "n", "a b c", STR("n =\n  a\n  b c\n")},
    {"one of a list beside a comment", "postfix-main", STR("n =\n  a\n# why b\n  b\n# why c\n  c\n"), {}, SET, "n", "a b d", STR("n =\n  a\n# why b\n  b\n# why c\n  d\n")},
    {"one goes with its comment in between", "postfix-main", STR("n =\n  a\n# why b\n  b\n  c\n"), {}, SET, "n", "a c", STR("n =\n  a c\n# why b\n")},
    {"a value that begins in the next line", "postfix-main", STR("a =\n  one,\n  two\n"), {}, SET, "a", "three", STR("a =\n  three\n")},
    {"an empty value", "postfix-main", STR("a =\nb =   \n"), {}, SET, "a", "x", STR("a = x\nb =   \n")},
    {"an empty value with blanks", "postfix-main", STR("a =\nb =   \n"), {}, SET, "b", "x", STR("a =\nb = x\n")},
    {"to an empty value", "postfix-main", STR("a = x\nb = y\n"), {}, SET, "a", "", STR("a = \nb = y\n")},
    {"CRLF and no last newline", "postfix-main", STR("a = 1\r\nb = 2"), {}, SET, "c", "3", STR("a = 1\r\nb = 2\r\nc = 3")},
    {"CRLF inside", "postfix-main", STR("a = 1\r\nb = 2\r\n"), {}, SET, "a", "3", STR("a = 3\r\nb = 2\r\n")},
    {"into an empty file", "postfix-main", STR(""), {}, SET, "a", "1", STR("a = 1\n")},
    {"a comment at the end", "postfix-main", STR("a = 1\n# end\n"), {}, SET, "b", "2", STR("a = 1\nb = 2\n# end\n")},
    {"a value of two lines", "postfix-main", STR("a = 1\n"), {}, SET, "a", "1\nb = 2", {0}},
    {"remove with continuation", "postfix-main", STR("a = 1\nb = 2,\n# why\n 3\nc = 4\n"), {}, REMOVE, "b", NULL, STR("a = 1\n# why\nc = 4\n")},
    {"remove the last line", "postfix-main", STR("a = 1\nb = 2"), {}, REMOVE, "b", NULL, STR("a = 1")},
    {"comment out", "postfix-main", STR("a = 1\nb = 2,\n  3\nc = 4\n"), {}, COMMENT, "b", NULL, STR("a = 1\n#b = 2,\n  #3\nc = 4\n")},
    {"comment out before a continuation that would change owner", "postfix-main", STR("a = 1\nb = 2\n"), {}, COMMENT, "b", NULL, STR("a = 1\n#b = 2\n")},
    {"same value again", "postfix-main", STR("a =   1,\n  2\n"), {}, SET, "a", "1, 2", STR("a =   1,\n  2\n")},
    {"a comment as value", "dovecot", STR("a = 1\n"), {}, SET, "a", "# x", {0}},
    {"a value with a comment", "sshd", STR("Port 22\n"), {}, SET, "Port", "23 # x", {0}},
    {"a NUL byte", "postfix-main", STR("a = 1\n\0b = 2\n"), {}, SET, "a", "2", {0}},
    /* Postfix master.cf */
    {"-o of a service", "postfix-master", STR(MASTER_HEAD "  -o a=1\n  -o b=2\n"), {{"smtp", "inet"}}, SET, "a", "3", STR(MASTER_HEAD "  -o a=3\n  -o b=2\n")},
    {"-o added behind the others", "postfix-master", STR(MASTER_HEAD "    -o a=1\n# c\nsmtp unix - - y - - smtp\n"), {{"smtp", "inet"}}, SET, "b", "2",
     STR(MASTER_HEAD "    -o a=1\n    -o b=2\n# c\nsmtp unix - - y - - smtp\n")},
    {"the first -o", "postfix-master", STR(MASTER_HEAD "x unix - - y - - smtp"), {{"smtp", "inet"}}, SET, "a", "", STR(MASTER_HEAD "  -o a=\nx unix - - y - - smtp")},
    {"the first -o of the last service", "postfix-master", STR("x unix - - y - - smtp"), {{"x", NULL}}, SET, "a", "1", STR("x unix - - y - - smtp\n  -o a=1")},
    {"-o before other arguments", "postfix-master", STR("m unix - n n - - pipe\n  flags=R user=x argv=/bin/y\n"), {{"m", "unix"}}, SET, "a", "1",
     STR("m unix - n n - - pipe\n  -o a=1\n  flags=R user=x argv=/bin/y\n")},
    {"-o in the service's line", "postfix-master", STR("m unix - n n - - pipe flags=R\n"), {{"m", "unix"}}, SET, "a", "1", STR("m unix - n n - - pipe -o a=1 flags=R\n")},
    {"a value with blanks", "postfix-master", STR(MASTER_HEAD "  -o a=1\n"), {{"smtp", "inet"}}, SET, "a", "1, 2", STR(MASTER_HEAD "  -o { a = 1, 2 }\n")},
    {"inside braces", "postfix-master", STR(MASTER_HEAD "  -o { a = 1, 2 } -o b=2\n"), {{"smtp", "inet"}}, SET, "a", "3", STR(MASTER_HEAD "  -o { a = 3 } -o b=2\n")},
    {"a column", "postfix-master", STR(MASTER_HEAD), {{"smtp", "inet"}}, SET, "chroot", "n", STR("smtp      inet  n       -       n       -       -       smtpd\n")},
    {"a column is not removed", "postfix-master", STR(MASTER_HEAD), {{"smtp", "inet"}}, REMOVE, "chroot", NULL, {0}},
    {"a column of two words", "postfix-master", STR(MASTER_HEAD), {{"smtp", "inet"}}, SET, "chroot", "n -", {0}},
    {"remove an -o", "postfix-master", STR(MASTER_HEAD "  -o a=1\n  -o b=2\n"), {{"smtp", "inet"}}, REMOVE, "a", NULL, STR(MASTER_HEAD "  -o b=2\n")},
    {"remove one of two in a line", "postfix-master", STR(MASTER_HEAD "  -o a=1 -o b=2\n"), {{"smtp", "inet"}}, REMOVE, "b", NULL, STR(MASTER_HEAD "  -o a=1\n")},
    {"comment one of the lines", "postfix-master", STR(MASTER_HEAD "  -o a=1\n  -o b=2\n"), {{"smtp", "inet"}}, COMMENT, "a", NULL, STR(MASTER_HEAD "  #-o a=1\n  -o b=2\n")},
    {"a service", "postfix-master", STR(MASTER_HEAD), {}, SECTION, "submission", "inet n - y - - smtpd", STR(MASTER_HEAD "submission inet n - y - - smtpd\n")},
    {"a service without its columns", "postfix-master", STR(MASTER_HEAD), {}, SECTION, "submission", "inet", {0}},
    /* sshd_config */
    {"the first occurrence counts", "sshd", STR("Port 22\nport 2222\n"), {}, SET, "PORT", "23", STR("Port 23\nport 2222\n")},
    {"added before Match", "sshd", STR("# head\nPort 22\n\n# backup\nMatch User backup\n\tX11Forwarding no\n"), {}, SET, "PasswordAuthentication", "no",
     STR("# head\nPort 22\nPasswordAuthentication no\n\n# backup\nMatch User backup\n\tX11Forwarding no\n")},
    {"only Match", "sshd", STR("# head\n\n# backup\nMatch User backup\n"), {}, SET, "Port", "22", STR("# head\n\nPort 22\n# backup\nMatch User backup\n")},
    {"in Match", "sshd", STR("Port 22\nMatch User backup\n\tX11Forwarding no\n\nMatch all\n"), {{"match", "User backup"}}, SET, "PermitTTY", "no",
     STR("Port 22\nMatch User backup\n\tX11Forwarding no\n\tPermitTTY no\n\nMatch all\n")},
    {"in an empty Match", "sshd", STR("Match all"), {{"Match", "all"}}, SET, "PermitTTY", "no", STR("Match all\n\tPermitTTY no")},
    {"equals and comment", "sshd", STR("Port = 22 # why\n"), {}, SET, "Port", "23", STR("Port = 23 # why\n")},
    /* ini files */
    {"php: any section", "php", STR("[PHP]\nexpose_php = On ; told\n[Session]\nx = 1\n"), {}, SET, "expose_php", "Off", STR("[PHP]\nexpose_php = Off ; told\n[Session]\nx = 1\n")},
    {"php: added to [PHP]", "php", STR("[PHP]\na = 1\n\n[Session]\nx = 1\n"), {}, SET, "expose_php", "Off", STR("[PHP]\na = 1\nexpose_php = Off\n\n[Session]\nx = 1\n")},
    {"php: of one directory", "php", STR("[PATH=/x]\nexpose_php = On\n"), {}, SET, "expose_php", "Off", STR("expose_php = Off\n[PATH=/x]\nexpose_php = On\n")},
    {"systemd", "ini", STR("[Unit]\nDescription=x\n\n[Service]\nType=simple\n"), {{"Service", NULL}}, SET, "Restart", "on-failure",
     STR("[Unit]\nDescription=x\n\n[Service]\nType=simple\nRestart=on-failure\n")},
    {"systemd: a section", "ini", STR("[Unit]\nDescription=x\n"), {}, SECTION, "Service", NULL, STR("[Unit]\nDescription=x\n\n[Service]\n")},
    {"systemd: continued", "ini", STR("[S]\nA=1 \\\n; c\n  2\nB=3\n"), {{"S", NULL}}, SET, "A", "9", STR("[S]\nA=9\n; c\nB=3\n")},
    {"ini: a line without meaning", "ini", STR("[S]\nwhat is this\nA=1\n"), {{"S", NULL}}, SET, "A", "2", STR("[S]\nwhat is this\nA=2\n")},
    /* Apache, ProFTPD */
    {"apache", "apache", STR("<VirtualHost *:80>\n\tServerName a\n</VirtualHost>\n<VirtualHost *:443>\n\tServerName b\n</VirtualHost>\n"), {{"virtualhost", "*:443"}}, SET,
     "servername", "c", STR("<VirtualHost *:80>\n\tServerName a\n</VirtualHost>\n<VirtualHost *:443>\n\tServerName c\n</VirtualHost>\n")},
    {"apache: nested", "apache", STR("<VirtualHost *:80>\n  ServerName a\n  <Directory \"/var/www\">\n    Options Indexes\n  </Directory>\n</VirtualHost>\n"),
     {{"VirtualHost", NULL}, {"Directory", "/var/www"}}, SET, "AllowOverride", "None",
     STR("<VirtualHost *:80>\n  ServerName a\n  <Directory \"/var/www\">\n    Options Indexes\n    AllowOverride None\n  </Directory>\n</VirtualHost>\n")},
    {"apache: continued", "apache", STR("LogFormat \"a \\\n b\" x\nListen 80\n"), {}, SET, "LogFormat", "\"c\" y", STR("LogFormat \"c\" y\nListen 80\n")},
    {"apache: a section in one", "apache", STR("<VirtualHost *:80>\n  ServerName a\n</VirtualHost>\n"), {{"VirtualHost", NULL}}, SECTION, "FilesMatch", "\"^\\.ht\"",
     STR("<VirtualHost *:80>\n  ServerName a\n  <FilesMatch \"^\\.ht\">\n  </FilesMatch>\n</VirtualHost>\n")},
    {"apache: a section at the top", "apache", STR("Listen 80"), {}, SECTION, "Location", "/x", STR("Listen 80\n\n<Location /x>\n</Location>")},
    {"apache: not closed", "apache", STR("Listen 80\n<VirtualHost *:80>\nServerName a\n"), {{"VirtualHost", NULL}}, SET, "ServerName", "b", {0}},
    {"apache: before what is not closed", "apache", STR("Listen 80\n<VirtualHost *:80>\nServerName a\n"), {}, SET, "Listen", "81",
     STR("Listen 81\n<VirtualHost *:80>\nServerName a\n")},
    {"apache: closed wrongly", "apache", STR("Listen 80\n<A x>\n</B>\n"), {}, SET, "Listen", "81", {0}},
    {"apache: an entry as value", "apache", STR("Listen 80\n"), {}, ADD, "<A", "x>", {0}},
    {"proftpd: twice", "proftpd", STR("Port 21\nPort 22\n"), {}, SET, "Port", "23", {0}},
    {"proftpd", "proftpd", STR("<Global>\n  TLSRequired off\n</Global>\n"), {{"Global", NULL}}, SET, "TLSRequired", "on", STR("<Global>\n  TLSRequired on\n</Global>\n")},
    /* Dovecot */
    {"dovecot", "dovecot", STR("service auth {\n  unix_listener auth {\n    mode = 0600\n  }\n}\n"), {{"service", "auth"}, {"unix_listener", "auth"}}, SET, "mode", "0660",
     STR("service auth {\n  unix_listener auth {\n    mode = 0660\n  }\n}\n")},
    {"dovecot: added", "dovecot", STR("service auth {\n  unix_listener auth {\n    mode = 0600\n  }\n}\n"), {{"service", "auth"}, {"unix_listener", "auth"}}, SET, "user", "x",
     STR("service auth {\n  unix_listener auth {\n    mode = 0600\n    user = x\n  }\n}\n")},
    {"dovecot: tail", "dovecot", STR("ssl = yes # on\n!include conf.d/*.conf\n"), {}, SET, "ssl", "required", STR("ssl = required # on\n!include conf.d/*.conf\n")},
    {"dovecot: a block", "dovecot", STR("ssl = yes\n"), {}, SECTION, "passdb", "sql", STR("ssl = yes\n\npassdb sql {\n}\n")},
    {"dovecot: into an empty block", "dovecot", STR("a {\n  b {\n  }\n}\n"), {{"a", NULL}, {"b", NULL}}, SET, "k", "v", STR("a {\n  b {\n    k = v\n  }\n}\n")},
    {"dovecot 2.4: nested", "dovecot", STR("userdb static {\n  fields {\n    uid = 5000\n  }\n}\nauth_allow_cleartext = yes\n"), {{"userdb", "static"}, {"fields", NULL}}, SET, "uid",
     "5001", STR("userdb static {\n  fields {\n    uid = 5001\n  }\n}\nauth_allow_cleartext = yes\n")},
    {"dovecot 2.4: added behind blocks", "dovecot", STR("mail_driver = maildir\nprotocols {\n  imap = yes\n}\n"), {}, SET, "auth_allow_cleartext", "no",
     STR("mail_driver = maildir\nauth_allow_cleartext = no\nprotocols {\n  imap = yes\n}\n")},
    {"dovecot: a block in one line is left alone", "dovecot", STR("protocols { imap = yes }\nssl = yes\n"), {}, SET, "ssl", "required",
     STR("protocols { imap = yes }\nssl = required\n")},
    /* nginx */
    {"nginx", "nginx", STR("server {\n    listen 80;\n    location / {\n        deny all;\n    }\n}\n"), {{"server", NULL}, {"location", "/"}}, SET, "deny", "10.0.0.1",
     STR("server {\n    listen 80;\n    location / {\n        deny 10.0.0.1;\n    }\n}\n")},
    {"nginx: added", "nginx", STR("server {\n    listen 80; # web\n}\n"), {{"server", NULL}}, SET, "server_tokens", "off",
     STR("server {\n    listen 80; # web\n    server_tokens off;\n}\n")},
    {"nginx: in one line", "nginx", STR("events { worker_connections 1; }\n"), {{"events", NULL}}, SET, "multi_accept", "on",
     STR("events { worker_connections 1; multi_accept on; }\n")},
    {"nginx: removed in one line", "nginx", STR("events { a 1; b 2; }\n"), {{"events", NULL}}, REMOVE, "b", NULL, STR("events { a 1; }\n")},
    {"nginx: smuggled", "nginx", STR("a 1;\n"), {}, SET, "a", "1; b 2", {0}},
    {"nginx: a comment as value", "nginx", STR("a 1;\n"), {}, SET, "a", "1 # x", {0}},
    {"nginx: a section", "nginx", STR("server {\n    listen 80;\n}\n"), {{"server", NULL}}, SECTION, "location", "~ /\\.git",
     STR("server {\n    listen 80;\n    location ~ /\\.git {\n    }\n}\n")},
    {"nginx: twice", "nginx", STR("server { listen 80; listen 81; }\n"), {{"server", NULL}}, SET, "listen", "82", {0}},
    {"nginx: not closed", "nginx", STR("server { listen 80;\n"), {{"server", NULL}}, SET, "listen", "82", {0}},
    {"nginx: commented where others stand", "nginx", STR("server { listen 80; }\n"), {{"server", NULL}}, COMMENT, "listen", NULL, {0}},
    /* apt.conf */
    {"apt", "apt", STR("APT::Periodic::Update-Package-Lists \"0\";\n// end\n"), {}, SET, "apt::periodic::update-package-lists", "\"1\"",
     STR("APT::Periodic::Update-Package-Lists \"1\";\n// end\n")},
    {"apt: braces", "apt", STR("APT { Periodic {\n  Enable \"1\";\n}; };\n"), {{"APT", NULL}, {"Periodic", NULL}}, SET, "Enable", "\"0\"", STR("APT { Periodic {\n  Enable \"0\";\n}; };\n")},
    {"apt: list", "apt", STR("Unattended-Upgrade::Origins-Pattern {\n        \"origin=Debian\";\n};\n"), {}, SET, "A::B", "\"1\"",
     STR("Unattended-Upgrade::Origins-Pattern {\n        \"origin=Debian\";\n};\nA::B \"1\";\n")},
};

static int run(const struct edit *e, struct conftree *t, struct err *err)
{
    size_t n = 0;
    while (n < ARRAY_SIZE(e->at) && e->at[n].name)
        n++;
    const struct conf_node *in = conftree_walk(t, e->at, n);
    if (n && !in)
        fail_msg("%s: no such section", e->name);
    const struct conf_node *node = conftree_entry(t, in, e->key, 0);
    if ((e->what == REMOVE || e->what == COMMENT) && !node)
        fail_msg("%s: no %s", e->name, e->key);
    switch (e->what) {
    case SET: return conftree_set(t, in, e->key, str_of(e->value), err);
    case ADD: return conftree_add(t, in, e->key, str_of(e->value), err);
    case REMOVE: return conftree_remove(t, node, err);
    case COMMENT: return conftree_comment(t, node, err);
    case SECTION: return conftree_add_section(t, in, e->key, e->value, err);
    }
    return -1;
}

static void check_edit(const struct edit *e)
{
    struct err err = {0};
    struct conftree *t = NULL;
    assert_int_equal(conftree_open(conf_grammar(e->grammar), "file", e->before, &t, &err), 0);
    assert_true(str_eq(conftree_text(t), e->before));
    int r = run(e, t, &err);
    struct str want = e->after.p ? e->after : e->before;
    struct str text = conftree_text(t);
    if (!str_eq(text, want) || (r < 0) != !e->after.p)
        fail_msg("%s: %d %s:%u %s\n--- got\n%.*s\n--- want\n%.*s", e->name, r, err.file, err.line, err.text, (int)text.n, text.p, (int)want.n, want.p);
    if (r >= 0 && r != !str_eq(e->before, e->after))
        fail_msg("%s: says %d", e->name, r);
    if (r < 0 && !err.text[0])
        fail_msg("%s: refused without a reason", e->name);
    if (r > 0 && e->what == SET && run(e, t, &err) != 0)
        fail_msg("%s: the second time it changes again", e->name);
    conftree_free(t);
}

static void test_edits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(edits); i++)
        check_edit(&edits[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_edits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
