/* reader.h: the values of one filter (or action) while it is loaded, in the steps of fail2ban's readers, whose order decides what comes before what:
   the options of NAME[...], then [Init], then [Definition]; a jail's own values are variables of all of them. Used inside this room. */
#pragma once
#include "filter/definition.h"
#include "filter/layers.h"
#include "filter/spec.h"

struct filter_reader {
    struct load *l;
    const char *name;
    struct layers layers;
    struct names_of init;  /* options of NAME[...], then [Init] */
    struct names_of own;   /* [Definition] */
    struct names_of given; /* what the values are interpolated with */
    struct names_of found; /* tags looked up so far: they stay as they were first */
};

/* Reads dir/NAME.conf and its layers. `place` is where the spec stands. 0, -ENOENT (with err), -EINVAL ... */
int reader_read(struct load *l, const struct root *root, const char *dir, const struct spec *spec, uint32_t place, struct filter_reader *ret, struct err *err)
    _must_check_;
/* logtype becomes journal or file, by the backend, where neither the spec nor the filter says it. */
void reader_auto_logtype(struct filter_reader *r, struct str backend, uint32_t place);
/* Takes the values that `keys` (ending with NULL) name from [Definition], besides those that the jail or the spec has; `all`: every other one, too. */
int reader_options(struct filter_reader *r, const char *const keys[], const struct names_of *jail, bool all, struct err *err) _must_check_;
/* All values with their tags put in. */
int reader_combined(struct filter_reader *r, struct names_of *ret, struct err *err) _must_check_;

/* The options of a filter that the engine takes. */
extern const char *const filter_keys[];
/* Fills a definition from the values; `jail` (may be NULL) are the jail's own. Its texts live in `a`. */
int reader_define(struct filter_reader *r, const struct names_of *combined, const struct names_of *jail, struct arena *a, struct filter_definition *ret, struct err *err)
    _must_check_;

/* The value of one name of [Definition] that fail2ban does not know, resolved as failregex is. -EINVAL with its place. */
int reader_value(struct filter_reader *r, const struct names_of *combined, const char *key, struct traced *ret, struct err *err) _must_check_;
/* One name of [Definition] for its own sake. */
void reader_extra(struct filter_reader *r, const struct names_of *combined, const struct ini_option *o, struct arena *a, struct filter_extra *ret);

/* The part of a text that a person would look for. */
struct filter_text text_copy(struct load *l, struct arena *a, const struct traced *t, size_t at, size_t n);
/* PATH as it is, or below the current directory. NULL: that cannot be found out. */
const char *absolute_path(struct arena *a, const char *path);
