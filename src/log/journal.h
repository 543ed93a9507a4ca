/* journal.h: the systemd journal, read in a WORKER_FILES child (log lines are what strangers wrote). sd-journal is linked nowhere else. */
#pragma once
#include "base/arena.h"
#include "base/rootfs.h"
#include "base/err.h"

struct journal_extent {
    bool persistent;       /* /var/log/journal holds entries */
    int64_t first, last;   /* seconds: oldest and newest entry; 0: none */
};
int journal_extent(const struct root *root, struct journal_extent *ret, struct err *err) _must_check_;
