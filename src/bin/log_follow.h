/* log_follow.h: `bansho log follow` beside `bansho log search`, which share their options. Used by verb_log.c and verb_log_follow.c. */
#pragma once
#include "base/arena.h"
#include "bin/verbs.h"
#include "filter/selection.h"

/* What the options ask for; strings in the arena. */
int log_understand(const struct call *c, int64_t now, struct arena *a, struct selection *ret, struct err *err) _must_check_;
enum outcome log_follow(const struct call *c, struct arena *a);
