/* place.c: where filters are (definition.h). */
#include "base/module.h"
#include "filter/definition.h"
#include <unistd.h>

const char *filter_own_dir(void) { return module_from_build() ? BANSHO_SOURCE_FILTERDIR : BANSHO_FILTERDIR; }

const char *filter_usual_dir(void) { return access(FILTER_DIR, R_OK | X_OK) == 0 ? FILTER_DIR : filter_own_dir(); }
