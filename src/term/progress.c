#include "term/progress.h"
#include "base/clock.h"
#include <stdio.h>
#include <unistd.h>

#define QUIET_MS 1000

struct progress progress_begin(void)
{
    return (struct progress){.begun = clock_monotonic_ms(), .terminal = isatty(STDERR_FILENO)};
}

void progress_show(struct progress *p, const char *what, size_t done, size_t total)
{
    if (!p->terminal || clock_monotonic_ms() - p->begun < QUIET_MS)
        return;
    p->shown = true;
    fprintf(stderr, "\r%s %zu/%zu ", what, done, total);
}

void progress_end(struct progress *p)
{
    if (p->shown)
        fputs("\r\x1b[K", stderr);
    p->shown = false;
}
