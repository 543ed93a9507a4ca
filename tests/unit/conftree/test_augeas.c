#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/child.h"
#include "base/diff.h"
#include "conftree/conftree.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Augeas as a second opinion: after our edit it sees that one value changed, and nothing else. Left out where augtool is not installed. */

#define MAX (1 << 20)

struct opinion {
    const char *grammar, *lens;
    struct conf_step at[3];
    const char *key, *value; /* value NULL: removed */
    const char *want;        /* the lines of its tree that differ */
};

static const struct opinion opinions[] = {
    {"postfix-main", "Postfix_Main", {}, "smtpd_tls_security_level", "encrypt", "-/smtpd_tls_security_level = \"may\"\n+/smtpd_tls_security_level = \"encrypt\"\n"},
    {"postfix-main", "Postfix_Main", {}, "mynetworks", "127.0.0.0/8", "-/mynetworks = \"127.0.0.0/8,\\n    [::1]/128,\\n    192.0.2.0/24\"\n+/mynetworks = \"127.0.0.0/8\"\n"},
    {"postfix-main", "Postfix_Main", {}, "disable_vrfy_command", "yes", "+/disable_vrfy_command = \"yes\"\n"},
    {"postfix-main", "Postfix_Main", {}, "biff", NULL, "-/biff = \"no\"\n"},
    {"postfix-master", "Postfix_Master", {{"submission", "inet"}}, "smtpd_tls_security_level", "encrypt",
     "-/submission/command = \"smtpd\\n    -o syslog_name=postfix/submission\\n    -o smtpd_tls_security_level=may\\n    -o smtpd_sasl_auth_enable=yes\\n    -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject\"\n"
     "+/submission/command = \"smtpd\\n    -o syslog_name=postfix/submission\\n    -o smtpd_tls_security_level=encrypt\\n    -o smtpd_sasl_auth_enable=yes\\n    -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject\"\n"},
    {"postfix-master", "Postfix_Master", {{"smtp", "unix"}}, "chroot", "n", "-/smtp[2]/chroot = \"y\"\n+/smtp[2]/chroot = \"n\"\n"},
    {"sshd", "Sshd", {}, "PermitRootLogin", "no", "-/PermitRootLogin = \"yes\"\n+/PermitRootLogin = \"no\"\n"},
    {"sshd", "Sshd", {}, "MaxAuthTries", "3", "+/MaxAuthTries = \"3\"\n"},
    {"sshd", "Sshd", {{"Match", NULL}}, "PermitTTY", "no", "+/Match/Settings/PermitTTY = \"no\"\n"},
    {"apache", "Httpd", {{"VirtualHost", "*:443"}}, "SSLEngine", "off", "-/VirtualHost[2]/directive[2]/arg = \"on\"\n+/VirtualHost[2]/directive[2]/arg = \"off\"\n"},
    {"apache", "Httpd", {}, "ServerTokens", "Prod", "-/directive[1]/arg = \"OS\"\n+/directive[1]/arg = \"Prod\"\n"},
    {"apache", "Httpd", {{"VirtualHost", "*:80"}, {"Directory", "/var/www/html"}}, "AllowOverride", "All",
     "-/VirtualHost[1]/Directory/directive[2]/arg = \"None\"\n+/VirtualHost[1]/Directory/directive[2]/arg = \"All\"\n"},
    {"proftpd", "Httpd", {{"IfModule", "mod_tls.c"}}, "TLSRequired", "on", "-/IfModule/directive[2]/arg = \"off\"\n+/IfModule/directive[2]/arg = \"on\"\n"},
    {"php", "PHP", {}, "expose_php", "Off", "-/PHP/expose_php = \"On\"\n+/PHP/expose_php = \"Off\"\n"},
    {"php", "PHP", {}, "allow_url_include", "Off", "+/PHP/allow_url_include = \"Off\"\n"},
    {"php", "PHP", {{"Session", NULL}}, "session.use_strict_mode", "1", "-/Session/session.use_strict_mode = \"0\"\n+/Session/session.use_strict_mode = \"1\"\n"},
    {"ini", "Systemd", {{"Service", NULL}}, "Restart", "on-failure", "+/Service/Restart\n+/Service/Restart/value = \"on-failure\"\n"},
    {"dovecot", "Dovecot", {}, "disable_plaintext_auth", "yes", "-/disable_plaintext_auth = \"no\"\n+/disable_plaintext_auth = \"yes\"\n"},
    {"dovecot", "Dovecot", {}, "ssl_min_protocol", "TLSv1.2", "+/ssl_min_protocol = \"TLSv1.2\"\n"},
    {"dovecot", "Dovecot", {{"service", "auth"}, {"unix_listener", NULL}}, "mode", "0600", "-/service/unix_listener/mode = \"0660\"\n+/service/unix_listener/mode = \"0600\"\n"},
    {"nginx", "Nginx", {{"http", NULL}}, "server_tokens", "off", "-/http/server_tokens = \"on\"\n+/http/server_tokens = \"off\"\n"},
    {"nginx", "Nginx", {{"http", NULL}, {"server", NULL}, {"location", "/"}}, "autoindex", "off", "-/http/server/location[1]/autoindex = \"on\"\n+/http/server/location[1]/autoindex = \"off\"\n"},
    {"nginx", "Nginx", {{"http", NULL}, {"server", NULL}}, "client_max_body_size", "8m", "+/http/server/client_max_body_size = \"8m\"\n"},
};

