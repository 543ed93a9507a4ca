/* move.h: messages of a Postfix queue are taken out of delivery (into hold) and given back (into deferred), by a rename within the queue directory, as postsuper -h and -H do; put into the
   quarantine (quarantine.h) and brought back from there (into hold); taken in anew; deleted for good. Each is verified at the moment of acting: the file has the inode, the arrival and the sender that were shown.
   A rename is whole or nothing: killed at any moment, each message is in one place. Its logs of reasons (defer, bounce, trace) go before it, so that no other message of that id finds them.
   Done by a process of its own that has become the owner of the queue and can start nothing: neither root's powers nor what strangers wrote get out of it. Runs in `bansho`. */
#pragma once
#include "queue/cross.h"
#include "queue/spool.h"

enum move_kind {
    MOVE_HOLD,
    MOVE_RELEASE,
    MOVE_QUARANTINE, /* what an agent delivers at this moment is held instead: MOVE_PENDING */
    MOVE_RESTORE,
    MOVE_DELETE,     /* the same */
    MOVE_REQUEUE,    /* back to maildrop: Postfix takes it in anew, under a new id, as after postsuper -r. What an agent delivers is held: MOVE_PENDING */
    MOVE_EMPTY,      /* everything in the batch, whatever it is: no items */
    MOVE_KINDS,
};

/* Logs of reasons that Postfix keeps for a message, under its id. */
#define MOVE_LOGS 3
extern const char *const move_logs[MOVE_LOGS];

struct move_item {
    char id[MESSAGE_ID_MAX + 1];
    uint64_t inode;
    int64_t arrival;
    struct str sender;
    bool shared;           /* MOVE_QUARANTINE, MOVE_DELETE: recipients that are kept wait for it, too: it is held; MOVE_DELETE then crosses out the others for good */
};

enum move_result {
    MOVE_DONE,
    MOVE_PENDING,  /* it is held, but an agent is delivering it at this moment: to whom it goes just now is not called back */
    MOVE_GONE,     /* it is not there any more: delivered, returned, deleted */
    MOVE_CHANGED,  /* another message has this id now: left alone */
    MOVE_FAILED,
    MOVE_RESULTS,
};

struct move_spool {
    struct spool_place place;          /* the queue itself */
    const char *batch;                 /* of its quarantine: where messages go (MOVE_QUARANTINE) or are (MOVE_RESTORE, MOVE_EMPTY; MOVE_DELETE, or NULL) */
    bool hashed_deferred, hashed_hold; /* hash_queue_names */
    bool hashed_logs[MOVE_LOGS];       /* in the order of move_logs */
    unsigned depth;                    /* hash_queue_depth */
    struct kept keep;                  /* of what is shared */
};

/* Called for each item (MOVE_EMPTY: once), in their order, with -errno where it failed. */
typedef void move_fn(void *arg, size_t item, enum move_result result, int code);

/* 0: each item has its result. -EPERM: neither root nor the queue's owner; -ECHILD: the acting process ended early (what it did before was reported). */
int spool_move(const struct move_spool *s, enum move_kind kind, const struct move_item *items, size_t n, move_fn *fn, void *arg, struct err *err) _must_check_;
