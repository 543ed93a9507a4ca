/* examples.h: the lines that a filter of ours gives as its own tests, in [Definition]:

       examples = KIND host=ADDRESS field=value field="with blanks" | the line of the log
          none | a line that is nothing
       examples.journal = (the same, for messages of the journal)

   All fields that are found must be named, and no others; an empty one may be left out. time=SECONDS (since 1970) may be named, too. In quotes \" and \\ are " and \; a ; behind a blank would begin
   a comment and is written \; . Lines are read in their order, as from one log. */
#pragma once
#include "filter/definition.h"
#include "filter/matcher.h"

#define EXAMPLE_FIELDS_MAX (EVENT_FIELDS + 1)

struct example {
    bool none;
    enum event_kind kind;
    struct str host;
    bool timed;
    int64_t time;                   /* timed: seconds */
    struct str value[EVENT_FIELDS]; /* .p NULL: not named */
    struct str line;
};
/* 0; -EINVAL: it is none, and why. Texts live in `a`. */
int example_parse(struct arena *a, struct str text, struct example *ret, struct err *err) PARSER(filter_example) _must_check_;

struct example_fault {
    const char *file;
    unsigned line;
    const char *text;
};
struct examples {
    size_t n;                         /* how many there are */
    LIST(struct example_fault) wrong; /* in the order of the file; behind them expressions that no example hits, and names that are not in the vocabulary */
};
/* Tries the examples of the filter `spec` of `dir`, which `d` was loaded from. A filter that is only fail2ban's (no examples, no events) has none and nothing wrong.
   0; -EINVAL and others: it cannot be loaded (with logtype = journal, for examples.journal). */
int examples_try(struct arena *a, const char *dir, const char *name, const struct filter_definition *d, struct examples *ret, struct err *err) _must_check_;
