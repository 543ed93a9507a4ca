/* test_set.c: an option is set where it stands, all else stays byte for byte, and the file says afterwards what was meant. */
#include "config/report.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct {
    const char *name, *section, *instance, *option, *text, *before, *want;
} rows[] = {
    {"an empty file", "notify", "", "mail", "a@b.test", "", "notify {\n    mail = a@b.test\n}\n"},
    {"no last newline", "notify", "", "mail", "a@b.test", "# mine", "# mine\nnotify {\n    mail = a@b.test\n}\n"},
    {"replaced, comment kept", "notify", "", "mail", "a@b.test", "notify {\n  mail = x@y.test  # night\n}\n", "notify {\n  mail = a@b.test  # night\n}\n"},
    {"beside another, in lines", "notify", "", "command", "/bin/true", "notify {\n  mail = x@y.test\n}\n", "notify {\n  command = /bin/true\n  mail = x@y.test\n}\n"},
    {"beside another, in a row", "notify", "", "command", "/bin/true", "notify { mail = x@y.test }\n", "notify { command = /bin/true; mail = x@y.test }\n"},
    {"in a row behind Japanese", "provider", "", "contract", "A-1", "provider { name = \"\xe7\x95\xaa\xe6\x89\x80;}\"; contract = B }\n", "provider { name = \"\xe7\x95\xaa\xe6\x89\x80;}\"; contract = A-1 }\n"},
    {"a list over lines", "source", "office", "prefixes", "203.0.113.0/28", "source office {\n  prefixes = 192.0.2.1, # old, line\n    192.0.2.2\n}\nmode = act\n",
     "source office {\n  prefixes = 203.0.113.0/28\n}\nmode = act\n"},
    {"another source", "source", "office", "prefixes", "203.0.113.0/28", "source home { host = h.test }\n", "source home { host = h.test }\nsource office {\n    prefixes = 203.0.113.0/28\n}\n"},
    {"a text in quotes", "provider", "", "name", "Ex \"A\" #1", "provider { name = \"a\\\"b\" }", "provider { name = \"Ex \\\"A\\\" #1\" }"},
    {"outside of sections", "", "", "mode", "act", "mode = observe ; notify { mail = a@b.test }\n", "mode = act ; notify { mail = a@b.test }\n"},
};

static void sets_one_option(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct config *c = config_new(), *after = config_new();
        _cleanup_(buf_free) struct buf out = BUF(65536);
        if (config_parse(str_of(rows[i].before), "f", c) < 0)
            fail_msg("%s: %s", rows[i].name, c->errors.v[0].text);
        config_set(str_of(rows[i].before), c, option_find(rows[i].section, str_of(rows[i].option)), rows[i].instance, rows[i].text, &out);
        if (strcmp(out.p, rows[i].want) != 0)
            fail_msg("%s: %s", rows[i].name, out.p);
        if (config_parse(buf_str(&out), "f", after) < 0)
            fail_msg("%s: %s", rows[i].name, after->errors.v[0].text);
        assert_string_equal(config_value(after, rows[i].section, rows[i].instance, rows[i].option)->text, rows[i].text);
        config_free(c);
        config_free(after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sets_one_option)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
