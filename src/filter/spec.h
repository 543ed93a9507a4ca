/* spec.h: NAME[option="value", other='x, y', third=z][fourth=...] as jails name filters and actions. Text in quotes may hold commas and brackets; there is no
   escape. An option that is given twice keeps its place and takes the last value. Used inside this room. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define SPEC_OPTIONS_MAX 200

struct spec_option {
    const char *key;
    const char *text;
};
struct spec {
    const char *name; /* with a blank at its end, where one stands before the [ */
    LIST(struct spec_option) options;
};

/* 0; -EINVAL: not of this form, or more than SPEC_OPTIONS_MAX options. */
int spec_parse(struct arena *a, struct str s, struct spec *ret, struct err *err) PARSER(filter_spec) _must_check_;

/* Takes the next spec off *rest: they are parted by blanks and line ends, besides those in brackets. false: nothing is left. */
bool spec_next(struct str *rest, struct str *ret);
/* Words as a POSIX shell parts them: quotes and backslashes, nothing else (journalmatch). 0; -EINVAL: a quote is not closed. */
struct words {
    LIST(const char *) list;
};
int spec_words(struct arena *a, struct str s, struct words *ret, struct err *err) _must_check_;
