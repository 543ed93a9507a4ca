/* postfix_text.h: the text of a message out of a queue file of Postfix, as it would be sent (postfix_record.h tells of the records): the lines behind M up to X or E, with milters' edits
   where p records lead to them. Fed with windows of the file, so that a message of any size costs one window of memory. */
#pragma once
#include "base/buf.h"
#include "base/str.h"

#define POSTFIX_TEXT_WINDOW 65536

struct postfix_text {
    uint64_t file_size;
    /* its own */
    uint64_t left, allowed; /* bytes of a line that goes on in the next window; bytes of records that may still come: none is read twice */
    unsigned jumps;
    bool text, newline, ended;
    bool damaged;           /* the file is not what Postfix writes, or ends too early: what came is all that can be read */
};

/* Begins at offset 0. */
struct postfix_text postfix_text_begin(uint64_t file_size);
/* Reads `window`, the bytes from `at` on (fewer than POSTFIX_TEXT_WINDOW only at the end of the file), and appends what is text to out. Where it wants to go on, or 0: that was all. */
uint64_t postfix_text_take(struct postfix_text *t, struct str window, uint64_t at, struct buf *out) PARSER(postfix_record);
