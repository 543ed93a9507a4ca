#include "host/parts.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    struct arena *a = arena_new(64u << 20);
    struct host h = {.arena = a};
    struct str text = str_span((const char *)data, size);
    if (dpkg_parse(&h, text) == 0 && rpm_parse(&h, text) == 0) {
        host_sort_packages(&h);
        for (size_t i = 0; i < h.packages.n; i++) {
            const struct package *p = &h.packages.v[i];
            assert(p->name && p->version && p->arch && p->status);
            assert(i == 0 || strcmp(h.packages.v[i - 1].name, p->name) <= 0);
            assert(host_package(&h, p->name));
        }
    }
    arena_free(a);
    return 0;
}
