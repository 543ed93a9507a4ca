/* matcher_sieve.h: what sieve.c needs of matchers besides matcher.h. Used inside this room. */
#pragma once
#include "filter/calendar.h"
#include "filter/matcher.h"
#include "filter/needle.h"

/* As matcher_new, for the same log as n others: it shares their calendar where it names the same dates. */
int matcher_new_beside(const struct filter_definition *d, const struct matcher_options *o, struct matcher *const *others, size_t n, struct matcher **ret, struct err *err) _must_check_;
struct calendar *matcher_calendar(const struct matcher *m);

/* How many of its expressions can take a line: those of its rules, then such ignoreregexes as are asked first. */
size_t matcher_takers(const struct matcher *m);
/* NULL: that expression must see every line. */
const struct needles *matcher_needles(const struct matcher *m, size_t taker);
/* Somebody asks for what that expression finds, or it decides what others find. */
bool matcher_wants(const struct matcher *m, size_t taker);
/* The line `worth` has a needle of that expression. */
void matcher_mark(struct matcher *m, size_t taker, uint64_t worth);
/* The calendar's line, for the expressions that were marked with `worth` and those without needles; worth 0: for all. */
enum matcher_result matcher_try(struct matcher *m, uint64_t worth, int64_t now, struct matcher_event *ret);
