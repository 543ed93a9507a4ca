/* usual.h: how long a spool's queue usually is, learned from run to run, and what is much beside that. Until seven days are known, and on a first run,
   absolute limits hold. What is already too long teaches slowly, so that misuse does not become usual within days. A judgement is kept until the number is a fifth
   below its limit (room: a quarter above), so that one who is told every few minutes is not told each time when it goes to and fro. */
#pragma once
#include "model/check.h"

#define USUAL_AFTER (7 * 86400) /* seconds of learning */

struct usual {
    int64_t since;  /* when the first length was seen; 0: none yet */
    int64_t last;   /* when the last one was taken into the mean */
    int64_t mean;   /* moving mean, thousandths of a message */
    enum state length, room; /* as they were judged last: STATE_OK, STATE_WARN, STATE_FAIL */
};

/* From which number of messages on it is many, and too many. */
struct usual_limits {
    uint64_t many, too_many;
    bool learned;   /* false: the absolute ones */
};
struct usual_limits usual_limits(const struct usual *u, int64_t now);
/* Takes a length that was seen into the mean: an eighth of it, a five-hundredth where it was many; once an hour at most. */
void usual_learn(struct usual *u, int64_t now, uint64_t total);
/* As memos of one check (model/check.h), by the name of the object. */
struct usual usual_of(const struct memo *memos, size_t n, const char *check, const char *object, struct arena *a);
void usual_leave(const struct usual *u, const char *object, struct findings *out);
