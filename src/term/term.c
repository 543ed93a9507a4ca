/* term.c: what the terminal can do. */
#include "term/text.h"
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_DEFAULT 80
#define COLUMNS_MIN 60
#define COLUMNS_MAX 120

static size_t clamp(size_t n)
{
    return n < COLUMNS_MIN ? COLUMNS_MIN : n > COLUMNS_MAX ? COLUMNS_MAX : n;
}

struct term term_of(FILE *out)
{
    struct term t = {.out = out, .columns = COLUMNS_DEFAULT};
    uint64_t n;
    const char *columns = getenv("COLUMNS"), *no = getenv("NO_COLOR"), *term = getenv("TERM");
    if (columns && str_u64(str_of(columns), 1000, &n) && n)
        t.columns = clamp((size_t)n);
    if (!isatty(fileno(out)))
        return t;
    struct winsize size = {0};
    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col)
        t.columns = clamp(size.ws_col);
    t.colour = !(no && *no) && term && *term && strcmp(term, "dumb") != 0;
    return t;
}

void term_colour(const struct term *t, struct buf *b, enum colour c)
{
    static const char *const sequences[] = {"\x1b[0m", "\x1b[1;31m", "\x1b[33m", "\x1b[32m", "\x1b[2m", "\x1b[1m"};
    if (t->colour)
        buf_addz(b, sequences[c]);
}
