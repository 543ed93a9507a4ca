#include "dialogue/field.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* What is read back whole is written again as the same bytes. */
static void one(struct str bytes, const struct field_table *t, void *into)
{
    struct cursor c = cursor_of(bytes);
    fields_get(&c, t, into);
    if (c.bad)
        return;
    struct buf out = BUF(1u << 20);
    fields_put(&out, t, into);
    assert(str_eq(buf_str(&out), str_span(bytes.p, bytes.n - c.rest.n)));
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = str_span((const char *)data, size);
    struct smtp_seen smtp = {0};
    struct login_seen login = {0};
    struct greeting_seen greeting = {0};
    struct http_seen http = {0};
    struct http_answer answer = {0};
    struct tls_answer tls = {0};
    struct hello_seen hello = {0};
    one(bytes, &smtp_fields, &smtp);
    one(bytes, &login_fields, &login);
    one(bytes, &greeting_fields, &greeting);
    one(bytes, &http_fields, &http);
    one(bytes, &http_answer_fields, &answer);
    one(bytes, &tls_answer_fields, &tls);
    one(bytes, &hello_fields, &hello);
    return 0;
}
