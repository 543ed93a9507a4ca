/* by_hand.h: undo.sh, the way back when bansho itself is broken: a POSIX shell script beside the copies that it restores. */
#pragma once
#include "change/plan.h"

void by_hand_script(const struct step *steps, size_t n, struct buf *out);
