/* scan.h: finds many short texts in a block of lines at once. Vectorscan does it (scan_module.h); where its module is missing or the processor too old, a plain loop
   that is several times slower. */
#pragma once
#include "base/arena.h"

#define SCAN_SHORTEST 3

struct scan_text {
    struct str text;  /* ASCII, at least SCAN_SHORTEST bytes, no LF */
    bool caseless;    /* ASCII; text is in small letters */
};

struct scan;

/* Called for each text (its index) at each place where it ends: the bytes of the block up to its end. false: enough. */
typedef bool scan_fn(void *ctx, unsigned text, size_t end);

/* plain: the loop, whatever could be used. The texts are copied. Allocates; a confined process may call it where the module is loaded already. */
void scan_new(const struct scan_text *v, size_t n, bool plain, struct scan **ret);
void scan_free(struct scan *s); /* NULL is fine */
/* Line after line; within a line in no certain order. false: it was not looked through to its end. */
bool scan_run(struct scan *s, struct str block, scan_fn *fn, void *ctx);
bool scan_is_plain(const struct scan *s);
