/* log_sources.h: `bansho log sources`. Used by verb_log.c only. */
#pragma once
#include "base/arena.h"
#include "bin/verbs.h"

enum outcome log_sources(const struct call *c, struct arena *a);
