#include "nft/connections.h"
#include "nft/talk.h"
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define AT_ONCE 16384 /* connections ended in one round; there are as many rounds as are needed */
#define ROUNDS 64
#define OPEN_STATES (1u << TCP_ESTABLISHED | 1u << TCP_SYN_SENT | 1u << TCP_SYN_RECV | 1u << TCP_FIN_WAIT1 | 1u << TCP_FIN_WAIT2 | 1u << TCP_CLOSE_WAIT | \
                     1u << TCP_LAST_ACK | 1u << TCP_CLOSING)

struct victim {
    uint8_t family;
    struct inet_diag_sockid id;
};

struct connections {
    struct mnl_socket *socket;
    uint32_t seq;
    struct victim victims[AT_ONCE];
    size_t victims_n;
    const struct ban_key *keys; /* in order */
    size_t keys_n;
    struct { uint8_t v6, length; } groups[2 * 129]; /* lengths that occur among them */
    size_t groups_n;
    bool more; /* there was no room for all */
};

int connections_open(struct connections **ret, struct err *err)
{
    struct connections *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    c->seq = (uint32_t)time(NULL);
    c->socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
    if (!c->socket || mnl_socket_bind(c->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        int r = -errno;
        connections_close(c);
        return err_set(err, r, "sock_diag: %s", err_name(r));
    }
    *ret = c;
    return 0;
}

void connections_close(struct connections *c)
{
    if (c && c->socket)
        mnl_socket_close(c->socket);
    free(c);
}

void connections_closep(struct connections **c)
{
    connections_close(*c);
    *c = NULL;
}

static int order(const void *a, const void *b)
{
    return ban_key_order(a, b);
}

static struct prefix cut(const struct addr *a, unsigned length)
{
    struct prefix p = {.addr = *a, .length = (uint8_t)length};
    for (unsigned i = length; i < (a->v6 ? 128u : 32u); i++)
        p.addr.bytes[i / 8] &= (uint8_t)~(1u << (7 - i % 8));
    return p;
}

static bool has(const struct connections *c, const struct ban_key *k)
{
    return bsearch(k, c->keys, c->keys_n, sizeof *k, order);
}

static bool concerned(const struct connections *c, const struct addr *remote, uint16_t local_port)
{
    for (size_t i = 0; i < c->groups_n; i++) {
        if (!c->groups[i].v6 != !remote->v6)
            continue;
        struct ban_key all = {.network = cut(remote, c->groups[i].length)}, port = {.network = all.network, .protocol = IPPROTO_TCP, .port = local_port};
        if (has(c, &all) || has(c, &port))
            return true;
    }
    return false;
}

static void find_groups(struct connections *c)
{
    c->groups_n = 0;
    for (size_t i = 0; i < c->keys_n; i++) {
        const struct prefix *p = &c->keys[i].network;
        size_t n = c->groups_n;
        if (n && c->groups[n - 1].v6 == (p->addr.v6 != 0) && c->groups[n - 1].length == p->length)
            continue;
        c->groups[n].v6 = p->addr.v6 != 0;
        c->groups[n].length = p->length;
        c->groups_n++;
    }
}

static void on_socket(const struct nlmsghdr *h, void *arg)
{
    struct connections *c = arg;
    if (mnl_nlmsg_get_payload_len(h) < sizeof(struct inet_diag_msg))
        return;
    const struct inet_diag_msg *m = mnl_nlmsg_get_payload(h);
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    memcpy(&v6.sin6_addr, m->id.idiag_dst, 16);
    memcpy(&v4.sin_addr, m->id.idiag_dst, 4);
    struct addr remote = addr_of_sockaddr(m->idiag_family == AF_INET6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4); /* unmaps ::ffff:a.b.c.d */
    if (!concerned(c, &remote, ntohs(m->id.idiag_sport)))
        return;
    if (c->victims_n == AT_ONCE)
        c->more = true;
    else
        c->victims[c->victims_n++] = (struct victim){m->idiag_family, m->id};
}

/* A filter that the kernel runs (inet_diag_bc_run): what does not come from this network is not listed. It takes IPv4 clients of IPv6 sockets for IPv4. */
static void put_filter(struct nlmsghdr *h, const struct prefix *p)
{
    struct {
        struct inet_diag_bc_op op;
        struct inet_diag_hostcond cond;
        unsigned char addr[16];
    } __attribute__((packed)) f = {0};
    size_t n = sizeof f - (p->addr.v6 ? 0 : 12);
    f.op = (struct inet_diag_bc_op){INET_DIAG_BC_D_COND, (unsigned char)n, (unsigned short)(n + 4)};
    f.cond.family = p->addr.v6 ? AF_INET6 : AF_INET;
    f.cond.prefix_len = p->length;
    f.cond.port = -1;
    memcpy(f.addr, p->addr.bytes, p->addr.v6 ? 16 : 4);
    mnl_attr_put(h, INET_DIAG_REQ_BYTECODE, n, &f);
}

static struct nlmsghdr *request(void *bytes, uint16_t type, uint16_t flags, struct inet_diag_req_v2 **ret)
{
    struct nlmsghdr *h = mnl_nlmsg_put_header(bytes);
    h->nlmsg_type = type;
    h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
    *ret = mnl_nlmsg_put_extra_header(h, sizeof **ret);
    (*ret)->sdiag_protocol = IPPROTO_TCP;
    (*ret)->idiag_states = OPEN_STATES;
    return h;
}

static int look(struct connections *c, uint8_t family)
{
    char bytes[512] __attribute__((aligned(8)));
    struct inet_diag_req_v2 *q;
    struct nlmsghdr *h = request(bytes, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &q);
    q->sdiag_family = family;
    const struct prefix *only = &c->keys[0].network;
    bool single = true;
    for (size_t i = 1; i < c->keys_n && single; i++)
        single = prefix_covers(only, &c->keys[i].network);
    if (single)
        put_filter(h, only);
    return talk(c->socket, h, &c->seq, on_socket, c);
}

static int end_one(struct connections *c, const struct victim *v)
{
    char bytes[256] __attribute__((aligned(8)));
    struct inet_diag_req_v2 *q;
    struct nlmsghdr *h = request(bytes, SOCK_DESTROY, NLM_F_ACK, &q);
    q->sdiag_family = v->family;
    q->id = v->id;
    return talk(c->socket, h, &c->seq, on_socket, c);
}

static int round_of(struct connections *c, size_t *ended)
{
    c->victims_n = 0;
    c->more = false;
    int r = c->groups[0].v6 ? 0 : look(c, AF_INET); /* IPv4 comes first */
    if (r == 0)
        r = look(c, AF_INET6);
    for (size_t i = 0; r == 0 && i < c->victims_n; i++) {
        r = end_one(c, &c->victims[i]);
        *ended += r == 0;
        r = r == -ENOENT ? 0 : r; /* it ended by itself */
    }
    return r;
}

int connections_end(struct connections *c, struct ban_key *keys, size_t n, size_t *ret_ended, struct err *err)
{
    size_t ended = 0;
    int r = 0;
    if (n)
        qsort(keys, n, sizeof *keys, order);
    c->keys = keys;
    c->keys_n = n;
    find_groups(c);
    for (int i = 0; n && i < ROUNDS; i++)
        if ((r = round_of(c, &ended)) < 0 || !c->more)
            break;
    *ret_ended = ended;
    return r < 0 ? err_set(err, r, "sock_diag: %s", err_name(r)) : 0;
}
