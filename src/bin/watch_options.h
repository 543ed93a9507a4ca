/* watch_options.h: bansho-watch's options, for itself and for its manual page. */
#pragma once
#include "bin/verbs.h"

extern const struct verb_option watch_options[]; /* ends with a row without a name */
extern const char *const watch_summary, *const watch_about; /* N_() */
