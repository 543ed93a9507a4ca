/* test_definition.c: a filter's files become the texts that fail2ban would get from them, each with its place; what cannot be loaded says where and why. */
#include "filter/definition.h"
#include "base/buf.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "../files.h"

#define FILES 5
struct file {
    const char *name, *text;
};
static const struct {
    const char *name;
    struct file files[FILES];
    const char *spec;
    const char *want; /* failregexes, each in a line, or "FILE:LINE: part of the error" */
} rows[] = {
    {"one a line, comments and empty lines inside", {{"f.conf", "[Definition]\nfailregex = ^a\n  # no\n   ^b ; no\n\n  ^c;d\n"}}, "f", "^a\n^b\n^c;d\n"},
    {"names without capitals", {{"f.conf", "[Definition]\nFailRegex : %(A)s\na = x=y\n"}}, "f", "x=y\n"},
    {"local wins over conf, directories between", {{"f.conf", "[Definition]\nfailregex = 1\n"}, {"f.d/z.conf", "[Definition]\nfailregex = 2\n"}, {"f.local", "[Definition]\nfailregex = %(known/failregex)s3\n"},
      {"f.d/a.local", "[Definition]\nfailregex = %(known/failregex)s4\n"}}, "f", "f.local:2: levels deep"},
    {"known is what stood before", {{"f.conf", "[Definition]\nfailregex = 1\n"}, {"f.local", "[Definition]\nfailregex = %(known/failregex)s\n  3\n"}}, "f", "1\n3\n"},
    {"includes before and after, with a local", {{"f.conf", "[INCLUDES]\nbefore = c.conf\nafter = d.conf\n[Definition]\nfailregex = <p>f\n"}, {"c.conf", "[DEFAULT]\np = c\n"}, {"c.local", "[DEFAULT]\np = cl\n"},
      {"d.conf", "[Definition]\nq = 1\n"}}, "f", "clf\n"},
    {"an include that includes its includer", {{"f.conf", "[INCLUDES]\nbefore = c.conf\n[Definition]\nfailregex = %(p)s\n"}, {"c.conf", "[INCLUDES]\nbefore = f.conf\n[DEFAULT]\np = c\n"}}, "f", "c\n"},
    {"an include that is not there", {{"f.conf", "[INCLUDES]\nbefore = no.conf\n[Definition]\nfailregex = x\n"}}, "f", "x\n"},
    {"%% and %(__name__)s", {{"f.conf", "[Definition]\nfailregex = 1%% %(__name__)s\n"}}, "f", "1% Definition\n"},
    {"options before [Init] before [Definition]", {{"f.conf", "[Definition]\nfailregex = <a> <b> <c>\na = d\nb = d\nc = d\n[Init]\na = i\nb = i\n"}}, "f[a='o, ]\"']", "o, ]\" i d\n"},
    {"nested tags, section by log type", {{"f.conf", "[Definition]\nfailregex = <lt_<logtype>/p><mdre-<mode>>\nmdre-x = X <HOST>\n[Init]\nmode = x\n[lt_file]\np = F\n[lt_journal]\np = J\n"}}, "f[logtype=journal]",
     "JX <HOST>\n"},
    {"the log type is file when nobody says it", {{"f.conf", "[Definition]\nfailregex = <logtype>\n"}}, "f", "file\n"},
    {"a condition is left for later", {{"f.conf", "[Definition]\nfailregex = <t>\n[Init]\nt = 4\n[Init?family=inet6]\nt = 6\n"}}, "f", "<t>\n"},
    {"no file", {{"g.conf", ""}}, "f", "f:0: there is no"},
    {"no [Definition]", {{"f.conf", "[Init]\nx = 1\n"}}, "f", "f.conf:0: [Definition]"},
    {"unknown value", {{"f.conf", "[Definition]\nfailregex = a\n  %(b)s\n"}}, "f", "f.conf:3: %(b)s"},
    {"unknown value in an include", {{"f.conf", "[INCLUDES]\nbefore = c.conf\n[Definition]\nfailregex = %(p)s\n"}, {"c.conf", "[DEFAULT]\n\np = %(q)s\n"}}, "f", "c.conf:3: %(q)s"},
    {"a lone percent", {{"f.conf", "[Definition]\nfailregex = 100%\n"}}, "f", "f.conf:2: %"},
    {"a tag that leads to itself", {{"f.conf", "[Definition]\nfailregex = <a>\na = <b>\nb = <failregex>\n"}}, "f", "f.conf:4: refers to itself"},
    {"twice in a section", {{"f.conf", "[Definition]\nfailregex = a\nFAILREGEX = b\n"}}, "f", "f.conf:3: line 2"},
    {"text before a section", {{"f.conf", "failregex = a\n"}}, "f", "f.conf:1: [SECTION]"},
    {"bytes of another encoding", {{"f.conf", "[Definition]\nfailregex = \xe9\n"}}, "f", "f.conf:2: 0xe9"},
    {"maxlines is no number", {{"f.conf", "[Definition]\nfailregex = a\nmaxlines = many\n"}}, "f", "f.conf:3: maxlines"},
    {"an open quote in journalmatch", {{"f.conf", "[Definition]\nfailregex = a\njournalmatch = _A=\"b\n"}}, "f", "f.conf:3: quote"},
    {"a kind that there is not", {{"f.conf", "[Definition]\nfailregex = a\nevent.login-okay = ^x\n"}}, "f", "f.conf:3: login-okay"},
    {"a failkind that there is not", {{"f.conf", "[Definition]\nfailregex = a\nfailkind = x\n"}}, "f", "f.conf:3: name x"},
    {"an event that refers to nothing", {{"f.conf", "[Definition]\nfailregex = a\nevent.login-ok = ^x\n  %(p)s\n"}}, "f", "f.conf:4: %(p)s"},
    {"an option list that is not closed", {{"f.conf", "[Definition]\n"}}, "f[a=1", "f[a=1:0: ["},
};

