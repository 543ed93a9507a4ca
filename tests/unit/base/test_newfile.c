#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/newfile.h"
#include "base/arena.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static struct arena *arena;

static const char *in(const char *name)
{
    return arena_printf(arena, "%s/%s", dir, name);
}

static void holds(const char *path, const char *want)
{
    char text[64] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(read(fd, text, sizeof text - 1) >= 0);
    close(fd);
    assert_string_equal(text, want);
}

/* Names in the directory, besides "." and "..": nothing of ours stays behind. */
static size_t names(void)
{
    size_t n = 0;
    DIR *d = opendir(dir);
    for (const struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.' || strncmp(e->d_name, ".bansho", 7) == 0;
    closedir(d);
    return n;
}

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/bansho-newfile-XXXXXX");
    arena = arena_new(1u << 20);
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const all[] = {"page", "old", "target", "link", "fifo", "fill", "away/page"};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        unlink(in(all[i]));
    umount(dir);
    rmdir(in("real"));
    unlink(in("away"));
    rmdir(in("dir"));
    rmdir(dir);
    arena_free(arena);
    return 0;
}

static void writes_and_replaces(void **state)
{
    (void)state;
    struct err err = {0};
    struct stat st;
    umask(0);
    assert_int_equal(newfile_put(in("page"), STR("one"), 0600, &err), 0);
    assert_int_equal(chmod(in("page"), 0666), 0);
    assert_int_equal(link(in("page"), in("old")), 0);
    assert_int_equal(newfile_put(in("page"), STR("two"), 0600, &err), 0);
    holds(in("page"), "two");
    holds(in("old"), "one"); /* another file took the place: who held the old one open goes on with it */
    assert_int_equal(stat(in("page"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(names(), 2);
    assert_int_equal(chdir(dir), 0);
    assert_int_equal(newfile_put("page", STR("three"), 0600, &err), 0);
    holds(in("page"), "three");
}

static void refuses(void **state)
{
    (void)state;
    assert_int_equal(newfile_put(in("target"), STR("safe"), 0644, NULL), 0);
    assert_int_equal(symlink("target", in("link")), 0);
    assert_int_equal(symlink("nowhere", in("old")), 0);
    assert_int_equal(mkfifo(in("fifo"), 0600), 0);
    assert_int_equal(mkdir(in("dir"), 0700), 0);
    assert_int_equal(symlink("dir", in("away")), 0);
    const struct { const char *path; int want; } table[] = {
        {in("link"), -EEXIST}, {in("old"), -EEXIST}, {in("fifo"), -EEXIST},   {in("dir"), -EEXIST}, {in("away/page"), -ELOOP},
        {in("none/page"), -ENOENT}, {in("target/page"), -ENOTDIR}, {in("dir/"), -EISDIR}, {in("."), -EISDIR}, {"", -EISDIR}, {"/dev/null", -EEXIST},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct err put = {0}, try = {0};
        int r = newfile_put(table[i].path, STR("evil"), 0600, &put);
        if (r != table[i].want || newfile_try(table[i].path, &try) != r)
            fail_msg("%s: %d, not %d", table[i].path, r, table[i].want);
        assert_true(strncmp(put.text, table[i].path, strlen(table[i].path)) == 0);
    }
    holds(in("target"), "safe");
    assert_int_equal(names(), 6);
}

/* On a full file system the old page stays. */
static void keeps_what_was_there(void **state)
{
    (void)state;
    if (mount("tmpfs", dir, "tmpfs", 0, "size=64k") < 0)
        skip();
    struct err err = {0};
    static char large[100000];
    assert_int_equal(newfile_put(in("page"), STR("one"), 0600, &err), 0);
    assert_int_equal(newfile_put(in("page"), str_span(large, sizeof large), 0600, &err), -ENOSPC);
    assert_non_null(strstr(err.text, "page"));
    holds(in("page"), "one");
    assert_int_equal(names(), 1);
    assert_int_equal(mount(NULL, dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    assert_int_equal(newfile_try(in("page"), &err), -EROFS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_and_replaces, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_what_was_there, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
