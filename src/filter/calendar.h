/* calendar.h: the lines of one log as filters see them: cut, valid UTF-8, and with their time. What the date of a line is depends on the lines before (date.h), so a
   calendar sees every line of the log once; filters that name the same dates share one. Used inside this room. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "filter/date.h"

#define CALENDAR_LINE 65536 /* bytes of a line that are looked at */

struct calendar_options {
    struct str datepattern; /* kept by reference; .p NULL: the usual ones */
    bool latin1;            /* lines are ISO 8859-1, else UTF-8 */
    int64_t today;
    bool live, journal, thorough, uncounted; /* as in matcher_options */
};

struct calendar_line {
    struct str line;        /* with its date; where it has none and takes that of the line before, this is put before it */
    size_t start, end;      /* the date: expressions do not see it */
    bool ascii, timed, no_date;
    int64_t time_us;
};

struct calendar_count { uint64_t cut, not_utf8, undated; };

struct calendar;
int calendar_new(const struct calendar_options *o, struct calendar **ret, struct err *err) _must_check_;
struct calendar *calendar_share(struct calendar *c); /* one more owner */
/* Another log begins. */
void calendar_restart(struct calendar *c);
void calendar_free(struct calendar *c); /* the last owner; NULL is fine */
void calendar_ready(struct calendar *c); /* regex_ready for its dates */
bool calendar_serves(const struct calendar *c, const struct calendar_options *o);

/* The next line of the log. ascii: it is known to be. lf: an LF stands behind it in memory. Both may be false whatever it is. */
void calendar_next(struct calendar *c, struct str line, const int64_t *time_us, int64_t now, bool ascii, bool lf);
/* The next line, of ASCII, of which nobody asks anything but that the lines behind it have their right time. true: it is done; false: calendar_next must do it. */
bool calendar_pass(struct calendar *c, struct str line, int64_t now);

/* A calendar may leave out lines of ASCII: those that have none of these texts have no date, and it need not be asked; of those that have one it is told, and looks at the last of them when that
   matters. false: it must see every line. */
bool calendar_leaves_out(const struct calendar *c, struct date_alone *ret);
#define CALENDAR_DEFERRED 64
/* The next line, which stays where it is until calendar_settle; nobody asks anything of it. */
void calendar_defer(struct calendar *c, struct str line, int64_t now);
/* The lines that were deferred are about to go. */
void calendar_settle(struct calendar *c);

/* That line; valid until the next. */
const struct calendar_line *calendar_line(const struct calendar *c);
/* Its text without the date, an LF at its end. */
struct str calendar_text(struct calendar *c);
struct calendar_count calendar_counts(const struct calendar *c);
const struct date_detector *calendar_dates(const struct calendar *c);
