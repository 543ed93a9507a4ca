#include "guard/never.h"
#include "base/macros.h"
#include <ifaddrs.h>

struct never {
    LIST(struct prefix) list;
};

static void add_fixed(struct arena *a, struct never *n)
{
    static const char *const fixed[] = {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255", "::", "::1", "fe80::/10", "ff00::/8"};
    for (size_t i = 0; i < ARRAY_SIZE(fixed); i++) {
        struct prefix p;
        if (prefix_parse(str_of(fixed[i]), true, &p))
            *list_push(a, &n->list) = p;
    }
}

static void add_sources(const struct config *config, struct arena *a, struct never *n)
{
    for (size_t i = 0; i < config->sources.n; i++) {
        const struct value *v = config_value(config, "source", config->sources.v[i], "prefixes");
        for (size_t k = 0; v && k < v->prefixes.n; k++)
            *list_push(a, &n->list) = v->prefixes.v[k];
    }
}

static void add_own(struct arena *a, struct never *n)
{
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) < 0)
        return;
    for (const struct ifaddrs *i = all; i; i = i->ifa_next)
        if (i->ifa_addr && (i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6)) {
            struct addr own = addr_of_sockaddr(i->ifa_addr);
            *list_push(a, &n->list) = (struct prefix){own, own.v6 ? 128 : 32};
        }
    freeifaddrs(all);
}

void never_fill(const struct config *config, struct arena *a, struct guard_rules *rules)
{
    struct never n = {0};
    add_fixed(a, &n);
    add_sources(config, a, &n);
    add_own(a, &n);
    rules->never = n.list.v;
    rules->never_n = n.list.n;
}
