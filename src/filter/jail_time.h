/* jail_time.h: times as jails write them: 600, 10m, "1h 30m", 1d12h, 2*1w, -1. fail2ban reads them as sums of products in which a unit is a factor (a month is a
   twelfth of 365.25 days); + - * / and parentheses are understood here, other Python is refused. Used inside this room. */
#pragma once
#include "base/err.h"
#include "base/macros.h"
#include "base/str.h"

/* Seconds. 0; -EINVAL: not a time, or beyond 1e12. */
int jail_seconds(struct str s, double *ret, struct err *err) PARSER(jail_time) _must_check_;
