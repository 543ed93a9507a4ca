#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "mail/full_names.h"
#include "mail/names.h"

static struct arena *arena;

static const char *all(const struct mail_names *n)
{
    struct buf b = BUF(1000);
    for (size_t i = 0; i < n->full.n; i++)
        buf_printf(&b, "%s ", n->full.v[i]);
    for (size_t i = 0; i < n->plain.n; i++)
        buf_printf(&b, "(%s) ", n->plain.v[i]);
    const char *text = arena_dup(arena, buf_str(&b));
    buf_free(&b);
    return text;
}

static void reads_names(void **state)
{
    (void)state;
    static const struct { bool table; const char *text, *want; } table[] = {
        {false, "info@a.example:{SHA512}x::::\ntaro:{PLAIN}y\n#old@a.example:z\n\n", "info@a.example (taro) "},
        {false, "-rf@a.example:x\nin fo@a.example:x\n\x1b[31m@a:x\na@b@c:x\n@a.example:x\ninfo@:x\n", ""},
        {false, "no name: x", ""},
        {true, "info@a.example a/info/\n# x@a.example y\n@a.example catch-all\na.example  x\n  continued@a.example x\nold@b.example\tb/old/\n", "info@a.example old@b.example "},
        {true, "", ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct mail_names n = {0};
        (table[i].table ? mail_names_of_table : mail_names_of_passwd)(str_of(table[i].text), arena, &n);
        assert_string_equal(all(&n), table[i].want);
    }
}

static void short_names_are_different_ones(void **state)
{
    (void)state;
    struct mail_names n = {0};
    const char *got[3];
    mail_names_of_passwd(STR("info@a.example:\ninfo@b.example:\ntaro@a.example:\ninfo:\nold@a.example:\nnew@a.example:\n"), arena, &n);
    assert_int_equal(mail_short_names(&n, arena, got, 3), 3);
    assert_string_equal(got[0], "info");
    assert_string_equal(got[1], "taro");
    assert_string_equal(got[2], "old");
    assert_int_equal(mail_short_names(&(struct mail_names){0}, arena, got, 3), 0);
}

static void reads_doveadm(void **state)
{
    (void)state;
    struct found_names found;
    assert_true(doveadm_lookup_read(STR("passdb: info\n  user      : info@alpha.example\n\npassdb: taro\n  user      : taro\n  nologin   : y\n"), STR("passdb lookup: user old doesn't exist\n"), arena, &found));
    assert_int_equal(found.list.n, 2);
    assert_string_equal(found.list.v[0].asked, "info");
    assert_string_equal(found.list.v[0].user, "info@alpha.example");
    assert_true(doveadm_lookup_read(STR(""), STR("passdb lookup: user info doesn't exist\n"), arena, &found));
    assert_int_equal(found.list.n, 0);
    assert_false(doveadm_lookup_read(STR(""), STR("Error: passdb lookup failed for info\n"), arena, &found));
    assert_false(doveadm_lookup_read(STR(""), STR("doveadm(root): Fatal: ...\n"), arena, &found));
}

static void knows_rules(void **state)
{
    (void)state;
    static const struct product dovecot = {.id = "dovecot"};
    static const struct { const char *what; const char *rows[4][3]; enum names_rule want; } table[] = {
        {"passwd-file", {{"passdb", "driver", "passwd-file"}}, NAMES_NOTHING_SEEN},
        {"default realm", {{"", "auth_default_realm", "a.example"}, {"passdb", "driver", "passwd-file"}}, NAMES_MADE_FULL},
        {"default domain of 2.4", {{"", "auth_default_domain", "a.example"}}, NAMES_MADE_FULL},
        {"empty realm", {{"", "auth_default_realm", ""}, {"passdb", "driver", "sql"}}, NAMES_NOTHING_SEEN},
        {"cut", {{"", "auth_username_format", "%Ln"}}, NAMES_CUT},
        {"cut in 2.4", {{"", "auth_username_format", "%{user | username | lower}"}}, NAMES_CUT},
        {"lower case only", {{"", "auth_username_format", "%Lu"}, {"passdb", "driver", "passwd-file"}}, NAMES_NOTHING_SEEN},
        {"cut by a file", {{"passdb", "driver", "passwd-file"}, {"passdb", "username_format", "%n"}}, NAMES_CUT},
        {"PAM", {{"passdb", "driver", "pam"}, {"passdb 2", "driver", "passwd-file"}}, NAMES_HIDDEN},
        {"PAM and everybody", {{"passdb", "driver", "pam"}, {"passdb 2", "driver", "static"}}, NAMES_ANYBODY},
        {"nothing", {{NULL}}, NAMES_NOTHING_SEEN},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct server server = {.arena = arena};
        struct instance inst = {.product = &dovecot, .name = "", .version = "1:2.3.19"};
        for (size_t k = 0; k < 4 && table[i].rows[k][0]; k++)
            setting_add(&server, &inst, FROM_PROGRAM, table[i].rows[k][0], str_of(table[i].rows[k][1]), str_of(table[i].rows[k][2]), "/etc/dovecot/dovecot.conf", (unsigned)k + 1);
        const struct setting *s;
        struct dovecot_db db;
        enum names_rule got = names_rule_of(&inst, &s, &db);
        if (got != table[i].want)
            fail_msg("%s: %d", table[i].what, got);
        assert_int_equal(names_hidden(&inst, &db), strncmp(table[i].what, "PAM", 3) == 0);
    }
}

static int make(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_names), cmocka_unit_test(short_names_are_different_ones), cmocka_unit_test(reads_doveadm), cmocka_unit_test(knows_rules)};
    return cmocka_run_group_tests(tests, make, drop);
}
