#include "../arena.h"
#include "account/empty_or_default.h"
#include "account/guess.h"
#include "account/password_age.h"
#include "account/past_logins.h"
#include "account/unused.h"
#include <errno.h>
#include <stdlib.h>

#define NOW 1795500000 /* 2026-11-24 */
#define TODAY (NOW / DAY)

static const struct check check = {.id = "account.test", .severity = SEVERITY_SERIOUS};

static struct user users[] = {
    {"root", "", "/root", "/bin/bash", 0, 0, 1}, {"daemon", "", "/", "/usr/sbin/nologin", 1, 1, 2}, {"admin", "", "/home/admin", "/bin/bash", 1000, 1000, 3}, {"toor", "", "/root", "/bin/sh", 0, 0, 4},
};

static struct host machine(void)
{
    struct host h = {.arena = arena};
    h.users.v = users, h.users.n = ARRAY_SIZE(users);
    return h;
}

/* $6$ of "password", made by crypt(3) with the salt "saltsalt" */
#define HASH_PASSWORD "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/"
#define HASH_LOCKED "!$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/"

static void finds_open_accounts(void **state)
{
    (void)state;
    static const struct { const char *text; bool mail; const char *object; enum state want; } table[] = {
        {"root:*:20000:0:99999:7:::\n", false, "", STATE_OK},
        {"admin::20000:0:99999:7:::\n", false, "admin", STATE_FAIL},
        {"daemon::20000:0:99999:7:::\n", false, "daemon", STATE_FAIL}, /* no shell, but FTP and mail may take it */
        {"admin:" HASH_PASSWORD ":20000::::::\n", false, "admin", STATE_FAIL},
        {"admin:" HASH_LOCKED ":20000::::::\n", false, "", STATE_OK},
        {"admin:!:20000::::::\n", false, "", STATE_OK},
        {"admin:$6$rounds=999999999$saltsalt$x:20000::::::\n", false, "hashes", STATE_UNKNOWN}, /* too dear to be tried */
        {"admin:$argon2id$v=19$m=8192,t=1023,p=1$EMx4GI74FMWyTEBsXUU4UQ$zNVm:20000::::::\n", false, "hashes", STATE_UNKNOWN},
        {"a@example.jp:{SHA512-CRYPT}" HASH_PASSWORD "::::::\n", true, "a@example.jp", STATE_FAIL},
        {"a@example.jp:{PLAIN}a::::::\n", true, "a@example.jp", STATE_FAIL},
        {"a@example.jp:{PLAIN}kYq-83.x::::::\n", true, "", STATE_OK},
        {"a@example.jp:{PLAIN}::::::\n", true, "a@example.jp", STATE_FAIL},
        {"a@example.jp:::::::nopassword=y\n", true, "a@example.jp", STATE_FAIL},
        {"a@example.jp:{SHA512-CRYPT}::::::\n", true, "a@example.jp", STATE_WARN},
        {"a@example.jp:::::::\n", true, "a@example.jp", STATE_WARN}, /* read as Dovecot 2.3 reads it */
        {"# comment\n\nbroken\n", false, "", STATE_OK},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct host h = machine();
        struct credentials c = {.complete = true};
        struct findings out = {.arena = arena, .check = &check};
        if (table[i].mail)
            userfile_parse(&h, str_of(table[i].text), "/etc/dovecot/users", CREDENTIAL_MAIL, true, &c);
        else
            shadow_parse(&h, str_of(table[i].text), "/etc/shadow", &c);
        empty_or_default_judge(&c, 10000000, NULL, 0, &out);
        assert_int_equal(out.list.n, table[i].want == STATE_UNKNOWN ? 2 : 1); /* beside what is unknown: that none is empty */
        assert_string_equal(out.list.v[0].object, table[i].object);
        assert_int_equal(out.list.v[0].state, table[i].want);
        for (size_t k = 0; k < out.list.v[0].evidence.n; k++) /* hashes and passwords are never shown */
            assert_null(strstr(out.list.v[0].evidence.v[k].text, "$6$"));
        credentials_done(&c);
    }
}

