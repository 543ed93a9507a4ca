/* tree.h: a small server's /etc in a temporary directory, changes on it, and whether it is as it was. */
#pragma once
#include "change/apply.h"
#include "change/node.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

struct tree {
    char dir[64], journal[96];
    struct arena *arena;
    struct root root;
};

static const struct act act_touch = {"test.touch", "touches", "/usr/bin/touch", "", ACT_INVERSE("removes"), 100, CALLER_ADMIN, "path"};
static const struct check a_check = {.id = "test.check", .title = "A test"};

static inline const char *at(const struct tree *t, const char *name)
{
    return arena_printf(t->arena, "%s/%s", t->dir, name);
}

static inline void put(const struct tree *t, const char *name, const char *text, unsigned mode)
{
    int fd = open(at(t, name), O_WRONLY | O_CREAT | O_TRUNC, mode);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static inline struct tree tree_make(const char *where)
{
    struct tree t = {.arena = arena_new(256u << 20)};
    snprintf(t.dir, sizeof t.dir, "%s/bansho-change-XXXXXX", where);
    assert_non_null(mkdtemp(t.dir));
    snprintf(t.journal, sizeof t.journal, "%s/journal", t.dir);
    mkdir(at(&t, "etc"), 0755);
    put(&t, "etc/main.cf", "relay = everybody\n", 0640);
    put(&t, "etc/old.cf", "to be removed\n", 0600);
    put(&t, "etc/secret", "x\n", 0666);
    assert_int_equal(symlink("main.cf", at(&t, "etc/link.cf")), 0);
    if (geteuid() == 0)
        assert_int_equal(chown(at(&t, "etc/main.cf"), 12, 34), 0);
    setxattr(at(&t, "etc/main.cf"), "user.note", "kept", 4, 0); /* where the file system has none: nothing to keep */
    assert_int_equal(root_open("/", &t.root, NULL), 0);
    return t;
}

static inline void remove_all(int parent, const char *name)
{
    if (unlinkat(parent, name, 0) == 0)
        return;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *e; d && (e = readdir(d));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            remove_all(fd, e->d_name);
    if (d)
        closedir(d);
    unlinkat(parent, name, AT_REMOVEDIR);
}

static inline void tree_remove(struct tree *t)
{
    remove_all(AT_FDCWD, t->dir);
    root_close(&t->root);
    arena_free(t->arena);
}

/* Everything below etc with attributes and times, as text: what `tar` would keep. */
static inline void picture_of(const char *dir, struct arena *a, struct buf *out)
{
    struct dirent **list;
    int n = scandir(dir, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        const char *name = list[i]->d_name, *path = arena_printf(a, "%s/%s", dir, name);
        struct node node = {0};
        if (strcmp(name, "..") != 0 && (strcmp(name, ".") != 0 || 1)) {
            const char *real = strcmp(name, ".") == 0 ? dir : path;
            if (node_read(real, a, &node) < 0)
                buf_printf(out, "%s unreadable\n", real);
            buf_printf(out, "%s %d %o %u:%u %lld.%lld %zu ", real, node.type, node.mode, node.uid, node.gid, (long long)node.mtime_s, (long long)node.mtime_ns, node.xattrs.n);
            buf_adds(out, node.content);
            buf_addc(out, '\n');
            if (node.type == NODE_DIRECTORY && strcmp(name, ".") != 0)
                picture_of(path, a, out);
        }
        free(list[i]);
    }
    if (n >= 0)
        free(list);
}

static inline const char *picture(const struct tree *t)
{
    struct buf b = BUF(1u << 20);
    picture_of(at(t, "etc"), t->arena, &b);
    const char *s = arena_dup(t->arena, buf_str(&b));
    buf_free(&b);
    return s;
}

static inline int always(void *arg, const struct act *act, const char *object, struct err *err)
{
    (void)act;
    (void)object;
    return arg && *(int *)arg ? err_set(err, *(int *)arg, "not permitted") : 0;
}

static inline void ended(void *arg, const struct act *act, const char *object, int result)
{
    (void)arg;
    (void)act;
    (void)object;
    (void)result;
}

static inline const struct act *any_act(void *arg, const char *name)
{
    (void)arg;
    (void)name;
    return &act_touch;
}

static inline struct change_desk desk_of(int *permit)
{
    return (struct change_desk){.acts = {always, ended, any_act, permit}, .who = "tester", .from = ""};
}

/* A plan with every type of step that needs no systemd. */
static inline struct plan *plan_of(const struct tree *t)
{
    struct plan *p = plan_new(t->arena, &t->root, &a_check, 1700000000);
    struct err err = {0};
    plan_title(p, "a test of everything");
    assert_int_equal(plan_write(p, at(t, "etc/link.cf"), STR("relay = nobody\n"), 0, &err), 0);
    assert_int_equal(plan_write(p, at(t, "etc/new.cf"), STR("new\n"), 0600, &err), 0);
    assert_int_equal(plan_remove(p, at(t, "etc/old.cf"), &err), 0);
    assert_int_equal(plan_mode(p, at(t, "etc/secret"), 0600, (unsigned)-1, (unsigned)-1, &err), 0);
    assert_int_equal(plan_directory(p, at(t, "etc/drop.d"), 0755, geteuid(), getegid(), &err), 0);
    assert_int_equal(plan_link(p, at(t, "etc/enabled"), "main.cf", &err), 0);
    const char *touched = at(t, "etc/touched");
    assert_int_equal(plan_command(p, &act_touch, (const char *const[]){"/usr/bin/touch", touched, NULL}, (const char *const[]){"/bin/rm", "-f", touched, NULL}, "touch it", &err), 0);
    plan_test(p, (const char *const[]){"/bin/true", NULL});
    return p;
}
