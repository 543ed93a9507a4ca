#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/rootfs.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct root root;
static char dir[] = "/tmp/bansho-rootfs-XXXXXX";

static int make(void **state)
{
    (void)state;
    struct err err = {0};
    if (!mkdtemp(dir) || root_open(dir, &root, &err) < 0)
        return -1;
    mkdirat(root.fd, "etc", 0755);
    int fd = openat(root.fd, "etc/passwd", O_CREAT | O_WRONLY, 0644);
    if (write(fd, "inside\n", 7) != 7)
        return -1;
    close(fd);
    static const char *const links[][2] = {{"/etc/passwd", "absolute"}, {"../../../../etc/passwd", "climbing"}, {"loop-b", "loop-a"}, {"loop-a", "loop-b"}};
    for (size_t i = 0; i < ARRAY_SIZE(links); i++)
        if (symlinkat(links[i][0], root.fd, links[i][1]) < 0)
            return -1;
    return mkfifoat(root.fd, "fifo", 0644);
}

static int drop(void **state)
{
    (void)state;
    static const char *const names[] = {"etc/passwd", "absolute", "climbing", "loop-a", "loop-b", "fifo"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        unlinkat(root.fd, names[i], 0);
    unlinkat(root.fd, "etc", AT_REMOVEDIR);
    root_close(&root);
    return rmdir(dir);
}

/* Every way to name a file ends inside the root, and nothing but a regular file is opened. */
static void stays_inside(void **state)
{
    (void)state;
    static const struct { const char *path; int want; } table[] = {
        {"/etc/passwd", 0}, {"absolute", 0}, {"climbing", 0}, {"../etc/passwd", 0}, {"loop-a", -ELOOP}, {"fifo", -EINVAL}, {"etc", -EINVAL}, {"nothing", -ENOENT},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(buf_free) struct buf b = BUF(100);
        assert_int_equal(root_read(&root, table[i].path, &b), table[i].want);
        if (table[i].want == 0)
            assert_string_equal(b.p, "inside\n");
    }
}

/* The kernel gives up on ".." whenever anything on the machine is renamed or mounted meanwhile (openat2(2), EAGAIN): no file may seem unreadable for that. */
static void others_rename(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        mkdirat(root.fd, "moving", 0755);
        for (;;) {
            renameat(root.fd, "moving", root.fd, "moved");
            renameat(root.fd, "moved", root.fd, "moving");
        }
    }
    for (int i = 0; i < 20000; i++) {
        int fd = root_openat(&root, "climbing", O_RDONLY);
        if (fd < 0)
            kill(child, SIGKILL);
        assert_true(fd >= 0);
        close(fd);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    unlinkat(root.fd, "moving", AT_REMOVEDIR);
    unlinkat(root.fd, "moved", AT_REMOVEDIR);
}

static void caps_size(void **state)
{
    (void)state;
    _cleanup_(buf_free) struct buf b = BUF(3);
    assert_int_equal(root_read(&root, "etc/passwd", &b), -EFBIG);
    assert_string_equal(b.p, "ins");
}

static void globs(void **state)
{
    (void)state;
    struct arena *a = arena_new(1u << 20);
    struct names n = {0};
    assert_int_equal(root_glob(&root, "/e*/pass*", 10, a, &n), 0);
    assert_int_equal(n.list.n, 1);
    assert_string_equal(n.list.v[0], "/etc/passwd");
    /* The cap is for what fits, not for what else lies beside it. */
    assert_int_equal(root_glob(&root, "/e*", 1, a, &n), 0);
    assert_int_equal(n.list.n, 1);
    n.list.n = 0;
    assert_int_equal(root_glob(&root, "/*", 1, a, &n), -E2BIG);
    assert_int_equal(n.list.n, 1);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stays_inside), cmocka_unit_test(others_rename), cmocka_unit_test(caps_size), cmocka_unit_test(globs)};
    return cmocka_run_group_tests(tests, make, drop);
}
