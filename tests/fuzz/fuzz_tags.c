#include "filter/tags.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 16384)
        return 0;
    struct arena *a = arena_new(8u << 20);
    struct str s = str_span((const char *)data, size), out = tags_expand(a, s, false);
    assert(out.p && (str_find(s, '<') >= 0 || str_eq(s, out)));
    assert(str_search(tags_expand(a, s, true), STR("<HOST>")) < 0);
    arena_free(a);
    return 0;
}
