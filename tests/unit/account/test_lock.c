/* test_lock.c: the mark in a passwd-file, and who may become root. */
#include "../server/tree.h"
#include "account/lock.h"

static void marks_one_account(void **state)
{
    (void)state;
    static const struct { const char *text; unsigned line; const char *name, *want; } table[] = {
        {"a:{PLAIN}x:::\nb::1:1\n", 1, "a", "a:{CRYPT}!{PLAIN}x:::\nb::1:1\n"},
        {"a:{PLAIN}x:::\nb::1:1\n", 2, "b", "a:{PLAIN}x:::\nb:{CRYPT}!:1:1\n"},
        {"a:x\r\nb:y", 2, "b", "a:x\r\nb:{CRYPT}!y"},
        {"a:x\n", 1, "b", NULL}, /* somebody else stands there by now */
        {"a:x\n", 2, "a", NULL},
        {"a\n", 1, "a", NULL},   /* no second field */
        {"", 1, "a", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_(buf_free) struct buf b = BUF(4096);
        int r = lock_mark(str_of(table[i].text), table[i].line, table[i].name, STR("{CRYPT}!"), &b);
        assert_int_equal(r, table[i].want ? 0 : -ENOENT);
        if (table[i].want)
            assert_true(str_eq(buf_str(&b), str_of(table[i].want)));
    }
}

static void knows_who_may_become_root(void **state)
{
    (void)state;
    static const struct { const char *group; bool want; } table[] = {
        {"sudo:x:27:anna,old\n", true},  {"sudo:x:27:older\n", false}, {"users:x:100:old\n", false}, {"wheel:x:1000:\n", true}, /* its own group */
        {"admin:x:5:old", true},         {"sudo:x:27:\n", false},      {"sudo\n", false},            {"", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        assert_int_equal(lock_group_text(str_of(table[i].group), "old", 1000), table[i].want);
}

static void knows_locked_hashes(void **state)
{
    (void)state;
    static const struct { const char *hash; bool usable; } table[] = {
        {"$y$j9T$x", true}, {"!$y$j9T$x", false}, {"{CRYPT}!{PLAIN}secret", false}, {"{CRYPT}*", false}, {"{PLAIN}!secret", true}, {"{CRYPT}$6$x", true}, {"", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        assert_int_equal(hash_usable(str_of(table[i].hash)), table[i].usable);
    struct credential c = {.expires = 1};
    assert_true(credential_expired(&c, 2 * DAY));
    c.expires = 20000;
    assert_false(credential_expired(&c, 2 * DAY));
    c.expires = -1;
    assert_false(credential_expired(&c, 2 * DAY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(marks_one_account), cmocka_unit_test(knows_who_may_become_root), cmocka_unit_test(knows_locked_hashes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
