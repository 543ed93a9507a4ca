#include "unit/lease_files.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(64u << 20);
    struct lease l, again;
    if (size <= 65536 && lease_parse(str_span((const char *)data, size), a, &l) == 0) {
        struct buf b = BUF(4u << 20);
        lease_text(&l, &b);
        assert(!b.full && lease_parse(buf_str(&b), a, &again) == 0 && again.until == l.until && again.brings.list.n == l.brings.list.n);
        buf_reset(&b);
        lease_service_text(&l, a, &b);
        lease_timer_text(&l, a, &b);
        buf_free(&b);
    }
    arena_free(a);
    return 0;
}
