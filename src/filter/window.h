/* window.h: the last lines of a log, as expressions over several lines (maxlines, <SKIPLINES>) see them: each without its date, a newline behind each. */
#pragma once
#include "base/buf.h"

#define WINDOW_MAX 1000 /* lines that a filter may ask for */

struct window_line {
    struct buf text;
    size_t start, end; /* the date: expressions do not see it */
    bool matched;
};

struct window {
    struct window_line *v;
    size_t n, max;
    struct buf seen;
};

bool window_init(struct window *w, size_t max); /* false: no memory */
void window_done(struct window *w);
void window_clear(struct window *w); /* forgets all lines */
/* Appends a line, of which start to end is the date; the oldest goes where there are more than max. */
void window_add(struct window *w, struct str line, size_t start, size_t end);
/* All lines as expressions see them (matched_only: those that are marked). Valid until the next call. */
struct str window_text(struct window *w, bool matched_only);
/* Marks the lines that a match in `text` from byte start to byte end took, besides those in `skipped` (what <SKIPLINES> took). text may be another one than the
   window's: lines are counted by their newlines. */
void window_mark(struct window *w, struct str text, size_t start, size_t end, struct str skipped);
void window_drop_marked(struct window *w);
/* Puts one line into the place of all. */
void window_set(struct window *w, struct str line);
