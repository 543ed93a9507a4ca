/* fixes.h: what the plans of this room have in common. */
#pragma once
#include "change/plan.h"
#include "server/probe.h"

/* Is there a wrong finding for this object? */
bool mail_is_wrong(const struct findings *wrong, const char *object);
/* Did the probe say that it is for a person (finding_by_hand)? */
bool mail_is_by_hand(const struct findings *wrong, const char *object);
/* The checks of this room by id, for plan_verify; NULL: there is none of that name. */
const struct check *mail_check(const char *id);
/* The wrong findings that the plan cannot put right because the product is another one: what to do by hand. */
void mail_by_hand(struct plan *p, const char *object, const char *product);
