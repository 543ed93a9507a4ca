/* news.h: what is new, worse or solved since the owner was last told. Pure: what was told comes in, what is then told goes out; who sends it decides. What is
   unknown in this run stays as it was told, and so does what belongs to checks that were not asked. Where not to see is an alarm of its own (check.blind_tells) it is told,
   once, unless something worse was told already. */
#pragma once
#include "check/report.h"
#include "notify/notify_store.h"

struct news {
    LIST(const struct result *) fresh, worse; /* in the run's order */
    LIST(const struct told *) solved;
    told_list now;                            /* what the owner knows to be wrong once this is told */
};

/* Everything lives in the report's arena; told must outlive it. */
void news_find(const struct report *r, const told_list *told, struct news *ret);
bool news_empty(const struct news *n);
/* "bansho HOST: 2 new, 1 solved", and the text, in the reader's language. */
const char *news_subject(const struct report *r, const struct news *n);
void news_text(const struct report *r, const struct news *n, struct buf *out);
