/* Changes on real files: applied, verified, rolled back, undone, refused; what others did meanwhile; what a damaged disk gives back. */
#include "tree.h"
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <linux/fs.h>

static void both_ways(void **state)
{
    (void)state;
    struct tree t = tree_make("/tmp");
    const char *before = picture(&t);
    struct change_desk d = desk_of(NULL);
    struct journal j;
    struct change c;
    struct err err = {0};
    unsigned id = 0;
    assert_int_equal(journal_open(t.journal, true, &j, &err), 0);
    assert_int_equal(change_apply(&j, plan_of(&t), &d, &id, &err), 0);
    assert_int_equal(id, 1);
    struct node n;
    assert_int_equal(node_read(at(&t, "etc/main.cf"), t.arena, &n), 0);
    assert_memory_equal(n.content.p, "relay = nobody\n", 15);
    assert_int_equal(n.mode, 0640);
    assert_int_equal(n.uid, geteuid() == 0 ? 12 : geteuid());
    assert_int_equal(node_read(at(&t, "etc/link.cf"), t.arena, &n), 0);
    assert_int_equal(n.type, NODE_LINK);
    assert_int_equal(access(at(&t, "etc/touched"), F_OK), 0);
    assert_int_not_equal(access(at(&t, "etc/old.cf"), F_OK), 0);
    assert_int_equal(journal_read(&j, id, t.arena, &c, &err), 0);
    assert_int_equal(c.status, CHANGE_APPLIED);
    assert_int_equal(change_undo(&j, &c, &d, &err), 0);
    assert_string_equal(picture(&t), before);
    assert_int_equal(journal_read(&j, id, t.arena, &c, &err), 0);
    assert_int_equal(c.status, CHANGE_UNDONE);
    assert_int_equal(change_undo(&j, &c, &d, &err), -EALREADY);
    journal_close(&j);
    tree_remove(&t);
}

static int never(void *arg, struct err *err)
{
    (void)arg;
    return err_set(err, -ECANCELED, "it did not help");
}

static void rolled_back(void **state)
{
    (void)state;
    struct tree t = tree_make("/tmp");
    const char *before = picture(&t);
    struct change_desk d = desk_of(NULL);
    struct journal j;
    struct change c;
    struct err err = {0};
    unsigned id = 0;
    d.verify = never;
    assert_int_equal(journal_open(t.journal, true, &j, &err), 0);
    assert_int_equal(change_apply(&j, plan_of(&t), &d, &id, &err), -ECANCELED);
    assert_string_equal(err.text, "it did not help");
    assert_string_equal(picture(&t), before);
    assert_int_equal(journal_read(&j, id, t.arena, &c, NULL), 0);
    assert_int_equal(c.status, CHANGE_ROLLED_BACK);
    assert_string_equal(c.reason, "it did not help");

    /* A test that says no does the same. */
    d.verify = NULL;
    struct plan *p = plan_of(&t);
    plan_test(p, (const char *const[]){"/bin/sh", "-c", "echo bad file >&2; exit 3", NULL});
    err = (struct err){0};
    assert_int_equal(change_apply(&j, p, &d, &id, &err), -ECANCELED);
    assert_non_null(strstr(err.text, "bad file"));
    assert_string_equal(picture(&t), before);
    journal_close(&j);
    tree_remove(&t);
}

static void not_permitted(void **state)
{
    (void)state;
    struct tree t = tree_make("/tmp");
    const char *before = picture(&t);
    int code = -EPERM;
    struct change_desk d = desk_of(&code);
    struct journal j;
    struct changes all = {0};
    unsigned id = 0;
    assert_int_equal(journal_open(t.journal, true, &j, NULL), 0);
    assert_int_equal(change_apply(&j, plan_of(&t), &d, &id, NULL), -EPERM);
    assert_string_equal(picture(&t), before);
    assert_int_equal(journal_list(&j, t.arena, &all, NULL), 0);
    assert_int_equal(all.list.n, 0);
    journal_close(&j);
    tree_remove(&t);
}

