/* test_accept.c: `bansho accept` over a store: accepting, the list, taking back, and when it refuses. */
#include "call.h"
#include "base/child.h"
#include "base/clock.h"
#include "store/check_store.h"
#include <stdlib.h>
#include <time.h>

static char dir[] = "/tmp/bansho-accept-XXXXXX";
static char day[16]; /* in ten days */
static struct arena *arena;

#define ID "mail.tls"

static const struct past_finding rows[] = {
    {ID, "imap", "t", STATE_FAIL, 100, 100, 100},
    {ID, "p\x1bp3", "escapes", STATE_WARN, 100, 100, 100},
    {ID, "smtp", "fine", STATE_OK, 100, 100, 100},
    {"queue.size", "", "long", STATE_WARN, 100, 100, 100},
};

static int set_up(void **state)
{
    (void)state;
    _cleanup_(store_closep) struct store *s = NULL;
    time_t then = time(NULL) + 10 * DAY;
    struct tm tm;
    strftime(day, sizeof day, "%Y-%m-%d", localtime_r(&then, &tm));
    arena = arena_new(8u << 20);
    setenv("STATE_DIRECTORY", dir, 1);
    return check_store_open(dir, &s, NULL) < 0 || store_begin(s, NULL) < 0 || check_store_put(s, rows, ARRAY_SIZE(rows), NULL) < 0 || store_commit(s, NULL) < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"check.db", "check.db-wal", "check.db-shm"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        unlink(arena_printf(arena, "%s/%s", dir, names[i]));
    arena_free(arena);
    return 0;
}

/* What is stored as accepted: "id/object:why", one a line. */
static char *accepted(void)
{
    struct past past = {0};
    _cleanup_(buf_free) struct buf b = BUF(10000);
    assert_int_equal(check_store_peek(dir, arena, &past, NULL), 0);
    for (size_t i = 0; i < past.accepted.n; i++)
        buf_printf(&b, "%s/%s:%s\n", past.accepted.v[i].id, past.accepted.v[i].object, past.accepted.v[i].why);
    return arena_dup(arena, buf_str(&b));
}

struct step {
    const char *words; /* "DAY" in it stands for the day */
    enum outcome want;
    const char *out, *err;  /* parts of what is printed; NULL: nothing */
    const char *accepted;   /* afterwards */
};

static void walk(const struct step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct step *s = &steps[i];
        _cleanup_(buf_free) struct buf out = BUF(100000), err = BUF(100000);
        char words[300];
        const char *at = strstr(s->words, "DAY");
        snprintf(words, sizeof words, "%.*s%s%s", at ? (int)(at - s->words) : 200, s->words, at ? day : "", at ? at + 3 : "");
        enum outcome o = bansho(words, &out, &err);
        if (o != s->want || strcmp(accepted(), s->accepted) != 0)
            print_message("bansho %s: %d\n%s%s", words, o, out.p, err.p);
        assert_int_equal(o, s->want);
        assert_string_equal(accepted(), s->accepted);
        assert_true(s->out ? strstr(out.p, s->out) != NULL : !out.p[0]);
        assert_true(s->err ? strstr(err.p, s->err) != NULL : !err.p[0]);
        assert_null(strchr(out.p, '\x1b'));
        assert_null(strchr(err.p, '\x1b'));
    }
}

#define BOTH ID "/imap:known\n" ID "/p\x1bp3:later\n"

static void accepts_lists_and_takes_back(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {"accept", OUTCOME_FINE, "Nothing is accepted", NULL, ""},
        {"accept " ID " --why known --until DAY", OUTCOME_USAGE, NULL, "imap  t", ""}, /* several are wrong */
        {"accept " ID " smtp --why known --until DAY", OUTCOME_USAGE, NULL, "nothing wrong", ""},
        {"accept " ID " imap --why known --until DAY", OUTCOME_FINE, ID " imap is accepted until", NULL, ID "/imap:known\n"},
        {"accept " ID " p\x1bp3 --why known --until DAY", OUTCOME_FINE, "p\\x1bp3 is accepted", NULL, ID "/imap:known\n" ID "/p\x1bp3:known\n"},
        {"accept " ID " p\x1bp3 --why later --until DAY", OUTCOME_FINE, "is accepted", NULL, BOTH}, /* replaces */
        {"accept", OUTCOME_FINE, "known", NULL, BOTH},
        {"accept " ID, OUTCOME_USAGE, NULL, "--why", BOTH},
        {"accept --withdraw queue.size", OUTCOME_USAGE, NULL, "nothing is accepted", BOTH},
        {"accept --withdraw " ID " imap --why x", OUTCOME_USAGE, NULL, "--withdraw", BOTH},
        {"accept --withdraw " ID " smtp", OUTCOME_USAGE, NULL, "p\\x1bp3", BOTH},
        /* Several at once need a word more. */
        {"accept --withdraw " ID, OUTCOME_REFUSED, NULL, "-y", BOTH},
        {"accept --withdraw " ID " -y", OUTCOME_FINE, "count again", NULL, ""},
        {"accept queue.size --why known --until DAY", OUTCOME_FINE, "queue.size is accepted", NULL, "queue.size/:known\n"}, /* the only one */
        {"accept --withdraw queue.size", OUTCOME_FINE, "queue.size", NULL, ""},
        {"accept " ID " imap --why known --until DAY", OUTCOME_FINE, "is accepted", NULL, ID "/imap:known\n"},
        {"accept --withdraw " ID " imap", OUTCOME_FINE, ID " imap", NULL, ""},
    };
    walk(steps, ARRAY_SIZE(steps));
}

