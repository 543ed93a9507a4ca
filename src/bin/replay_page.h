/* replay_page.h: what `bansho replay` found, for people and as JSON. Used by verb_replay.c only. */
#pragma once
#include "guard/replay.h"

/* json: the language, or NULL: text. To stdout. */
void replay_tell(const struct replay_options *o, const struct replay *r, const char *json);
