/* journal_files.h: the journal's files as files. Used in this room and its module "journal". */
#pragma once
#include "log/journal_stream.h"

#define JOURNAL_PLACES 2
extern const char *const journal_places[JOURNAL_PLACES]; /* the disk first */

/* Calls tell for each file that sd-journal will leave out, or read a part of, since it is no journal file, is cut short or may not be read. How many entries the others
   have, as their heads say. */
typedef void journal_damaged_fn(void *ctx, const char *path);
uint64_t journal_look(const struct root *root, journal_damaged_fn *tell, void *ctx);
