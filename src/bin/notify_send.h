/* notify_send.h: `bansho notify send`: the owner is told what bansho-watch concluded. With --wait it is bansho-tell.service: bansho-watch wakes it by connecting to its
   socket, it does a round, and stays only while something waits: a message that could not be sent, a collection whose time has not come. How far it has told is kept in notify.db, in
   the transaction that puts the message into the outbox: killed at any moment it tells everything, and nothing twice (but a message that was handed over and not yet noted). */
#pragma once
#include "bin/verbs.h"
#include "config/config.h"
#include "notify/deliver.h"

enum outcome notify_send(const struct call *c);

/* verb_notify_round.c: one look at what there is to tell. */
struct notify_round {
    const struct call *call;
    const struct config *config;
    struct store *store;
    struct arena *a;
    struct sender from;
    int due;             /* out: seconds until the next look although nobody wakes; -1: none is needed */
    bool entered;        /* out: something that cannot wait was posted */
};
/* Puts into the outbox what is to be told now. 0 also where bansho-watch does not run; -errno: try again. */
int notify_round(struct notify_round *r, struct err *err) _must_check_;
