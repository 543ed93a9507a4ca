/* fuzz_seek.c: the first byte says how long the needle is and whether case counts; the rest is the needle, then the text. Compared with looking at every place. */
#include "log/seek.h"
#include <assert.h>
#include <stdlib.h>

static char low(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 4096)
        return 0;
    bool fold = data[0] & 1;
    size_t n = 1 + (data[0] >> 1) % (size - 1), text_n = size - 1 - n;
    char *text = malloc(n + 1), *in = malloc(text_n + 1);
    for (size_t i = 0; text && i < n; i++)
        text[i] = fold ? low((char)data[1 + i]) : (char)data[1 + i];
    if (in)
        memcpy(in, data + 1 + n, text_n);
    ptrdiff_t want = -1;
    for (size_t i = 0; want < 0 && i + n <= text_n; i++) {
        size_t k = 0;
        while (k < n && (fold ? low(in[i + k]) : in[i + k]) == text[k])
            k++;
        want = k == n ? (ptrdiff_t)i : -1;
    }
    struct seek needle = seek_of(str_span(text, n), fold);
    assert(seek_find(&needle, str_span(in, text_n)) == want);
    free(text);
    free(in);
    return 0;
}
