/* fuzz_forwarded.c: a header, read from its end: whoever is found is no proxy, stands in it, and nothing in front of him matters. */
#include "guard/proxy.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct prefix proxies[2];
    struct addr a, b;
    assert(prefix_parse(STR("203.0.113.0/24"), true, &proxies[0]) && prefix_parse(STR("2001:db8:1::/48"), true, &proxies[1]));
    if (size > 4096 || !forwarded_client(str_span((const char *)data, size), proxies, 2, &a))
        return 0;
    assert(!prefix_has(&proxies[0], &a) && !prefix_has(&proxies[1], &a));
    char *more = malloc(size + 11);
    assert(more);
    memcpy(more, "192.0.2.1, ", 11);
    memcpy(more + 11, data, size);
    assert(forwarded_client(str_span(more, size + 11), proxies, 2, &b) && addr_eq(&a, &b));
    free(more);
    return 0;
}
