/* fuzz_known_line.c: the first two bytes say where the date stands; the rest is a line, for all of our filters. */
#include "filter/known.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct known *k;
    static struct arena *a;
    struct known_event e;
    a = a ? a : arena_new(256u << 20);
    if (!k && known_new(a, filter_own_dir(), 1795953600, &k, NULL) < 0)
        return 0;
    if (size < 2)
        return 0;
    size_t n = size - 2, start = data[0] < n ? data[0] : n, end = start + data[1] < n ? start + data[1] : n;
    known_line(k, str_span((const char *)data + 2, n), start, end, 1795953600000000, &e);
    assert(!e.known || e.kind < EVENT_KINDS);
    return 0;
}
