#include "../arena.h"
#include "queue/sound.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct check check = {.id = "queue.sound"};
static char dir[] = "/tmp/bansho-sound-XXXXXX";
static struct root root;

static void names_and_inodes(void **state)
{
    (void)state;
    static const struct { enum spool_kind kind; const char *name; uint64_t inode; bool want; } table[] = {
        {SPOOL_POSTFIX, "3F2A41C0B7", 0x1C0B7, true}, {SPOOL_POSTFIX, "3F2A41C0", 0x1C0, true}, {SPOOL_POSTFIX, "3F2A41C0", 0x1C1, false},
        {SPOOL_POSTFIX, "4TQ3Kf1xBqz2Rc", 7, true}, {SPOOL_POSTFIX, "3F2A", 0, false},
        {SPOOL_POSTFIX, "3F2A4FFFFFFFFFFFFFFFFFFFF", 1, false}, {SPOOL_QMAIL, "4242", 4242, true}, {SPOOL_QMAIL, "4242", 4243, false}, {SPOOL_QMAIL, "99999999999999999999999", 1, false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (sound_name(table[i].kind, table[i].name, table[i].inode) != table[i].want)
            fail_msg("%s %llu", table[i].name, (unsigned long long)table[i].inode);
}

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

/* A message under the name that its inode wants, or under another one. */
static void message(const char *in, bool misnamed, mode_t mode, char ret[64])
{
    struct stat st;
    char to[256];
    int fd = open(path_of("new"), O_CREAT | O_WRONLY | O_CLOEXEC, 0700);
    assert_true(fd >= 0 && fstat(fd, &st) == 0 && fchmod(fd, mode) == 0);
    close(fd);
    snprintf(ret, 64, "3F2A4%llX", (unsigned long long)st.st_ino + misnamed);
    snprintf(to, sizeof to, "%s/%s/%s", dir, in, ret);
    assert_int_equal(rename(path_of("new"), to), 0);
}

static struct finding *looked(struct findings *out, struct sound_seen *s)
{
    *out = (struct findings){.arena = arena, .check = &check};
    *s = (struct sound_seen){.object = "", .path = "/", .kind = SPOOL_POSTFIX, .owner = geteuid(), .owner_known = true, .now = (int64_t)time(NULL)};
    s->path = ".";
    sound_look(&root, s, out);
    assert_true(out->list.n > 0);
    return &out->list.v[0];
}

static void postfix(void **state)
{
    (void)state;
    static const char *const dirs[] = {"incoming", "active", "deferred", "hold", "corrupt", "defer", "bounce", "trace", "flush", "private"};
    struct findings out;
    struct sound_seen s;
    char id[64], log[256];
    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
        assert_int_equal(mkdir(path_of(dirs[i]), 0700), 0);
    assert_int_equal(mkdir(path_of("maildrop"), 0), 0);
    assert_int_equal(chmod(path_of("maildrop"), 01730), 0);
    assert_int_equal(mkdir(path_of("public"), 0), 0);
    assert_int_equal(chmod(path_of("public"), 02710), 0);
    message("deferred", false, 0700, id);
    assert_int_equal(looked(&out, &s)->state, STATE_OK);
    assert_int_equal(s.looked, 1);
    /* whose it must be is not known */
    out = (struct findings){.arena = arena, .check = &check};
    s = (struct sound_seen){.object = "", .path = ".", .kind = SPOOL_POSTFIX, .now = (int64_t)time(NULL)};
    sound_look(&root, &s, &out);
    assert_int_equal(out.list.v[0].state, STATE_UNKNOWN);
    /* directories */
    assert_int_equal(chmod(path_of("hold"), 0777), 0);
    assert_int_equal(looked(&out, &s)->state, STATE_FAIL);
    assert_string_equal(out.list.v[0].object, "./hold");
    assert_int_equal(chmod(path_of("hold"), 0500), 0);
    assert_int_equal(looked(&out, &s)->state, STATE_WARN);
    assert_int_equal(chmod(path_of("hold"), 0700), 0);
    assert_int_equal(rmdir(path_of("flush")), 0);
    assert_int_equal(looked(&out, &s)->state, STATE_WARN);
    assert_string_equal(out.list.v[0].object, "./flush");
    assert_int_equal(mkdir(path_of("flush"), 0700), 0);
    /* reasons: of this hour, and left behind */
    snprintf(log, sizeof log, "defer/%s", id);
    int fd = open(path_of(log), O_CREAT | O_CLOEXEC | O_WRONLY, 0600), other = open(path_of("defer/3F2A4FFFF"), O_CREAT | O_CLOEXEC | O_WRONLY, 0600);
    const struct timespec old[2] = {{time(NULL) - 4000, 0}, {time(NULL) - 4000, 0}};
    assert_int_equal(futimens(fd, old), 0);
    assert_int_equal(looked(&out, &s)->state, STATE_OK);
    assert_int_equal(futimens(other, old), 0);
    assert_int_equal(looked(&out, &s)->state, STATE_WARN);
    assert_int_equal(s.orphans, 1);
    assert_string_equal(s.orphan_id, "3F2A4FFFF");
    assert_int_equal(unlink(path_of("defer/3F2A4FFFF")), 0);
    close(fd);
    close(other);
    /* messages */
    message("deferred", true, 0700, id);
    message("incoming", false, 0400, id);
    message("corrupt", false, 0700, id);
    assert_int_equal(looked(&out, &s)->state, STATE_WARN);
    assert_int_equal(s.misnamed, 1);
    assert_int_equal(s.damaged, 2);
    /* what cannot be seen is not in order */
    assert_int_equal(rmdir(path_of("active")), 0);
    close(open(path_of("active"), O_CREAT | O_CLOEXEC | O_WRONLY, 0600));
    looked(&out, &s);
    assert_true(s.code < 0);
}

static struct finding *looked_at_qmail(struct findings *out, struct sound_seen *s)
{
    *out = (struct findings){.arena = arena, .check = &check};
    *s = (struct sound_seen){.object = "", .path = "./qmail", .kind = SPOOL_QMAIL, .now = (int64_t)time(NULL)};
    sound_look(&root, s, out);
    assert_true(out->list.n > 0);
    return &out->list.v[0];
}

static void file_of(const char *format, unsigned long long number, unsigned long long split)
{
    char name[128];
    snprintf(name, sizeof name, format, number % split, number);
    int fd = open(path_of(name), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

/* A number is the inode of its message; an envelope without one would get the next message of that number. */
static void qmail(void **state)
{
    (void)state;
    static const char *const dirs[] = {"qmail", "qmail/pid", "qmail/mess", "qmail/intd", "qmail/todo", "qmail/info", "qmail/local", "qmail/remote", "qmail/bounce", "qmail/lock", "qmail/mess/0", "qmail/mess/1",
                                       "qmail/mess/2", "qmail/info/0", "qmail/info/1", "qmail/info/2"};
    struct findings out;
    struct sound_seen s;
    struct stat st;
    char name[256];
    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
        assert_int_equal(mkdir(path_of(dirs[i]), 0750), 0);
    int fd = open(path_of("new"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    close(fd);
    snprintf(name, sizeof name, "%s/qmail/mess/%llu/%llu", dir, (unsigned long long)st.st_ino % 3, (unsigned long long)st.st_ino);
    assert_int_equal(rename(path_of("new"), name), 0);
    file_of("qmail/info/%llu/%llu", st.st_ino, 3);
    assert_int_equal(looked_at_qmail(&out, &s)->state, STATE_OK);
    assert_int_equal(s.looked, 1);
    file_of("qmail/info/%llu/%llu", st.st_ino + 1000000, 3); /* its message was removed with rm */
    assert_int_equal(looked_at_qmail(&out, &s)->state, STATE_WARN);
    assert_int_equal(s.orphans, 1);
    file_of("qmail/info/%llu/%llu", st.st_ino + 2000000, 3); /* copied: another inode */
    file_of("qmail/mess/%llu/%llu", st.st_ino + 2000000, 3);
    assert_int_equal(looked_at_qmail(&out, &s)->state, STATE_WARN);
    assert_int_equal(s.misnamed, 1);
    assert_int_equal(chmod(path_of("qmail/info"), 0777), 0);
    assert_int_equal(looked_at_qmail(&out, &s)->state, STATE_FAIL);
}

static int begin(void **state)
{
    assert_non_null(mkdtemp(dir));
    umask(0);
    assert_int_equal(root_open(dir, &root, NULL), 0);
    return make(state);
}

static int end(void **state)
{
    char command[128];
    root_close(&root);
    snprintf(command, sizeof command, "exec rm -rf %s", dir);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(1);
    }
    return drop(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_and_inodes), cmocka_unit_test(postfix), cmocka_unit_test(qmail)};
    return cmocka_run_group_tests(tests, begin, end);
}
