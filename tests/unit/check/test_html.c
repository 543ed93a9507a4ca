#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "story.h"
#include "check/registry.h"
#include "term/html.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <unistr.h>

/* The story with all that the page shows besides: earlier runs, changes, a provider, and what a stranger would write to be believed. */
static void page_init(struct story *s, bool ja)
{
    story_init(s, ja);
    for (unsigned run = 0; run < 22; run++)
        for (unsigned c = 1; c <= CHAPTERS; c++)
            *list_push(s->arena, &s->report.chart) = (struct chapter_run){STORY_NOW - (22 - run) * DAY, c, 4 + c % 3, (run + c) % 3, c == 4 && run > 16, run % 7 == 0};
    static const struct change_made changes[] = {
        {"c-0012", STORY_NOW - 5 * DAY, "open submission <587> to everybody", "in force", "bansho undo c-0012"},
        {"c-0011", STORY_NOW - 9 * DAY, "port 25 & logins", "undone", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
        *list_push(s->arena, &s->report.changes) = changes[i];
    s->report.provider = "Example \"Hosting\" <script>alert(1)</script>";
    s->report.contact = "support@example.net";
    s->report.contract = "A-12345";
    struct finding *f = &s->f.list.v[0];
    char *large = arena_zalloc(s->arena, (1u << 20) + 1);
    memset(large, 'A', 1u << 20);
    finding_evidence(&s->f, f, NULL, 0, "%s", large);
    finding_evidence(&s->f, f, "/tmp/\"><img src=x onerror=alert(2)>", 7, "</code></li></ul><script>alert(3)</script> ' \" & &lt;");
    finding_next(&s->f, f, "usermod -L '%s'", "ftp\"old<b>");
}

static void page(struct buf *b, bool ja)
{
    const char *language;
    assert_int_equal(text_language(ja ? "ja" : "en", &language, NULL), 0);
    struct story s;
    page_init(&s, ja);
    assert_int_equal(report_html(&s.report, b), 0);
    story_done(&s);
}

/* tests/people/test_page.py opens them in a browser. */
static void leave(const char *name, const struct buf *b)
{
    char path[4096];
    const char *dir = getenv("PAGES");
    if (!dir)
        return;
    snprintf(path, sizeof path, "%s/%s.html", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_int_equal(write(fd, b->p, b->n), b->n);
    close(fd);
}

static size_t count(const struct buf *b, const char *needle)
{
    size_t n = 0;
    for (const char *p = b->p; (p = strstr(p, needle)); p++)
        n++;
    return n;
}

/* Nothing that somebody else wrote became markup, and nothing in it can move or hide text. */
static void hostile_text_stays_text(void **state)
{
    (void)state;
    for (int ja = 0; ja < 2; ja++) {
        _cleanup_(buf_free) struct buf b = BUF(8u << 20);
        page(&b, ja);
        leave(ja ? "ja" : "en", &b);
        assert_null(u8_check((const uint8_t *)b.p, b.n));
        ucs4_t c;
        for (size_t i = 0; i < b.n;) {
            i += (size_t)u8_mbtouc(&c, (const uint8_t *)b.p + i, b.n - i);
            assert_true(c == '\n' || !text_is_hidden(c));
        }
        static const char *const never[] = {"<script", "<img", "onerror=alert(2)>", "http://", "https://", "src=\"", "url(", "@import", "<b>ftp", "javascript:"};
        for (size_t i = 0; i < ARRAY_SIZE(never); i++)
            if (strstr(b.p, never[i]))
                fail_msg("%s: %.80s", never[i], strstr(b.p, never[i]));
        assert_non_null(strstr(b.p, "&#60;script&#62;alert(3)"));
        assert_non_null(strstr(b.p, "evil\\x1b[2J\\u202e.example"));
        assert_non_null(strstr(b.p, "\\xff\\xfe \\x9b31m"));
        assert_true(b.n < 200000); /* a megabyte of evidence is shown by its beginning */
        assert_non_null(strstr(b.p, "AAAA..."));
    }
}

/* What was opened is closed, in order; one h1. */
static void is_well_formed(void **state)
{
    (void)state;
    _cleanup_(buf_free) struct buf b = BUF(8u << 20);
    page(&b, true);
    static const char *const pairs[] = {"section", "article", "table", "tr", "td", "th", "ul", "ol", "li", "dl", "dt", "dd", "details", "summary", "main", "nav", "header", "footer", "h1", "h2", "h3", "svg"};
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        char begin[32], attributes[32], end[32];
        snprintf(begin, sizeof begin, "<%s>", pairs[i]);
        snprintf(attributes, sizeof attributes, "<%s ", pairs[i]);
        snprintf(end, sizeof end, "</%s>", pairs[i]);
        if (count(&b, begin) + count(&b, attributes) != count(&b, end) || count(&b, end) == 0)
            fail_msg("%s", pairs[i]);
    }
    assert_int_equal(count(&b, "</h1>"), 1);
    assert_non_null(strstr(b.p, "<html lang=\"ja\">"));
    assert_true(strstr(b.p, "id=\"first-1\"") < strstr(b.p, "id=\"overview\"")); /* what is to be done comes first */
    assert_non_null(strstr(b.p, "bansho undo c-0012"));
}

/* Sections without content are left out; what was not asked is told. */
static void leaves_out_what_is_not_there(void **state)
{
    (void)state;
    const char *language;
    assert_int_equal(text_language("en", &language, NULL), 0);
    struct story s = {.arena = arena_new(1u << 20)};
    _cleanup_(buf_free) struct buf b = BUF(1u << 20), small = BUF(5000);
    s.f = (struct findings){.arena = s.arena};
    s.host = (struct host){.name = "quiet.example", .os = {.pretty = ""}};
    s.report = (struct report){.arena = s.arena, .run = &s.run, .host = &s.host, .root = "/", .language = "en", .time = STORY_NOW};
    found(&s, TLS, STATE_OK, "mail.alpha.example", "certificate good for 60 days");
    told(&s, false, 0);
    s.report.results.v[0].finding = &s.f.list.v[0];
    assert_int_equal(report_html(&s.report, &b), 0);
    static const char *const absent[] = {"id=\"first\"", "id=\"changes\"", "id=\"solved\"", "class=\"chart\"", "id=\"chapter-1\"", "href=\"#first\""};
    for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
        assert_null(strstr(b.p, absent[i]));
    assert_non_null(strstr(b.p, "Everything that was looked at is in order"));
    assert_non_null(strstr(b.p, "Only a part of the checks was asked for"));
    assert_int_equal(report_html(&s.report, &small), -E2BIG); /* half a page is none */
    story_done(&s);
}

/* Thousands of findings, each as long as it may be: the page counts what it leaves out, and stays small enough to be sent. */
static void stays_small(void **state)
{
    (void)state;
    const char *language;
    assert_int_equal(text_language("en", &language, NULL), 0);
    struct story s = {.arena = arena_new(256u << 20)};
    _cleanup_(buf_free) struct buf b = BUF(64u << 20);
    char *large = arena_zalloc(s.arena, HTML_TEXT_MAX + 1);
    memset(large, '<', HTML_TEXT_MAX);
    s.f = (struct findings){.arena = s.arena};
    s.host = (struct host){.name = "large.example", .os = {.pretty = ""}};
    s.report = (struct report){.arena = s.arena, .run = &s.run, .host = &s.host, .root = "/", .language = "en", .time = STORY_NOW, .whole = true};
    for (int i = 0; i < 2000; i++) {
        static const enum state states[] = {STATE_FAIL, STATE_OK, STATE_UNKNOWN, STATE_NA};
        struct finding *f = found(&s, i % 8, states[i % 4], arena_printf(s.arena, "%d", i), large);
        finding_evidence(&s.f, f, large, 1, "%s", large);
        told(&s, false, 0);
    }
    for (size_t i = 0; i < s.f.list.n; i++)
        s.report.results.v[i].finding = &s.f.list.v[i];
    assert_int_equal(report_html(&s.report, &b), 0);
    assert_in_range(b.n, 1u << 20, 10u << 20);
    assert_true(count(&b, "more: bansho check --all") >= 3);
    assert_non_null(strstr(b.p, "</html>"));
    story_done(&s);
}

int main(void)
{
    setenv("BANSHO_LOCALE", BANSHO_BUILD_LOCALEDIR, 1);
    setenv("TZ", "JST-9", 1);
    tzset();
    const struct CMUnitTest tests[] = {cmocka_unit_test(hostile_text_stays_text), cmocka_unit_test(is_well_formed), cmocka_unit_test(leaves_out_what_is_not_there), cmocka_unit_test(stays_small)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
