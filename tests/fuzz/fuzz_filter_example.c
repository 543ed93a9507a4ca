/* fuzz_filter_example.c: an example line of a filter: what is understood has a line, and names each field by text that stands in it. */
#include "filter/examples.h"
#include <assert.h>
#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(64u << 20);
    struct example e;
    struct err err = {0};
    if (size > 16384) {
        arena_free(a);
        return 0;
    }
    int r = example_parse(a, str_span((const char *)data, size), &e, &err);
    assert(r == 0 || (r == -EINVAL && *err.text));
    if (r == 0) {
        assert(e.line.n <= size && (e.none || e.kind < EVENT_KINDS) && e.host.n < size);
        for (unsigned i = 0; i < EVENT_FIELDS; i++)
            assert(e.value[i].n < size);
    }
    arena_free(a);
    return 0;
}
