#include "log/rotation.h"
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
    (void)rotation_of(&r, "/var/log/mail.log");
    arena_free(a);
    return 0;
}
