/* when.h: times as people write them on a command line. */
#pragma once
#include "base/str.h"

enum when_end { WHEN_BEGIN, WHEN_END }; /* a whole day: its first or its last second */

/* Seconds since 1970; "2026-11-24", "2026-11-24 10:00[:00]" (T too), "10:00[:00]" (the last one that has passed), "today", "yesterday", "now"; "90s", "20m", "2h", "3d", "2w": so long
   ago. All local. false: none of these, or no such day. */
bool when_read(struct str text, int64_t now, enum when_end end, int64_t *ret);
/* "90s", "20m", "2h", "3d", "2w" in seconds; at most 100000 of the unit. */
bool when_length(struct str text, int64_t *ret);
