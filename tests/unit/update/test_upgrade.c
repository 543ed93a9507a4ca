#include "../arena.h"
#include "base/child.h"
#include "update/update_acts.h"
#include "update/upgrade.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void names_files_as_apt_does(void **state)
{
    static const struct { const char *name, *version, *arch, *want; } table[] = {
        {"lab-note", "1:1.0", "all", "lab-note_1%3a1.0_all.deb"},
        {"libssl3", "3.0.15-1~deb12u1", "amd64", "libssl3_3.0.15-1~deb12u1_amd64.deb"},
        {"g++", "4:12.2.0-3", "amd64", "g++_4%3a12.2.0-3_amd64.deb"},
        {"a", "1 %\n", "b.c", "a_1%20%25%0a_b%2ec.deb"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        assert_string_equal(upgrade_deb_name(arena, table[i].name, table[i].version, table[i].arch), table[i].want);
}

static void gives_only_names_and_versions_to_programs(void **state)
{
    static const struct { const char *text; bool name, version; } table[] = {
        {"libfoo:i386", true, false}, {"g++", true, false}, {"0ad", true, true}, {"1:2.0-1~deb12u1+b1", false, true}, {"1.0~RC1", false, true},
        {"", false, false}, {"-o", false, false}, {"a;b", false, false}, {"a b", false, false}, {"1.0\n", false, false}, {"$(x)", false, false}, {"Foo", false, false}, {"1/2", false, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (upgrade_name_good(table[i].text) != table[i].name || upgrade_version_good(table[i].text) != table[i].version)
            fail_msg("%s", table[i].text);
}

static void knows_what_archives_have(void **state)
{
    static const char text[] = "  bash | 5.2.15-2+b7 | http://deb.debian.org/debian bookworm/main amd64 Packages\n"
                               "  bash |        1.0 | file:/srv/archive ./ Packages\n"
                               "  dash |        1.1 | copy:/srv/archive ./ Packages\nbroken\n|||\n";
    static const struct { const char *name, *version; bool want; } table[] = {
        {"bash", "5.2.15-2+b7", true}, {"bash", "5.2.15-2", false}, {"bash", "1.0", false}, {"dash", "1.1", true}, {"broken", "", false}, {"", "", true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (madison_has(str_of(text), table[i].name, table[i].version) != table[i].want)
            fail_msg("%s %s", table[i].name, table[i].version);
}

static struct upgraded one(const char *name, bool back)
{
    const char *qualified = arena_printf(arena, "%s:amd64", name);
    return (struct upgraded){.name = name, .qualified = qualified, .from = "1", .to = "2", .deb = upgrade_deb_name(arena, name, "1", "amd64"), .back = back};
}

static void keeps_a_source_together(void **state)
{
    static const char text[] = "libssl3:amd64\topenssl\nopenssl:amd64\topenssl\nnginx:amd64\tnginx\nodd";
    struct upgrade u = {.arena = arena};
    (void)state;
    *list_push(arena, &u.list) = one("openssl", true);
    *list_push(arena, &u.list) = one("nginx", true);
    *list_push(arena, &u.list) = one("libssl3", false);
    *list_push(arena, &u.list) = one("other", false);
    upgrade_join_sources(&u, str_of(text));
    assert_int_equal(u.back, 1);
    assert_true(!u.list.v[0].back && u.list.v[1].back && !u.list.v[2].back && !u.list.v[3].back);
}

static bool holds(const char *const *argv, const char *word)
{
    for (; argv && *argv; argv++)
        if (strcmp(*argv, word) == 0)
            return true;
    return false;
}

static void plans_what_can_be_taken_back_first(void **state)
{
    struct root root = {.fd = -1};
    struct plan *p = plan_new(arena, &root, NULL, 77);
    struct upgrade u = {.arena = arena, .back = 2};
    struct err err = {0};
    (void)state;
    *list_push(arena, &u.list) = one("gone", false);
    *list_push(arena, &u.list) = one("cached", true);
    *list_push(arena, &u.list) = one("known", true);
    u.list.v[1].cached = true;
    if (upgrade_steps(&u, p, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(p->steps.n, 5);
    const struct step *s = p->steps.v;
    assert_ptr_equal(s[0].act, &act_package_fetch);
    assert_true(holds(s[0].argv, "known=1") && !holds(s[0].argv, "cached=1") && !holds(s[0].argv, "gone=1"));
    assert_string_equal(s[1].path, "/var/lib/bansho/packages-77");
    assert_ptr_equal(s[2].act, &act_package_keep);
    assert_ptr_equal(s[3].act, &act_package_upgrade);
    assert_true(holds(s[3].argv, "known=2") && holds(s[3].argv, "cached=2") && !holds(s[3].argv, "gone=2"));
    assert_true(holds(s[3].inverse, "/var/lib/bansho/packages-77/known_1_amd64.deb") && holds(s[3].inverse, "--no-remove"));
    assert_non_null(s[3].ready);
    assert_true(holds(s[4].argv, "gone=2"));
    assert_null(s[4].inverse);
}

static int run(const char *const *argv)
{
    struct child_result r;
    assert_int_equal(child_run(argv, NULL, &r, NULL), 0);
    int status = r.status;
    child_result_free(&r);
    return status;
}

/* The step before the installation: a copy that cannot be installed again ends the change there. */
static void keeps_only_whole_packages(void **state)
{
    static const char make_deb[] = "cd $0 && mkdir -p d/DEBIAN keep && printf 'Package: x\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@a.test>\\nDescription: x\\n' >d/DEBIAN/control && "
                                   "head -c 100000 /dev/urandom >d/data && dpkg-deb -b --root-owner-group d whole.deb && head -c 50000 whole.deb >cut.deb";
    struct root root = {.fd = -1};
    struct plan *p = plan_new(arena, &root, NULL, 77);
    struct upgrade u = {.arena = arena, .back = 1};
    char top[] = "/tmp/bansho-keep-XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(top));
    assert_int_equal(run((const char *const[]){"sh", "-c", make_deb, top, NULL}), 0);
    *list_push(arena, &u.list) = one("x", true);
    u.list.v[0].cached = true;
    assert_int_equal(upgrade_steps(&u, p, NULL), 0);
    const char *const *argv = p->steps.v[1].argv; /* after the directory: the shell, -c, its words, the directory, the files */
    const char *whole[] = {argv[0], argv[1], argv[2], arena_printf(arena, "%s/keep", top), arena_printf(arena, "%s/whole.deb", top), NULL};
    assert_int_equal(run(whole), 0);
    assert_int_equal(access(arena_printf(arena, "%s/keep/whole.deb", top), F_OK), 0);
    whole[4] = arena_printf(arena, "%s/cut.deb", top);
    assert_int_not_equal(run(whole), 0);
    whole[4] = arena_printf(arena, "%s/none.deb", top);
    assert_int_not_equal(run(whole), 0);
    assert_int_equal(run((const char *const[]){"rm", "-r", top, NULL}), 0);
}

static void lets_go_what_was_kept_too_long(void **state)
{
    static const char *const names[] = {"packages-100", "packages-300", "packages-x", "changes"};
    char top[] = "/tmp/bansho-kept-XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(top));
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_int_equal(mkdir(arena_printf(arena, "%s/%s", top, names[i]), 0700), 0);
        int fd = open(arena_printf(arena, "%s/%s/x.deb", top, names[i]), O_CREAT | O_WRONLY, 0600);
        assert_true(fd >= 0);
        close(fd);
    }
    assert_int_equal(kept_expire(top, 200), 1);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_int_equal(access(arena_printf(arena, "%s/%s/x.deb", top, names[i]), F_OK) == 0, i != 0);
    assert_int_not_equal(access(arena_printf(arena, "%s/packages-100", top), F_OK), 0);
    assert_int_equal(kept_expire(arena_printf(arena, "%s/none", top), 200), 0);
    assert_int_equal(run((const char *const[]){"rm", "-r", top, NULL}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_files_as_apt_does), cmocka_unit_test(gives_only_names_and_versions_to_programs), cmocka_unit_test(knows_what_archives_have),
        cmocka_unit_test(keeps_a_source_together), cmocka_unit_test(plans_what_can_be_taken_back_first), cmocka_unit_test(keeps_only_whole_packages),
        cmocka_unit_test(lets_go_what_was_kept_too_long),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
