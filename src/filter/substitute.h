/* substitute.h: <name> in values, after %(name)s was put in: as fail2ban substitutes the tags of a definition, nested ones too (<mdre-<mode>>), until nothing is
   left to put in. What nobody defines stays (<HOST>, <F-USER>). A value that refers to itself is refused, and one that takes the same tag 26 times.
   Used inside this room. */
#pragma once
#include "filter/traced.h"

#define TAG_COUNT_MAX 25

/* Looks a tag up that `values` does not have. 0, -ENOENT: nobody defines it, or -EINVAL. */
typedef int substitute_find_fn(void *context, const char *tag, struct traced *ret, struct err *err);

/* Puts into every one of `values` what its tags mean. Values that have a condition (NAME?family=inet6), and tags that some condition decides, are left
   alone: they are for actions, and no filter is run by them. 0 or -EINVAL with the place. */
int substitute(struct load *l, struct names_of *values, substitute_find_fn *find, void *context, struct err *err) _must_check_;
/* One text. */
int substitute_text(struct load *l, const struct names_of *values, substitute_find_fn *find, void *context, struct traced *text, struct err *err) _must_check_;
