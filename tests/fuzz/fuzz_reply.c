#include "dialogue/reply.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str line = str_span((const char *)data, size), text;
    int code;
    bool more;
    if (reply_line_parse(line, &code, &more, &text))
        assert(code >= 100 && code <= 599 && text.n <= size && (!text.n || text.p + text.n == line.p + line.n));
    return 0;
}
