/* glimpse.h: which of some expressions could match anywhere in a line, in one pass over it, for lines of ASCII. It may name too many, never too few: assertions are
   taken as fulfilled, references as anything that their group can be, what may be missing at the end as missing. Expressions with a time of day (all of the usual
   dates, besides two that are runs of digits) are looked for around such times only. The automaton is made while lines are read; what lines can make of it is bounded. */
#pragma once
#include "filter/translate.h"

#define GLIMPSE_MAX 64 /* expressions */

struct glimpse;

/* In the arena. An expression that is not understood is always named. n: at most GLIMPSE_MAX. */
struct glimpse *glimpse_new(struct arena *a, const struct regex_text *const *v, size_t n);
void glimpse_done(struct glimpse *g);
/* Bits, by their place in v. */
uint64_t glimpse_line(struct glimpse *g, struct str line);
