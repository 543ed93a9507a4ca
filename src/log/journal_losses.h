/* journal_losses.h: what the journal itself says is missing from it: messages that journald did not take (RateLimitBurst= of journald.conf(5)), files that cannot be read. Read in
   a confined child. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/rootfs.h"

struct journal_loss {
    const char *unit;
    uint64_t messages;
    int64_t last;       /* seconds */
};
struct journal_losses {
    LIST(struct journal_loss) list;   /* one for each unit; at most 200 */
    LIST(const char *) damaged;       /* files; at most 64 */
};
/* Not older than `since`. A machine without a journal has lost nothing. */
int journal_losses(const struct root *root, int64_t since, struct arena *a, struct journal_losses *ret, struct err *err) _must_check_;
