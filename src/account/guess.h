/* guess.h: are stored hashes those of passwords that everybody tries first? A few guesses only, within a budget of CPU: modern hashes cost 70 ms each.
   What did not fit is counted. Runs in the check's own process. */
#pragma once
#include "account/shadow.h"

struct guesses {
    int64_t budget_us;   /* CPU that is left */
    size_t planned, tried;
    size_t foreign;      /* hashes of a kind or cost that is not tried at all */
    void *work;          /* crypt(3)'s; freed by guesses_done */
};

/* Seconds apart: a hash whose own cost parameter asks for more than the default of its kind. */
bool hash_is_cheap(struct str hash) PARSER(shadow);
/* Tries guess number n (0, 1, ...) for this account. 1: it fits; 0: it does not, or was not tried; -ENOENT: no more guesses for it. */
int guess_one(struct guesses *g, const struct credential *c, size_t n);
void guesses_done(struct guesses *g);
