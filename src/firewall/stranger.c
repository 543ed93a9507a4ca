#include "firewall/stranger.h"

/* Ports that no service of a hosting server uses: two, so that one that happens to be open does not decide. */
static const uint16_t ports[] = {61234, 7};

static const struct own_addr *public_addr(const struct host *h, bool v6)
{
    for (size_t i = 0; i < h->addrs.n; i++) {
        const struct own_addr *a = &h->addrs.v[i];
        if (!a->loopback && !a->link_local && a->addr.v6 == v6)
            return a;
    }
    return NULL;
}

int stranger_fate(struct ruleset *r, const struct host *h, bool v6, struct stranger *ret, struct err *err)
{
    const struct own_addr *own = public_addr(h, v6);
    struct stranger s = {.asked = own != NULL};
    struct sample sample = {0};
    if (own) {
        sample.to = own->addr;
        sample.interface = own->interface;
        addr_text(&own->addr, s.to);
        (void)!addr_parse(v6 ? STR("2001:db8:ffff:ffff::77") : STR("203.0.113.177"), &sample.from); /* RFC 3849, RFC 5737 */
    }
    for (size_t i = 0; own && i < ARRAY_SIZE(ports); i++) {
        sample.port = ports[i];
        int e = ruleset_fate(r, &sample, &s.fate, err);
        if (e < 0)
            return e;
        s.may |= s.fate.may;
    }
    *ret = s;
    return 0;
}
