#include "dialogue/stranger.h"
#include "base/clock.h"
#include "dialogue/netlink.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_COUNT 64

struct stranger {
    int netns;
    char interface[16];
    struct addr addr[2][MAX_COUNT]; /* [0] IPv4, [1] IPv6 */
    unsigned count;
    bool has[2];
    int why[2];          /* -errno; 0: not asked for */
    int64_t since;
};

/* Locally administered addresses of the two ends: known beforehand, so that nobody has to ask for them (ARP, neighbour discovery). */
static const unsigned char mac_here[6] = {0x02, 0xba, 0x45, 0x40, 0x00, 0x01}, mac_there[6] = {0x02, 0xba, 0x45, 0x40, 0x00, 0x02};

static bool overlaps(const struct prefix *p, const struct prefix *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (prefix_overlaps(p, &list[i]))
            return true;
    return false;
}

size_t stranger_choose(bool v6, const struct stranger_options *o, struct prefix ret[static STRANGER_NETWORKS])
{
    static const struct { bool v6; const char *network; } candidates[] = {
        {false, "192.0.2.0/24"}, {false, "198.51.100.0/24"}, {false, "203.0.113.0/24"}, {true, "2001:db8:ba45::/48"}, {true, "2001:db8:f0f0::/48"}, {true, "3fff:ba5::/48"},
    };
    size_t n = 0;
    for (int avoid_trusted = 1; avoid_trusted >= 0 && n == 0; avoid_trusted--)
        for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
            struct prefix p;
            if (candidates[i].v6 != v6 || !prefix_parse(str_of(candidates[i].network), true, &p) || overlaps(&p, o->busy, o->busy_n))
                continue;
            if (avoid_trusted && overlaps(&p, o->trusted, o->trusted_n))
                continue;
            ret[n++] = p;
        }
    return n;
}

/* The n-th address of all networks together, never a network's first or last one. IPv6: one network has enough. */
static struct addr pick(const struct prefix *networks, size_t networks_n, uint32_t n)
{
    const uint32_t each = 254;
    if (!networks[0].addr.v6) {
        struct addr a = networks[n / each % networks_n].addr;
        a.bytes[3] = (uint8_t)(1 + n % each);
        return a;
    }
    struct addr a = networks[0].addr;
    for (int i = 0; i < 4; i++)
        a.bytes[12 + i] = (uint8_t)((n | 1u << 28) >> (24 - 8 * i));
    return a;
}

/* Makes the namespace and a netlink socket inside it; this process is back in its own namespace afterwards. */
static int make_namespace(int *ret_netns, int *ret_inside, struct err *err)
{
    int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (home < 0)
        return err_set(err, -errno, "/proc/self/ns/net: %s", err_name(errno));
    if (unshare(CLONE_NEWNET) < 0) {
        int e = errno;
        close(home);
        return err_set(err, -e, "a network namespace cannot be made: %s", err_name(e));
    }
    int netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), inside = netlink_open();
    int r = netns < 0 || inside < 0 ? -errno : 0;
    if (setns(home, CLONE_NEWNET) < 0)
        r = -errno;
    close(home);
    if (r < 0) {
        if (netns >= 0)
            close(netns);
        if (inside >= 0)
            close(inside);
        return err_set(err, r, "network namespace: %s", err_name(-r));
    }
    *ret_netns = netns;
    *ret_inside = inside;
    return 0;
}

/* One family's addresses and routes at both ends. */
static int join(int here, unsigned index_here, int there, unsigned index_there, const struct stranger *s, bool v6, const struct stranger_options *o)
{
    int r = 0;
    for (unsigned i = 0; r == 0 && i < s->count; i++) {
        r = netlink_route(here, index_here, &s->addr[v6][i]);
        if (r == 0)
            r = netlink_neighbour(here, index_here, &s->addr[v6][i], mac_there);
        if (r == 0)
            r = netlink_address(there, index_there, &s->addr[v6][i]);
    }
    for (size_t i = 0; r == 0 && i < o->targets_n; i++) {
        if (o->targets[i].v6 != v6)
            continue;
        r = netlink_route(there, index_there, &o->targets[i]);
        if (r == -EEXIST)
            r = 0;
        if (r == 0)
            r = netlink_neighbour(there, index_there, &o->targets[i], mac_here);
    }
    return r;
}

