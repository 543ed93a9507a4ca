/* batch.h: one nf_tables transaction: messages gathered in memory, sent at once, all of it or nothing. For the files of this room only.
   The kernel works through the whole batch within sendmsg(2) (nfnetlink_rcv_batch), so that every answer is there when it returns. */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct mnl_socket;
struct nlmsghdr;

struct batch {
    struct mnl_socket *socket;
    uint32_t portid, seq;
    unsigned char *bytes;
    size_t n, cap;
    size_t last; /* where the last message begins; 0: there is none yet */
    size_t sendbuf;
};

int batch_open(struct batch *b, struct err *err) _must_check_;
void batch_close(struct batch *b);

/* Forgets what was gathered and begins. */
int batch_begin(struct batch *b) _must_check_;
/* Room for one message of family inet, at most BATCH_MESSAGE bytes; batch_add takes it in when it is complete. NULL: no memory. */
#define BATCH_MESSAGE 70000u
struct nlmsghdr *batch_message(struct batch *b, uint16_t type, uint16_t flags);
void batch_add(struct batch *b, const struct nlmsghdr *h);
/* 0: done. -errno: the first refusal; nothing of it was done. -ENOBUFS: the answers were lost, it may have been done or not. */
int batch_commit(struct batch *b) _must_check_;
