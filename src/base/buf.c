#include "base/buf.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

void buf_free(struct buf *b)
{
    free(b->p);
    b->p = NULL;
    b->n = b->cap = 0;
}

void buf_reset(struct buf *b)
{
    b->n = 0;
    b->full = false;
    if (b->p)
        b->p[0] = 0;
}

/* Makes room for n more bytes and the NUL; returns how many of the n fit. */
static size_t reserve(struct buf *b, size_t n)
{
    size_t room = b->max - b->n;
    if (n > room) {
        b->full = true;
        n = room;
    }
    size_t need = b->n + n + 1;
    if (need <= b->cap)
        return n;
    size_t cap = b->cap ? b->cap : 64;
    while (cap < need)
        cap *= 2;
    char *p = realloc(b->p, cap);
    if (!p) {
        b->full = true;
        return 0;
    }
    b->p = p;
    b->cap = cap;
    return n;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    n = reserve(b, n);
    if (n)
        memcpy(b->p + b->n, p, n);
    b->n += n;
    if (b->p)
        b->p[b->n] = 0;
}

void buf_adds(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.n);
}

void buf_addz(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *format, va_list ap)
{
    char *s = NULL;
    int n = vasprintf(&s, format, ap);
    if (n < 0) {
        b->full = true;
        return;
    }
    buf_add(b, s, (size_t)n);
    free(s);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    buf_vprintf(b, format, ap);
    va_end(ap);
}

void buf_put_u32(struct buf *b, uint32_t v)
{
    unsigned char d[4] = {(unsigned char)v, (unsigned char)(v >> 8), (unsigned char)(v >> 16), (unsigned char)(v >> 24)};
    buf_add(b, d, sizeof d);
}

void buf_put_u64(struct buf *b, uint64_t v)
{
    buf_put_u32(b, (uint32_t)v);
    buf_put_u32(b, (uint32_t)(v >> 32));
}

void buf_put_str(struct buf *b, struct str s)
{
    buf_put_u32(b, (uint32_t)s.n);
    buf_adds(b, s);
}

void buf_put_z(struct buf *b, const char *s)
{
    if (!s)
        buf_put_u32(b, UINT32_MAX);
    else
        buf_put_str(b, str_of(s));
}

int buf_read_fd(struct buf *b, int fd)
{
    char chunk[16384];
    while (!b->full) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return 0;
        buf_add(b, chunk, (size_t)n);
    }
    return 0;
}

int fd_write_all(int fd, struct str s)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        s = str_from(s, (size_t)n);
    }
    return 0;
}

int fd_write_both(int fd, struct str first, struct str second)
{
    struct iovec parts[] = {{(void *)(uintptr_t)first.p, first.n}, {(void *)(uintptr_t)second.p, second.n}};
    ssize_t n;
    while ((n = writev(fd, parts, ARRAY_SIZE(parts))) < 0 && errno == EINTR)
        ;
    if (n < 0)
        return -errno;
    size_t done = (size_t)n;
    int r = done < first.n ? fd_write_all(fd, str_from(first, done)) : 0;
    return r < 0 ? r : fd_write_all(fd, str_from(second, done > first.n ? done - first.n : 0));
}
