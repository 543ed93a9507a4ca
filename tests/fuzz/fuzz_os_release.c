#include "host/parts.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    struct arena *a = arena_new(16u << 20);
    struct host h = {.arena = a, .os = {"", "", "", "", ""}};
    struct str text = str_span((const char *)data, size);
    os_release_parse(&h, text);
    assert(strlen(h.os.id) <= size && strlen(h.os.pretty) <= size);
    const char *full = hosts_parse(a, text, "lab");
    assert(!full || (strlen(full) > 4 && full[3] == '.'));
    arena_free(a);
    return 0;
}
