/* pattern.h: names against short patterns of our own tables. fnmatch(3) turns both into wide characters first: with sixty patterns for each file of a web site that
   was half of what site.exposed cost. */
#pragma once
#include <stdbool.h>

/* As fnmatch(pattern, name, FNM_CASEFOLD) in the C locale, for patterns of bytes, * and [a-z0] (no ?, no \, no [!], no [:class:]). */
bool pattern_fits(const char *pattern, const char *name);
