/* abuse.h: queue.abuse, is one account, script, client or subject, or are bounces, most of what waits (G5.3)? Held messages do not count: nobody receives them. Of a long queue a sample is read
   (look.h), in the order of the directories, which is as good as any. */
#pragma once
#include "queue/message.h"
#include "server/probe.h"

#define ABUSE_SAMPLE 3000
#define ABUSE_LEAST 100      /* messages: of fewer, one sender's may well be half */
#define ABUSE_PERCENT 50     /* of the sample */

probe_fn queue_abuse_probe;

/* What was read of one spool. */
struct abuse_sample {
    const char *object;      /* "" or the instance's name */
    const char *path;
    struct arena *arena;
    uint64_t total;          /* messages that are not held */
    uint64_t many;           /* so many are too many here (usual.h) */
    uint64_t read, bounces;
    uint64_t unread;         /* messages of the sample that could not be opened */
    int code;                /* of what could not be listed; 0: all was */
    const char *unseen;      /* its directory */
    LIST(struct str) keys[4]; /* account, script, client, subject of each that has one */
};
/* own: the message came from this machine itself; its client's address says nothing. */
void abuse_take(struct abuse_sample *s, const struct message *m, bool own);
/* What was seen may be misuse already; what was not seen is never in order. */
void abuse_judge(struct abuse_sample *s, struct findings *out);
