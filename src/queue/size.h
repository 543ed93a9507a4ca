/* size.h: queue.size, the number and age of the messages that wait, and the room they have (G5.3). */
#pragma once
#include "queue/spools.h"
#include "queue/usual.h"
#include "server/probe.h"

probe_fn queue_size_probe;

/* One spool as it was found. */
struct spool_seen {
    const char *object;         /* "" or the instance's name */
    const char *path;
    enum spool_kind kind;
    struct spool_count count;
    int code;                   /* of spool_count */
    uint64_t message_limit;     /* the largest message that the program takes; 0: not known */
    struct usual usual;         /* how long it is usually, before this look */
};
/* Looks at one. memos: what queue.size left, sorted, or none. */
struct spool_seen queue_size_see(const struct server *server, const struct spool_instance *i, const struct memo *memos, size_t n, struct arena *a);
void queue_size_judge(const struct spool_seen *s, int64_t now, bool privileged, struct findings *out);
