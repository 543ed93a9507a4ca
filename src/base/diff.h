/* diff.h: the difference of two texts by lines, as `diff -u` writes it: three lines around each change, "\ No newline at end of file" where that
   is so. For plans of changes and the versions that undo shows. Bytes are given as they are: whoever prints them escapes them. */
#pragma once
#include "base/buf.h"

/* Appends "--- old_name", "+++ new_name" and the hunks; nothing where the texts are the same. A name of NULL is /dev/null (a new file, one
   that goes). Texts that differ in more than DIFF_CHANGES_MAX lines, or have more than DIFF_LINES_MAX, become one hunk in which everything
   between their common beginning and end is replaced: true, but longer than needed. 0, -E2BIG: `ret` is full, -ENOMEM. */
#define DIFF_CHANGES_MAX 1000
#define DIFF_LINES_MAX 200000
int diff_unified(struct str old, struct str new, const char *old_name, const char *new_name, struct buf *ret) _must_check_;
