#include "base/addr.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = str_span((const char *)data, size);
    struct addr a, again;
    struct prefix p, same;
    char text[ADDR_TEXT + 4];
    if (addr_parse(s, &a)) {
        assert(addr_parse(str_of(addr_text(&a, text)), &again));
        assert(addr_eq(&a, &again));
    }
    if (prefix_parse(s, false, &p)) {
        assert(prefix_parse(str_of(prefix_text(&p, text)), true, &same));
        assert(prefix_covers(&p, &same) && prefix_covers(&same, &p));
    }
    return 0;
}
