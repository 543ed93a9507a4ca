#include "log/journal_stream.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = str_span((const char *)data, size), unit;
    struct journal_head h = {0};
    uint64_t lost;
    if (journal_head(s, size, &h))
        assert(size >= JOURNAL_HEAD);
    if (journal_suppressed(s, &lost, &unit))
        assert(unit.n && unit.p + unit.n == s.p + s.n);
    return 0;
}
