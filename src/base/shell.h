/* shell.h: text as one argument of a POSIX shell (XCU 2.2.2), for commands that people type and scripts that are kept for them. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"

/* Appends s in quotes. */
void shell_quote(struct buf *out, struct str s);
/* The same, in quotes only where a shell would read it otherwise: for commands that people see. */
void shell_argument(struct buf *out, struct str s);
const char *shell_word(struct arena *a, const char *word); /* as a text of its own */
