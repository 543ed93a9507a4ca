/* import_bans.h: bans of another program, handed to bansho-wall (org.bansho.Wall.Ban), each with an id of its own so that doing it again does nothing. */
#pragma once
#include "bin/verbs.h"
#include "import/fail2ban.h"

struct import_handed {
    size_t taken, known, refused;
    const char *reason; /* NULL, or why the first one was refused, or why the rest could not be handed over */
};
void import_hand_over(const struct call *c, const struct import_bans *bans, struct arena *a, struct import_handed *ret);
