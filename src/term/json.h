/* json.h: writes one JSON document piece by piece, however long it gets, to a FILE. What we print as JSON goes through here; what others send us as JSON is
   read with jansson elsewhere. Strings may hold any bytes: invalid UTF-8 becomes \xNN as text (as on the terminal), and control, format and
   bidirectional characters become \uNNNN escapes, which JSON turns back: the document is safe to look at and loses nothing. */
#pragma once
#include "base/buf.h"
#include <stdio.h>

#define JSON_DEPTH 16

struct json {
    FILE *out;
    struct buf pending;
    unsigned depth;
    bool list[JSON_DEPTH]; /* what is open: a list, or an object */
    bool more[JSON_DEPTH]; /* something stands in this object or list already */
};

struct json json_to(FILE *out);
/* In objects every value has a key; in lists and at the top it is NULL. */
void json_object(struct json *j, const char *key);
void json_list(struct json *j, const char *key);
void json_end(struct json *j);
void json_str(struct json *j, const char *key, struct str value);
void json_text(struct json *j, const char *key, const char *value); /* NULL: null */
void json_int(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);
void json_time(struct json *j, const char *key, int64_t seconds); /* RFC 3339, UTC; 0: null */
/* Ends the line, hands everything on and frees. */
void json_done(struct json *j);
