/* hosts.allow and hosts.deny: lines come in order, each concerns the address; a client list answers the same alone. */
#include "firewall/hosts_access.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const addresses[] = {"203.0.113.9", "2001:db8:bad::9"};
    struct str text = str_span((const char *)data, size);
    struct arena *a = arena_new(64u << 20);
    for (size_t k = 0; k < 2; k++) {
        struct hosts_lines lines;
        struct addr of;
        assert(addr_parse(str_of(addresses[k]), &of));
        hosts_access(text, k, &of, a, &lines);
        for (size_t i = 0; i < lines.list.n; i++) {
            const struct hosts_line *l = &lines.list.v[i];
            assert(l->line > 0 && (!i || l->line > lines.list.v[i - 1].line));
            assert(l->match != HOSTS_NO && (strlen(l->clients) == 0 || memchr(l->clients, 0, 1) || hosts_clients(str_of(l->clients), &of) <= HOSTS_MAYBE));
        }
        assert(hosts_clients(text, &of) <= HOSTS_MAYBE);
    }
    arena_free(a);
    return 0;
}
