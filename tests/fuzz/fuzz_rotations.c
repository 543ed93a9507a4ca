#include "log/rotation_edit.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    struct arena *a = arena_new(64u << 20);
    struct rotation global = {.days = 7};
    struct rotations r = {0};
    rotations_parse(str_span((const char *)data, size), "f", a, &global, &r);
    for (size_t i = 0; i < r.list.n; i++)
        assert(r.list.v[i].pattern && rotation_kept_days(&r.list.v[i]) <= 36500);
    for (size_t i = 0; i < r.list.n && i < 4; i++) {
        struct buf once = BUF(1u << 20), twice = BUF(1u << 20);
        if (rotation_edit(str_span((const char *)data, size), &r.list.v[i], 28, &once) == 0)
            assert(rotation_edit(buf_str(&once), &r.list.v[i], 28, &twice) == 0 && str_eq(buf_str(&once), buf_str(&twice))); /* once is enough */
        buf_free(&once);
        buf_free(&twice);
    }
    (void)rotation_of(&r, "/var/log/mail.log");
    arena_free(a);
    return 0;
}
