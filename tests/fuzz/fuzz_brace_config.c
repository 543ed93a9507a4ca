#include "server/brace_config.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int look(void *arg, const struct brace_line *l)
{
    long *depth = arg;
    *depth += l->kind == BRACE_OPEN;
    *depth -= l->kind == BRACE_CLOSE;
    assert(*depth >= 0 && l->line >= 1);
    assert(l->kind != BRACE_STATEMENT || l->n > 0);
    for (size_t k = 0; k < l->n; k++)
        assert(strlen(l->words[k]) <= BRACE_WORD_MAX);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_span((const char *)data, size > 65536 ? 65536 : size);
    for (int d = BRACE_NGINX; d <= BRACE_BIND; d++) {
        long depth = 0;
        int r = brace_config_parse(text, (enum brace_dialect)d, look, &depth);
        assert(r < 0 || depth == 0);
    }
    return 0;
}
