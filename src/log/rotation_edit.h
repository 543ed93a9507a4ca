/* rotation_edit.h: changes how long one rule of a logrotate(8) file keeps old logs; everything else in it stays. */
#pragma once
#include "base/buf.h"
#include "log/rotation.h"

/* The rule whose first line is `rule->line`: its rotate and maxage are raised so that it keeps at least `days`; a rule without rotate of its own gets one.
   Other rules and the global part stay. -ENOENT: no rule begins there; -EOPNOTSUPP: it rotates by size only, which says nothing about days. */
int rotation_edit(struct str text, const struct rotation *rule, unsigned days, struct buf *out) PARSER(rotations) _must_check_;
