/* needle.h: what every match of an expression must contain: short texts of which one at least stands in whatever it matches. A line that has none of them need not
   be tried. Needles are ASCII without LF and NUL, so that they stand in the raw line as they do in the repaired one (utf8.h), besides where the cut-out date was:
   the reader of a line looks there itself (sieve.h). */
#pragma once
#include "filter/translate.h"

#define NEEDLE_LONGEST 24
#define NEEDLE_SHORTEST 3
#define NEEDLES_MAX 24 /* of one expression: an alternation has one for each branch */

struct needle {
    char text[NEEDLE_LONGEST];
    unsigned char n;
};

struct needles {
    struct needle v[NEEDLES_MAX];
    unsigned n;    /* 0: there are none */
    bool caseless; /* they are in small letters, and stand there in any case */
    int score;     /* higher: they are longer, fewer, and seldom stand in other lines */
};

/* ascii: for lines of ASCII only, in which k and s have no other forms. */
struct needles needles_of(const struct regex_text *t, bool ascii);
