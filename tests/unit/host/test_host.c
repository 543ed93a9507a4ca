#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "host/parts.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int64_t fixed(void *ctx)
{
    (void)ctx;
    return 1795500000;
}

static struct host *take(struct root *root, const char *tree)
{
    struct err err = {0};
    struct clock clock = {.now = fixed};
    struct host *h = NULL;
    char path[512];
    snprintf(path, sizeof path, "%s/%s", TEST_DATA, tree);
    assert_int_equal(root_open(path, root, &err), 0);
    assert_int_equal(host_new(root, &clock, &h, &err), 0);
    return h;
}

static void drop(struct host *h, struct root *root)
{
    host_free(h);
    root_close(root);
}

static void names_the_system(void **state)
{
    (void)state;
    static const struct { const char *tree, *id, *version, *like, *name; int packages; size_t users; } table[] = {
        {"debian12", "debian", "12", "", "lab.example", 0, 3},
        {"debian13", "debian", "13", "", "web7.example.net", 0, 1},
        {"alma", "almalinux", "9.4", "rhel centos fedora", "plesk11.example.jp", -ENOTSUP, 2},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct root root;
        struct host *h = take(&root, table[i].tree);
        assert_string_equal(h->os.id, table[i].id);
        assert_string_equal(h->os.version_id, table[i].version);
        assert_string_equal(h->os.id_like, table[i].like);
        assert_string_equal(h->name, table[i].name);
        assert_int_equal(h->packages_seen.code, table[i].packages);
        assert_true((h->packages_seen.code == 0) == (h->packages_seen.why == NULL));
        assert_int_equal(h->users.n, table[i].users);
        assert_false(h->live);
        assert_int_equal(h->active_seen.code, -ENOTSUP);
        assert_int_equal(h->listeners_seen.code, -ENOTSUP);
        assert_int_equal(h->addrs_seen.code, -ENOTSUP);
        drop(h, &root);
    }
}

static void lists_packages(void **state)
{
    (void)state;
    struct root root;
    struct host *h = take(&root, "debian12");
    assert_int_equal(h->packages.n, 2);
    assert_string_equal(h->packages.v[0].name, "apache2");
    assert_string_equal(host_package(h, "openssh-server")->version, "1:9.2p1-2+deb12u3");
    assert_null(host_package(h, "exim4-daemon-light")); /* removed, its configuration is left */
    assert_null(host_package(h, "nonsense"));
    drop(h, &root);
    h = take(&root, "debian13");
    assert_int_equal(h->packages.n, 1);
    assert_non_null(host_package(h, "base-files"));
    drop(h, &root);
}

