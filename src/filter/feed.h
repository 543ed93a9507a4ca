/* feed.h: the lines of a descriptor, in order, whatever their length: of a line that is longer than FEED_LINE only so much is kept. */
#pragma once
#include "base/str.h"

#define FEED_LINE (256u << 10)

struct feed {
    int fd;
    char *p;          /* FEED_LINE bytes and more, owned */
    size_t start, n;  /* what is read and not yet handed out */
    bool end, skip;   /* skip: the rest of a long line is still to come */
};

bool feed_init(struct feed *f, int fd); /* false: no memory */
void feed_done(struct feed *f);
/* 1: a line, without its newline, valid until the next call; 0: the end; -errno: reading failed. A last line without newline is a line. */
int feed_line(struct feed *f, struct str *ret) _must_check_;
