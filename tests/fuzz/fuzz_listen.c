#include "server/sites.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = str_span((const char *)data, size), address;
    uint16_t port;
    if (listen_split(s, &address, &port))
        assert(address.n <= s.n && address.p >= s.p && address.p + address.n <= s.p + s.n);
    return 0;
}