static int furnish(struct stranger *s, const struct stranger_options *o, int here, int there, struct err *err)
{
    unsigned index_here = 0, index_there = 0;
    int r = netlink_veth(here, o->interface, mac_here, s->netns, "stranger", mac_there);
    if (r < 0)
        return err_set(err, r, "a veth interface cannot be made: %s", err_name(-r));
    s->since = clock_monotonic_ms();
    r = netlink_index(here, o->interface, &index_here);
    if (r == 0)
        r = netlink_index(there, "stranger", &index_there);
    if (r == 0)
        netlink_no_link_local(here, index_here); /* fails where there is no IPv6: nothing would be made then anyway */
    if (r == 0)
        r = netlink_up(here, index_here);
    if (r == 0)
        r = netlink_up(there, index_there);
    if (r < 0)
        return err_set(err, r, "the veth interface %s: %s", o->interface, err_name(-r));
    for (int v6 = 0; v6 < 2; v6++) {
        bool asked = false;
        for (size_t i = 0; i < o->targets_n; i++)
            asked |= o->targets[i].v6 == v6;
        if (!asked)
            continue;
        struct prefix networks[STRANGER_NETWORKS];
        size_t n = stranger_choose(v6, o, networks);
        for (unsigned i = 0; n && i < s->count; i++)
            s->addr[v6][i] = pick(networks, n, o->seed + i);
        s->why[v6] = n ? join(here, index_here, there, index_there, s, v6, o) : -EADDRINUSE;
        s->has[v6] = s->why[v6] == 0;
    }
    if (!s->has[0] && !s->has[1]) {
        r = s->why[0] ? s->why[0] : s->why[1] ? s->why[1] : -EINVAL;
        return err_set(err, r, "no address for the veth interface: %s", err_name(-r));
    }
    return 0;
}

int stranger_new(const struct stranger_options *o, struct stranger **ret, struct err *err)
{
    struct stranger *s = calloc(1, sizeof *s);
    int here = -1, there = -1;
    if (!s)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    s->netns = -1;
    s->count = o->count < 1 ? 1 : o->count < MAX_COUNT ? o->count : MAX_COUNT;
    snprintf(s->interface, sizeof s->interface, "%s", o->interface);
    int r = make_namespace(&s->netns, &there, err);
    if (r < 0)
        goto out;
    here = netlink_open();
    if (here < 0)
        r = err_set(err, -errno, "netlink: %s", err_name(errno));
    else
        r = furnish(s, o, here, there, err);
out:
    if (here >= 0)
        close(here);
    if (there >= 0)
        close(there);
    if (r < 0) {
        stranger_free(s);
        return r;
    }
    *ret = s;
    return 0;
}

void stranger_free(struct stranger *s)
{
    if (!s)
        return;
    int nl = s->since ? netlink_open() : -1;
    if (nl >= 0) {
        netlink_delete(nl, s->interface); /* closing the namespace does it too, but a moment later */
        close(nl);
    }
    if (s->netns >= 0)
        close(s->netns);
    free(s);
}

void stranger_freep(struct stranger **s)
{
    stranger_free(*s);
}

int stranger_netns(const struct stranger *s)
{
    return s->netns;
}

bool stranger_addr(const struct stranger *s, bool v6, unsigned i, struct addr *ret, const char **ret_why)
{
    *ret_why = s->why[v6] ? err_name(-s->why[v6]) : NULL;
    if (s->has[v6])
        *ret = s->addr[v6][i % s->count];
    return s->has[v6];
}

int64_t stranger_age_ms(const struct stranger *s)
{
    return clock_monotonic_ms() - s->since;
}
