/* attempts.h: what the logs of the last week say of the services that are watched (or are not): whether they are understood, who tried to log in, and whom a guard would have shut
   out. For guard.running; reads little among all checks, more where it was asked for by name or nobody waits. */
#pragma once
#include "guard/source_look.h"
#include "server/probe.h"

#define ATTEMPTS_DAYS GLANCE_DAYS

struct attempts {
    struct source_looks looks;
    const char *trouble;  /* why nothing is known; NULL */
    unsigned max_retry;   /* by which it was judged who would have been shut out, */
    int64_t find_time;    /* within so many seconds */
};

/* Strings in the findings' arena, without judgement. */
void attempts_see(const struct probe_ctx *ctx, struct findings *scratch, const struct seen_logs *seen, struct attempts *ret);
/* What was seen of a product: "postfix". NULL: nothing of it is read. */
const struct source_look *attempts_of(const struct attempts *t, const char *product);
/* What follows takes it, NULL too. */

/* Evidence: how many failures, from how many addresses, how many would have been shut out; and how far back that reaches. Or why that is not known. */
void attempts_tell(const struct attempts *t, const struct source_look *s, struct findings *out, struct finding *f);
/* Evidence for a source that is not understood (with examples) or silent. */
void attempts_tell_health(enum source_state state, const struct source_look *s, struct findings *out, struct finding *f);
/* Of the product's source. SOURCE_QUIET too where it has none; SOURCE_LIVE where nobody knows what it writes. */
enum source_state attempts_state(const struct probe_ctx *ctx, const struct attempts *t, const char *product);
