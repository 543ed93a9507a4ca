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

static const struct {
    const char *name, *section, *instance, *option, *before, *want;
} gone[] = {
    {"not there", "notify", "", "mail", "mode = act\n", "mode = act\n"},
    {"the section goes with it", "notify", "", "mail", "# mine\nnotify {\n    mail = a@b.test\n}\nmode = act\n", "# mine\nmode = act\n"},
    {"in one line", "notify", "", "mail", "notify { mail = a@b.test }\n", ""},
    {"a line of several", "notify", "", "mail", "notify {\n  mail = x@y.test\n  command = /bin/true\n}\n", "notify {\n  command = /bin/true\n}\n"},
    {"the first in a row", "notify", "", "mail", "notify { mail = x@y.test; command = /bin/true }\n", "notify { command = /bin/true }\n"},
    {"the last in a row", "notify", "", "command", "notify { mail = x@y.test; command = /bin/true }\n", "notify { mail = x@y.test; }\n"},
    {"its comment stays, and so the section", "notify", "", "mail", "notify {\n  mail = x@y.test  # night\n}\n", "notify {\n  # night\n}\n"},
    {"a list over lines", "source", "office", "prefixes", "source office {\n  prefixes = 192.0.2.1, # old, line\n    192.0.2.2\n}\nmode = act\n", "mode = act\n"},
    {"another source stays", "source", "office", "prefixes", "source home { prefixes = 192.0.2.1 }\nsource office { prefixes = 192.0.2.2 }\n", "source home { prefixes = 192.0.2.1 }\n"},
    {"outside of sections", "", "", "mode", "mode = observe ; notify { mail = a@b.test }\n", "notify { mail = a@b.test }\n"},
    {"no last newline", "", "", "mode", "# mine\nmode = act", "# mine\n"},
};

static void takes_one_option_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(gone); i++) {
        struct config *c = config_new(), *after = config_new();
        _cleanup_(buf_free) struct buf out = BUF(65536);
        if (config_parse(str_of(gone[i].before), "f", c) < 0)
            fail_msg("%s: %s", gone[i].name, c->errors.v[0].text);
        config_unset(str_of(gone[i].before), c, option_find(gone[i].section, str_of(gone[i].option)), gone[i].instance, &out);
        struct str got = buf_str(&out);
        if (!str_eq(got, str_of(gone[i].want)))
            fail_msg("%s: %.*s", gone[i].name, (int)got.n, got.p);
        if (config_parse(got, "f", after) < 0)
            fail_msg("%s: %s", gone[i].name, after->errors.v[0].text);
        const struct value *v = config_value(after, gone[i].section, gone[i].instance, gone[i].option);
        assert_true(!v || !v->file);
        config_free(c);
        config_free(after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sets_one_option), cmocka_unit_test(takes_one_option_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