static void edited_meanwhile(void **state)
{
    (void)state;
    struct tree t = tree_make("/tmp");
    struct change_desk d = desk_of(NULL);
    struct journal j;
    struct change c;
    struct conflicts conflicts = {0};
    struct err err = {0};
    unsigned id = 0;
    assert_int_equal(journal_open(t.journal, true, &j, NULL), 0);
    struct plan *p = plan_of(&t);
    put(&t, "etc/main.cf", "relay = office\n", 0640);
    assert_int_equal(change_apply(&j, p, &d, &id, &err), -ESTALE);
    assert_int_equal(change_apply(&j, plan_of(&t), &d, &id, NULL), 0);
    put(&t, "etc/main.cf", "relay = nobody\nmine = yes\n", 0640);
    const char *edited = picture(&t);
    assert_int_equal(journal_read(&j, id, t.arena, &c, NULL), 0);
    assert_int_equal(change_conflicts(&j, &c, t.arena, &conflicts, NULL), 0);
    assert_int_equal(conflicts.list.n, 1);
    assert_int_equal(conflicts.list.v[0].later, 0);
    assert_int_equal(change_undo(&j, &c, &d, NULL), -ESTALE);
    assert_string_equal(picture(&t), edited);
    journal_close(&j);
    tree_remove(&t);
}

/* What others put into a directory that a change made stays, and holds nothing up. */
static void a_directory_that_was_filled(void **state)
{
    (void)state;
    struct tree t = tree_make("/tmp");
    struct change_desk d = desk_of(NULL);
    struct journal j;
    struct change c;
    struct err err = {0};
    unsigned id = 0;
    assert_int_equal(journal_open(t.journal, true, &j, NULL), 0);
    struct plan *p = plan_new(t.arena, &t.root, &a_check, 1);
    assert_int_equal(plan_directory(p, at(&t, "etc/logs"), 0755, 0, 0, NULL), 0);
    assert_int_equal(plan_write(p, at(&t, "etc/main.cf"), STR("logs = yes\n"), 0, NULL), 0);
    assert_int_equal(change_apply(&j, p, &d, &id, &err), 0);
    put(&t, "etc/logs/today", "x\n", 0644);
    assert_int_equal(journal_read(&j, id, t.arena, &c, NULL), 0);
    assert_int_equal(change_undo(&j, &c, &d, &err), 1);
    assert_non_null(strstr(picture(&t), "today"));
    assert_null(strstr(picture(&t), "logs = yes"));
    assert_int_equal(journal_read(&j, id, t.arena, &c, NULL), 0);
    assert_int_equal(c.status, CHANGE_UNDONE);
    journal_close(&j);
    tree_remove(&t);
}

/* A command's own question: undo begins only where it says yes, also when it was read back from the journal. */
static void asks_before_undo(void **state)
{
    (void)state;
    struct tree t = tree_make("/tmp");
    struct change_desk d = desk_of(NULL);
    struct journal j;
    struct change c;
    struct err err = {0};
    unsigned id = 0;
    const char *made = at(&t, "etc/made"), *veto = at(&t, "etc/veto");
    assert_int_equal(journal_open(t.journal, true, &j, NULL), 0);
    struct plan *p = plan_new(t.arena, &t.root, &a_check, 1);
    const char *const argv[] = {"/usr/bin/touch", made, NULL}, *const inverse[] = {"/usr/bin/rm", made, NULL};
    const char *const question[] = {"/bin/sh", "-c", "[ ! -e \"$0\" ] || { echo changed since >&2; exit 1; }", veto, NULL};
    assert_int_equal(plan_command(p, &act_touch, argv, inverse, "touch", NULL), 0);
    plan_ready(p, question);
    assert_int_equal(change_apply(&j, p, &d, &id, NULL), 0);
    put(&t, "etc/veto", "x\n", 0644);
    assert_int_equal(journal_read(&j, id, t.arena, &c, NULL), 0);
    assert_int_equal(change_undo(&j, &c, &d, &err), -ESTALE);
    assert_string_equal(err.text, "changed since");
    assert_int_equal(access(made, F_OK), 0);
    assert_int_equal(unlink(veto), 0);
    assert_int_equal(change_undo(&j, &c, &d, NULL), 0);
    assert_int_not_equal(access(made, F_OK), 0);
    journal_close(&j);
    tree_remove(&t);
}

