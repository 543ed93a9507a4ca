#include "term/html.h"
#include <assert.h>
#include <unistr.h>

/* Whatever the bytes are: one element, its text and its value stay what they are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char begin[] = "<p title=\"\">", end[] = "</p>\n";
    struct buf b = BUF(1u << 16);
    struct html h = html_to(&b);
    html_begin(&h, "p");
    html_attribute(&h, "title", "");
    html_text(&h, str_span((const char *)data, size));
    html_end(&h);
    assert(!b.full && u8_check((const uint8_t *)b.p, b.n) == NULL);
    size_t n = b.n - (sizeof begin - 1) - (sizeof end - 1);
    assert(memcmp(b.p, begin, sizeof begin - 1) == 0 && memcmp(b.p + b.n - (sizeof end - 1), end, sizeof end - 1) == 0);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)b.p[sizeof begin - 1 + i];
        assert(c >= 0x20 && c != 0x7f && !strchr("<>\"'", c));
    }
    buf_free(&b);
    return 0;
}
