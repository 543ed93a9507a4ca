/* date.h: finds the date of a log line. Templates are tried as fail2ban tries them, whose choice depends on the lines before: what won last is tried first at the
   same place, and what wins often moves forward. A template is fail2ban's datepattern: strptime's codes with %ExY and its kin, {^LN-BEG}, {UNB}, {DATE}, {NONE}, {DEFAULT},
   EPOCH, LEPOCH, TAI64N, ** for open word bounds, the rest a regular expression; without any, 17 of its own, each also bound to the beginning of the line. */
#pragma once
#include "filter/needle.h"
#include "filter/regex.h"
#include "filter/syntax.h"

enum date_kind { DATE_PARTS, DATE_EPOCH, DATE_LONG_EPOCH, DATE_TAI64N };

/* A template; made once, used by any number of detectors. */
struct date_template {
    const char *name, *pattern;
    enum date_kind kind;
    bool line_begin, line_end; /* bound to it */
    double weight;
    unsigned value_group;      /* of EPOCH: where the number is */
    struct regex re;
};

/* A template of datepattern's language in one line; decades: see date_decades. -EINVAL: err says why not. */
int date_template_new(struct arena *a, struct str pattern, const char *decades, struct date_template *ret, struct err *err) _must_check_ PARSER(date_template);
/* What a template (its pattern or its name) means inside another: its own bounds are taken off. */
struct str date_template_unbound(struct str pattern);
/* The time that a template's match means, in microseconds. false: none. */
bool date_template_time(const struct date_template *t, const struct regex_found *f, int64_t now, int64_t *ret);
/* The expression for the first three digits of a year: from 200 to what is at most three years ahead. */
const char *date_decades(struct arena *a, int64_t now);

struct date_detector;

struct date_found {
    size_t start, end; /* bytes that the date takes; equal: an empty date, which is legal */
    bool timed;        /* it was understood */
    int64_t us;        /* microseconds since the epoch */
    const char *name;  /* of the template */
};

/* datepattern: lines of templates; .p NULL: the engine's own. today: the real time, for %ExY. Everything lives in `a`. */
int date_detector_new(struct arena *a, struct str datepattern, int64_t today, struct date_detector **ret, struct err *err) _must_check_;
/* regex_ready for all templates. */
void date_detector_ready(struct date_detector *d);
/* What was seen is not used for what comes next, and no template is left out: slower, the same result; for comparison. */
void date_detector_thorough(struct date_detector *d);
/* Another log begins: nothing of the lines before is remembered. */
void date_detector_restart(struct date_detector *d);
void date_detector_done(struct date_detector *d);
/* line: valid UTF-8. now: seconds, for what a date leaves out and for how long a template was unused. false: no date in it. */
bool date_detector_find(struct date_detector *d, struct str line, bool ascii, int64_t now, struct date_found *ret) PARSER(date_template);
/* An ASCII line that begins with the very date that was found last, and understood: it counts as found, and means what that meant. false: the line must be looked at. */
bool date_detector_again(struct date_detector *d, struct str line, int64_t now);

/* The only date that is looked for, where what a line has of it depends on that line alone. */
struct date_alone {
    struct needles needles;           /* an ASCII line with such a date has one of them */
    bool beside;                      /* the sets below are known */
    struct syntax_set before, behind; /* of the characters right before and behind what is cut out */
};
/* false: there are others, what was found before decides, or nothing must stand in a line that has it. */
bool date_detector_alone(const struct date_detector *d, struct date_alone *ret);
/* Which templates hit, in the order they are tried now; stops where fn returns false. */
void date_detector_hits(const struct date_detector *d, bool (*fn)(void *ctx, const char *name, uint64_t hits), void *ctx);
