/* buf.h: growing bytes with a mandatory maximum. What does not fit is dropped and remembered (`full`): the owner decides what that means.
   The content is always NUL-terminated behind its end, so that p may be printed by our own code. */
#pragma once
#include "base/macros.h"
#include "base/str.h"
#include <stdarg.h>
#include <stdbool.h>

struct buf {
    char *p;
    size_t n, cap, max;
    bool full; /* something did not fit */
};

#define BUF(maximum) ((struct buf){.max = (maximum)})
void buf_free(struct buf *b);
void buf_reset(struct buf *b); /* empties, keeps the memory */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, struct str s);
void buf_addz(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) _printf_(2, 3);
void buf_vprintf(struct buf *b, const char *format, va_list ap) _printf_(2, 0);
static inline struct str buf_str(const struct buf *b) { return str_span(b->p ? b->p : "", b->n); }

/* Little-endian numbers and counted strings: how our own processes hand results to each other (struct cursor reads them). */
void buf_put_u32(struct buf *b, uint32_t v);
void buf_put_u64(struct buf *b, uint64_t v);
void buf_put_str(struct buf *b, struct str s);
void buf_put_z(struct buf *b, const char *s); /* NULL is kept apart from "" */

/* Reads a descriptor to its end, or until max: then full is set. 0 or -errno. */
int buf_read_fd(struct buf *b, int fd) _must_check_;
/* Writes all of it. 0 or -errno (-EIO: a descriptor that takes nothing more). */
int fd_write_all(int fd, struct str s) _must_check_;
/* Both, one behind the other, in one call where the descriptor takes them: whoever waits at its other end is woken once. The same results. */
int fd_write_both(int fd, struct str first, struct str second) _must_check_;
