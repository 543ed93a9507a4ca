/* queue_call.h: what every `bansho queue ...` has in common: which queues are meant and which of their messages. Used by verb_queue*.c. */
#pragma once
#include "bin/verbs.h"
#include "queue/look.h"
#include "queue/spools.h"
#include "term/emit.h"
#include "term/progress.h"

#define QUEUE_PER_DEFAULT 25
#define QUEUE_IDS_MAX 100
#define QUEUE_COUNT_READS 10000 /* so many messages are read to know how large all are; of more only the number is known */

struct queue_call {
    const struct call *call;
    struct arena *arena;
    struct arena *row;       /* of one message that is shown */
    uint64_t total;          /* messages in all that is looked at, as far as it is known */
    struct root root;
    struct host *host;
    struct server *server;
    struct spools spools;
    const char *shown;       /* --spool: its name as it was given; the root is that directory */
    struct wanted wanted;
    int64_t now;
    uint64_t page, per;      /* per 0: all */
    bool json;
    struct term term;
    struct progress progress;
    bool unknown;            /* something could not be seen: it was said */
};

/* 0 or what was wrong (err). The caller ends it with queue_done, after an error too. */
int queue_begin(struct queue_call *q, const struct call *c, struct arena *a, struct err *err) _must_check_;
void queue_done(struct queue_call *q);
/* The name of a queue for people. */
const char *queue_name(const struct queue_call *q, const struct spool_instance *s);
struct spool_place queue_place(const struct queue_call *q, const struct spool_instance *s);
/* Can its messages be read? Else says on stderr what to do, and remembers that something stayed unknown. */
bool queue_readable(struct queue_call *q, const struct spool_instance *s);
/* Reads it and says on stderr what could not be read. 0, what fn returned, or negative: it is said. */
int queue_look(struct queue_call *q, const struct spool_instance *s, struct look_options *o, look_fn *fn, void *arg, struct looked *ret);
/* As spool_count; of a queue that is named not every directory need be there, and one of a program that never ran is empty. */
int queue_names(const struct queue_call *q, const struct spool_instance *s, struct spool_count *ret);
/* What could not be seen of a queue is said, once for each place. */
void queue_unseen(struct queue_call *q, const char *place, int code);
enum outcome queue_outcome(const struct queue_call *q);

/* --- pages (verb_queue_page.c) --- */
const char *queue_size_text(struct arena *a, uint64_t bytes);
/* One message of a list. */
void queue_row(const struct queue_call *q, const struct spool_instance *s, const struct message *m, struct buf *b);
void queue_row_json(const struct queue_call *q, const struct spool_instance *s, const struct message *m, bool whole);
/* One message, all that is known. */
void queue_sheet(const struct queue_call *q, const struct spool_instance *s, const struct message *m, struct buf *b);

enum outcome queue_count(struct queue_call *q);
enum outcome queue_list(struct queue_call *q);
enum outcome queue_show(struct queue_call *q);
enum outcome queue_top(struct queue_call *q);
enum outcome queue_hold(struct queue_call *q);
enum outcome queue_release(struct queue_call *q);
enum outcome queue_delete(struct queue_call *q);
enum outcome queue_restore(struct queue_call *q);
enum outcome queue_requeue(struct queue_call *q);
enum outcome queue_expire(struct queue_call *q);
enum outcome queue_export(struct queue_call *q);
