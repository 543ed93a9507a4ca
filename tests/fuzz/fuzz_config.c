#include "config/config.h"
#include <assert.h>
#include <errno.h>

/* Every error has a place in the file, what is accepted has a text and a place, and a refusal has at least one error. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    struct config *c = config_new();
    int r = config_parse(str_span((const char *)data, size), "fuzz", c);
    size_t wrong = 0;
    for (size_t i = 0; i < c->errors.n; i++) {
        const struct config_error *e = &c->errors.v[i];
        assert(e->line >= 1 && e->column >= 1 && e->line <= size + 1 && e->column <= size + 1 && *e->text);
        wrong += !e->warning;
    }
    assert(r == (wrong ? -EINVAL : 0));
    for (size_t i = 0; i < c->values.n; i++)
        assert(c->values.v[i].text && *c->values.v[i].text && c->values.v[i].line && c->values.v[i].column);
    config_free(c);
    return 0;
}
