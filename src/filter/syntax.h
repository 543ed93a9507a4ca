/* syntax.h: a translated expression (translate.h) as a tree, for those who reason about what it can match: needle.h, glimpse.h. It may claim that the expression
   matches more than it does (assertions are taken as fulfilled), never less. Used inside this room. */
#pragma once
#include "filter/translate.h"

enum syntax_kind {
    SYNTAX_NOTHING,  /* matches the empty text: an assertion, an empty group */
    SYNTAX_BEGIN,    /* the same, at the very beginning only */
    SYNTAX_CLASS,    /* one character of a set */
    SYNTAX_SEQUENCE, /* its children, one behind the other */
    SYNTAX_CHOICE,   /* one of its children */
    SYNTAX_REPEAT,   /* its only child, min to max times */
    SYNTAX_AGAIN,    /* what the child matched before, once more (a reference): the child is not its own */
};

#define SYNTAX_ENDLESS 0xffffu

struct syntax_set {
    uint64_t ascii[2];
    bool beyond; /* characters that are not ASCII, too */
};

struct syntax {
    enum syntax_kind kind;
    struct syntax_set set;
    unsigned min, max; /* SYNTAX_ENDLESS: no limit */
    unsigned group;    /* that it is the content of; 0: of none */
    struct syntax *child, *next;
};

static inline bool syntax_has(const struct syntax_set *s, unsigned char c) { return c < 128 ? s->ascii[c >> 6] >> (c & 63) & 1 : s->beyond; }

/* The tree, in the arena. NULL: there is something in it that is not understood. */
struct syntax *syntax_of(struct arena *a, const struct regex_text *t);
