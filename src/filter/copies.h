/* copies.h: rsyslog writes what is in the journal into a file too, often into two. What one log has told is not told again when another has it: the same program and
   the same words within two seconds. Each log counts for itself: a line that stands there twice is told twice. */
#pragma once
#include "base/str.h"
#include <stdint.h>

#define COPIES 4096 /* lines that are remembered; beyond it within two seconds a copy may be told again */

struct copies {
    struct copy { uint64_t hash; int64_t us; uint64_t logs; } v[COPIES];
    size_t next;
};
/* text: the line without its date. log: below 64. */
bool copies_told(struct copies *c, struct str text, int64_t us, unsigned log);
