#include "mail/networks.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(16 << 20);
    struct mail_networks n = {0};
    mail_networks_add(&n, a, NULL, arena_dup(a, str_span((const char *)data, size)));
    for (size_t i = 0; i < n.list.n; i++)
        if (!n.list.v[i].unread && n.list.v[i].prefix.length > (n.list.v[i].prefix.addr.v6 ? 128 : 32))
            abort();
    arena_free(a);
    return 0;
}
