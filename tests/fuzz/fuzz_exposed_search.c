#include "site/exposed_search.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(64u << 20);
    struct exposed_found found = {0};
    if (exposed_decode(str_span((const char *)data, size > 65536 ? 65536 : size), 2, a, &found) == 0)
        for (size_t i = 0; i < found.list.n; i++)
            assert(found.list.v[i].start < 2 && found.list.v[i].id < EXPOSED_COUNT && found.list.v[i].head.n <= EXPOSED_HEAD);
    arena_free(a);
    return 0;
}
