/* maps.h: what a process has mapped for execution. The kernel takes longer to write /proc/PID/maps than all else that update.pending does; since Linux 6.11 it can be
   asked for just these mappings. Runs in the check's own process, as root. */
#pragma once
#include "base/buf.h"

/* b, empty: lines as in /proc/PID/maps, at least those of files that are mapped for execution. 0 or -errno. */
int maps_read(unsigned pid, struct buf *b) _must_check_;
