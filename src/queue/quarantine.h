/* quarantine.h: where deleted messages of a Postfix queue wait until they are deleted for good: QUEUE/bansho-quarantine/BATCH, on the queue's own file system, so that going there and back is a
   rename. Postfix looks into directories that it knows by name, and nowhere else. A batch is a small queue of its own (hold/ID, defer/ID, ...), named by the second in which it was made, and belongs
   to the queue's owner. Runs in `bansho`, as root. */
#pragma once
#include "queue/spool.h"

#define QUARANTINE "bansho-quarantine"
#define QUARANTINE_DAYS 30
#define QUARANTINE_NAME 32
#define QUARANTINE_DIRS {"hold", "defer", "bounce", "trace", "incoming", "active", "deferred", "maildrop"} /* all but the first four stay empty: whoever reads a queue finds one */

struct quarantine_batch {
    const char *name;
    int64_t made;        /* seconds; it is kept for QUARANTINE_DAYS from then */
};
struct quarantine {
    LIST(struct quarantine_batch) list; /* the oldest first */
};

/* A queue without a quarantine has no batches. -errno: it cannot be seen. */
int quarantine_batches(const struct spool_place *queue, struct arena *a, struct quarantine *ret, struct err *err) _must_check_;
/* Makes an empty one, now. -EXDEV: it would be on another file system. */
int quarantine_begin(const struct spool_place *queue, int64_t now, char ret[static QUARANTINE_NAME], struct err *err) _must_check_;
/* Takes it away where it is empty. */
void quarantine_end(const struct spool_place *queue, const char *batch);
/* Its time is over, or the file system is nearly full, and room is needed. */
bool quarantine_over(const struct spool_place *queue, int64_t made, int64_t now);
