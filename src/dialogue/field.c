#include "dialogue/field.h"

static const struct field tls_rows[] = {
    FLAG_OF(struct tls_seen, done), TEXT_OF(struct tls_seen, version), FLAG_OF(struct tls_seen, trusted), FLAG_OF(struct tls_seen, name_matches),
    TEXT_OF(struct tls_seen, problem), TEXT_OF(struct tls_seen, subject), TEXT_OF(struct tls_seen, issuer), TEXT_OF(struct tls_seen, names),
    TIME_OF(struct tls_seen, not_before), TIME_OF(struct tls_seen, not_after), FLAG_OF(struct tls_seen, self_signed),
};
const struct field_table tls_fields = FIELDS(tls_rows);

static const struct field smtp_rows[] = {
    TROUBLE_OF(struct smtp_seen, trouble), NUMBER_OF(struct smtp_seen, greeting, 999), TEXT_OF(struct smtp_seen, banner),
    FLAG_OF(struct smtp_seen, starttls_offered), FLAG_OF(struct smtp_seen, auth_offered_plain), FLAG_OF(struct smtp_seen, auth_offered_tls),
    TEXT_OF(struct smtp_seen, auth_plain), TEXT_OF(struct smtp_seen, auth_tls), STRUCT_OF(struct smtp_seen, tls, tls_fields),
    NUMBER_OF(struct smtp_seen, auth_code_plain, 999), NUMBER_OF(struct smtp_seen, auth_code, 999), NUMBERS_OF(struct smtp_seen, rcpt_code, 999),
    TEXTS_OF(struct smtp_seen, rcpt_text), TEXT_OF(struct smtp_seen, transcript),
};
const struct field_table smtp_fields = FIELDS(smtp_rows);

static const struct field login_rows[] = {
    TROUBLE_OF(struct login_seen, trouble), TEXT_OF(struct login_seen, banner), FLAG_OF(struct login_seen, starttls_offered),
    FLAG_OF(struct login_seen, login_disabled), FLAG_OF(struct login_seen, plain_refused), FLAG_OF(struct login_seen, plain_considered),
    FLAG_OF(struct login_seen, accepted), FLAG_OF(struct login_seen, refused), TEXT_OF(struct login_seen, capabilities),
    TEXT_OF(struct login_seen, answer_plain), TEXT_OF(struct login_seen, answer), STRUCT_OF(struct login_seen, tls, tls_fields),
    TEXT_OF(struct login_seen, transcript),
};
const struct field_table login_fields = FIELDS(login_rows);

static const struct field greeting_rows[] = {
    TROUBLE_OF(struct greeting_seen, trouble), FLAG_OF(struct greeting_seen, right), TEXT_OF(struct greeting_seen, banner),
};
const struct field_table greeting_fields = FIELDS(greeting_rows);

static const struct field mysql_login_rows[] = {
    TROUBLE_OF(struct mysql_login_seen, trouble), FLAG_OF(struct mysql_login_seen, right), FLAG_OF(struct mysql_login_seen, accepted), FLAG_OF(struct mysql_login_seen, refused),
    NUMBER_OF(struct mysql_login_seen, code, 65535), TEXT_OF(struct mysql_login_seen, banner), TEXT_OF(struct mysql_login_seen, answer),
};
const struct field_table mysql_login_fields = FIELDS(mysql_login_rows);

static const struct field http_answer_rows[] = {
    TROUBLE_OF(struct http_answer, trouble), NUMBER_OF(struct http_answer, status, 999), TIME_OF(struct http_answer, length),
    TEXT_OF(struct http_answer, type), TEXT_OF(struct http_answer, location), TEXT_OF(struct http_answer, server),
    BYTES_OF(struct http_answer, body, body_n),
};
const struct field_table http_answer_fields = FIELDS(http_answer_rows);

static const struct field http_rows[] = {TROUBLE_OF(struct http_seen, trouble), STRUCT_OF(struct http_seen, tls, tls_fields)};
const struct field_table http_fields = FIELDS(http_rows);

static const struct field tls_answer_rows[] = {TROUBLE_OF(struct tls_answer, trouble), STRUCT_OF(struct tls_answer, tls, tls_fields)};
const struct field_table tls_answer_fields = FIELDS(tls_answer_rows);

static const struct field hello_rows[] = {
    TROUBLE_OF(struct hello_seen, trouble), FLAG_OF(struct hello_seen, right), TEXT_OF(struct hello_seen, banner), NUMBER_OF(struct hello_seen, ms, 1000000),
};
const struct field_table hello_fields = FIELDS(hello_rows);

static void put_one(struct buf *out, const struct field *f, const char *p, const void *base)
{
    switch (f->kind) {
    case FIELD_FLAG: buf_put_u32(out, *(const bool *)p); break;
    case FIELD_NUMBER: buf_put_u32(out, (uint32_t)(*(const int *)(const void *)p + 1)); break;
    case FIELD_TIME: buf_put_u64(out, (uint64_t)*(const int64_t *)(const void *)p); break;
    case FIELD_TEXT: buf_put_str(out, str_span(p, strnlen(p, f->size - 1))); break;
    case FIELD_BYTES: buf_put_str(out, str_span(p, *(const unsigned *)(const void *)((const char *)base + f->other))); break;
    case FIELD_TROUBLE: buf_put_u32(out, *(const enum trouble *)(const void *)p); break;
    case FIELD_STRUCT: fields_put(out, f->fields, p); break;
    }
}

void fields_put(struct buf *out, const struct field_table *t, const void *from)
{
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < t->v[i].count; k++)
            put_one(out, &t->v[i], (const char *)from + t->v[i].at + k * t->v[i].size, from);
}

/* A text has no NUL within; bytes may. */
static void get_chars(struct cursor *c, const struct field *f, char *p, unsigned *ret_n)
{
    struct str s = cursor_str(c);
    size_t max = ret_n ? f->size : f->size - 1;
    if (!s.p || s.n > max || (!ret_n && memchr(s.p, 0, s.n))) {
        c->bad = true;
        return;
    }
    if (s.n)
        memcpy(p, s.p, s.n);
    if (ret_n)
        *ret_n = (unsigned)s.n;
    else
        p[s.n] = 0;
}

static void get_one(struct cursor *c, const struct field *f, char *p, void *base)
{
    switch (f->kind) {
    case FIELD_FLAG: *(bool *)p = cursor_below(c, 2); break;
    case FIELD_NUMBER: *(int *)(void *)p = (int)cursor_below(c, (uint32_t)f->limit + 2) - 1; break;
    case FIELD_TIME: *(int64_t *)(void *)p = (int64_t)cursor_u64(c); break;
    case FIELD_TEXT: get_chars(c, f, p, NULL); break;
    case FIELD_BYTES: get_chars(c, f, p, (unsigned *)(void *)((char *)base + f->other)); break;
    case FIELD_TROUBLE: *(enum trouble *)(void *)p = cursor_below(c, TROUBLE_COUNT); break;
    case FIELD_STRUCT: fields_get(c, f->fields, p); break;
    }
}

void fields_get(struct cursor *c, const struct field_table *t, void *into)
{
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < t->v[i].count && !c->bad; k++)
            get_one(c, &t->v[i], (char *)into + t->v[i].at + k * t->v[i].size, into);
}
