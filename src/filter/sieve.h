/* sieve.h: all filters over one log. Texts that must stand in a line so that an expression can take it (needle.h) are looked for in a whole block of lines at once
   (scan.h); a line without any is read no further than its date, which every line's must be (calendar.h), and others only by the expressions that can take it.
   What comes out is what would come out if every expression saw every line, besides `limits` of matcher_counts.

   Where only some kinds of events are asked for (matcher_options), a line that can be no other is read no further either. Others are shown to all that can take
   them, in their order, so that those that are asked for are the same.

   A filter that has an expression without such a text, or that sees several lines at once, sees every line: it is slow. */
#pragma once
#include "filter/matcher.h"

struct sieve;

enum sieve_way {
    SIEVE_USUAL,
    SIEVE_PLAIN, /* without Vectorscan */
    SIEVE_OPEN,  /* every expression sees every line: what tests compare with */
};

/* d: the filters; their texts must live as long. -EINVAL with file and line. */
int sieve_new(const struct filter_definition *d, size_t n, const struct matcher_options *o, enum sieve_way way, struct sieve **ret, struct err *err) _must_check_;
/* What a process does that lives long, before it is confined: everything is machine code, for lines that are not ASCII too. Then regex_seal and confine_code (base/confine.h). */
void sieve_ready(struct sieve *s);
/* Another log begins, as matcher_restart. */
void sieve_restart(struct sieve *s);
void sieve_free(struct sieve *s); /* NULL is fine */
void sieve_freep(struct sieve **s);

/* The lines that come next, each with its LF; it must stay where it is until its last line is done, or sieve_restart. Lines that are in no block are seen by all. */
void sieve_block(struct sieve *s, struct str block);
/* The next line of the log, without its LF, for each filter until one takes it: its result, and which filter it was; else MATCHER_MISSED. As matcher_line. */
enum matcher_result sieve_line(struct sieve *s, struct str line, const int64_t *time_us, int64_t now, size_t *ret_filter, struct matcher_event *ret) PARSER(sieve);

/* When the last line was written that sieve_line was given, by its own date or by time_us. false: not known, or `uncounted`. */
bool sieve_time(const struct sieve *s, int64_t *ret_us);
/* The lines of the block from `rest` on, until one is not missed, whose result is given: *rest is what stands behind it. MATCHER_MISSED: there are no more. *lines: those that were looked at are added.
   The same as sieve_line for each, and faster. */
enum matcher_result sieve_next(struct sieve *s, struct str *rest, int64_t now, uint64_t *lines, size_t *ret_filter, struct matcher_event *ret);

size_t sieve_filters(const struct sieve *s);
struct matcher *sieve_matcher(const struct sieve *s, size_t filter);
/* Rules without a text that must stand in the line: the n-th of the filter, from 0; 0: there are no more. A filter that sees several lines at once: all of its rules. */
size_t matcher_slow_rule(const struct matcher *m, size_t n);
