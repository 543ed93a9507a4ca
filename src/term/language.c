/* language.c: which language, and the locale that makes the widths work whatever the environment says. Output is always UTF-8. */
#include "base/i18n.h"
#include "term/text.h"
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The locale's name for messages, as the environment gives it (locale(7)). */
static struct str locale_name(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *v = getenv(names[i]);
        if (v && *v)
            return str_of(v);
    }
    return STR("C");
}

/* "ja_JP.UTF-8", "ja", "ja.utf8": Japanese that a UTF-8 terminal can show. Other codesets cannot be served. */
static bool is_japanese(struct str name)
{
    if (!str_eq(name, STR("ja")) && !str_starts(name, STR("ja_")) && !str_starts(name, STR("ja.")))
        return false;
    ptrdiff_t dot = str_find(name, '.');
    struct str codeset = dot < 0 ? STR("UTF-8") : str_from(name, (size_t)dot + 1);
    return str_istarts(codeset, STR("UTF-8")) || str_istarts(codeset, STR("UTF8"));
}

/* As gettext does it: LANGUAGE is a list and counts unless the locale is plain C. Of what it names we speak ja and en. */
static bool wants_japanese(void)
{
    struct str locale = locale_name(), rest, word;
    const char *list = getenv("LANGUAGE");
    if (list && *list && !str_eq(locale, STR("C")) && !str_eq(locale, STR("POSIX"))) {
        for (rest = str_of(list); str_field(&rest, ':', &word);) {
            if (is_japanese(word))
                return true;
            if (str_starts(word, STR("en")) || str_eq(word, STR("C")))
                return false;
        }
    }
    return is_japanese(locale);
}

/* The Linux console has no Japanese font. */
static bool cannot_show_japanese(void)
{
    const char *term = getenv("TERM");
    return term && strcmp(term, "linux") == 0 && isatty(STDOUT_FILENO);
}

static bool utf8_locale(void)
{
    static const char *const names[] = {"C.UTF-8", "C.utf8", "en_US.UTF-8", "ja_JP.UTF-8"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (setlocale(LC_ALL, names[i]))
            return true;
    return false;
}

int text_language(const char *lang, const char **ret, struct err *err)
{
    if (lang && strcmp(lang, "ja") != 0 && strcmp(lang, "en") != 0)
        return err_set(err, -EINVAL, "--lang: \"%s\" is neither ja nor en", lang);
    bool japanese = lang ? strcmp(lang, "ja") == 0 : wants_japanese() && !cannot_show_japanese();
    if (!utf8_locale())
        japanese = false;
    const char *dir = secure_getenv("BANSHO_LOCALE");
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/ja/LC_MESSAGES/bansho.mo", dir && *dir ? dir : BANSHO_LOCALEDIR);
    if (i18n_open(japanese ? path : NULL) < 0)
        japanese = false;
    *ret = japanese ? "ja" : "en";
    return 0;
}
