/* unit_times.h: enabling a unit and disabling it again leaves the links as they were, but the directories around them with a new time. These are kept and
   put back, so that an undone change leaves no trace. */
#pragma once
#include "change/plan.h"

/* The times of systemd's own directories below /etc/systemd/system, and of the links of this unit in them. */
void unit_times_read(const char *unit, struct arena *a, struct path_times *ret);
/* Sets them again, where the paths are still there. */
void unit_times_restore(const struct path_times *t);
