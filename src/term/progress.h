/* progress.h: one line on stderr that says how far something is, only on a terminal and only after a second: what is quick stays quiet. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    int64_t begun;   /* monotonic ms */
    bool terminal, shown;
};

struct progress progress_begin(void);
/* `what` is a translated word or two of our own. */
void progress_show(struct progress *p, const char *what, size_t done, size_t total);
/* Wipes the line. */
void progress_end(struct progress *p);
