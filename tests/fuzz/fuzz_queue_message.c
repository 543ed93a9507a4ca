#include "queue/look.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(256u << 20);
    struct message m;
    if (message_get(str_span((const char *)data, size), a, &m)) {
        struct message again;
        struct buf b = BUF(size * 2 + 1000);
        assert(m.to.n <= MESSAGE_RECIPIENTS_MAX && m.sender.n <= MESSAGE_TEXT_MAX && *m.id && strlen(m.id) <= MESSAGE_ID_MAX);
        message_put(&b, &m);
        assert(!b.full && message_get(buf_str(&b), a, &again) && again.size == m.size && str_eq(again.sender, m.sender) && again.to.n == m.to.n);
        buf_free(&b);
    }
    arena_free(a);
    return 0;
}
