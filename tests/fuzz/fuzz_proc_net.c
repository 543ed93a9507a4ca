#include "host/parts.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    struct arena *a = arena_new(64u << 20);
    struct str text = str_span((const char *)data, size);
    struct proc_sockets found = {0};
    if (proc_net_parse(a, text, false, &found) == 0 && proc_net_parse(a, text, true, &found) == 0)
        for (size_t i = 0; i < found.list.n; i++)
            assert(found.list.v[i].port != 0);
    const char *unit = cgroup_parse(a, text);
    assert(!strchr(unit, '/'));
    arena_free(a);
    return 0;
}
