#include "host/parts.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    struct arena *a = arena_new(64u << 20);
    struct host h = {.arena = a};
    *list_push(a, &h.units) = (struct unit){.name = "dead.service", .file = "/x", .sub = ""};
    *list_push(a, &h.units) = (struct unit){.name = "ssh.service", .file = "/x", .sub = ""};
    unit_show_parse(&h, str_span((const char *)data, size));
    assert(h.units.n >= 2 && host_unit(&h, "ssh.service"));
    for (size_t i = 0; i < h.units.n; i++)
        assert(h.units.v[i].name && h.units.v[i].sub && h.units.v[i].file);
    arena_free(a);
    return 0;
}
