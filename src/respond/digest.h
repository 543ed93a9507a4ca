/* digest.h: the words in which the owner is told what bansho-watch concluded: what cannot wait, and the collection of all the rest. Takes a hundred thousand verdicts
   in bounded memory: everything is counted, the newest DIGEST_SHOWN of each kind are named. No I/O. Used by `bansho notify send`. */
#pragma once
#include "notify/notify.h"
#include "respond/diary.h"

#define DIGEST_SHOWN 20

enum digest_part {
    DIGEST_ENTERED,  /* told at once, alone */
    DIGEST_REFUSED,  /* an act that was refused: soon */
    DIGEST_BANNED,
    DIGEST_OBSERVED, /* mode = observe: would have been banned */
    DIGEST_SPARED,
    DIGEST_ATTACKED, /* accounts that many try */
    DIGEST_PARTS
};
enum digest_part digest_part_of(const struct diary_shown_verdict *v);

struct digest;
struct digest *digest_new(const char *host);
void digest_free(struct digest *d); /* NULL is fine */
void digest_freep(struct digest **d);
/* Copied. */
void digest_add(struct digest *d, const struct diary_shown_verdict *v);
/* How many of that part. */
size_t digest_count(const struct digest *d, enum digest_part part);
/* All that was collected; .text NULL: nothing. Lies in the arena. */
struct message digest_message(const struct digest *d, struct arena *a);
/* Accounts that somebody logged in to. n > 0. */
struct message digest_entered(const char *host, const struct diary_shown_verdict v[], size_t n, struct arena *a);
