/* filter_files.h: `bansho filter list` and `bansho filter lint`: which filters are there, and which of them cannot be used, and why. */
#pragma once
#include "bin/verbs.h"

enum outcome filter_list(const struct call *c, const char *dir);
enum outcome filter_lint(const struct call *c, const char *path);