static void keeps_to_its_budget(void **state)
{
    (void)state;
    struct host h = machine();
    struct credentials c = {.complete = true};
    struct findings out = {.arena = arena, .check = &check};
    shadow_parse(&h, STR("admin:" HASH_PASSWORD ":20000::::::\n"), "/etc/shadow", &c);
    empty_or_default_judge(&c, 0, NULL, 0, &out);
    assert_int_equal(out.list.n, 1);
    assert_int_equal(out.list.v[0].state, STATE_UNKNOWN);
    assert_non_null(strstr(out.list.v[0].evidence.v[0].text, "0 of")); /* and says that it tried nothing */
    assert_null(strstr(out.list.v[0].title, "known default"));
}

static struct findings guessed(const char *hash, int64_t budget_us, const struct findings *before)
{
    struct host h = machine();
    struct credentials c = {.complete = true};
    struct findings out = {.arena = arena, .check = &check};
    shadow_parse(&h, str_of(arena_printf(arena, "admin:%s:20000::::::\n", hash)), "/etc/shadow", &c);
    empty_or_default_judge(&c, budget_us, before ? before->memos.v : NULL, before ? before->memos.n : 0, &out);
    credentials_done(&c);
    return out;
}

/* $6$ of a long random password, same salt: withstands them all. */
#define HASH_STRONG "$6$saltsalt$0kVx1yb7Hq3Lw9Zr5Tn8Jd2Gf6Ms4PcAeBuCiDoEvFxGyHzIjKkLlMmNnOoPpQqRrSsTtUuVvWwXxYyZz012345."

static void goes_on_where_it_stopped(void **state)
{
    (void)state;
    struct findings nothing = guessed(HASH_STRONG, 0, NULL), all = guessed(HASH_STRONG, 10000000, &nothing);
    assert_int_equal(nothing.memos.n, 0);
    assert_int_equal(all.memos.n, 1);
    struct findings later = guessed(HASH_STRONG, 0, &all); /* all is known already: nothing has to be tried */
    assert_int_equal(later.list.v[0].state, STATE_OK);
    assert_non_null(strstr(later.list.v[0].evidence.v[0].text, "all "));
    assert_int_equal(later.memos.v[0].value, all.memos.v[0].value);
    struct findings changed = guessed(HASH_PASSWORD, 0, &all); /* another password begins anew */
    assert_non_null(strstr(changed.list.v[0].evidence.v[0].text, "0 of"));
    struct findings found = guessed(HASH_PASSWORD, 10000000, &all), again = guessed(HASH_PASSWORD, 10000000, &found);
    assert_int_equal(found.list.v[0].state, STATE_FAIL);
    assert_int_equal(again.list.v[0].state, STATE_FAIL); /* and stays found */
    for (size_t i = 0; i < found.memos.n; i++)
        assert_null(strstr(found.memos.v[i].key, "admin"));
}

/* With a budget for one guess the one goes to the hash that is quickly tried, wherever it stands. */
static void quick_hashes_come_first(void **state)
{
    (void)state;
    struct host h = machine();
    struct credentials c = {.complete = true};
    struct findings out = {.arena = arena, .check = &check};
    char key[GUESS_KEY];
    int64_t withstood = 0;
    shadow_parse(&h, STR("root:$y$j9T$saltsaltsalt$8uV6mRzJ9lUqZz3mWg4c4pZbq1oB9e0rKxX2yC1dEf7:20000::::::\nadmin:" HASH_STRONG ":20000::::::\n"), "/etc/shadow", &c);
    assert_int_equal(c.list.n, 2);
    empty_or_default_judge(&c, 1, NULL, 0, &out);
    assert_int_equal(out.memos.n, 1);
    assert_int_equal(guess_key(&c.list.v[1], key), 0);
    assert_true(memo_find(out.memos.v, 1, check.id, key, &withstood));
    assert_int_equal(withstood, 1);
    assert_non_null(strstr(out.list.v[0].evidence.v[0].text, "1 of "));
    credentials_done(&c);
}

