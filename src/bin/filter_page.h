/* filter_page.h: what `bansho filter test` says about a filter and a log: an object for each line, or a page for people. */
#pragma once
#include "bin/verbs.h"
#include "filter/sieve.h"

#define MISSED_SHOWN 20

struct filter_run {
    const char *spec, *log, *dir; /* dir NULL: the usual place */
    const struct filter_definition *filter;
    const struct matcher *matcher;
    uint64_t lines, by_result[4]; /* enum matcher_result */
    uint64_t times_missing;       /* failures without a time */
    const char *fault;            /* why the log could not be read to its end; NULL: it was */
    struct { uint64_t line; struct buf text; } missed[MISSED_SHOWN];
    size_t missed_n;
};

void filter_json_line(FILE *out, const struct matcher *m, uint64_t line, enum matcher_result r, const struct matcher_event *e);
void filter_json_summary(FILE *out, const struct filter_run *run);
void filter_page(FILE *out, const struct filter_run *run);
