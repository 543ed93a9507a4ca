#include "firewall/keep.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_span((const char *)data, size);
    struct buf once = BUF(1u << 20), twice = BUF(1u << 20);
    struct keep_owner owner;
    if (size > 65536)
        return 0;
    keep_ruleset_parse(text, &once, &owner);
    assert(once.n <= size + 1 && !owner.title == !owner.command);
    keep_ruleset_parse(buf_str(&once), &twice, &owner);
    assert(str_eq(buf_str(&once), buf_str(&twice))); /* what is kept is kept again */
    buf_free(&once);
    buf_free(&twice);
    return 0;
}