static void a_later_change_first(void **state)
{
    (void)state;
    struct tree t = tree_make("/tmp");
    struct change_desk d = desk_of(NULL);
    struct journal j;
    struct change c;
    struct conflicts conflicts = {0};
    unsigned first = 0, second = 0;
    const char *before = picture(&t);
    assert_int_equal(journal_open(t.journal, true, &j, NULL), 0);
    assert_int_equal(change_apply(&j, plan_of(&t), &d, &first, NULL), 0);
    struct plan *p = plan_new(t.arena, &t.root, &a_check, 1700000001);
    assert_int_equal(plan_write(p, at(&t, "etc/main.cf"), STR("relay = office\n"), 0, NULL), 0);
    assert_int_equal(change_apply(&j, p, &d, &second, NULL), 0);
    assert_int_equal(journal_read(&j, first, t.arena, &c, NULL), 0);
    assert_int_equal(change_conflicts(&j, &c, t.arena, &conflicts, NULL), 0);
    assert_int_equal(conflicts.list.v[0].later, second);
    struct change other;
    assert_int_equal(journal_read(&j, second, t.arena, &other, NULL), 0);
    assert_int_equal(change_undo(&j, &other, &d, NULL), 0);
    assert_int_equal(change_undo(&j, &c, &d, NULL), 0);
    assert_string_equal(picture(&t), before);
    journal_close(&j);
    tree_remove(&t);
}

static void two_at_once(void **state)
{
    (void)state;
    struct tree t = tree_make("/tmp");
    struct journal one, other;
    struct err err = {0};
    assert_int_equal(journal_open(t.journal, true, &one, NULL), 0);
    assert_int_equal(journal_open(t.journal, true, &other, &err), -EWOULDBLOCK);
    char pid[32];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    assert_non_null(strstr(err.text, pid));
    journal_close(&one);
    assert_int_equal(journal_open(t.journal, true, &other, NULL), 0);
    journal_close(&other);
    tree_remove(&t);
}

/* What must not be touched is refused when the plan is made, with the reason. */
static void refusals(void **state)
{
    (void)state;
    struct tree t = tree_make("/tmp");
    struct err err = {0};
    put(&t, "etc/managed", "# Ansible managed: do not edit\nx = 1\n", 0644);
    put(&t, "etc/twice", "x\n", 0644);
    assert_int_equal(link(at(&t, "etc/twice"), at(&t, "etc/again")), 0);
    assert_int_equal(mkfifo(at(&t, "etc/fifo"), 0600), 0);
    struct plan *p = plan_new(t.arena, &t.root, &a_check, 1);
    assert_int_equal(plan_write(p, at(&t, "etc/managed"), STR("x"), 0, &err), -EBUSY);
    assert_non_null(strstr(err.text, "Ansible"));
    err = (struct err){0};
    assert_int_equal(plan_write(p, at(&t, "etc/twice"), STR("y"), 0, &err), -EMLINK);
    err = (struct err){0};
    assert_int_equal(plan_write(p, at(&t, "etc/fifo"), STR("y"), 0, &err), -EINVAL);
    assert_int_equal(plan_write(p, at(&t, "etc/main.cf"), STR("relay = everybody\n"), 0, &err), 0);
    assert_true(plan_empty(p)); /* it was so already */
    int fd = open(at(&t, "etc/old.cf"), O_RDONLY), flags = FS_IMMUTABLE_FL, none = 0;
    if (ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0) {
        err = (struct err){0};
        assert_int_equal(plan_write(p, at(&t, "etc/old.cf"), STR("y"), 0, &err), -EPERM);
        assert_non_null(strstr(err.text, "chattr"));
        assert_int_equal(ioctl(fd, FS_IOC_SETFLAGS, &none), 0);
    }
    close(fd);
    tree_remove(&t);
}

/* Somebody who owns the directory swaps it for a link between plan and step: nothing is written where it leads. */
static void no_link_on_the_way(void **state)
{
    (void)state;
    struct tree t = tree_make("/tmp");
    struct change_desk d = desk_of(NULL);
    struct journal j;
    unsigned id = 0;
    mkdir(at(&t, "etc/site"), 0755);
    mkdir(at(&t, "elsewhere"), 0755);
    struct plan *p = plan_new(t.arena, &t.root, &a_check, 1);
    assert_int_equal(plan_write(p, at(&t, "etc/site/.htaccess"), STR("Deny\n"), 0, NULL), 0);
    assert_int_equal(rmdir(at(&t, "etc/site")), 0);
    assert_int_equal(symlink("../elsewhere", at(&t, "etc/site")), 0);
    assert_int_equal(journal_open(t.journal, true, &j, NULL), 0);
    assert_int_not_equal(change_apply(&j, p, &d, &id, NULL), 0);
    assert_int_not_equal(access(at(&t, "elsewhere/.htaccess"), F_OK), 0);
    journal_close(&j);
    tree_remove(&t);
}

static void flip(const struct tree *t, const char *name)
{
    char c;
    int fd = open(at(t, name), O_RDWR);
    assert_true(fd >= 0 && pread(fd, &c, 1, 3) == 1);
    c ^= 1;
    assert_true(pwrite(fd, &c, 1, 3) == 1);
    close(fd);
}

