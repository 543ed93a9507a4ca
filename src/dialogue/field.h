/* field.h: how the structs of dialogue.h travel from the confined process to the caller: one table of fields for each struct writes them and reads them
   back; every length, number and enum is checked on the way in. */
#pragma once
#include "base/buf.h"
#include "base/cursor.h"
#include "dialogue/dialogue.h"

enum field_kind { FIELD_FLAG, FIELD_NUMBER /* int, -1 to limit */, FIELD_TIME /* int64_t */, FIELD_TEXT /* char[size] with its NUL */,
    FIELD_BYTES /* char[size], its length in the unsigned at `other` */, FIELD_TROUBLE, FIELD_STRUCT };

struct field {
    enum field_kind kind;
    size_t at;           /* offset */
    size_t size;         /* of one element */
    size_t count;        /* array elements */
    long limit;          /* FIELD_NUMBER */
    size_t other;        /* FIELD_BYTES */
    const struct field_table *fields; /* FIELD_STRUCT */
};

struct field_table {
    const struct field *v;
    size_t n;
};

#define FIELD_(k, T, f, ...) {.kind = (k), .at = offsetof(T, f), .size = sizeof(((T *)0)->f), .count = 1, __VA_ARGS__}
#define FLAG_OF(T, f) FIELD_(FIELD_FLAG, T, f)
#define NUMBER_OF(T, f, max) FIELD_(FIELD_NUMBER, T, f, .limit = (max))
#define TIME_OF(T, f) FIELD_(FIELD_TIME, T, f)
#define TEXT_OF(T, f) FIELD_(FIELD_TEXT, T, f)
#define BYTES_OF(T, f, length) FIELD_(FIELD_BYTES, T, f, .other = offsetof(T, length))
#define TROUBLE_OF(T, f) FIELD_(FIELD_TROUBLE, T, f)
#define STRUCT_OF(T, f, table) FIELD_(FIELD_STRUCT, T, f, .fields = &(table))
#define NUMBERS_OF(T, f, max) {.kind = FIELD_NUMBER, .at = offsetof(T, f), .size = sizeof(((T *)0)->f[0]), .count = ARRAY_SIZE(((T *)0)->f), .limit = (max)}
#define TEXTS_OF(T, f) {.kind = FIELD_TEXT, .at = offsetof(T, f), .size = sizeof(((T *)0)->f[0]), .count = ARRAY_SIZE(((T *)0)->f)}
#define FIELDS(rows) {(rows), ARRAY_SIZE(rows)}

extern const struct field_table tls_fields, smtp_fields, login_fields, greeting_fields, mysql_login_fields, http_fields, http_answer_fields, tls_answer_fields, hello_fields;

void fields_put(struct buf *out, const struct field_table *t, const void *from);
/* c->bad where anything is wrong; *into may then be half filled. */
void fields_get(struct cursor *c, const struct field_table *t, void *into) PARSER(fields);
