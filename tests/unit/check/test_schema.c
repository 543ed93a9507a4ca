#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/child.h"
#include "story.h"
#include <jansson.h>

static char *printed(const struct report *r, size_t *ret_n)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, ret_n);
    report_json(r, f);
    fclose(f);
    return text;
}

/* Exit code of the validator; its words on stderr. */
static int validate(const char *text, size_t n)
{
    const char *const argv[] = {"/usr/bin/python3", TEST_DATA "/validate.py", TEST_DATA "/../../../data/schema/check-1.json", NULL};
    struct child_options o = {.input = str_span(text, n), .timeout_ms = 30000};
    struct child_result r = {0};
    struct err err = {0};
    assert_int_equal(child_run(argv, &o, &r, &err), 0);
    int status = r.status;
    if (status > 1)
        print_error("%s\n", r.err.p);
    else if (r.out.n > 1)
        print_message("%s\n", r.out.p);
    child_result_free(&r);
    return status;
}

static void follows_its_schema(void **state)
{
    (void)state;
    struct story s;
    story_init(&s, true);
    size_t n;
    char *text = printed(&s.report, &n);
    assert_int_equal(validate(text, n), 0);
    ptrdiff_t at = str_search(str_span(text, n), STR("\"state\": \"warn\""));
    assert_true(at >= 0);
    memcpy(text + at + strlen("\"state\": \""), "nice", 4);
    assert_int_equal(validate(text, n), 1); /* the schema does look */
    free(text);
    story_done(&s);
}

static void says_what_was_found(void **state)
{
    (void)state;
    struct story s;
    story_init(&s, false);
    size_t n;
    char *text = printed(&s.report, &n);
    json_error_t e;
    json_t *top = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
    assert_non_null(top);
    const char *os, *command, *until, *last, *object, *evidence;
    int now, unknown, line;
    assert_int_equal(json_unpack(top, "{s:{s:s}, s:{s:i, s:i}}", "host", "os", &os, "counts", "now", &now, "unknown", &unknown), 0);
    assert_string_equal(os, "Debian 12");
    assert_int_equal(now, 10);
    assert_int_equal(unknown, 3);
    json_t *list = json_object_get(top, "findings");
    assert_int_equal(json_array_size(list), s.report.results.n);
    assert_int_equal(json_unpack(json_array_get(list, 1), "{s:s, s:[{s:s}]}", "object", &object, "evidence", "text", &evidence), 0);
    assert_string_equal(object, "evil\x1b[2J\xe2\x80\xae.example");        /* JSON gives it back as it was */
    assert_string_equal(evidence, "GET /.git/HEAD: 200 \\xff\\xfe \\x9b""31m"); /* not UTF-8: made visible */
    assert_int_equal(json_unpack(json_array_get(list, 9), "{s:n, s:s, s:[{s:i}]}", "fix", "next", &command, "evidence", "line", &line), 0);
    assert_non_null(strstr(command, "postconf -P"));
    assert_int_equal(line, 31);
    assert_int_equal(json_unpack(json_array_get(list, 13), "{s:{s:s}}", "accepted", "until", &until), 0);
    assert_string_equal(until, "2026-12-23T23:12:00Z");
    assert_int_equal(json_unpack(json_array_get(list, 14), "{s:{s:s}}", "last", "state", &last), 0);
    assert_string_equal(last, "ok");
    json_decref(top);
    free(text);
    story_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(follows_its_schema), cmocka_unit_test(says_what_was_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
