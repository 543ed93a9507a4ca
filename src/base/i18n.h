/* i18n.h: messages for people. msgids are English; po/ja.po holds the Japanese. N_() (base/macros.h) marks table texts that are translated when they are printed.
   The catalogues are gettext's (.mo), read whole at the start by a small reader of our own: glibc's gettext does not translate in any C locale since 2.39,
   C.UTF-8 is the only locale that every machine has, and a confined worker could not open the file later. */
#pragma once
#include "base/err.h"

/* The language's catalogue from now on; NULL: English. A file that is not there or not whole: negative errno, and English.
   Called by main before anything is printed; what was returned from an earlier catalogue stays valid. */
int i18n_open(const char *path) _must_check_;

/* The message in the reader's language; itself where there is no translation. */
const char *i18n_text(const char *msgid) __attribute__((format_arg(1)));
/* One or many. */
const char *i18n_counted(const char *one, const char *many, size_t n) __attribute__((format_arg(1), format_arg(2)));

#define _(s) i18n_text(s)
#define ngettext(one, many, n) i18n_counted(one, many, n)

/* A table text in the reader's language; "" for NULL and "" (the catalogue would answer with its header). */
static inline const char *in_words(const char *msgid)
{
    return msgid && *msgid ? i18n_text(msgid) : "";
}
