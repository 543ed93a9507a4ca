/* test_root.c: `bansho check --root` over a tree that somebody made to hurt: it ends, says what it could not see, shows nothing from outside the tree,
   and the process that reads is confined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "bin/verbs.h"
#include "base/clock.h"
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECRET "OUTSIDE-SECRET"

static char base[] = "/tmp/bansho-root-XXXXXX";

static const char *at(const char *path)
{
    static char full[8][512];
    static size_t turn;
    char *f = full[turn++ % 8];
    snprintf(f, sizeof full[0], "%s/%s", base, path);
    return f;
}

static void dirs(const char *path)
{
    char part[512];
    snprintf(part, sizeof part, "%s", at(path));
    for (char *p = part + strlen(base) + 1; *p; p++)
        if (*p == '/') {
            *p = 0;
            mkdir(part, 0755);
            *p = '/';
        }
    mkdir(part, 0755);
}

static void file(const char *path, struct str content)
{
    int fd = open(at(path), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content.p, content.n), content.n);
    close(fd);
}

static void huge(const char *path)
{
    int fd = open(at(path), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 1 << 30), 0);
    close(fd);
}

static void build(void)
{
    static const char *const all[] = {"outside", "tree/etc/bansho", "tree/etc/postfix", "tree/etc/dovecot/conf.d", "tree/etc/apache2/sites-enabled", "tree/etc/nginx",
                                      "tree/etc/ssh", "tree/var/lib/dpkg", "tree/var/log", "tree/var/www/html", "tree/usr/lib/systemd/system", "tree/etc/systemd/system"};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        dirs(all[i]);
    file("outside/secret", STR("PRETTY_NAME=\"" SECRET "\"\n" SECRET ":x:0:0::/:/bin/sh\n"));
    assert_int_equal(symlink("../../outside/secret", at("tree/etc/os-release")), 0);
    assert_int_equal(symlink(at("outside/secret"), at("tree/etc/group")), 0);
    assert_int_equal(symlink("loop-b", at("tree/etc/loop-a")), 0);
    assert_int_equal(symlink("loop-a", at("tree/etc/loop-b")), 0);
    assert_int_equal(symlink("../loop-a", at("tree/etc/bansho/bansho.conf")), 0);
    mkfifo(at("tree/etc/passwd"), 0644);
    mknod(at("tree/etc/shadow"), S_IFCHR | 0644, makedev(1, 5)); /* /dev/zero */
    huge("tree/etc/postfix/main.cf");
    file("tree/etc/postfix/master.cf", STR("\xff\xfe\0\x1b[2J\n\n  \n=\n{{{{"));
    assert_int_equal(symlink(".", at("tree/etc/dovecot/conf.d/self")), 0);
    file("tree/etc/dovecot/dovecot.conf", STR("!include conf.d/*/*/*/*/*.conf\n!include dovecot.conf\n"));
    assert_int_equal(symlink("../../..", at("tree/etc/apache2/sites-enabled/up")), 0);
    file("tree/etc/apache2/apache2.conf", STR("IncludeOptional sites-enabled/*\nInclude apache2.conf\n<VirtualHost *:80>\nServerName \x1b[31mevil\x07\nDocumentRoot /var/www/html\n"));
    file("tree/etc/nginx/nginx.conf", STR("http { include /etc/nginx/nginx.conf; server { server_name \xe2\x80\xae; root /var/www/html; } }"));
    file("tree/etc/ssh/sshd_config", STR("Include /etc/ssh/*\n"));
    huge("tree/var/lib/dpkg/status");
    file("tree/var/www/html/a\nb\x1b[31m.php", STR("<?php"));
    huge("tree/var/www/html/wp-config.php");
    assert_int_equal(symlink("/", at("tree/var/www/html/all")), 0);
    mkfifo(at("tree/var/log/mail.log"), 0644);
}

static int unlink_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
    (void)st, (void)type, (void)f;
    return remove(path);
}

/* In a process of its own: it gives up its privileges for good. Output to out; the process's status file to status. */
static enum outcome check_root(const char *option, const char *out, const char *status)
{
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(out, O_RDWR | O_CREAT | O_TRUNC, 0600), s = open(status, O_RDWR | O_CREAT | O_TRUNC, 0600);
        dup2(fd, 1);
        char name[] = "bansho", verb[] = "check", root[] = "--root", tree[512], form[16];
        snprintf(tree, sizeof tree, "%s", at("tree"));
        snprintf(form, sizeof form, "%s", option);
        char *argv[] = {name, verb, root, tree, form, NULL};
        enum outcome o = verb_dispatch(5, argv);
        fflush(stdout);
        _cleanup_(buf_free) struct buf b = BUF(65536);
        int p = open("/proc/self/status", O_RDONLY);
        if (p < 0 || buf_read_fd(&b, p) < 0 || write(s, b.p, b.n) < 0)
            _exit(99);
        _exit((int)o);
    }
    int code = -1;
    waitpid(pid, &code, 0);
    assert_true(WIFEXITED(code));
    return (enum outcome)WEXITSTATUS(code);
}

static void slurp(const char *path, struct buf *b)
{
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(buf_read_fd(b, fd), 0);
    close(fd);
}

static void survives_a_hostile_tree(void **state)
{
    (void)state;
    static const char *const forms[] = {"--json", "--all", "--lang=ja"};
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        _cleanup_(buf_free) struct buf out = BUF(16u << 20), status = BUF(65536);
        int64_t begun = clock_monotonic_ms();
        enum outcome o = check_root(forms[i], at("out"), at("status"));
        assert_true(clock_monotonic_ms() - begun < 50000);
        assert_true(o == OUTCOME_WRONG || o == OUTCOME_UNKNOWN);
        slurp(at("out"), &out);
        slurp(at("status"), &status);
        assert_null(strstr(out.p, SECRET));
        for (size_t k = 0; k < out.n; k++)
            assert_true((unsigned char)out.p[k] >= 0x20 || out.p[k] == '\n');
        assert_non_null(strstr(status.p, "NoNewPrivs:\t1"));
        if (geteuid() == 0)
            assert_non_null(strstr(status.p, "CapEff:\t0000000000000004")); /* CAP_DAC_READ_SEARCH */
#ifndef BANSHO_SANITIZED
        assert_non_null(strstr(status.p, "Seccomp:\t2"));
#endif
    }
}

static void asks_nobody(void **state)
{
    (void)state;
    _cleanup_(buf_free) struct buf out = BUF(16u << 20);
    check_root("--json", at("out"), at("status"));
    slurp(at("out"), &out);
    json_t *top = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES, NULL), *f;
    assert_non_null(top);
    size_t i;
    json_array_foreach(json_object_get(top, "findings"), i, f) {
        const char *basis = json_string_value(json_object_get(f, "basis")), *s = json_string_value(json_object_get(f, "state"));
        if (strcmp(basis, "dialogue") == 0)
            assert_true(strcmp(s, "unknown") == 0 || strcmp(s, "n/a") == 0);
    }
    json_decref(top);
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(base))
        return -1;
    build();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return nftw(base, unlink_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    setenv("BANSHO_LOCALE", BANSHO_BUILD_LOCALEDIR, 1);
    setenv("STATE_DIRECTORY", "/nonexistent/bansho-test", 1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(survives_a_hostile_tree), cmocka_unit_test(asks_nobody)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
