#include "unit/monit.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(64u << 20);
    struct monit_services s = {0};
    struct monit_includes in = {0};
    if (size <= 65536)
        monit_parse(str_span((const char *)data, size), a, &s, &in);
    for (size_t i = 0; i < s.list.n; i++) {
        assert(s.list.v[i].name && s.list.v[i].pidfile && strlen(s.list.v[i].start) <= size);
        (void)monit_starts_by_systemd(&s.list.v[i]);
    }
    for (size_t i = 0; i < in.list.n; i++)
        assert(in.list.v[i]);
    arena_free(a);
    return 0;
}
