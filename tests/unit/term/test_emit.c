#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "term/emit.h"
#include <jansson.h>
#include <stdlib.h>

/* What our writer prints, as another reader of JSON understands it. */
static json_t *read_back(void (*write)(struct emit *j))
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    struct emit j = emit_to(f);
    write(&j);
    emit_done(&j);
    fclose(f);
    json_error_t e;
    json_t *got = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
    if (!got)
        print_error("%s\nline %d: %s\n", text, e.line, e.text);
    for (size_t i = 0; i < n; i++)
        assert_true((unsigned char)text[i] >= 0x20 || text[i] == '\n');
    free(text);
    assert_non_null(got);
    return got;
}

static const struct { struct str in; const char *want; } strings[] = {
    {STR("plain"), "plain"},
    {STR("a\"b\\c/"), "a\"b\\c/"},
    {STR("line\nline\ttab\x1b[0m\x7f"), "line\nline\ttab\x1b[0m\x7f"},
    {STR("番所"), "番所"},
    {STR("\xe2\x80\xae"), "\xe2\x80\xae"},
    {STR("\xf3\xa0\x81\x81"), "\xf3\xa0\x81\x81"},
    {STR("bad \xff\xc3"), "bad \\xff\\xc3"},
    {STR(""), ""},
};

static void write_strings(struct emit *j)
{
    emit_list(j, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
        emit_str(j, NULL, strings[i].in);
    emit_end(j);
}

static void quotes(void **state)
{
    (void)state;
    json_t *got = read_back(write_strings);
    assert_int_equal(json_array_size(got), ARRAY_SIZE(strings));
    for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
        assert_string_equal(json_string_value(json_array_get(got, i)), strings[i].want);
    json_decref(got);
}

static void write_tree(struct emit *j)
{
    emit_object(j, NULL);
    emit_int(j, "least", INT64_MIN);
    emit_bool(j, "yes", true);
    emit_text(j, "none", NULL);
    emit_time(j, "time", 1795520329);
    emit_time(j, "never", 0);
    emit_list(j, "empty");
    emit_end(j);
    emit_list(j, "list");
    for (int i = 0; i < 20000; i++) {
        emit_object(j, NULL);
        emit_int(j, "i", i);
        emit_end(j);
    }
    emit_end(j);
}

static void nests_and_streams(void **state)
{
    (void)state;
    json_t *got = read_back(write_tree);
    assert_int_equal(json_integer_value(json_object_get(got, "least")), INT64_MIN);
    assert_true(json_is_true(json_object_get(got, "yes")));
    assert_true(json_is_null(json_object_get(got, "none")) && json_is_null(json_object_get(got, "never")));
    assert_string_equal(json_string_value(json_object_get(got, "time")), "2026-11-24T11:38:49Z");
    assert_int_equal(json_array_size(json_object_get(got, "empty")), 0);
    json_t *list = json_object_get(got, "list");
    assert_int_equal(json_array_size(list), 20000);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 19999), "i")), 19999);
    json_decref(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(quotes), cmocka_unit_test(nests_and_streams)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
