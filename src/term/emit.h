/* emit.h: writes one JSON document piece by piece, however long it gets, to a FILE. What we print as JSON goes through here; what others send us as JSON is
   read with jansson elsewhere. Strings may hold any bytes: invalid UTF-8 becomes \xNN as text (as on the terminal), and control, format and
   bidirectional characters become \uNNNN escapes, which JSON turns back: the document is safe to look at and loses nothing. */
#pragma once
#include "base/buf.h"
#include <stdio.h>

#define EMIT_DEPTH 16

struct emit {
    FILE *out;
    struct buf pending;
    bool one_line;         /* set before anything is written: no newline but the last */
    unsigned depth;
    bool list[EMIT_DEPTH]; /* what is open: a list, or an object */
    bool more[EMIT_DEPTH]; /* something stands in this object or list already */
};

struct emit emit_to(FILE *out);
/* In objects every value has a key; in lists and at the top it is NULL. */
void emit_object(struct emit *j, const char *key);
void emit_list(struct emit *j, const char *key);
void emit_end(struct emit *j);
void emit_str(struct emit *j, const char *key, struct str value);
void emit_text(struct emit *j, const char *key, const char *value); /* NULL: null */
void emit_int(struct emit *j, const char *key, int64_t value);
void emit_us(struct emit *j, const char *key, int64_t us); /* microseconds as a number of seconds */
void emit_bool(struct emit *j, const char *key, bool value);
void emit_null(struct emit *j, const char *key);
void emit_time(struct emit *j, const char *key, int64_t seconds); /* RFC 3339, UTC; 0: null */
/* Ends the line, hands everything on and frees. */
void emit_done(struct emit *j);
