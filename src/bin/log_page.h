/* log_page.h: the lines of `bansho log search`, for people and as JSON, as they come. Used by verb_log.c and verb_log_follow.c. */
#pragma once
#include "base/arena.h"
#include "bin/log_story.h"
#include "filter/search.h"
#include "term/emit.h"
#include "term/progress.h"
#include "term/text.h"

struct log_page {
    const struct search_options *o;
    struct term term;
    struct arena *a;
    bool stories;          /* an account's events are told instead of its lines */
    struct story story;
    struct str again;
    struct buf text;
    struct emit json;
    bool as_json, each;    /* each: every line is a JSON document of its own */
    bool live;             /* there is no end at which anything could be told */
    uint64_t told;
    struct progress progress;
};

/* lines: the lines themselves, of an account too. again: the command that asks for the same; kept by reference. */
void log_page_begin(struct log_page *p, const struct search_options *o, struct arena *a, const char *json_language, bool lines, struct str again);
/* The same for lines that have no end: `bansho log follow`. With json each line is an object (schema bansho.log-follow/1). */
void log_page_follow(struct log_page *p, const struct search_options *o, struct arena *a, bool json, bool lines);
/* How far the search is, on stderr; wiped before a line is told. arg: the page. */
void log_page_progress(void *arg, size_t done, size_t total);
/* A search_fn; arg: the page. */
bool log_page_line(void *arg, const struct search_line *l);
/* Writes what waits to be written. false: it cannot be. */
bool log_page_flush(struct log_page *p);
/* What was read and what could not be. cut: where there were too many files, or NULL; note: what else is to be known, or NULL. Returns whether all could be read, and of an account's logins be understood. */
bool log_page_end(struct log_page *p, const struct search_seen *seen, const char *cut, const char *note);
