/* nearest.h: the name that somebody probably meant (verbs, options, checks). */
#pragma once
#include "base/str.h"

/* The nearest of n names by edits (insert, delete, replace, swap of neighbours); NULL where none is near: more than a third of the word
   and more than 2 edits away. Words over 64 bytes have no neighbour. */
const char *nearest(struct str word, const char *const names[], size_t n);
