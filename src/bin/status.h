/* status.h: what verb_status.c and verb_status_follow.c share. */
#pragma once
#include "bin/peer.h"
#include "bin/queue_numbers.h"

/* What one service says: numbers of its Status, in this order. */
struct status_row {
    const char *key;
    const char *text; /* N_() */
    bool rest;        /* told only where it is not 0 */
};

struct status_part {
    const struct peer *peer;
    const char *name; /* its key in the JSON */
    const struct status_row *rows;
};
#define STATUS_PARTS 2
extern const struct status_part status_parts[STATUS_PARTS];

struct status_state {
    bool runs, absent;
    int code;
    struct wire_answer answer;
    struct err err;
    int64_t at_ms;                     /* monotonic */
    const json_t *before;              /* what it said elapsed_ms ago; NULL: nothing */
    int64_t elapsed_ms;
};

void status_look(const struct call *c, const struct status_part *p, struct status_state *s);
/* Lines a second, in tenths; -1: not known. */
int64_t status_rate(const json_t *now, const json_t *before, int64_t elapsed_ms);
/* Appends lines for people. */
void status_page(const struct status_part *p, const struct status_state *s, struct buf *page);
/* queue: NULL: it is not asked for. */
void status_json(const struct call *c, const struct status_state states[STATUS_PARTS], struct queue_numbers *queue, bool one_line);
enum outcome status_follow(const struct call *c);
