/* kill -9 at every system call of apply and of undo: the next run brings it to an end, and everything is as before, or as it was to be. Then the same
   with a disk that is full, or read-only. */
#include "tree.h"
#include "base/digest.h"
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

/* Under ASan every call takes ten times as long; the plain build kills at each one. */
#ifdef BANSHO_SANITIZED
#define STRIDE 7
#else
#define STRIDE 1
#endif

/* Few steps, each of another sort: the number of system calls is the number of runs. */
static struct plan *small_plan(const struct tree *t)
{
    struct plan *p = plan_new(t->arena, &t->root, &a_check, 1700000000);
    assert_int_equal(plan_write(p, at(t, "etc/main.cf"), STR("relay = nobody\n"), 0, NULL), 0);
    assert_int_equal(plan_mode(p, at(t, "etc/secret"), 0600, 1, 1, NULL), 0);
    assert_int_equal(plan_remove(p, at(t, "etc/old.cf"), NULL), 0);
    return p;
}

static void apply(const struct tree *t)
{
    struct change_desk d = desk_of(NULL);
    struct journal j;
    unsigned id = 0;
    if (journal_open(t->journal, true, &j, NULL) < 0 || change_apply(&j, small_plan(t), &d, &id, NULL) < 0)
        _exit(1);
}

static void undo(const struct tree *t)
{
    struct change_desk d = desk_of(NULL);
    struct journal j;
    struct change c;
    if (journal_open(t->journal, true, &j, NULL) < 0 || journal_read(&j, 1, t->arena, &c, NULL) < 0 || change_undo(&j, &c, &d, NULL) < 0)
        _exit(1);
}

/* Runs `what` in a child and kills it when it enters its n-th system call. true: it ended before that. */
static bool killed_at(const struct tree *t, void (*what)(const struct tree *), unsigned n)
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        what(t);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    for (unsigned entries = 0;; entries++) {
        /* Entry, then exit of one call. */
        for (int half = 0; half < 2; half++) {
            if (half == 1 && entries == n)
                kill(pid, SIGKILL);
            ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
            assert_int_equal(waitpid(pid, &status, 0), pid);
            if (WIFEXITED(status)) {
                assert_int_equal(WEXITSTATUS(status), 0);
                return true;
            }
            if (WIFSIGNALED(status))
                return false;
        }
    }
}

/* What the next run does first. */
static void recover(const struct tree *t)
{
    struct change_desk d = desk_of(NULL);
    struct journal j;
    struct err err = {0};
    assert_int_equal(journal_open(t->journal, true, &j, &err), 0);
    int r = change_recover(&j, &d, &err);
    if (r < 0)
        fail_msg("recover: %s", err.text);
    journal_close(&j);
}

static enum change_status status_of(const struct tree *t)
{
    struct journal j;
    struct changes all = {0};
    assert_int_equal(journal_open(t->journal, false, &j, NULL), 0);
    assert_int_equal(journal_list(&j, t->arena, &all, NULL), 0);
    journal_close(&j);
    return all.list.n ? all.list.v[0].status : CHANGE_STATUS_COUNT;
}

static bool no_leftovers(const struct tree *t)
{
    struct names names = {0};
    assert_int_equal(root_list(&t->root, at(t, "etc"), 100, t->arena, &names), 0);
    for (size_t i = 0; i < names.list.n; i++)
        if (str_starts(str_of(names.list.v[i]), STR(".bansho")))
            return false;
    return true;
}

static void killed_while_applying(void **state)
{
    (void)state;
    unsigned n = 0, applied = 0, back = 0;
    for (bool ended = false; !ended; n += STRIDE) {
        struct tree t = tree_make("/dev/shm");
        const char *before = picture(&t);
        ended = killed_at(&t, apply, n);
        if (access(t.journal, F_OK) == 0) {
            recover(&t);
            enum change_status s = status_of(&t);
            assert_true(s == CHANGE_APPLIED || s == CHANGE_ROLLED_BACK || s == CHANGE_STATUS_COUNT);
            if (s != CHANGE_APPLIED)
                assert_string_equal(picture(&t), before);
            applied += s == CHANGE_APPLIED;
            back += s == CHANGE_ROLLED_BACK;
        } else
            assert_string_equal(picture(&t), before);
        assert_true(no_leftovers(&t));
        tree_remove(&t);
    }
    print_message("%u system calls: %u times applied, %u times rolled back\n", n, applied, back);
    assert_true(n > 50 && applied >= 1 && back > 10 / STRIDE);
}