/* It holds to the end of the day that was named. */
static void holds_for_the_whole_day(void **state)
{
    (void)state;
    static const struct step steps[] = {{"accept queue.size --why known --until DAY", OUTCOME_FINE, "accepted until", NULL, "queue.size/:known\n"}};
    walk(steps, 1);
    struct past past = {0};
    assert_int_equal(check_store_peek(dir, arena, &past, NULL), 0);
    time_t last = past.accepted.v[0].until - 1, after = past.accepted.v[0].until;
    struct tm tm;
    char text[16];
    strftime(text, sizeof text, "%Y-%m-%d", localtime_r(&last, &tm));
    assert_string_equal(text, day);
    strftime(text, sizeof text, "%Y-%m-%d", localtime_r(&after, &tm));
    assert_string_not_equal(text, day);
    static const struct step back[] = {{"accept --withdraw queue.size", OUTCOME_FINE, "queue.size", NULL, ""}};
    walk(back, 1);
}

/* What has run out is shown as such, and a finding that is gone can be taken back too. */
static void tells_what_has_passed(void **state)
{
    (void)state;
    _cleanup_(store_closep) struct store *s = NULL;
    const struct acceptance old = {.id = ID, .object = "gone", .why = "once", .who = "me", .until = 1000, .made = 10};
    assert_int_equal(check_store_open(dir, &s, NULL), 0);
    assert_int_equal(store_begin(s, NULL), 0);
    assert_int_equal(check_store_accept(s, &old, NULL), 0);
    assert_int_equal(store_commit(s, NULL), 0);
    static const struct step steps[] = {
        {"accept", OUTCOME_FINE, "has passed", NULL, ID "/gone:once\n"},
        {"accept --json", OUTCOME_FINE, "\"in_force\": false", NULL, ID "/gone:once\n"},
        {"accept --withdraw " ID " --json", OUTCOME_FINE, "\"accepted\": []", NULL, ""},
    };
    walk(steps, ARRAY_SIZE(steps));
}

static void json_keeps_its_schema(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {"accept --json", OUTCOME_FINE, "\"accepted\": []", NULL, ""},
        {"accept " ID " imap --why known --until DAY --json", OUTCOME_FINE, "\"why\": \"known\"", NULL, ID "/imap:known\n"},
    };
    walk(steps, ARRAY_SIZE(steps));
    _cleanup_(buf_free) struct buf out = BUF(100000), err = BUF(100000);
    assert_int_equal(bansho("accept --json", &out, &err), OUTCOME_FINE);
    const char *const argv[] = {"/usr/bin/python3", TEST_DATA "/../check/validate.py", TEST_DATA "/../../../data/schema/accept-1.json", NULL};
    struct child_options o = {.input = buf_str(&out), .timeout_ms = 30000};
    struct child_result r = {0};
    assert_int_equal(child_run(argv, &o, &r, NULL), 0);
    if (r.status)
        print_message("%s%s\n", r.out.p, r.err.p);
    assert_int_equal(r.status, 0);
    child_result_free(&r);
}

int main(void)
{
    if (!mkdtemp(dir))
        return 1;
    setenv("BANSHO_LOCALE", BANSHO_BUILD_LOCALEDIR, 1);
    setenv("LC_ALL", "C", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accepts_lists_and_takes_back, set_up, tear_down), cmocka_unit_test_setup_teardown(holds_for_the_whole_day, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_what_has_passed, set_up, tear_down), cmocka_unit_test_setup_teardown(json_keeps_its_schema, set_up, tear_down),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(dir);
    return failed;
}
