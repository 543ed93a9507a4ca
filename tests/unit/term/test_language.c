#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/i18n.h"
#include "term/text.h"
#include <errno.h>
#include <stdlib.h>

static void environment(const char *lc_all, const char *lang, const char *language)
{
    static const char *const names[] = {"LC_ALL", "LANG", "LANGUAGE"};
    const char *const values[] = {lc_all, lang, language};
    unsetenv("LC_MESSAGES");
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (values[i])
            setenv(names[i], values[i], 1);
        else
            unsetenv(names[i]);
}

static void chooses(void **state)
{
    (void)state;
    static const struct { const char *option, *lc_all, *lang, *language, *want; } table[] = {
        {NULL, NULL, NULL, NULL, "en"},
        {NULL, "C", NULL, NULL, "en"},
        {NULL, NULL, "ja_JP.UTF-8", NULL, "ja"},
        {NULL, NULL, "ja_JP", NULL, "ja"},
        {NULL, NULL, "ja_JP.eucJP", NULL, "en"},   /* a terminal that our UTF-8 would garble */
        {NULL, "en_US.UTF-8", "ja_JP.UTF-8", NULL, "en"},
        {NULL, NULL, "C.UTF-8", "ja", "ja"},
        {NULL, NULL, "C.UTF-8", "fr:ja:en", "ja"},
        {NULL, NULL, "C.UTF-8", "fr:en:ja", "en"},
        {NULL, NULL, "ja_JP.UTF-8", "en", "en"},
        {NULL, "C", NULL, "ja", "en"},             /* as gettext: plain C ignores LANGUAGE */
        {"ja", "C", NULL, NULL, "ja"},
        {"ja", "POSIX", "en_US.UTF-8", "en", "ja"},
        {"en", NULL, "ja_JP.UTF-8", "ja", "en"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        const char *got = NULL;
        environment(table[i].lc_all, table[i].lang, table[i].language);
        assert_int_equal(text_language(table[i].option, &got, NULL), 0);
        assert_string_equal(got, table[i].want);
        assert_string_equal(i18n_text("mail"), strcmp(got, "ja") == 0 ? "メール" : "mail");
    }
}

static void refuses(void **state)
{
    (void)state;
    const char *got = "untouched";
    struct err err = {0};
    assert_int_equal(text_language("fr", &got, &err), -EINVAL);
    assert_string_equal(got, "untouched");
    assert_non_null(strstr(err.text, "fr"));
}

int main(void)
{
    setenv("BANSHO_LOCALE", BANSHO_BUILD_LOCALEDIR, 1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(chooses), cmocka_unit_test(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
