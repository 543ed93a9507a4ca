/* sockets.c: sockets that listen, asked of the kernel: sock_diag(7). The same as proc(5) net/tcp and the like, but the kernel looks at these sockets only: for
   those files it walks its whole table of connections, which is large on a large machine. */
#include "host/parts.h"
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <unistd.h>

#define LISTEN 10 /* TCP_LISTEN in the kernel's tcp_states.h */
#define UNCONNECTED 7 /* TCP_CLOSE: UDP sockets without a peer */
#define ANSWER_MAX 65536

struct asking {
    struct arena *arena;
    struct proc_sockets *into;
    bool udp;
};

static int take(const struct nlmsghdr *h, void *arg)
{
    struct asking *x = arg;
    const struct inet_diag_msg *m = mnl_nlmsg_get_payload(h);
    if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY || mnl_nlmsg_get_payload_len(h) < sizeof *m)
        return MNL_CB_OK;
    struct proc_socket s = {.udp = x->udp, .addr = {.v6 = m->idiag_family == AF_INET6}, .port = ntohs(m->id.idiag_sport), .inode = m->idiag_inode};
    memcpy(s.addr.bytes, m->id.idiag_src, s.addr.v6 ? 16 : 4);
    if (!s.port)
        return MNL_CB_OK;
    if (x->into->list.n >= SOCKETS_MAX) {
        errno = E2BIG;
        return MNL_CB_ERROR;
    }
    *list_push(x->arena, &x->into->list) = s;
    return MNL_CB_OK;
}

/* The end of the answer, or an error: both begin with a number. A kernel without the module for the protocol says so in the end only, where libmnl does not look. */
static int end(const struct nlmsghdr *h, void *arg)
{
    int code = 0;
    (void)arg;
    if (mnl_nlmsg_get_payload_len(h) >= sizeof code)
        memcpy(&code, mnl_nlmsg_get_payload(h), sizeof code);
    errno = -code;
    return code < 0 ? MNL_CB_ERROR : MNL_CB_STOP;
}

static int dump(struct mnl_socket *nl, const struct asking *x, int protocol, bool v6, unsigned sequence)
{
    mnl_cb_t control[] = {[NLMSG_ERROR] = end, [NLMSG_DONE] = end};
    char bytes[ANSWER_MAX] __attribute__((aligned(8)));
    struct nlmsghdr *h = mnl_nlmsg_put_header(bytes);
    h->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    h->nlmsg_seq = sequence;
    struct inet_diag_req_v2 *q = mnl_nlmsg_put_extra_header(h, sizeof *q);
    q->sdiag_family = v6 ? AF_INET6 : AF_INET;
    q->sdiag_protocol = (uint8_t)protocol;
    q->idiag_states = 1u << (x->udp ? UNCONNECTED : LISTEN);
    if (mnl_socket_sendto(nl, h, h->nlmsg_len) < 0)
        return -errno;
    for (;;) {
        ssize_t n = mnl_socket_recvfrom(nl, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        int more = n < 0 ? -1 : mnl_cb_run2(bytes, (size_t)n, sequence, mnl_socket_get_portid(nl), take, (void *)(uintptr_t)x, control, ARRAY_SIZE(control));
        if (more <= 0)
            return more < 0 ? -errno : 0;
    }
}

int sockets_ask(struct arena *a, int protocol, bool v6, struct proc_sockets *into)
{
    const struct asking x = {a, into, protocol == IPPROTO_UDP};
    struct mnl_socket *nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
    size_t before = into->list.n;
    if (!nl)
        return -errno;
    int r = mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : dump(nl, &x, protocol, v6, 1);
    mnl_socket_close(nl);
    if (r < 0)
        into->list.n = before;
    return r;
}
