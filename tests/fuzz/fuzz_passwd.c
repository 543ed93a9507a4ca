#include "host/parts.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    struct arena *a = arena_new(64u << 20);
    struct host h = {.arena = a};
    unsigned before = 0;
    if (passwd_parse(&h, str_span((const char *)data, size)) == 0)
        for (size_t i = 0; i < h.users.n; i++) {
            assert(h.users.v[i].line > before && h.users.v[i].shell);
            before = h.users.v[i].line;
        }
    arena_free(a);
    return 0;
}
