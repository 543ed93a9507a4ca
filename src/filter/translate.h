/* translate.h: a regular expression in the syntax of Python's re, which fail2ban's filters are written in, as the text that PCRE2 understands in the same way.
   Groups lose their names on the way (PCRE2 limits their length and gives some of them a meaning of its own) and are known by number; the names are a list.
   What Python refuses is refused here too, so that PCRE2's own extensions (recursion, verbs, callouts) cannot be reached from a filter's text. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct regex_name {
    const char *name;
    unsigned number;
};

struct regex_text {
    struct str pattern; /* for PCRE2; lives in the arena */
    LIST(struct regex_name) names; /* in the order of their numbers */
    unsigned groups;    /* how many groups capture */
    bool caseless, multiline, dotall;
    bool ascii;         /* (?a): \d \w \s know ASCII only */
    bool wide;          /* something in it is beyond ASCII */
};

#define REGEX_TEXT_MAX 65536 /* bytes of an expression; longer ones are refused */

/* 0; -EINVAL: Python would not take it, or it means something that has no equal here; err says what and where (.column, from 1, of the expression). */
int regex_translate(struct arena *a, struct str python, struct regex_text *ret, struct err *err) _must_check_ PARSER(regex_translate);

/* The number of a named group; 0: there is none. */
unsigned regex_text_group(const struct regex_text *t, struct str name);