static void put_files(const struct file files[FILES], bool remove)
{
    mkdir(path_of("f.d"), 0700);
    for (size_t i = 0; i < FILES && files[i].name; i++) {
        if (remove) {
            unlink(path_of(files[i].name));
            continue;
        }
        put(files[i].name, files[i].text);
    }
}

/* "FILE:LINE: part": the error has all three. */
static bool error_is(const struct err *err, const char *want)
{
    const char *colon = strchr(want, ':'), *part = strchr(want, ' ') + 1;
    size_t n = strlen(err->file), w = (size_t)(colon - want);
    return n >= w && strncmp(err->file + n - w, want, w) == 0 && err->line == strtoul(colon + 1, NULL, 10) && strstr(err->text, part);
}

static void filters_become_what_they_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct arena *a = arena_new(64u << 20);
        struct filter_definition d;
        struct err err = {0};
        _cleanup_(buf_free) struct buf got = BUF(4096);
        put_files(rows[i].files, false);
        int r = filter_load(a, dir, str_of(rows[i].spec), &d, &err);
        for (size_t k = 0; r == 0 && k < d.failregex.n; k++)
            buf_printf(&got, "%s\n", d.failregex.v[k].text);
        if (r < 0 ? !error_is(&err, rows[i].want) : strcmp(got.p ? got.p : "", rows[i].want) != 0)
            fail_msg("%s: %s%s:%u: %s", rows[i].name, got.p ? got.p : "", err.file, err.line, err.text);
        put_files(rows[i].files, true);
        arena_free(a);
    }
}

static void every_text_has_its_place(void **state)
{
    (void)state;
    static const struct file files[FILES] = {
        {"f.conf", "[INCLUDES]\nbefore = c.conf\n[Definition]\nfailregex = ^%(p)sfoo$\n   <mdre-x>\n   %(p)s$\nmdre-x = ^bar\n   ^baz\nmaxlines = 7\njournalmatch = _A=b + \"C=d e\"\n  F=g\ndatepattern = %%Y\nexample = l1\n   l2\n"},
        {"c.conf", "[DEFAULT]\np = prefix\n"}};
    static const unsigned lines[] = {4, 7, 8, 6};
    static const char *const match[] = {"_A=b", "+", "C=d e", "+", "F=g"};
    struct arena *a = arena_new(64u << 20);
    struct filter_definition d;
    put_files(files, false);
    assert_int_equal(filter_load(a, dir, STR("f"), &d, NULL), 0);
    assert_int_equal(d.failregex.n, ARRAY_SIZE(lines));
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        assert_int_equal(d.failregex.v[i].line, lines[i]);
        assert_string_equal(d.failregex.v[i].file, path_of("f.conf"));
    }
    assert_int_equal(d.journalmatch.n, ARRAY_SIZE(match));
    for (size_t i = 0; i < ARRAY_SIZE(match); i++)
        assert_string_equal(d.journalmatch.v[i], match[i]);
    assert_int_equal(d.maxlines, 7);
    assert_string_equal(d.datepattern.text, "%Y");
    assert_int_equal(d.datepattern.line, 12);
    assert_null(d.prefregex.text);
    assert_string_equal(d.logtype, "file");
    assert_int_equal(d.extras.n, 2);
    assert_string_equal(d.extras.v[1].key, "example");
    assert_string_equal(d.extras.v[1].lines.v[1].text, "l2");
    assert_int_equal(d.extras.v[1].lines.v[1].line, 14);
    put_files(files, true);
    arena_free(a);
}

static void events_in_the_order_of_the_file(void **state)
{
    (void)state;
    static const struct file files[FILES] = {
        {"f.conf", "[INCLUDES]\nbefore = c.conf\n[Definition]\nevent.logout = ^%(p)s 1\nfailregex = x\nfailkind = probe\nEVENT.login-ok = ^<q> 2 <F-USER>\n   ^3\n"}, {"c.conf", "[DEFAULT]\np = P\n[Definition]\nq = Q\n"}};
    static const struct { enum event_kind kind; const char *text; unsigned line; } want[] = {
        {EVENT_LOGOUT, "^P 1", 4}, {EVENT_LOGIN_OK, "^Q 2 <F-USER>", 7}, {EVENT_LOGIN_OK, "^3", 8}};
    struct arena *a = arena_new(64u << 20);
    struct filter_definition d;
    put_files(files, false);
    assert_int_equal(filter_load(a, dir, STR("f"), &d, NULL), 0);
    assert_int_equal(d.failkind, EVENT_PROBE);
    assert_int_equal(d.events.n, ARRAY_SIZE(want));
    for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
        assert_int_equal(d.events.v[i].kind, want[i].kind);
        assert_string_equal(d.events.v[i].text.text, want[i].text);
        assert_int_equal(d.events.v[i].text.line, want[i].line);
    }
    put_files(files, true);
    arena_free(a);
}

static int begin(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    rmdir(path_of("f.d"));
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(filters_become_what_they_say), cmocka_unit_test(every_text_has_its_place), cmocka_unit_test(events_in_the_order_of_the_file)};
    return cmocka_run_group_tests(tests, begin, end);
}
