/* spools.h: the mail queues of this server: one for each instance of each mail program that is installed. */
#pragma once
#include "queue/spool.h"
#include "server/server.h"

struct spool_instance {
    const char *name;       /* "" or the instance's */
    const char *path;
    enum spool_kind kind;
    const struct instance *instance;
    bool ran;               /* the program runs, or has run: the directories of its queue must be there */
    const char *batch;      /* of the quarantine (quarantine.h): path is that of the batch; NULL: it is a queue that works */
    int64_t made;           /* seconds: when the batch was made */
};
struct spools {
    struct spool_instance *v;
    size_t n, cap;
};
/* The queue that a batch belongs to; itself. */
struct spool_place spool_queue_of(const struct root *root, const struct spool_instance *s, struct arena *a);
/* In place of the queues, all batches of their quarantines. -errno: one could not be seen (err). */
int spools_quarantined(const struct root *root, struct spools *s, struct arena *a, struct err *err) _must_check_;
/* "deferred", or "quarantine". */
const char *spool_state(const struct spool_instance *s, unsigned state);
/* What spool_count and spool_stands (count.h) say of it: -ESTALE, and not absent, where the program has run and none of its directories is there; 0 and absent where it never ran. */
int spool_judged(const struct spool_instance *s, int code, struct spool_count *c, struct arena *a) _must_check_;
/* Why a directory of a queue could not be seen, for people. */
const char *spool_why(int code);
void spools_of(const struct server *s, struct arena *a, struct spools *ret);
