/* filters.h: filters as guard.filters of bansho.conf names them: NAME or NAME[option="value"], parted by commas. */
#pragma once
#include "filter/definition.h"

/* Takes the next one off *rest; a comma within brackets or quotes belongs to the filter's options. false: there are no more. */
bool guard_filter_next(struct str *rest, struct str *ret);
/* filter_load; `journal`: as it reads lines of the journal, which have no date and no name of a file (filters say by `logtype` what they expect; what somebody says
   himself comes last and holds). */
int guard_filter_load(struct arena *a, const char *dir, struct str spec, bool journal, struct filter_definition *ret, struct err *err) _must_check_;