static void killed_while_undoing(void **state)
{
    (void)state;
    unsigned n = 0, ended_later = 0;
    for (bool ended = false; !ended; n += STRIDE) {
        struct tree t = tree_make("/dev/shm");
        const char *before = picture(&t), *after;
        pid_t pid = fork();
        if (pid == 0) {
            apply(&t);
            _exit(0);
        }
        int status;
        assert_true(waitpid(pid, &status, 0) == pid && status == 0);
        after = picture(&t);
        ended = killed_at(&t, undo, n);
        recover(&t);
        enum change_status s = status_of(&t);
        assert_true(s == CHANGE_APPLIED || s == CHANGE_UNDONE);
        assert_string_equal(picture(&t), s == CHANGE_UNDONE ? before : after);
        assert_true(no_leftovers(&t));
        ended_later += !ended && s == CHANGE_UNDONE;
        tree_remove(&t);
    }
    assert_true(n > 20 && ended_later > 10 / STRIDE);
}

/* --- full and read-only disks --- */

/* In a mount namespace of its own. false: not permitted here. */
static bool own_mounts(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static void fill(const struct tree *t, size_t leave)
{
    char block[4096] = {1};
    int fd = open(at(t, "filler"), O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    while (write(fd, block, sizeof block) == (ssize_t)sizeof block)
        ;
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(ftruncate(fd, st.st_size > (off_t)leave ? st.st_size - (off_t)leave : 0), 0);
    close(fd);
}

static void full_disk(void **state)
{
    (void)state;
    char where[] = "/tmp/bansho-full-XXXXXX";
    if (geteuid() != 0 || !own_mounts())
        skip();
    assert_non_null(mkdtemp(where));
    assert_int_equal(mount("tmpfs", where, "tmpfs", 0, "size=256k"), 0);
    bool applied = false, refused = false;
    for (size_t leave = 0; leave <= 30 * 4096; leave += 4096) {
        struct tree t = tree_make(where);
        struct change_desk d = desk_of(NULL);
        struct journal j;
        struct err err = {0};
        unsigned id = 0;
        const char *before = picture(&t);
        struct plan *p = small_plan(&t);
        fill(&t, leave);
        int r = journal_open(t.journal, true, &j, &err);
        if (r == 0)
            r = change_apply(&j, p, &d, &id, &err);
        if (r < 0) {
            assert_true(err.text[0]);
            unlink(at(&t, "filler")); /* room is made, then the next run ends it */
            if (access(t.journal, F_OK) == 0) {
                if (j.lock >= 0)
                    journal_close(&j);
                recover(&t);
            }
            assert_string_equal(picture(&t), before);
            assert_true(no_leftovers(&t));
        } else
            journal_close(&j);
        applied |= r == 0;
        refused |= r < 0;
        tree_remove(&t);
    }
    assert_true(applied && refused);
    umount(where);
    rmdir(where);
}

static void read_only_disk(void **state)
{
    (void)state;
    char where[] = "/tmp/bansho-ro-XXXXXX";
    if (geteuid() != 0 || !own_mounts())
        skip();
    assert_non_null(mkdtemp(where));
    assert_int_equal(mount("tmpfs", where, "tmpfs", 0, "size=1m"), 0);
    struct tree t = tree_make(where);
    struct plan *p = small_plan(&t);
    struct journal j;
    struct change_desk d = desk_of(NULL);
    struct err err = {0};
    unsigned id = 0;
    assert_int_equal(journal_open(t.journal, true, &j, NULL), 0);
    journal_close(&j);
    assert_int_equal(mount(NULL, where, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    assert_int_equal(journal_open(t.journal, true, &j, &err), -EROFS);
    /* The journal can be written, the files cannot. */
    char elsewhere[] = "/tmp/bansho-journal-XXXXXX";
    assert_non_null(mkdtemp(elsewhere));
    assert_int_equal(journal_open(elsewhere, true, &j, NULL), 0);
    err = (struct err){0};
    assert_int_equal(change_apply(&j, p, &d, &id, &err), -EROFS);
    assert_non_null(strstr(err.text, "read-only"));
    journal_close(&j);
    remove_all(AT_FDCWD, elsewhere);
    assert_int_equal(mount(NULL, where, NULL, MS_REMOUNT, NULL), 0);
    tree_remove(&t);
    umount(where);
    rmdir(where);
}

int main(void)
{
    /* Loaded before the children are: their system calls are those of the change alone. */
    unsigned char sum[DIGEST_SIZE];
    if (digest_sha256(STR(""), sum, NULL) < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_while_applying),
        cmocka_unit_test(killed_while_undoing),
        cmocka_unit_test(full_disk),
        cmocka_unit_test(read_only_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
