#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "site/literal.h"

typedef bool reader(struct str, const char *, struct str *);
static const struct { const char *name; reader *read; const char *text, *key, *want; } table[] = {
    {"variable", php_literal, "<?php\n/** @global */\n$wp_version = '6.1.9';\n", "wp_version", "6.1.9"},
    {"in a comment", php_literal, "<?php // $wp_version = '1';\n/* $wp_version = '2'; */ # $wp_version = '3';\n$wp_version = \"4\";", "wp_version", "4"},
    {"in a string", php_literal, "<?php $x = '$wp_version = \\'1\\';'; $wp_version = '2';", "wp_version", "2"},
    {"in a heredoc", php_literal, "<?php $x = <<<E\n$wp_version = '1';\nE;\n$wp_version = '2';", "wp_version", "2"},
    {"longer name", php_literal, "<?php $wp_version_old = '1'; $my_wp_version = '2';", "wp_version", NULL},
    {"compared", php_literal, "<?php if ($wp_version == '1') $wp_version => '2';", "wp_version", NULL},
    {"computed", php_literal, "<?php $wp_version = '1' . $x;", "wp_version", NULL},
    {"array", php_literal, "<?php $v['version'] = '3'; $v[ \"patch_level\" ]=4;", "v[patch_level]", "4"},
    {"define", php_literal, "<?php define('RCMAIL_VERSION', '1.6.5+dfsg');", "RCMAIL_VERSION", "1.6.5+dfsg"},
    {"const", php_literal, "<?php final class Version { public const VERSION = '5.2.1' ; }", "VERSION", "5.2.1"},
    {"typed const", php_literal, "<?php class V { const string VERSION = '6.0'; }", "VERSION", "6.0"},
    {"never ends", php_literal, "<?php $wp_version = '6.1", "wp_version", NULL},
    {"empty", php_literal, "", "wp_version", NULL},
    {"header", header_field, "<?php\n/*\n * Plugin Name: A b\n * Version:  1.2.3 */", "Version", "1.2.3"},
    {"header in words", header_field, " * Tested Version: 9\n", "Version", NULL},
    {"style", header_field, "/*\r\nTheme Name: X\r\nVersion: 4\r\n*/", "version", "4"},
    {"xml", xml_element, "<extension><name>files_joomla</name><version>4.2.1</version>", "version", "4.2.1"},
    {"xml attribute", xml_element, "<version a='1'>2</version>", "version", NULL},
    {"json", json_member, "{\"name\": \"x\", \"version\" : \"0.9\"}", "version", "0.9"},
    {"json value named so", json_member, "{\"a\": \"version\", \"b\": \"2\"}", "version", NULL},
    {"json open", json_member, "{\"version\": \"0.", "version", NULL},
};

static void literals(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct str v = {0};
        bool got = table[i].read(str_of(table[i].text), table[i].key, &v);
        if (got != !!table[i].want || (got && !str_eq(v, str_of(table[i].want))))
            print_message("%s: '%.*s'\n", table[i].name, (int)v.n, v.p ? v.p : "");
        assert_int_equal(got, table[i].want != NULL);
        if (got)
            assert_true(str_eq(v, str_of(table[i].want)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(literals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
