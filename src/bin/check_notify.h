/* check_notify.h: `bansho check --notify`: the owner is told what has changed since the last message. */
#pragma once
#include "bin/session.h"
#include "bin/verbs.h"

/* Whether it can be done at all: OUTCOME_FINE, or complained. */
enum outcome check_notify_may(const struct call *c);
/* After a run. `so_far` is its outcome; OUTCOME_USAGE instead where something could not be sent: it waits for the next time. */
enum outcome check_notify(struct session *s, bool page, enum outcome so_far);
