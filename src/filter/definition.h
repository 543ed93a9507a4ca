/* definition.h: what a filter's files say, once layers, includes, interpolation and tags are resolved: texts that the engine compiles (matcher.h).
   The language is fail2ban's (its jail.conf(5) and config readers): NAME.conf, NAME.d/ *.conf, NAME.local, NAME.d/ *.local, [INCLUDES], %(x)s, <tag>. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"
#include "base/str.h"
#include <stdbool.h>

struct filter_text {
    const char *text; /* tags are resolved, besides those of the engine: <HOST>, <F-USER>, <SKIPLINES> ... */
    const char *file; /* the file and line whose value this came from */
    unsigned line;
};

struct filter_definition {
    const char *name;                  /* sshd */
    struct filter_text prefregex;      /* .text NULL: none */
    LIST(struct filter_text) failregex, ignoreregex;
    struct filter_text datepattern;    /* .text NULL: the engine's own templates */
    unsigned maxlines;                 /* 1: each line for itself */
    const char *usedns;                /* NULL: not said */
    const char *logtype;               /* file or journal, as it was resolved */
    const char *logencoding;           /* NULL: not said */
    LIST(const char *) journalmatch;   /* words in order, "+" between alternatives */
};

/* Loads the filter that `spec` names: NAME or NAME[option="value", ...], from dir/NAME.conf and its layers; dir is a filter.d. Everything lives in `a`.
   0; -ENOENT: no such filter; -EINVAL with file:line in err: what stands there cannot be loaded, and the construct. *ret is untouched on failure. */
int filter_load(struct arena *a, const char *dir, struct str spec, struct filter_definition *ret, struct err *err) _must_check_;
