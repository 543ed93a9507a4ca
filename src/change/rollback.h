/* rollback.h: the way back, for apply (when something fails), undo, and what an earlier run left. */
#pragma once
#include "change/apply.h"

/* Takes back every begun step of change `id`, has the services follow, and notes `cause`. Goes on where the journal cannot be written (full disk): files are
   put back all the same, and the change is then ended by the next run. 0; 1: something stays, which was told; or the first -errno. */
int rollback(struct journal *j, unsigned id, const char *cause, const struct change_desk *d, struct err *err) _must_check_;
