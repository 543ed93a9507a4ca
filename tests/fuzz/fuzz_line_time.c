/* fuzz_line_time.c: the lines of a log, each asked for its time, the last one first. */
#include "filter/line_time.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct line_time t;
    static struct arena *a;
    struct str block = str_span((const char *)data, size);
    struct date_found found;
    a = a ? a : arena_new(64u << 20);
    if (!t.dates && line_time_new(a, 1795953600, &t, NULL) < 0)
        return 0;
    line_time_begin(&t, 1795953600);
    for (size_t at = size; at-- > 0;) {
        if (at && block.p[at - 1] != '\n')
            continue;
        struct str rest = str_from(block, at), line;
        if (line_time_of(&t, block, at, &found))
            assert(found.us / 1000000 <= 1795953600 + 86400 && found.start <= found.end && found.end <= rest.n);
        if (str_line(&rest, &line) && line_time_own(&t, line, &found))
            assert(found.end <= line.n);
    }
    return 0;
}
