/* jail_values.h: a jail's values from their texts, one small reader each. Used inside this room. */
#pragma once
#include "filter/jails.h"
#include "filter/reader.h"

/* 1 on true yes / 0 off false no or nothing, without regard to capitals. -EINVAL: another word (fail2ban takes it for no, silently). */
int jail_truth(struct load *l, const struct named *n, bool *ret, struct err *err) _must_check_;
/* Everything but the filter. */
int jail_values(struct load *l, const struct names_of *values, struct arena *a, struct jail *j, struct err *err) _must_check_;
