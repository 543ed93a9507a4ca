/* line_time.h: when the lines of a log were written, where only some of them are looked at. A line without a date was written when the last one before it was. A year that is
   missing is the one in which the log was last changed, or the one before; a date that lies later than that by more than a day is no date. */
#pragma once
#include "filter/date.h"

struct line_time {
    struct date_detector *dates;
    int64_t changed;   /* seconds: when the log was last written */
    bool known;
    int64_t us;        /* of the last dated line */
};

/* Compiles the forms of dates; all in the arena, which must be freed after line_time_done. Before a process is confined. */
int line_time_new(struct arena *a, int64_t now, struct line_time *ret, struct err *err) _must_check_;
void line_time_done(struct line_time *t);
/* A log begins. */
void line_time_begin(struct line_time *t, int64_t changed);
/* The date of one line. start and end: its place in the line. false: it has none. */
bool line_time_own(struct line_time *t, struct str line, struct date_found *ret) PARSER(line_time);
/* The time of the line that begins at `at` of a block; lines before it are looked at (a hundred at most) where it has none. false: not known. ret: .start = .end = 0 where the date is another line's. */
bool line_time_of(struct line_time *t, struct str block, size_t at, struct date_found *ret);
