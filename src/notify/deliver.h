/* deliver.h: what is to be told goes into the outbox first, once for each way, and leaves it only when that way has taken it: what could not be sent is sent
   the next time. A way gets NOTIFY_AN_HOUR messages an hour at most; what comes faster waits and then goes as one. */
#pragma once
#include "notify/notify.h"
#include "notify/notify_store.h"

#define NOTIFY_AN_HOUR 6

struct delivery {
    const struct way *way;
    const char *target;
    int result;        /* 0: sent; 1: it waits (the hour's messages are used up); -errno: it failed and waits */
    size_t messages;   /* that this was about */
    const char *why;   /* what was answered, or why not */
    const char *code;  /* of a test */
};
struct deliveries {
    LIST(struct delivery) list;
};

/* Puts the message into the outbox of every configured way. Within a transaction. */
int notify_post(struct store *s, const struct config *c, int64_t now, const struct message *m, struct err *err) _must_check_;

/* Sends what waits; one delivery for each way that had something. 0, or -errno where the store failed. */
int notify_flush(struct store *s, const struct config *c, const struct sender *from, struct arena *a, struct deliveries *ret, struct err *err) _must_check_;

/* A test message with a code of its own on every configured way. */
int notify_test(struct store *s, const struct config *c, const struct sender *from, struct arena *a, struct deliveries *ret, struct err *err) _must_check_;

/* What waits, as one message. The oldest are left out where it would be too long, and that is said. */
struct message notify_fold(struct arena *a, const char *host, const waiting_list *w);
