/* A request's head: whatever comes, the path lies within it and is plain; more of the same never takes a whole head back. */
#include "wire/http_head.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *p = (const char *)data;
    struct http_head h, less;
    int r = http_head_parse(str_span(p, size), &h);
    if (r == 1) {
        assert(h.path.n && h.path.p >= p && h.path.p + h.path.n <= p + size && h.path.p[0] == '/' && str_find(h.path, '?') < 0);
        for (size_t i = 0; i < h.path.n; i++)
            assert(h.path.p[i] > ' ' && h.path.p[i] < 127);
        assert(http_head_parse(str_span(p, size - 1), &less) >= 0 || size > HTTP_HEAD_MAX);
    } else if (r == 0)
        assert(size < HTTP_HEAD_MAX);
    return 0;
}
