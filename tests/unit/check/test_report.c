#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "story.h"
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
#include <unistr.h>

typedef void printer(const struct report *r, const struct term *t, struct buf *out);

/* The report as the file has it; with GOLDEN=write it is written instead (and read by whoever commits it). */
static void compare(const char *name, const struct buf *got)
{
    char path[4096];
    _cleanup_(buf_free) struct buf want = BUF(1u << 20);
    snprintf(path, sizeof path, "%s/golden/%s.txt", TEST_DATA, name);
    const char *mode = getenv("GOLDEN");
    if (mode && strcmp(mode, "write") == 0) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        assert_int_equal(write(fd, got->p, got->n), got->n);
        close(fd);
        return;
    }
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(buf_read_fd(&want, fd), 0);
    close(fd);
    assert_string_equal(got->p, want.p);
}

/* Whatever the findings say: valid UTF-8, lines of at most the page's width, no control character but the line feed. */
static void is_harmless(const struct buf *b, size_t columns, bool commands)
{
    assert_false(b->full);
    assert_null(u8_check((const uint8_t *)b->p, b->n));
    struct str rest = buf_str(b), line;
    while (str_line(&rest, &line)) {
        if (!commands && text_width(line) > columns)
            fail_msg("wider than %zu: %.*s", columns, (int)line.n, line.p);
        ucs4_t c;
        for (size_t i = 0; i < line.n;) {
            i += (size_t)u8_mbtouc(&c, (const uint8_t *)line.p + i, line.n - i);
            assert_false(text_is_hidden(c));
        }
    }
}

static void as_golden(void **state)
{
    (void)state;
    static const struct { const char *name, *language; printer *print; size_t columns; } table[] = {
        {"first-en-100", "en", report_text, 100}, {"first-ja-100", "ja", report_text, 100}, {"first-en-80", "en", report_text, 80},
        {"first-ja-80", "ja", report_text, 80},   {"all-en-100", "en", report_all, 100},    {"all-ja-80", "ja", report_all, 80},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        const char *language;
        assert_int_equal(text_language(table[i].language, &language, NULL), 0);
        struct story s;
        story_init(&s, strcmp(language, "ja") == 0);
        struct term t = {.columns = table[i].columns};
        _cleanup_(buf_free) struct buf b = BUF(1u << 20);
        table[i].print(&s.report, &t, &b);
        is_harmless(&b, table[i].columns, true);
        compare(table[i].name, &b);
        story_done(&s);
    }
}

static void fits_any_width(void **state)
{
    (void)state;
    static printer *const printers[] = {report_text, report_all};
    for (size_t columns = 60; columns <= 120; columns++)
        for (size_t k = 0; k < 4; k++) {
            const char *language;
            assert_int_equal(text_language(k & 2 ? "ja" : "en", &language, NULL), 0);
            struct story s;
            story_init(&s, k & 2);
            for (size_t i = 0; i < s.f.list.n; i++)
                s.f.list.v[i].next = NULL; /* commands are left in one piece */
            struct term t = {.columns = columns};
            _cleanup_(buf_free) struct buf b = BUF(1u << 20);
            printers[k & 1](&s.report, &t, &b);
            is_harmless(&b, columns, false);
            story_done(&s);
        }
}

static void one(struct story *s, int check, enum state state, bool is_new)
{
    found(s, check, state, "", "t");
    told(s, is_new, 0);
}

static void orders(void **state)
{
    (void)state;
    struct story s = {.arena = arena_new(1u << 20)};
    s.f.arena = s.report.arena = s.arena;
    one(&s, UNUSED, STATE_FAIL, true);
    one(&s, EXPOSED, STATE_FAIL, false);
    one(&s, RELAY, STATE_WARN, true);
    one(&s, ABUSE, STATE_FAIL, true);
    one(&s, MYSQL, STATE_FAIL, false);
    one(&s, ANSWERS, STATE_FAIL, false);
    one(&s, TLS, STATE_WARN, false);
    for (size_t i = 0; i < s.f.list.n; i++)
        s.report.results.v[i].finding = &s.f.list.v[i];
    static const int now[] = {ABUSE, EXPOSED, ANSWERS, MYSQL}, soon[] = {RELAY, UNUSED, TLS};
    size_t n;
    const struct result **list = report_sorted(&s.report, URGENCY_NOW, &n);
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++)
        assert_ptr_equal(list[i]->finding->check, &story_checks[now[i]]);
    list = report_sorted(&s.report, URGENCY_SOON, &n);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++)
        assert_ptr_equal(list[i]->finding->check, &story_checks[soon[i]]);
    story_done(&s);
}

static void colours_only_where_asked(void **state)
{
    (void)state;
    struct story s;
    story_init(&s, false);
    struct term t = {.columns = 80, .colour = true};
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    report_text(&s.report, &t, &b);
    size_t begun = 0, ended = 0;
    for (size_t i = 0; i + 3 < b.n; i++)
        if (b.p[i] == 0x1b) {
            bool end = memcmp(b.p + i, "\x1b[0m", 4) == 0;
            ended += end;
            begun += !end;
        }
    assert_true(begun > 5 && ended >= begun);
    assert_null(strstr(b.p, "\x1b[2J"));
    story_done(&s);
}

int main(void)
{
    setenv("BANSHO_LOCALE", BANSHO_BUILD_LOCALEDIR, 1);
    setenv("TZ", "JST-9", 1);
    tzset();
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_golden), cmocka_unit_test(fits_any_width), cmocka_unit_test(orders), cmocka_unit_test(colours_only_where_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
