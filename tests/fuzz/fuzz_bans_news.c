/* Datagrams of the monitor: it comes to an end, reads nothing beyond them, and a transaction is told with a name that ends. */
#include "nft/bans.h"
#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size ? size : 1); /* aligned, and exactly as long as it is */
    size_t at = 0, before;
    struct bans_touched touched = {0};
    struct bans_news n = {0};
    if (size)
        memcpy(copy, data, size);
    do {
        before = at;
        if (bans_news_parse(str_span(copy, size), 7, &at, &touched, &n))
            assert(memchr(n.who, 0, sizeof n.who) && !touched.any && n.touched.n <= BANS_TOUCHED);
        assert(at <= size && (at > before || at == size));
    } while (at < size);
    free(copy);
    return 0;
}
