#include "filter/line_head.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str line = str_span((const char *)data, size);
    struct line_head h;
    if (!line_head(line, &h)) {
        assert(line_services(line) == 0);
        return 0;
    }
    assert(h.ident.n && h.ident.p >= line.p && h.ident.p + h.ident.n < h.message.p && h.pid.p >= line.p && h.pid.p + h.pid.n < h.message.p && h.message.p + h.message.n == line.p + line.n);
    return 0;
}