static void damage(void **state)
{
    static const char *const files[] = {"journal/000001/before/0", "journal/000001/after/1", "journal/000001/change.json", "journal/000001/log", "journal/000001/sums"};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        struct tree t = tree_make("/tmp");
        struct change_desk d = desk_of(NULL);
        struct journal j;
        struct change c;
        struct err err = {0};
        unsigned id = 0;
        assert_int_equal(journal_open(t.journal, true, &j, NULL), 0);
        assert_int_equal(change_apply(&j, plan_of(&t), &d, &id, NULL), 0);
        const char *applied = picture(&t);
        flip(&t, files[i]);
        assert_int_equal(journal_read(&j, id, t.arena, &c, NULL), 0);
        if (c.status != CHANGE_DAMAGED)
            fail_msg("%s: a flipped bit was not seen", files[i]);
        assert_int_equal(change_undo(&j, &c, &d, &err), -EUCLEAN);
        assert_non_null(strstr(err.text, "damaged"));
        assert_string_equal(picture(&t), applied);
        journal_close(&j);
        tree_remove(&t);
    }
}

/* bansho is gone: the script in the journal takes it back with a shell. */
static void by_hand(void **state)
{
    (void)state;
    struct tree t = tree_make("/tmp");
    struct change_desk d = desk_of(NULL);
    struct journal j;
    struct node was, is;
    unsigned id = 0;
    assert_int_equal(node_read(at(&t, "etc/main.cf"), t.arena, &was), 0);
    assert_int_equal(journal_open(t.journal, true, &j, NULL), 0);
    assert_int_equal(change_apply(&j, plan_of(&t), &d, &id, NULL), 0);
    journal_close(&j);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", at(&t, "journal/000001/undo.sh"), (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(node_read(at(&t, "etc/main.cf"), t.arena, &is), 0);
    assert_true(node_same(&was, &is));
    assert_int_equal(is.mtime_s, was.mtime_s);
    assert_int_equal(access(at(&t, "etc/old.cf"), F_OK), 0);
    assert_int_not_equal(access(at(&t, "etc/new.cf"), F_OK), 0);
    assert_int_not_equal(access(at(&t, "etc/touched"), F_OK), 0);
    assert_int_not_equal(access(at(&t, "etc/drop.d"), F_OK), 0);
    tree_remove(&t);
}

static void old_ones_expire(void **state)
{
    (void)state;
    struct tree t = tree_make("/tmp");
    struct change_desk d = desk_of(NULL);
    struct journal j;
    struct change c;
    unsigned id = 0;
    assert_int_equal(journal_open(t.journal, true, &j, NULL), 0);
    assert_int_equal(change_apply(&j, plan_of(&t), &d, &id, NULL), 0);
    assert_int_equal(journal_expire(&j, 1700000000, NULL), 0);
    assert_int_equal(journal_expire(&j, INT64_MAX, NULL), 1);
    assert_int_equal(journal_read(&j, id, t.arena, &c, NULL), 0);
    assert_int_equal(c.status, CHANGE_EXPIRED);
    assert_int_equal(change_undo(&j, &c, &d, NULL), -EALREADY);
    assert_int_not_equal(access(at(&t, "journal/000001/before"), F_OK), 0);
    journal_close(&j);
    tree_remove(&t);
}

/* A test alone does nothing; a service that runs and has to follow its files is something. Undoing that takes nothing back, and is over. */
static void only_settling(void **state)
{
    (void)state;
    struct tree t = tree_make("/tmp");
    struct change_desk d = desk_of(NULL);
    struct journal j;
    struct change c;
    struct err err = {0};
    unsigned id = 0;
    const char *before = picture(&t);
    struct plan *p = plan_new(t.arena, &t.root, &a_check, 1);
    plan_test(p, (const char *const[]){"/bin/true", NULL});
    assert_true(plan_empty(p));
    plan_settle(p, "bansho-nowhere.service", UNIT_RELOAD);
    assert_true(plan_empty(p)); /* it does not run */
    snprintf(p->steps.v[1].unit_before.active, sizeof p->steps.v[1].unit_before.active, "active");
    assert_false(plan_empty(p));
    p->steps.n = 1;
    assert_int_equal(journal_open(t.journal, true, &j, &err), 0);
    assert_int_equal(change_apply(&j, p, &d, &id, &err), 0);
    assert_int_equal(journal_read(&j, id, t.arena, &c, &err), 0);
    assert_int_equal(change_undo(&j, &c, &d, &err), 0);
    assert_int_equal(journal_read(&j, id, t.arena, &c, &err), 0);
    assert_int_equal(c.status, CHANGE_UNDONE);
    assert_string_equal(picture(&t), before);
    p = plan_new(t.arena, &t.root, &a_check, 1);
    plan_manager(p);
    assert_false(plan_empty(p));
    journal_close(&j);
    tree_remove(&t);
}