/* What was found stays found, also where the budget ends before its turn comes. */
static void stays_found_without_budget(void **state)
{
    (void)state;
    struct host h = machine();
    struct credentials c = {.complete = true};
    struct findings first = {.arena = arena, .check = &check}, later = first;
    shadow_parse(&h, STR("root:" HASH_STRONG ":20000::::::\nadmin:" HASH_PASSWORD ":20000::::::\n"), "/etc/shadow", &c);
    empty_or_default_judge(&c, 10000000, NULL, 0, &first);
    assert_int_equal(first.list.v[0].state, STATE_FAIL);
    for (size_t i = 0; i < first.memos.n; i++) {
        first.memos.v[i].check = check.id;
        if (first.memos.v[i].value < 0) {
            empty_or_default_judge(&c, 0, &first.memos.v[i], 1, &later); /* of the other account nothing is known */
            assert_int_equal(later.list.v[0].state, STATE_FAIL);
            assert_string_equal(later.list.v[0].object, "admin");
            assert_int_equal(later.memos.n, 1);
            assert_int_equal(later.memos.v[0].value, first.memos.v[i].value);
        }
    }
    assert_int_equal(later.list.n, 2); /* and that the other had no guess */
    credentials_done(&c);
}

static void no_digest_of_a_password_is_kept(void **state)
{
    (void)state;
    struct credential c = {.name = "a@example.jp", .hash = STR("{PLAIN}secret")};
    char key[GUESS_KEY];
    assert_int_equal(guess_key(&c, key), -EOPNOTSUPP);
}

static void incomplete_is_unknown(void **state)
{
    (void)state;
    struct credentials c = {.complete = true};
    struct findings out = {.arena = arena, .check = &check};
    *list_push(arena, &c.unread) = "/etc/dovecot/users: Permission denied";
    empty_or_default_judge(&c, 0, NULL, 0, &out);
    assert_int_equal(out.list.v[0].state, STATE_UNKNOWN);
}

