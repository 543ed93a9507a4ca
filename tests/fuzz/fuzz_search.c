#include "site/search.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    struct arena *a = arena_new(64u << 20);
    struct search_result r = {0};
    if (search_decode(str_span((const char *)data, size), 2, a, &r) == 0)
        for (size_t i = 0; i < r.list.n; i++)
            assert(r.list.v[i].start < 2 && r.list.v[i].below && r.list.v[i].program->title);
    arena_free(a);
    return 0;
}
