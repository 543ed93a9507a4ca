/* i18n.h: messages for people. msgids are English; po/ja.po holds the Japanese. N_() (base/macros.h) marks table texts that are translated when they are printed. */
#pragma once
#include <libintl.h>

#define _(s) gettext(s)
