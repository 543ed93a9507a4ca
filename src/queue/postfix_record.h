/* postfix_record.h: Postfix's queue files (its src/global/rec_type.h, cleanup_out_*; facts as seen on 3.7): records of one byte of type, a length in base 128 (least significant first,
   the high bit says that more follows) and that many bytes. Envelope (first record C: the sizes), M, the text line by line, X, what was taken out of its header, E.
   Milters' edits stand behind E; p records lead there and back.
   The reader is fed with windows of the file and asks for the next one, so that a message costs one read of 4 KiB, and one more where its recipients or its text lie further on. */
#pragma once
#include "queue/message.h"

#define POSTFIX_WINDOW 4096
#define POSTFIX_WINDOWS_MAX 4096 /* of one message */
#define POSTFIX_JUMPS_MAX 200   /* of one message; Postfix itself stops at a hundred backwards */

/* Type and length of the record at the beginning of s: how many bytes they take. 0: s ends before; -1: that is no record. */
int postfix_record_head(struct str s, uint64_t *ret_length) PARSER(postfix_record);

enum postfix_part { POSTFIX_ENVELOPE, POSTFIX_HEADER, POSTFIX_EXTRACTED, POSTFIX_END };

struct postfix_reader {
    struct arena *arena;
    struct message *m;
    uint64_t file_size;
    size_t recipients_kept;  /* at most so many go into m->to */
    void (*waiting)(void *arg, uint64_t at, struct str address); /* NULL, or called for each recipient that waits, with the place of its record in the file */
    void *arg;
    unsigned envelope_windows; /* so many of the envelope; then its further recipients are left out and m->more is set */
    /* its own */
    enum postfix_part part;
    unsigned windows, part_windows, jumps;
    uint64_t data_offset, content_length;
    uint32_t noted;          /* recipients by the record C */
    bool arrived, cut;
};

/* Begins at offset 0. m: empty; a is where its views live. */
struct postfix_reader postfix_reader_begin(struct arena *a, uint64_t file_size, size_t recipients_kept, unsigned envelope_windows, struct message *m);
/* Reads `window`, the bytes from `at` on (POSTFIX_WINDOW of them, fewer only at the end of the file). Where it wants to go on, or 0: it is at its end and m is filled;
   m->condition is MESSAGE_DAMAGED where the file is not what Postfix writes. */
uint64_t postfix_reader_take(struct postfix_reader *r, struct str window, uint64_t at) PARSER(postfix_record);

/* The last reason in a log of defer/ (its end is enough). false: none. */
bool postfix_last_reason(struct str log, struct str *ret) PARSER(postfix_record);
