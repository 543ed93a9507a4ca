#include "host/parts.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    struct arena *a = arena_new(64u << 20);
    struct host h = {.arena = a};
    int r = rtnl_parse(&h, str_span((const char *)data, size));
    assert(r <= 1);
    for (size_t i = 0; i < h.addrs.n; i++)
        assert(prefix_has(&h.addrs.v[i].prefix, &h.addrs.v[i].addr));
    for (size_t i = 0; i < h.routes.n; i++)
        assert(h.routes.v[i].length > 0 && h.routes.v[i].length <= (h.routes.v[i].addr.v6 ? 128 : 32));
    arena_free(a);
    return 0;
}
