/* flush.h: fdatasync(2) of one file without waiting for it: the kernel does it aside (io_submit(2), IOCB_CMD_FDSYNC, Linux 4.18) and an eventfd tells of the end. No
   thread and no process is made for it. Where the kernel does not offer that, it is done at once, and waited for. For services that have something better to do. */
#pragma once
#include "base/err.h"
#include <stdbool.h>

struct flush;
/* fd is the caller's, and must stay open as long. */
int flush_open(int fd, struct flush **ret, struct err *err) _must_check_;
void flush_close(struct flush *f); /* waits for one that is under way; NULL is fine */
/* Readable once one has ended. */
int flush_fd(const struct flush *f);
/* Begins: what was written until now will be on disk at its end. Not while one is under way. */
void flush_start(struct flush *f);
bool flush_busy(const struct flush *f);
/* 1: it has ended well; 0: not yet (with `wait` never); -errno: it has ended, and what was written may not be on disk. */
int flush_end(struct flush *f, bool wait) _must_check_;