static char root[] = "/tmp/bansho-augeas.XXXXXX";

static void slurp(const char *path, struct buf *b)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(buf_read_fd(b, fd), 0);
    close(fd);
}

static void put_file(struct str text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/f", root);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n);
    close(fd);
}

/* Its tree of this text; -ENOENT: no augtool. */
static int tree_of(const char *lens, struct str text, struct buf *ret)
{
    put_file(text);
    char transform[128];
    snprintf(transform, sizeof transform, "%s.lns incl /f", lens);
    struct child_result r = {0};
    const char *const argv[] = {"augtool", "--noautoload", "--nostdinc", "-I", "/usr/share/augeas/lenses/dist", "-r", root, "--transform", transform, "print", "/files/f", NULL};
    int done = child_run(argv, &(struct child_options){.timeout_ms = 30000}, &r, NULL);
    if (done >= 0 && (r.status != 0 || str_search(buf_str(&r.out), STR("/files/f/")) < 0))
        fail_msg("%s: status %d: %s", lens, r.status, r.err.p);
    struct str rest = buf_str(&r.out), line;
    while (done >= 0 && str_line(&rest, &line)) {
        buf_adds(ret, str_starts(line, STR("/files/f")) ? str_from(line, 8) : line);
        buf_addc(ret, '\n');
    }
    child_result_free(&r);
    return done;
}

/* The lines of a difference without what is the same. */
static void changed(struct str diff, struct buf *ret)
{
    struct str line;
    str_line(&diff, &line), str_line(&diff, &line);
    while (str_line(&diff, &line)) {
        if (line.n && (line.p[0] == '-' || line.p[0] == '+')) {
            buf_adds(ret, line);
            buf_addc(ret, '\n');
        }
    }
}

static int ask(const struct opinion *o)
{
    _cleanup_(buf_free) struct buf file = BUF(MAX), before = BUF(MAX), after = BUF(MAX), diff = BUF(MAX), got = BUF(MAX);
    _cleanup_(conftree_freep) struct conftree *t = NULL;
    char path[512];
    snprintf(path, sizeof path, TEST_DATA "/data/%s", o->grammar);
    slurp(path, &file);
    int r = tree_of(o->lens, buf_str(&file), &before);
    if (r < 0)
        return r;
    assert_int_equal(conftree_open(conf_grammar(o->grammar), path, buf_str(&file), &t, NULL), 0);
    size_t n = 0;
    while (n < ARRAY_SIZE(o->at) && o->at[n].name)
        n++;
    const struct conf_node *in = conftree_walk(t, o->at, n);
    assert_true(in || !n);
    r = o->value ? conftree_set(t, in, o->key, str_of(o->value), NULL) : conftree_remove(t, conftree_entry(t, in, o->key, 0), NULL);
    assert_int_equal(r, 1);
    assert_int_equal(tree_of(o->lens, conftree_text(t), &after), 0);
    assert_int_equal(diff_unified(buf_str(&before), buf_str(&after), "a", "b", &diff), 0);
    changed(buf_str(&diff), &got);
    if (str_eq(buf_str(&got), str_of(o->want)))
        return 1;
    print_error("%s: %s: Augeas sees\n%s", o->grammar, o->key, got.p ? got.p : "");
    return 0;
}

static void test_opinions(void **state)
{
    (void)state;
    size_t good = 0;
    for (size_t i = 0; i < ARRAY_SIZE(opinions); i++) {
        int r = ask(&opinions[i]);
        if (r < 0)
            skip();
        good += r > 0;
    }
    assert_int_equal(good, ARRAY_SIZE(opinions));
}

static int make_root(void **state)
{
    (void)state;
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s/f", root);
    unlink(path);
    rmdir(root);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_opinions)};
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
