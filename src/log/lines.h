/* lines.h: a log from its beginning to its end, as blocks of whole lines: plain, or packed by gzip, xz or zstd (told by the first bytes, not by the name).
   Little more than LINES_LONGEST is held at a time, whatever the file's size. Read it where nothing can be lost: packed files are what strangers' mail and requests
   made them (base/worker.h). */
#pragma once
#include "base/err.h"
#include "base/str.h"
#include <sys/stat.h>

#define LINES_LONGEST (1u << 20) /* with its LF; of a longer line the rest is left out, and counted */

struct lines;

struct lines_health {
    uint64_t bytes;   /* unpacked */
    uint64_t cut;     /* lines of which a part was left out */
};

/* Makes ready what packed logs need. A confined process cannot do it any more: call it before. */
int lines_prepare(struct err *err) _must_check_;
/* Opens a log that somebody named; "-" is the standard input, whatever it is. A FIFO or a device by name is refused: it would make us wait for ever.
   The descriptor, or -errno. */
int lines_file(const char *name, struct stat *ret, struct err *err) _must_check_;
/* Takes the descriptor over (also on failure). `name` is for messages and is kept by reference. 0 or -errno. */
int lines_open(int fd, const char *name, struct lines **ret, struct err *err) _must_check_;
/* The next block, valid until the next call: whole lines with their LF; one is added where the last line lacks it. 1: there is one; 0: the end; -errno with the
   reason in err: what came before it was good (-EBADMSG: damaged here; -ENODATA: the packed file ends too early). */
int lines_block(struct lines *l, struct str *ret, struct err *err) PARSER(packed_log) _must_check_;
struct lines_health lines_health(const struct lines *l);
void lines_close(struct lines *l); /* NULL is fine */
void lines_closep(struct lines **l);
