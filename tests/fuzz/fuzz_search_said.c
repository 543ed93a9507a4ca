/* fuzz_search_said.c: what a searching process says: what is taken says the same again. */
#include "filter/search_job.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor c = cursor_of(str_span((const char *)data, size));
    struct search_line l;
    if (!said_get_line(&c, 3, &l))
        return 0;
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    said_put_line(&b, &l);
    assert(l.file < 3 && l.date_end <= l.text.n && str_eq(buf_str(&b), str_span((const char *)data, size)));
    return 0;
}
