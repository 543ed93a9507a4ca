/* public.c: which of the machine's own addresses stands for it. */
#include "host/host.h"

/* RFC 1918, RFC 6598 (carrier-grade NAT) and RFC 4193 */
static bool is_private(const struct addr *a)
{
    static const char *const nets[] = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"};
    struct prefix p;
    for (size_t i = 0; i < ARRAY_SIZE(nets); i++)
        if (prefix_parse(str_of(nets[i]), true, &p) && prefix_has(&p, a))
            return true;
    return false;
}

static bool is_virtual(struct str interface)
{
    static const char *const names[] = {"docker", "br-", "virbr", "veth", "cni", "podman", "lxc", "tun", "wg"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (str_starts(interface, str_of(names[i])))
            return true;
    return false;
}

bool host_public_addr(const struct host *h, bool v6, struct addr *ret)
{
    int best = -1;
    for (size_t i = 0; i < h->addrs.n; i++) {
        const struct own_addr *own = &h->addrs.v[i];
        if (own->loopback || own->link_local || !!own->addr.v6 != v6)
            continue;
        int worth = 2 * !is_virtual(str_of(own->interface)) + !is_private(&own->addr);
        if (worth > best) {
            best = worth;
            *ret = own->addr;
        }
    }
    return best >= 0;
}
