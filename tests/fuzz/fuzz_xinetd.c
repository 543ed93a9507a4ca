#include "server/xinetd.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_span((const char *)data, size);
    struct server s = {.arena = arena_new(64u << 20)};
    xinetd_parse(&s, text, "x");
    inetd_parse(&s, text, "y");
    assert(s.superservers.n <= 500);
    for (size_t i = 0; i < s.superservers.n; i++) {
        const struct superserver *x = &s.superservers.v[i];
        assert(x->service && x->server && x->args && x->address && x->line > 0);
    }
    arena_free(s.arena);
    return 0;
}
