/* tally.h: what happened to many keys (addresses, networks, accounts) within a sliding time, in bounded memory. Each key has a row with its latest times, as
   many as are ever asked for. A table grows with what is in it. Where it can grow no more and a row's place is full, the row there that was seen longest ago goes
   (of sixteen), and is counted as lost: somebody who floods the table from ever new addresses makes us forget the quiet ones first.
   Rows keep seconds from 1970 to 2106; what is before or behind is taken as that. */
#pragma once
#include "base/macros.h"
#include <stddef.h>
#include <stdint.h>

struct tally;

/* A row; its owner may use it as it likes, but for the ring. Zeroed when the row is made. With five times it takes 48 bytes. */
struct tally_row {
    uint64_t key;
    uint32_t until;     /* by tally_time() */
    uint16_t times_banned;
    uint16_t marks_n : 3, n : 13; /* n: of the ring */
    uint32_t marks[3];  /* a few small sets of things seen with it (their hashes), see tally_mark */
    uint32_t ring[];    /* of times, in the order in which they were added */
};

static inline uint32_t tally_time(int64_t t) { return t < 0 ? 0 : t > UINT32_MAX ? UINT32_MAX : (uint32_t)t; }

/* rows: at most, upwards to eight. depth: times that a row keeps (1-1000). NULL: no memory. */
struct tally *tally_new(size_t rows, unsigned depth);
void tally_free(struct tally *w); /* NULL is fine */
/* The row of a key, made where there is none; valid until the next call. */
struct tally_row *tally_row(struct tally *w, uint64_t key, int64_t now);
/* The same, but NULL where there is none. */
struct tally_row *tally_find(const struct tally *w, uint64_t key);
/* When tally_row was last asked for it, the latest of the times that were given. tally_add counts before it. */
uint32_t tally_seen(const struct tally *w, const struct tally_row *r);
void tally_unseen(struct tally *w, const struct tally_row *r); /* as if never */
/* The key will be asked for soon: the processor may fetch what that needs. */
void tally_soon(const struct tally *w, uint64_t key);
/* Notes `times` happenings at t; how many of those that are kept lie within the last `span` seconds before the latest, at most depth. */
unsigned tally_add(struct tally *w, struct tally_row *r, int64_t t, unsigned times, int64_t span);
/* How many lie within the last `span` seconds before t. */
unsigned tally_count(const struct tally_row *r, int64_t t, int64_t span);
void tally_clear(struct tally_row *r); /* forgets the times, not the row */
/* Notes that `what` was seen with the row; how many different ones there were: 1, 2, 3, or 4 for more. */
unsigned tally_mark(struct tally_row *r, uint32_t what);

/* The other use of a ring: different things, each with the time when it was seen last, as many as half of the depth. Never both uses in one table. What was seen
   longest ago gives way. */
void tally_meet(struct tally *w, struct tally_row *r, uint32_t what, int64_t t);
/* How many of them were met within the last `span` seconds before t; of those whose bits under `mask` are `bits`. */
unsigned tally_met(const struct tally_row *r, int64_t t, int64_t span, uint32_t mask, uint32_t bits);
/* The same; those whose bits under `apart` are alike count once. */
unsigned tally_met_apart(const struct tally_row *r, int64_t t, int64_t span, uint32_t mask, uint32_t bits, uint32_t apart);
void tally_part(struct tally_row *r, uint32_t what); /* it was never met */

/* Each row that is in use. */
void tally_each(struct tally *w, void (*fn)(void *arg, struct tally_row *r), void *arg);

struct tally_state {
    size_t rows, room;  /* in use; there could be */
    size_t bytes;       /* that it takes now */
    uint64_t lost;      /* rows that had to go for want of room */
};
struct tally_state tally_state(const struct tally *w);
