/* What iptables-legacy-save prints: rules are numbered from 1, no more than the limit, whatever the text. */
#include "firewall/legacy_rules.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const addresses[] = {"203.0.113.9", "2001:db8:bad::9"};
    struct arena *a = arena_new(64u << 20);
    for (size_t k = 0; k < 2; k++) {
        struct legacy_rules rules;
        struct addr of;
        assert(addr_parse(str_of(addresses[k]), &of));
        legacy_rules(str_span((const char *)data, size), &of, a, &rules);
        assert(rules.list.n <= LEGACY_RULES_MAX);
        for (size_t i = 0; i < rules.list.n; i++)
            assert(rules.list.v[i].number > 0 && rules.list.v[i].table && rules.list.v[i].chain && rules.list.v[i].does);
    }
    arena_free(a);
    return 0;
}
