/* by_hand.h: undo.sh, the way back when bansho itself is broken: a POSIX shell script beside the copies that it restores. */
#pragma once
#include "change/plan.h"

void by_hand_script(const struct step *steps, size_t n, struct buf *out);
/* Appends s quoted for a POSIX shell. */
void shell_quote(struct buf *out, struct str s);
/* The same, quoted only where a shell would read it otherwise: for commands that people see. */
void shell_argument(struct buf *out, struct str s);
