/* shape.h: what can be said of an expression's matches without an automaton, for glimpse.h. Used inside this room. */
#pragma once
#include "filter/syntax.h"

struct shape {
    bool anchored;          /* every match begins at the beginning of the text */
    struct syntax_set first, last; /* a match begins and ends with one of these; both are empty where it may be empty */
    size_t longest;         /* bytes of a match in ASCII; SIZE_MAX: no limit */
    bool clock;             /* every match has a digit, a colon and a digit, as in 11:59 */
    struct syntax_set run;  /* of run_n: every match has so many characters of that set one behind the other */
    unsigned run_n;         /* 0: nothing is known */
};

/* Takes off what may be missing at the end: the rest matches wherever the whole does. */
void shape_trim(struct syntax *s);
struct shape shape_of(const struct syntax *s);
/* What stands right before and right behind what a group takes, one character each. false: it cannot be told. */
bool shape_beside(const struct syntax *s, unsigned group, struct syntax_set *ret_before, struct syntax_set *ret_behind);
