#include "term/text.h"
#include <assert.h>
#include <unistr.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096)
        return 0;
    struct buf b = BUF(1u << 16), w = BUF(1u << 20);
    text_escape(&b, str_span((const char *)data, size));
    assert(!b.full && u8_check((const uint8_t *)(b.p ? b.p : ""), b.n) == NULL);
    for (size_t i = 0; i < b.n; i++)
        assert((unsigned char)b.p[i] >= 0x20 && b.p[i] != 0x7f);
    text_wrap(&w, buf_str(&b), 40, 0);
    struct str rest = buf_str(&w), line;
    while (str_line(&rest, &line))
        assert(text_width(line) <= 40);
    buf_reset(&w);
    text_pad(&w, buf_str(&b), 20);
    assert(text_width(buf_str(&w)) == 20);
    buf_free(&b);
    buf_free(&w);
    return 0;
}