static void knows_dear_hashes(void **state)
{
    (void)state;
    static const struct { const char *hash; bool want; } table[] = {
        {"$y$j9T$abc$def", true}, {"$y$jET$abc$def", false}, {"$6$salt$x", true}, {"$6$rounds=5000$salt$x", true}, {"$6$rounds=5000000$salt$x", false}, {"$6$rounds=$x", false},
        {"$2y$10$abc", true}, {"$2y$14$abc", false}, {"$1$a$b", true}, {"$7$CU..../....", false}, {"$argon2id$v=19", false}, {"abJnggxhB/yWI", true}, {"", false}, {"{SSHA}x", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        assert_int_equal(hash_is_cheap(str_of(table[i].hash)), table[i].want);
}

static void finds_second_roots(void **state)
{
    (void)state;
    struct host h = machine();
    struct findings out = {.arena = arena, .check = &check};
    extra_root_judge(&h, &out);
    assert_int_equal(out.list.n, 1);
    assert_string_equal(out.list.v[0].object, "toor");
    assert_int_equal(out.list.v[0].state, STATE_FAIL);
    assert_int_equal(out.list.v[0].evidence.v[0].line, 4);
}

static void judges_password_age(void **state)
{
    (void)state;
    const struct { const char *name; int64_t changed; const char *hash; int want; } table[] = {
        {"admin", TODAY - 10, "$y$x", STATE_OK},   {"admin", TODAY - 180, "$y$x", STATE_OK}, {"admin", TODAY - 181, "$y$x", STATE_WARN}, {"admin", 0, "$y$x", STATE_WARN},
        {"admin", -1, "$y$x", STATE_UNKNOWN},      {"admin", TODAY + 30, "$y$x", STATE_UNKNOWN}, {"root", TODAY - 400, "$y$x", STATE_WARN},
        {"admin", TODAY - 10, "", STATE_WARN},     {"admin", -1, "", STATE_WARN}, {"daemon", TODAY - 10, "", -1}, /* no password is no young one */
        {"admin", TODAY - 400, "!$y$x", -1},       {"daemon", TODAY - 400, "$y$x", -1}, /* no shell */
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct host h = machine();
        struct credentials c = {.complete = true};
        struct findings out = {.arena = arena, .check = &check};
        *list_push(arena, &c.list) = (struct credential){.kind = CREDENTIAL_SYSTEM, .name = table[i].name, .hash = str_of(table[i].hash), .changed = table[i].changed,
                                                         .user = host_user(&h, table[i].name), .file = "/etc/shadow", .line = 7};
        password_age_judge(&c, 180 * DAY, NOW, &out);
        assert_int_equal(out.list.n, 1);
        assert_string_equal(out.list.v[0].object, table[i].want < 0 ? "" : table[i].name);
        assert_int_equal(out.list.v[0].state, table[i].want < 0 ? STATE_OK : (enum state)table[i].want);
    }
}

static void judges_use(void **state)
{
    (void)state;
    static const struct { int64_t last, created, since; enum state want; } table[] = {
        {NOW - 5 * DAY, 0, NOW - 30 * DAY, STATE_OK},
        {NOW - 100 * DAY, NOW - 400 * DAY, NOW - 300 * DAY, STATE_WARN},
        {0, NOW - 400 * DAY, NOW - 300 * DAY, STATE_WARN},
        {0, NOW - 400 * DAY, NOW - 30 * DAY, STATE_UNKNOWN}, /* the records are too short to say never */
        {0, NOW - 400 * DAY, 0, STATE_UNKNOWN},
        {NOW - 100 * DAY, NOW - 400 * DAY, NOW - 30 * DAY, STATE_UNKNOWN}, /* a terminal then, perhaps file transfers since */
        {0, NOW - 10 * DAY, NOW - 300 * DAY, STATE_OK},      /* young */
        {0, 0, NOW - 300 * DAY, STATE_WARN},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct findings out = {.arena = arena, .check = &check};
        struct use u = {.name = "old", .why = "x", .file = "/etc/passwd", .line = 9, .last = table[i].last, .created = table[i].created, .since = table[i].since,
                        .lock = "usermod --lock old", .lock_note = "y"};
        use_judge(&u, 90 * DAY, NOW, &out);
        assert_int_equal(out.list.n, 1);
        assert_int_equal(out.list.v[0].state, table[i].want);
        assert_true((out.list.v[0].next != NULL) == (table[i].want == STATE_WARN));
    }
}

static struct str file(const char *name, struct buf *b)
{
    struct root root = {0};
    struct err err = {0};
    assert_int_equal(root_open(TEST_DATA, &root, &err), 0);
    assert_int_equal(root_read(&root, name, b), 0);
    root_close(&root);
    return buf_str(b);
}

static void reads_login_records(void **state)
{
    (void)state;
    static const struct { const char *file; bool db; int64_t admin, webmaster, since; bool lastlog; } table[] = {
        {"wtmp", false, NOW - 5 * DAY, NOW - 120 * DAY, NOW - 200 * DAY, false},
        {"lastlog2.db", true, NOW - 3 * DAY, NOW - 100 * DAY, 0, true},
        {"wtmpdb.db", true, NOW - 2 * DAY, 0, NOW - 140 * DAY, false}, /* a database in WAL mode */
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct past_login rows[] = {{.name = "admin"}, {.name = "webmaster"}};
        struct past_logins p = {.now = NOW};
        p.list.v = rows, p.list.n = 2;
        _cleanup_(buf_free) struct buf b = BUF(1u << 20);
        struct str bytes = file(table[i].file, &b);
        if (table[i].db)
            assert_int_equal(login_db_parse(bytes, "x", &p), 0);
        else
            wtmp_parse(bytes, "x", &p);
        assert_int_equal(rows[0].last, table[i].admin);
        assert_int_equal(rows[1].last, table[i].webmaster);
        assert_int_equal(p.since, table[i].since);
        assert_int_equal(p.lastlog, table[i].lastlog);
    }
    struct past_logins p = {.now = NOW};
    char rubbish[1024] = "SQLite format 3";
    assert_int_equal(login_db_parse(str_span(rubbish, sizeof rubbish), "x", &p), -EBADMSG);
    assert_int_equal(login_db_parse(str_span("", 0), "x", &p), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_open_accounts), cmocka_unit_test(keeps_to_its_budget), cmocka_unit_test(goes_on_where_it_stopped), cmocka_unit_test(quick_hashes_come_first), cmocka_unit_test(stays_found_without_budget), cmocka_unit_test(no_digest_of_a_password_is_kept), cmocka_unit_test(incomplete_is_unknown), cmocka_unit_test(knows_dear_hashes),
        cmocka_unit_test(finds_second_roots), cmocka_unit_test(judges_password_age), cmocka_unit_test(judges_use), cmocka_unit_test(reads_login_records),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
