/* cross.h: recipients of a held message of Postfix are crossed out, as Postfix itself does when one was delivered to: the R of a record becomes a D in its place, nothing else of the file changes.
   Runs in the process that acts (move.h), as the queue's owner; the caller holds the lock that keeps agents off. */
#pragma once
#include "base/arena.h"
#include "base/str.h"

struct kept {
    const struct str *v; /* addresses, or "@example.jp": everybody there. Case does not matter */
    size_t n;
};
bool kept_has(const struct kept *k, struct str address);

/* All that wait and are not kept; written down when it returns. Killed meanwhile, some are crossed out and the rest waits: it can be done again. -EBADMSG: the file is damaged or has more recipients
   than bansho reads: nothing was changed. */
int postfix_cross(int fd, const struct kept *keep, struct arena *a) _must_check_;
