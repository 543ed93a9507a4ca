/* registry.h: the one visible list of all checks. */
#pragma once
#include "model/check.h"

extern const struct check_table *const check_tables[];
extern const size_t check_tables_n;
const struct check *check_by_id(struct str id);
/* The id that comes nearest to a word that is none; NULL: none comes near. */
const char *check_nearest(struct str word);
/* Chapter of the guide: "G4.1 G4.4" -> 4. */
unsigned check_chapter(const struct check *c);
/* Among findings of one severity: what harms others now before what lets somebody in, that before what is missing. Low is worse. */
unsigned check_rank(const struct check *c);

#define CHAPTERS 9
/* What the guide's chapter is about, in the reader's language, one or two words. */
const char *chapter_title(unsigned chapter);
