/* fuzz_address_in.c: an address or network, a newline, a line: whoever is found must also be found by the needle. */
#include "filter/selection.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_span((const char *)data, size), wanted;
    struct selection s = SELECTION_ALL;
    char room[ADDRESS_NEEDLE];
    if (!str_field(&rest, '\n', &wanted) || !prefix_parse(wanted, false, &s.address) || !rest.p)
        return 0;
    s.addressed = true;
    struct seek n = selection_needle(&s, room);
    assert(!address_in(rest, &s.address) || seek_find(&n, rest) >= 0);
    return 0;
}