static void tells_what_starts_at_boot(void **state)
{
    (void)state;
    static const struct { const char *tree, *unit; enum unit_enabled want; const char *file; } table[] = {
        {"debian12", "ssh.service", UNIT_ENABLED, "/usr/lib/systemd/system/ssh.service"},
        {"debian12", "sshd.service", UNIT_ENABLED, "/usr/lib/systemd/system/ssh.service"},
        {"debian12", "ssh.socket", UNIT_DISABLED, "/usr/lib/systemd/system/ssh.socket"},
        {"debian12", "apt-daily.service", UNIT_DISABLED, "/usr/lib/systemd/system/apt-daily.service"},
        {"debian12", "apt-daily.timer", UNIT_ENABLED, "/usr/lib/systemd/system/apt-daily.timer"},
        {"debian12", "postfix@-.service", UNIT_ENABLED, "/usr/lib/systemd/system/postfix@.service"},
        {"debian12", "postfix@.service", UNIT_DISABLED, "/usr/lib/systemd/system/postfix@.service"},
        {"debian12", "rpcbind.service", UNIT_MASKED, "/etc/systemd/system/rpcbind.service"},
        {"debian12", "named.service", UNIT_DISABLED, "/usr/lib/systemd/system/named.service"},
        {"debian12", "psa.service", UNIT_GENERATED, "/etc/init.d/psa"},
        {"debian12", "idle.service", UNIT_DISABLED, "/etc/init.d/idle"},
        {"debian12", "gone.service", UNIT_ENABLED_UNKNOWN, NULL},
        {"debian13", "ssh.service", UNIT_DISABLED, "/usr/lib/systemd/system/ssh.service"},
        {"alma", "sshd.service", UNIT_ENABLED, "/usr/lib/systemd/system/sshd.service"},
        {"alma", "dnf-automatic.timer", UNIT_DISABLED, "/usr/lib/systemd/system/dnf-automatic.timer"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct root root;
        struct host *h = take(&root, table[i].tree);
        const struct unit *u = host_unit(h, table[i].unit);
        assert_true((u != NULL) == (table[i].file != NULL));
        if (u) {
            assert_string_equal(u->file, table[i].file);
            assert_int_equal(u->enabled, table[i].want);
            assert_int_equal(u->active, UNIT_ACTIVE_UNKNOWN);
        }
        drop(h, &root);
    }
}

static void reads_users_with_their_lines(void **state)
{
    (void)state;
    struct root root;
    struct host *h = take(&root, "debian12");
    const struct user *u = host_user(h, "webmaster");
    assert_non_null(u);
    assert_int_equal(u->line, 5);
    assert_int_equal(u->uid, 1001);
    assert_string_equal(u->shell, "/bin/bash");
    assert_null(host_user(h, "+"));
    drop(h, &root);
}

/* A tree that means harm: too large a file, a FIFO and a loop in the place of others. Every part says why it stayed unseen. */
static void hostile_tree(void **state)
{
    (void)state;
    char dir[] = "/tmp/bansho-host-XXXXXX", path[128];
    assert_non_null(mkdtemp(dir));
    static const char *const dirs[] = {"etc", "var", "var/lib", "var/lib/dpkg"};
    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
        snprintf(path, sizeof path, "%s/%s", dir, dirs[i]);
        assert_int_equal(mkdir(path, 0755), 0);
    }
    snprintf(path, sizeof path, "%s/var/lib/dpkg/status", dir);
    FILE *f = fopen(path, "w");
    assert_int_equal(ftruncate(fileno(f), 1 << 30), 0);
    fclose(f);
    snprintf(path, sizeof path, "%s/etc/passwd", dir);
    assert_int_equal(mkfifo(path, 0644), 0);
    snprintf(path, sizeof path, "%s/etc/hostname", dir);
    assert_int_equal(symlink("hostname", path), 0);

    struct root root;
    struct err err = {0};
    struct clock clock = {.now = fixed};
    struct host *h = NULL;
    assert_int_equal(root_open(dir, &root, &err), 0);
    assert_int_equal(host_new(&root, &clock, &h, &err), 0);
    assert_int_equal(h->packages_seen.code, -EFBIG);
    assert_non_null(h->packages_seen.why);
    assert_int_equal(h->packages.n, 0);
    assert_int_equal(h->users_seen.code, -EINVAL);
    assert_int_equal(h->units_seen.code, -ENOENT);
    assert_string_equal(h->name, "");
    drop(h, &root);
    static const char *const files[] = {"etc/passwd", "etc/hostname", "var/lib/dpkg/status", "var/lib/dpkg", "var/lib", "var", "etc", ""};
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        assert_int_equal(remove(path), 0);
    }
}

static void live_machine(void **state)
{
    (void)state;
    struct root root;
    struct err err = {0};
    struct clock clock = clock_system();
    struct host *h = NULL;
    assert_int_equal(root_open("/", &root, &err), 0);
    assert_int_equal(host_new(&root, &clock, &h, &err), 0);
    assert_true(h->live);
    assert_int_equal(h->addrs_seen.code, 0);
    assert_true(h->addrs.n > 0); /* lo, at least */
    assert_true(h->booted > 1600000000 && h->booted <= h->now + 1);
    assert_true(host_user(h, "root") != NULL);
    drop(h, &root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_system), cmocka_unit_test(lists_packages), cmocka_unit_test(tells_what_starts_at_boot),
        cmocka_unit_test(reads_users_with_their_lines), cmocka_unit_test(hostile_tree), cmocka_unit_test(live_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
