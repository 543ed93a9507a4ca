/* guess.h: are stored hashes those of passwords that everybody tries first? A few guesses only, within a budget of CPU: modern hashes cost 70 ms each.
   What did not fit into it is counted, and goes on in the next run: how many guesses a stored hash has withstood is remembered with a digest of both its
   account's name and itself, so that a new password begins anew. Runs in the check's own process. */
#pragma once
#include "account/shadow.h"

struct guesses {
    int64_t budget_us;   /* CPU that is left */
    int64_t first_us;    /* by so much the first guess of each account may overdraw it: that one, the account's own name, is the likeliest of all */
    size_t unguessed;    /* accounts whose hash was never tried, for want of budget */
    size_t planned, tried;
    size_t foreign;      /* hashes of a kind or cost that is not tried at all */
    void *work;          /* crypt(3)'s; freed by guesses_done */
};

/* The name under which it is remembered how many guesses this account's stored hash has withstood; it changes with the list of guesses.
   -EOPNOTSUPP: nothing is remembered of what is not tried, or costs nothing. */
#define GUESS_KEY 33
int guess_key(const struct credential *c, char ret[GUESS_KEY]) _must_check_;

/* Seconds apart: a hash whose own cost parameter asks for more than the default of its kind. */
bool hash_is_cheap(struct str hash) PARSER(shadow);
/* Of those that are tried, the ones that take ten times as long as the others (yescrypt, bcrypt). */
bool hash_is_dear(struct str hash) PARSER(shadow);
/* A password that is never tried: its hash is of another kind than those, or dearer. */
bool guess_never(const struct credential *c);
/* Tries guess number n (0, 1, ...) for this account. 1: it fits; 0: it does not; -EAGAIN: not tried for want of budget; -EOPNOTSUPP: never tried with such a
   hash; -ENOENT: no more guesses for it. */
int guess_one(struct guesses *g, const struct credential *c, size_t n);
void guesses_done(struct guesses *g);
