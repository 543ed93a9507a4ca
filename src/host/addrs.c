#include "base/i18n.h"
#include "host/parts.h"
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_ADDRS 10000
#define MAX_ROUTES 20000 /* a full table of the internet is not kept: addrs_seen then says -E2BIG */

static struct addr addr_of(int family, const void *bytes)
{
    struct addr a = {.v6 = family == AF_INET6};
    memcpy(a.bytes, bytes, a.v6 ? 16 : 4);
    return a;
}

static struct prefix network_of(const struct addr *a, unsigned length)
{
    struct prefix p = {.addr = *a, .length = (uint8_t)length};
    for (size_t i = 0; i < 16; i++) {
        unsigned keep = length > i * 8 ? length - (unsigned)i * 8 : 0;
        p.addr.bytes[i] &= keep >= 8 ? 0xff : (uint8_t)(0xff00u >> keep);
    }
    return p;
}

/* The attributes behind a message's fixed part: the address of type `want`, or of `otherwise`. NULL: none of the right size. */
static const void *attribute(const char *p, size_t n, unsigned want, unsigned otherwise, size_t size)
{
    const void *second = NULL;
    while (n >= sizeof(struct rtattr)) {
        struct rtattr a;
        memcpy(&a, p, sizeof a);
        size_t step = RTA_ALIGN((size_t)a.rta_len);
        if (a.rta_len < sizeof a || a.rta_len > n)
            break;
        unsigned type = a.rta_type & NLA_TYPE_MASK;
        if (type == want && a.rta_len - sizeof a == size)
            return p + sizeof a;
        if (type == otherwise && a.rta_len - sizeof a == size)
            second = p + sizeof a;
        p += step < n ? step : n;
        n -= step < n ? step : n;
    }
    return second;
}

static bool family_size(unsigned family, size_t *ret)
{
    *ret = family == AF_INET6 ? 16 : 4;
    return family == AF_INET || family == AF_INET6;
}

static int add_addr(struct host *h, struct str body)
{
    struct ifaddrmsg m;
    size_t size;
    if (body.n < sizeof m)
        return 0;
    memcpy(&m, body.p, sizeof m);
    if (!family_size(m.ifa_family, &size) || m.ifa_prefixlen > size * 8)
        return 0;
    /* On a point-to-point link IFA_ADDRESS is the other end and IFA_LOCAL ours; IPv6 has IFA_ADDRESS alone. */
    const void *bytes = attribute(body.p + NLMSG_ALIGN(sizeof m), body.n - NLMSG_ALIGN(sizeof m), IFA_LOCAL, IFA_ADDRESS, size);
    if (!bytes)
        return 0;
    if (h->addrs.n >= MAX_ADDRS)
        return -E2BIG;
    char name[IF_NAMESIZE] = "";
    if (!if_indextoname(m.ifa_index, name))
        name[0] = 0;
    struct addr a = addr_of(m.ifa_family, bytes);
    *list_push(h->arena, &h->addrs) = (struct own_addr){.addr = a, .prefix = network_of(&a, m.ifa_prefixlen), .interface = arena_dupz(h->arena, name),
                                                        .loopback = addr_is_loopback(&a), .link_local = m.ifa_scope == RT_SCOPE_LINK};
    return 0;
}

static int add_route(struct host *h, struct str body)
{
    struct rtmsg m;
    size_t size;
    if (body.n < sizeof m)
        return 0;
    memcpy(&m, body.p, sizeof m);
    bool real = m.rtm_type != RTN_LOCAL && m.rtm_type != RTN_BROADCAST && m.rtm_type != RTN_ANYCAST && m.rtm_type != RTN_MULTICAST;
    if (!real || !m.rtm_dst_len || !family_size(m.rtm_family, &size) || m.rtm_dst_len > size * 8)
        return 0;
    const void *bytes = attribute(body.p + NLMSG_ALIGN(sizeof m), body.n - NLMSG_ALIGN(sizeof m), RTA_DST, RTA_DST, size);
    if (!bytes)
        return 0;
    if (h->routes.n >= MAX_ROUTES)
        return -E2BIG;
    struct addr a = addr_of(m.rtm_family, bytes);
    struct prefix to = network_of(&a, m.rtm_dst_len);
    *list_push(h->arena, &h->routes) = to;
    if (m.rtm_type == RTN_BLACKHOLE || m.rtm_type == RTN_UNREACHABLE || m.rtm_type == RTN_PROHIBIT)
        *list_push(h->arena, &h->closed_routes) = (struct closed_route){to, m.rtm_type == RTN_BLACKHOLE ? "blackhole" : m.rtm_type == RTN_UNREACHABLE ? "unreachable" : "prohibit", m.rtm_table};
    return 0;
}

/* One datagram of a dump. 1: it was the last one; 0: more follow; -errno. */
int rtnl_parse(struct host *h, struct str message)
{
    struct nlmsghdr head;
    int r = 0;
    while (r == 0 && message.n >= sizeof head) {
        memcpy(&head, message.p, sizeof head);
        if (head.nlmsg_len < sizeof head || head.nlmsg_len > message.n)
            return -EBADMSG;
        struct str body = str_span(message.p + NLMSG_HDRLEN, head.nlmsg_len - NLMSG_HDRLEN);
        if (head.nlmsg_type == NLMSG_DONE)
            return 1;
        if (head.nlmsg_type == NLMSG_ERROR) {
            int code = -EBADMSG;
            if (body.n >= sizeof code)
                memcpy(&code, body.p, sizeof code);
            return code < 0 && code > -4096 ? code : -EBADMSG;
        }
        if (head.nlmsg_type == RTM_NEWADDR)
            r = add_addr(h, body);
        else if (head.nlmsg_type == RTM_NEWROUTE)
            r = add_route(h, body);
        message = str_from(message, NLMSG_ALIGN((size_t)head.nlmsg_len));
    }
    return r;
}

static int dump(struct host *h, int fd, uint16_t type)
{
    struct {
        struct nlmsghdr head;
        struct rtgenmsg body;
    } ask = {{.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtgenmsg)), .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}, {AF_UNSPEC}};
    char chunk[65536];
    if (send(fd, &ask, sizeof ask, 0) < 0)
        return -errno;
    for (int r = 0; r == 0;) {
        ssize_t n = recv(fd, chunk, sizeof chunk, 0);
        if (n < 0 && errno == EINTR)
            continue;
        r = n < 0 ? -errno : n == 0 ? -EIO : rtnl_parse(h, str_span(chunk, (size_t)n));
        if (r < 0)
            return r;
    }
    return 0;
}

void host_see_addrs(struct host *h)
{
    if (!h->live) {
        h->addrs_seen = SEEN(-ENOTSUP, host_why(h, -ENOTSUP, ""));
        return;
    }
    static const uint16_t types[] = {RTM_GETADDR, RTM_GETROUTE};
    int r = 0;
    for (size_t i = 0; i < ARRAY_SIZE(types) && r == 0; i++) {
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        struct timeval limit = {.tv_sec = 2};
        r = fd < 0 ? -errno : setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 ? -errno : dump(h, fd, types[i]);
        if (fd >= 0)
            close(fd);
    }
    if (r < 0)
        h->addrs_seen = SEEN(r, host_why(h, r, _("own addresses (rtnetlink)")));
}
