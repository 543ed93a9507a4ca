/* date_time.h: the parts of a date that an expression took from a line ("Y" 2005, "b" aug, "z" +0200 ...) as a point in time, as fail2ban reckons it: a year that is
   missing is this one, or the last one where that would lie more than a day ahead; a missing day is today or yesterday; a date without zone is local. */
#pragma once
#include "base/str.h"

struct date_part {
    char key; /* as in strptime: Y y m B b d H I M S A a w j U W p z Z; others are ignored */
    struct str text;
};

/* now: seconds since the epoch. false: no such date (30 February), or not understood. */
bool date_time(const struct date_part *parts, size_t n, int64_t now, int64_t *ret) PARSER(date_time);

/* "CET", "UTC", "+02:00", "CET+0100": minutes east of Greenwich. false: unknown. */
bool date_zone(struct str s, int *ret_minutes) PARSER(date_time);
