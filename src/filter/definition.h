/* definition.h: what a filter's files say, once layers, includes, interpolation and tags are resolved: texts that the engine compiles (matcher.h).
   The language is fail2ban's (its jail.conf(5) and config readers): NAME.conf, NAME.d/ *.conf, NAME.local, NAME.d/ *.local, [INCLUDES], %(x)s, <tag>. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"
#include "base/rootfs.h"
#include "base/str.h"
#include "filter/event.h"
#include <stdbool.h>

struct filter_text {
    const char *text; /* tags are resolved, besides those of the engine: <HOST>, <F-USER>, <SKIPLINES> ... */
    const char *file; /* the file and line whose value this came from */
    unsigned line;
};

/* An expression of `event.KIND`, beyond fail2ban's language. */
struct filter_event {
    enum event_kind kind;
    struct filter_text text;
};

/* A name of [Definition] that the engine has no use for: building blocks, and the examples of our own filters. */
struct filter_extra {
    const char *key;
    LIST(struct filter_text) lines; /* as they stand in the file, without empty ones */
    struct filter_text value;       /* resolved, as failregex is; .text NULL: it cannot be (which hurts nothing, where nothing refers to it) */
};
struct filter_missing {
    const char *path; /* a file that an [INCLUDES] names and that does not exist; fail2ban skips it, too */
    const char *file; /* who names it */
    unsigned line;
};

struct filter_definition {
    const char *name;                  /* sshd */
    struct filter_text prefregex;      /* .text NULL: none */
    LIST(struct filter_text) failregex, ignoreregex;
    enum event_kind failkind;          /* what a failregex finds; login-failed where nothing is said */
    LIST(struct filter_event) events;  /* in the order of the file; tried behind all of failregex */
    struct filter_text datepattern;    /* .text NULL: the engine's own templates */
    unsigned maxlines;                 /* 1: each line for itself */
    const char *usedns;                /* NULL: not said */
    const char *logtype;               /* file or journal, as it was resolved */
    const char *logencoding;           /* NULL: not said */
    LIST(const char *) journalmatch;   /* words in order, "+" between alternatives */
    LIST(struct filter_extra) extras;
    LIST(const char *) files;          /* what was read, in order; one may stand there twice */
    LIST(struct filter_missing) missing;
};

/* Caps: those of ini.h, layers.h, interpolate.h, substitute.h and traced.h; 2,000 regexes of each kind, MAXLINES_MAX lines. What is beyond is an error, never cut. */
#define FILTER_REGEXES_MAX 2000
#define MAXLINES_MAX 1000

#define FILTER_DIR "/etc/fail2ban/filter.d" /* where fail2ban has its own */

/* Where ours are: below /usr/share, or in the source tree that this program was built from. */
const char *filter_own_dir(void);
/* Where a person who names no directory means: fail2ban's, where it is there; else ours. */
const char *filter_usual_dir(void);
/* The names of all filters and parts of filters in dir (absolute), without ".conf", in order. 0; -errno with err: -E2BIG where there are more than FILTERS_MAX. */
#define FILTERS_MAX 5000
int filter_names(struct arena *a, const char *dir, struct names *ret, struct err *err) _must_check_;

/* Loads the filter that `spec` names: NAME or NAME[option="value", ...], from dir/NAME.conf and its layers; dir is a filter.d. Everything lives in `a`.
   0; -ENOENT: no such filter; -ENODATA: it has no [Definition], so it is for others to include; -EINVAL with file:line in err: what stands there cannot be loaded, and the construct. *ret is untouched on failure. */
int filter_load(struct arena *a, const char *dir, struct str spec, struct filter_definition *ret, struct err *err) PARSER(filter_definition) _must_check_;
