#include "filter/utf8.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    struct str s = str_span((const char *)data, size);
    _cleanup_(buf_free) struct buf b = BUF(4 * 65536);
    size_t replaced = utf8_repair(s, &b), n, at = 0, characters = 0;
    uint32_t c = 0;
    assert(!b.full && (replaced || b.n == size) && (!size || (utf8_broken(s) >= 1 && utf8_broken(s) <= size)));
    for (; (n = utf8_next(str_from(buf_str(&b), at), &c)); at += n)
        characters++;
    assert(at == b.n && utf8_count(buf_str(&b)) == characters && utf8_offset(buf_str(&b), characters) == b.n);
    return 0;
}
