/* brace_config.h: reads the language of nginx and BIND: words ended by ';' or opening a block with '{'. Pure: no files, no meaning. */
#pragma once
#include "base/arena.h"
#include "base/str.h"

enum brace_kind { BRACE_STATEMENT, BRACE_OPEN, BRACE_CLOSE };
enum brace_dialect {
    BRACE_NGINX,  /* '#' comments; "..." and '...' with backslashes; Lua blocks are skipped as they are */
    BRACE_BIND,   /* '#', '//' and slash-star comments; "..." */
};

struct brace_line {
    enum brace_kind kind;
    const char *const *words; /* NUL-terminated, quotes removed; valid during the call */
    size_t n;                 /* 0 for BRACE_CLOSE, and for a bare { or ; */
    unsigned line;            /* of the first word */
};

#define BRACE_WORDS_MAX 1024      /* further words of one statement are left out: -E2BIG */
#define BRACE_WORD_MAX 16384      /* bytes of a word, likewise */

/* Calls fn for each statement, opened block and closed block, in order. Its negative result stops the reading and is returned.
   -EINVAL at the end: a quote or block was not closed, or closed once too often; the events before it are right. */
typedef int brace_fn(void *arg, const struct brace_line *l);
int brace_config_parse(struct str text, enum brace_dialect dialect, brace_fn *fn, void *arg) PARSER(brace_config);
