#include "filter/feed.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define SIZE (2 * (size_t)FEED_LINE)

bool feed_init(struct feed *f, int fd)
{
    *f = (struct feed){.fd = fd, .p = malloc(SIZE)};
    return f->p != NULL;
}

void feed_done(struct feed *f)
{
    free(f->p);
    f->p = NULL;
}

static int fill(struct feed *f)
{
    memmove(f->p, f->p + f->start, f->n);
    f->start = 0;
    ssize_t n;
    do
        n = read(f->fd, f->p + f->n, SIZE - f->n);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    f->end = n == 0;
    f->n += (size_t)n;
    return 0;
}

static struct str take(struct feed *f, size_t n, size_t and_newline)
{
    struct str line = str_span(f->p + f->start, n);
    f->start += n + and_newline;
    f->n -= n + and_newline;
    return line;
}

int feed_line(struct feed *f, struct str *ret)
{
    size_t looked = 0;
    for (;;) {
        ptrdiff_t newline = str_find(str_span(f->p + f->start + looked, f->n - looked), '\n');
        bool whole = newline >= 0, too_long = !whole && f->n >= FEED_LINE;
        size_t n = whole ? looked + (size_t)newline : f->n;
        if (whole || too_long || (f->end && f->n)) {
            bool rest = f->skip;
            f->skip = too_long;
            struct str line = take(f, n, whole);
            looked = 0;
            if (rest) /* of a line that was handed out already */
                continue;
            *ret = line.n > FEED_LINE ? str_span(line.p, FEED_LINE) : line;
            return 1;
        }
        if (f->end)
            return 0;
        looked = f->n;
        int r = fill(f);
        if (r < 0)
            return r;
    }
}