static int ends[8];
static size_t ends_n;
static void ended_how(void *arg, const struct act *act, const char *object, int result)
{
    (void)arg;
    (void)act;
    (void)object;
    if (ends_n < ARRAY_SIZE(ends))
        ends[ends_n++] = result;
}

/* Every act that was permitted gets its end, also one that was never reached: after a failure, and after the process was killed. */
static void every_act_has_an_end(void **state)
{
    (void)state;
    struct tree t = tree_make("/tmp");
    struct change_desk d = desk_of(NULL);
    struct journal j;
    struct err err = {0};
    unsigned id = 0;
    d.acts.done = ended_how;
    struct plan *p = plan_new(t.arena, &t.root, &a_check, 1);
    assert_int_equal(plan_write(p, at(&t, "etc/main.cf"), STR("x\n"), 0, NULL), 0);
    assert_int_equal(plan_command(p, &act_touch, (const char *const[]){"/usr/bin/touch", "/no/such/directory", NULL}, NULL, "touch", NULL), 0);
    assert_int_equal(plan_write(p, at(&t, "etc/secret"), STR("y\n"), 0, NULL), 0);
    assert_int_equal(journal_open(t.journal, true, &j, &err), 0);
    assert_int_equal(change_apply(&j, p, &d, &id, &err), -ENOTRECOVERABLE); /* nobody knows what the command did before it failed */
    assert_true(ends_n >= 5 && ends[0] == 0 && ends[1] < 0 && ends[4] == ACT_NEVER_BEGUN); /* 2 and 3: those that have an end keep it */

    p = plan_new(t.arena, &t.root, &a_check, 1);
    assert_int_equal(plan_write(p, at(&t, "etc/main.cf"), STR("x\n"), 0, NULL), 0);
    assert_int_equal(plan_write(p, at(&t, "etc/secret"), STR("y\n"), 0, NULL), 0);
    assert_int_equal(journal_begin(&j, p, "tester", "", &id, &err), 0); /* as if killed within the first step */
    assert_int_equal(journal_add(&j, id, EVENT_STEP, 0, NULL, NULL, &err), 0);
    ends_n = 0;
    assert_int_equal(change_recover(&j, &d, &err), 1);
    assert_int_equal(ends_n, 2);
    assert_int_equal(ends[0], ACT_INTERRUPTED);
    assert_int_equal(ends[1], ACT_NEVER_BEGUN);

    /* Interrupted and damaged: what to type is told, and once it was done nothing stands in the way. */
    assert_int_equal(journal_begin(&j, p, "tester", "", &id, &err), 0);
    assert_int_equal(journal_add(&j, id, EVENT_STEP, 0, NULL, NULL, &err), 0);
    flip(&t, arena_printf(t.arena, "journal/%06u/before/0", id));
    err = (struct err){0};
    assert_int_equal(change_recover(&j, &d, &err), -EUCLEAN);
    const char *dir = at(&t, arena_printf(t.arena, "journal/%06u", id));
    const char *command = strstr(err.text, arena_printf(t.arena, "sh %s/undo.sh && mv %s %s.by-hand", dir, dir, dir));
    assert_non_null(command);
    assert_int_equal(rename(dir, arena_printf(t.arena, "%s.by-hand", dir)), 0);
    assert_int_equal(change_recover(&j, &d, &err), 0);
    unsigned next = 0;
    assert_int_equal(journal_begin(&j, p, "tester", "", &next, &err), 0);
    assert_int_equal(next, id + 1);
    journal_close(&j);
    tree_remove(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways),  cmocka_unit_test(rolled_back), cmocka_unit_test(not_permitted), cmocka_unit_test(edited_meanwhile), cmocka_unit_test(a_later_change_first), cmocka_unit_test(a_directory_that_was_filled), cmocka_unit_test(asks_before_undo),
        cmocka_unit_test(two_at_once), cmocka_unit_test(refusals),   cmocka_unit_test(no_link_on_the_way), cmocka_unit_test(damage),       cmocka_unit_test(by_hand),
        cmocka_unit_test(old_ones_expire), cmocka_unit_test(only_settling), cmocka_unit_test(every_act_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
