#include "dialogue/netlink.h"
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ROOM 1024

union message {
    struct nlmsghdr h;
    char bytes[ROOM];
};

int netlink_open(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct timeval limit = {.tv_sec = 2};
    struct sockaddr_nl own = {.nl_family = AF_NETLINK};
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 || bind(fd, (struct sockaddr *)&own, sizeof own) < 0) {
        int e = errno;
        close(fd);
        errno = e;
        return -1;
    }
    return fd;
}

/* A new request with `size` bytes of the family's own header, which is returned (zeroed). */
static void *request(union message *m, uint16_t type, uint16_t flags, size_t size)
{
    static uint32_t sequence;
    struct nlmsghdr *h = mnl_nlmsg_put_header(m);
    h->nlmsg_type = type;
    h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
    h->nlmsg_seq = ++sequence;
    return mnl_nlmsg_put_extra_header(h, size);
}

/* Sends and reads until the acknowledgement. A message of `want_type` that comes before it is left in *answer, if that is given. */
static int talk(int nl, const union message *m, uint16_t want_type, union message *answer)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    if (sendto(nl, m, m->h.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0)
        return -errno;
    char bytes[16384];
    for (;;) {
        ssize_t n = recv(nl, bytes, sizeof bytes, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EPROTO;
        int left = (int)n;
        for (const struct nlmsghdr *h = (const struct nlmsghdr *)bytes; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
            if (h->nlmsg_seq != m->h.nlmsg_seq)
                continue;
            if (h->nlmsg_type == NLMSG_ERROR)
                return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(h))->error;
            if (answer && h->nlmsg_type == want_type)
                memcpy(answer, h, h->nlmsg_len < ROOM ? h->nlmsg_len : ROOM);
        }
    }
}

int netlink_veth(int nl, const char *name, const unsigned char mac[6], int netns, const char *peer, const unsigned char peer_mac[6])
{
    union message m;
    struct ifinfomsg *i = request(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof *i);
    i->ifi_family = AF_UNSPEC;
    mnl_attr_put_strz(&m.h, IFLA_IFNAME, name);
    mnl_attr_put(&m.h, IFLA_ADDRESS, 6, mac);
    struct nlattr *info = mnl_attr_nest_start(&m.h, IFLA_LINKINFO);
    mnl_attr_put_strz(&m.h, IFLA_INFO_KIND, "veth");
    struct nlattr *data = mnl_attr_nest_start(&m.h, IFLA_INFO_DATA), *other = mnl_attr_nest_start(&m.h, VETH_INFO_PEER);
    mnl_nlmsg_put_extra_header(&m.h, sizeof *i);
    mnl_attr_put_strz(&m.h, IFLA_IFNAME, peer);
    mnl_attr_put(&m.h, IFLA_ADDRESS, 6, peer_mac);
    mnl_attr_put_u32(&m.h, IFLA_NET_NS_FD, (uint32_t)netns);
    mnl_attr_nest_end(&m.h, other);
    mnl_attr_nest_end(&m.h, data);
    mnl_attr_nest_end(&m.h, info);
    return talk(nl, &m, 0, NULL);
}

int netlink_index(int nl, const char *name, unsigned *ret)
{
    union message m, answer = {.h = {0}};
    struct ifinfomsg *i = request(&m, RTM_GETLINK, 0, sizeof *i);
    i->ifi_family = AF_UNSPEC;
    mnl_attr_put_strz(&m.h, IFLA_IFNAME, name);
    int r = talk(nl, &m, RTM_NEWLINK, &answer);
    if (r < 0)
        return r;
    if (answer.h.nlmsg_len < NLMSG_LENGTH(sizeof *i))
        return -EPROTO;
    *ret = (unsigned)((const struct ifinfomsg *)mnl_nlmsg_get_payload(&answer.h))->ifi_index;
    return 0;
}

int netlink_delete(int nl, const char *name)
{
    union message m;
    struct ifinfomsg *i = request(&m, RTM_DELLINK, 0, sizeof *i);
    i->ifi_family = AF_UNSPEC;
    mnl_attr_put_strz(&m.h, IFLA_IFNAME, name);
    return talk(nl, &m, 0, NULL);
}

int netlink_up(int nl, unsigned index)
{
    union message m;
    struct ifinfomsg *i = request(&m, RTM_NEWLINK, 0, sizeof *i);
    i->ifi_index = (int)index;
    i->ifi_flags = i->ifi_change = IFF_UP;
    return talk(nl, &m, 0, NULL);
}

int netlink_no_link_local(int nl, unsigned index)
{
    union message m;
    struct ifinfomsg *i = request(&m, RTM_SETLINK, 0, sizeof *i);
    i->ifi_index = (int)index;
    struct nlattr *families = mnl_attr_nest_start(&m.h, IFLA_AF_SPEC), *inet6 = mnl_attr_nest_start(&m.h, AF_INET6);
    mnl_attr_put_u8(&m.h, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
    mnl_attr_nest_end(&m.h, inet6);
    mnl_attr_nest_end(&m.h, families);
    return talk(nl, &m, 0, NULL);
}

static uint8_t family_of(const struct addr *a)
{
    return a->v6 ? AF_INET6 : AF_INET;
}

static size_t bytes_of(const struct addr *a)
{
    return a->v6 ? 16 : 4;
}

int netlink_address(int nl, unsigned index, const struct addr *a)
{
    union message m;
    struct ifaddrmsg *i = request(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof *i);
    i->ifa_family = family_of(a);
    i->ifa_prefixlen = a->v6 ? 128 : 32;
    i->ifa_index = index;
    mnl_attr_put(&m.h, IFA_LOCAL, bytes_of(a), a->bytes);
    mnl_attr_put(&m.h, IFA_ADDRESS, bytes_of(a), a->bytes);
    mnl_attr_put_u32(&m.h, IFA_FLAGS, IFA_F_NODAD);
    return talk(nl, &m, 0, NULL);
}

int netlink_route(int nl, unsigned index, const struct addr *to)
{
    union message m;
    struct rtmsg *r = request(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof *r);
    r->rtm_family = family_of(to);
    r->rtm_dst_len = to->v6 ? 128 : 32;
    r->rtm_table = RT_TABLE_MAIN;
    r->rtm_protocol = RTPROT_STATIC;
    r->rtm_scope = to->v6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
    r->rtm_type = RTN_UNICAST;
    mnl_attr_put(&m.h, RTA_DST, bytes_of(to), to->bytes);
    mnl_attr_put_u32(&m.h, RTA_OIF, index);
    return talk(nl, &m, 0, NULL);
}

int netlink_neighbour(int nl, unsigned index, const struct addr *a, const unsigned char mac[6])
{
    union message m;
    struct ndmsg *n = request(&m, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, sizeof *n);
    n->ndm_family = family_of(a);
    n->ndm_ifindex = (int)index;
    n->ndm_state = NUD_PERMANENT;
    mnl_attr_put(&m.h, NDA_DST, bytes_of(a), a->bytes);
    mnl_attr_put(&m.h, NDA_LLADDR, 6, mac);
    return talk(nl, &m, 0, NULL);
}
