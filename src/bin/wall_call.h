/* wall_call.h: how bansho-wall was called. */
#pragma once
#include "base/macros.h"

struct wall_call {
    const char *ledger; /* NULL: wall.db in $STATE_DIRECTORY, or below /var/lib/bansho-wall */
    const char *listen; /* NULL: what systemd hands over */
};

void wall_say(const char *format, ...) _printf_(1, 2);
/* Works until it is told to end: the exit status. */
int wall_work(const struct wall_call *c);
/* Takes the table out of the kernel: the exit status. */
int wall_take_away(void);
