/* queue_numbers.h: how much waits in each mail queue of this server at this moment, for `status` and `metrics`: from the directories alone, by whoever may list them. */
#pragma once
#include "bin/verbs.h"
#include "queue/size.h"
#include "queue/spools.h"
#include "store/check_store.h"
#include "term/emit.h"

struct queue_numbers {
    struct arena *arena, *look;   /* what stays, and what is of the last look */
    struct root root;
    struct host *host;
    struct server *server;
    struct spools spools;
    struct memos memos;           /* how long they usually are, as far as the caller may know it */
    LIST(struct spool_seen) list; /* one for each of spools */
    struct err err;               /* text: which queues there are is not known */
    int64_t looked_ms, took_ms;   /* monotonic */
};
/* `judged`: also what is usual here (as bansho check queue.size learned it). Begins without a look. */
void queue_numbers_begin(struct queue_numbers *q, bool judged);
/* Looks; again at once, it leaves what it knows where looking takes more than a tenth of the time. */
void queue_numbers_look(struct queue_numbers *q);
void queue_numbers_done(struct queue_numbers *q);

/* As queue.size judges it; of all: the worst. STATE_NA: there is no queue. */
enum state queue_numbers_state(struct queue_numbers *q);
/* Lines for people. */
void queue_numbers_page(struct queue_numbers *q, struct buf *page);
/* "queue 12", or "queue unknown": a piece of a line. */
void queue_numbers_piece(struct queue_numbers *q, struct buf *b);
/* The member "queue": a list. */
void queue_numbers_emit(struct queue_numbers *q, struct emit *j);
