/* postfix_path.h: in which directory of a queue Postfix has the file of an id. */
#pragma once
#include "queue/spool.h"

#define POSTFIX_DIGITS 24
/* The characters by which it is hashed, one directory for each (hash_queue_depth tells how many). */
void postfix_hash_digits(const char *id, char ret[static POSTFIX_DIGITS]);
/* Opens the directory below `queue` in which the file of that id lies, at whatever depth. -ENOENT: in none. */
int postfix_open_hashed(const struct spool_place *s, const char *queue, const char *id, struct arena *a);
