/* walk.h: the names below one directory of a spool, in the order in which the file system has them: messages at any depth, nothing is opened but directories. */
#pragma once
#include "queue/count.h"

/* One message's file. The directory is open only as long as the call lasts. arrival: from the name (count.h: spool_message), or 0. Anything but 0 ends the walk. */
typedef int spool_walk_fn(void *arg, int dir, const char *name, uint64_t inode, int64_t arrival);

/* Walks below an open directory, which it closes. 0, what fn returned, or -errno of a directory that could not be listed; one that is gone meanwhile is no error. */
int spool_walk(int fd, enum spool_kind kind, spool_walk_fn *fn, void *arg) _must_check_;
