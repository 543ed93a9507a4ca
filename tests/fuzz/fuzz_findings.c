#include "model/check.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    struct arena *a = arena_new(16u << 20);
    struct findings f = {.arena = a};
    struct str bytes = str_span((const char *)data, size);
    if (findings_decode(bytes, &f) == 0) {
        struct buf out = BUF(1u << 20);
        findings_encode(&f, &out);
        assert(str_eq(buf_str(&out), bytes));
        buf_free(&out);
    }
    arena_free(a);
    return 0;
}
