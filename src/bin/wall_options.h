/* wall_options.h: bansho-wall's options, for itself and for its manual page. */
#pragma once
#include "bin/verbs.h"

extern const struct verb_option wall_options[]; /* ends with a row without a name */
extern const char *const wall_summary, *const wall_about; /* N_() */
