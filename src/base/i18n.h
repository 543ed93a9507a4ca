/* i18n.h: messages for people. msgids are English; po/ja.po holds the Japanese. N_() (base/macros.h) marks table texts that are translated when they are printed. */
#pragma once
#include <libintl.h>

#define _(s) gettext(s)

/* A table text in the reader's language; "" for NULL and "" (gettext would answer with its header). */
static inline const char *in_words(const char *msgid)
{
    return msgid && *msgid ? gettext(msgid) : "";
}
