/* evidence.h: the text of a message as it is handed on: as it is (eml), or as one of many in an mbox (RFC 4155; lines that look like its separator are quoted with '>', as in "mboxrd"),
   and where that is wanted without the recipients. Works line by line, whatever the size. Runs in the confined process that reads the queue (look.h). */
#pragma once
#include "base/buf.h"
#include "base/str.h"

#define EVIDENCE_LINE_MAX 65536 /* a longer line is handled piece by piece */

struct evidence {
    bool mbox;
    bool mask;            /* every mail address becomes ***@domain, but those in `spared` and in the headers of who sends; To, Cc and their like lose their value */
    struct str spared[2]; /* sender, account */
    /* its own */
    struct buf line;
    bool within;          /* the line goes on from the piece before */
    bool body, hiding, sending;
};

/* Text comes in pieces of any size; what can be handed on is appended to out. */
void evidence_take(struct evidence *e, struct str bytes, struct buf *out) PARSER(queue_evidence);
/* What is left, a line break at the end and for an mbox the empty line. Frees. */
void evidence_end(struct evidence *e, struct buf *out);
/* A line of text, without the addresses in it (but `spared`). */
void evidence_mask_text(const struct evidence *e, struct str line, struct buf *out) PARSER(queue_evidence);
/* "***@domain"; of what has no domain "***". */
void evidence_mask(struct str address, struct buf *out);
