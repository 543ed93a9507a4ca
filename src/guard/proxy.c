#include "guard/proxy.h"

static bool trusted(const struct prefix *proxies, size_t n, const struct addr *a)
{
    for (size_t i = 0; i < n; i++)
        if (prefix_has(&proxies[i], a))
            return true;
    return false;
}

/* One of them; some proxies append the client's port: 192.0.2.1:4711, [2001:db8::7]:4711. */
static bool address_of(struct str one, struct addr *ret)
{
    one = str_trim(one);
    ptrdiff_t end = str_find(one, one.n && one.p[0] == '[' ? ']' : ':');
    if (addr_parse(one, ret))
        return true;
    if (end > 0 && one.p[0] == '[')
        return addr_parse(str_span(one.p + 1, (size_t)end - 1), ret);
    return end > 0 && addr_parse(str_span(one.p, (size_t)end), ret) && !ret->v6;
}

bool forwarded_client(struct str header, const struct prefix *proxies, size_t n, struct addr *ret)
{
    while (header.n) {
        size_t at = header.n;
        struct addr a;
        while (at > 0 && header.p[at - 1] != ',')
            at--;
        if (!address_of(str_from(header, at), &a))
            return false;
        if (!trusted(proxies, n, &a)) {
            *ret = a;
            return true;
        }
        header.n = at ? at - 1 : 0;
    }
    return false;
}

void proxy_event(const struct guard_rules *r, const struct matcher *of, const struct matcher_event *m, struct guard_event *e)
{
    if (!r->proxies_n || !e->addressed || !(matcher_rule_fields(of, m->rule) & 1ull << EVENT_FORWARDED) || !trusted(r->proxies, r->proxies_n, &e->address))
        return;
    struct str header = matcher_field(of, EVENT_FORWARDED);
    e->addressed = header.p && forwarded_client(header, r->proxies, r->proxies_n, &e->address);
    e->hidden = !e->addressed;
}
