#include "nft/batch.h"
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define MOST (256u << 20)
#define ANSWERS 65536

int batch_open(struct batch *b, struct err *err)
{
    *b = (struct batch){.seq = (uint32_t)time(NULL)};
    b->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    if (!b->socket || mnl_socket_bind(b->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        int r = -errno;
        batch_close(b);
        return err_set(err, r, "nftables: %s", err_name(r));
    }
    b->portid = mnl_socket_get_portid(b->socket);
    return 0;
}

void batch_close(struct batch *b)
{
    if (b->socket)
        mnl_socket_close(b->socket);
    free(b->bytes);
    *b = (struct batch){0};
}

static int make_room(struct batch *b, size_t n)
{
    if (b->cap - b->n >= n)
        return 0;
    size_t cap = b->cap ? b->cap * 2 : 2 * BATCH_MESSAGE;
    void *p = cap <= MOST ? realloc(b->bytes, cap) : NULL;
    if (!p)
        return -ENOMEM;
    b->bytes = p;
    b->cap = cap;
    return 0;
}

int batch_begin(struct batch *b)
{
    b->n = b->last = 0;
    if (make_room(b, BATCH_MESSAGE) < 0)
        return -ENOMEM;
    const struct nlmsghdr *h = nftnl_batch_begin((char *)b->bytes, ++b->seq);
    b->n = MNL_ALIGN(h->nlmsg_len);
    return 0;
}

struct nlmsghdr *batch_message(struct batch *b, uint16_t type, uint16_t flags)
{
    if (make_room(b, BATCH_MESSAGE) < 0)
        return NULL;
    return nftnl_nlmsg_build_hdr((char *)b->bytes + b->n, type, NFPROTO_INET, flags, ++b->seq);
}

void batch_add(struct batch *b, const struct nlmsghdr *h)
{
    b->last = b->n;
    b->n += MNL_ALIGN(h->nlmsg_len);
}

/* sendmsg refuses what is longer than the buffer, whatever is free in it. */
static void widen(struct batch *b)
{
    int want = (int)(b->n + b->n / 2 + 65536), fd = mnl_socket_get_fd(b->socket);
    if (b->n + 65536 <= b->sendbuf)
        return;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &want, sizeof want) == 0 || setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &want, sizeof want) == 0)
        b->sendbuf = (size_t)want;
}

struct answers {
    uint32_t first, last; /* sequence numbers of the batch */
    int error;
    bool complete;
};

static void take(struct answers *a, const struct nlmsghdr *h)
{
    if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_seq - a->first > a->last - a->first)
        return; /* of an earlier one */
    const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
    if (e->error && !a->error)
        a->error = e->error;
    if (h->nlmsg_seq == a->last || (e->error && h->nlmsg_seq == a->first))
        a->complete = true; /* the batch as a whole is answered under its beginning */
}

/* In a batch that was refused the last message is acknowledged all the same: only the absence of any error says that it was done. */
static int answers(struct batch *b, struct answers *a)
{
    char bytes[ANSWERS] __attribute__((aligned(8)));
    bool lost = false;
    for (;;) {
        ssize_t n = recv(mnl_socket_get_fd(b->socket), bytes, sizeof bytes, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == ENOBUFS) {
            lost = true;
            continue;
        }
        if (n < 0 && errno != EAGAIN)
            return -errno;
        if (n < 0)
            return a->error ? a->error : lost || !a->complete ? -ENOBUFS : 0;
        int left = (int)n;
        for (const struct nlmsghdr *h = (const void *)bytes; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
            take(a, h);
    }
}

int batch_commit(struct batch *b)
{
    struct answers a = {.first = ((const struct nlmsghdr *)(const void *)b->bytes)->nlmsg_seq, .last = b->seq};
    if (!b->last)
        return 0;
    ((struct nlmsghdr *)(void *)(b->bytes + b->last))->nlmsg_flags |= NLM_F_ACK;
    if (make_room(b, 64) < 0)
        return -ENOMEM;
    const struct nlmsghdr *h = nftnl_batch_end((char *)b->bytes + b->n, ++b->seq);
    b->n += MNL_ALIGN(h->nlmsg_len);
    widen(b);
    while (mnl_socket_sendto(b->socket, b->bytes, b->n) < 0)
        if (errno != EINTR)
            return -errno;
    return answers(b, &a);
}
