/* replay_machine.h: this machine's own logs, for `bansho replay` without a log. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"
#include <stdbool.h>
#include <stdint.h>

struct machine_logs {
    LIST(const char *) files; /* those that services write themselves, live and rotated, changed since then */
    bool journal;             /* some service writes there */
    bool partly;              /* more files than are looked at */
};
/* Takes the snapshot of the machine, as a check does. Strings in the arena. */
int machine_logs_find(const char *language, int64_t since, struct arena *a, struct machine_logs *ret, struct err *err) _must_check_;
