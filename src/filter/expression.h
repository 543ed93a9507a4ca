/* expression.h: one failregex, ignoreregex or prefregex, compiled, with what its groups mean. */
#pragma once
#include "filter/definition.h"
#include "filter/failure.h"
#include "filter/needle.h"
#include "filter/regex.h"

/* The names that a filter's groups have; each is a number. */
struct group_names {
    const char *v[FIELDS_MAX];
    unsigned n;
};

struct expression_also { unsigned group, field; }; /* a value that stands in where the field has none (ALT_), or is added to it (TUPLE_) */

struct expression {
    struct regex re;
    const unsigned *field;           /* of each of re.text.names */
    LIST(struct expression_also) alternatives, tuples;
    const struct filter_text *text;  /* where it is from */
    bool identifies;                 /* it has a group that tells who it was */
    enum event_kind kind;            /* of what it finds */
    uint64_t hits;
    const struct needles *needles;   /* NULL: it may take any line */
    uint64_t worth;                  /* the last line that has one of them (sieve.h) */
};

enum expression_kind { EXPRESSION_PREF, EXPRESSION_FAIL, EXPRESSION_IGNORE };

/* 0; -EINVAL with file and line: it cannot be loaded, and why. */
int expression_new(struct arena *a, const struct filter_text *text, bool addresses_only, bool multiline, struct group_names *names, struct expression *ret, struct err *err) _must_check_;
/* What its groups say in a match, over what `f` says already. Joined values live in `a`. */
void expression_fields(const struct expression *e, const struct regex_found *found, struct arena *a, struct fields *f);
