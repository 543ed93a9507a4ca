/* bans_monitor.c: what others do to the ruleset, from the multicast group of nf_tables. After the messages of a transaction comes NEWGEN, which names who did it. */
#include "nft/bans_own.h"
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#define HOLD (8 << 20) /* bytes of messages that the kernel keeps for us */

/* All messages of one datagram are of one transaction and carry its sender: ours never come, however large the transaction. */
static int ignore_own(int fd, uint32_t port)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(port), 0, 1), /* loads are in network order */
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffffu),
    };
    struct sock_fprog program = {ARRAY_SIZE(code), code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static int open_monitor(struct bans *b)
{
    int hold = HOLD;
    b->monitor = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (!b->monitor || mnl_socket_bind(b->monitor, 0, MNL_SOCKET_AUTOPID) < 0)
        return -errno;
    int fd = mnl_socket_get_fd(b->monitor);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &hold, sizeof hold) < 0)
        (void)!setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &hold, sizeof hold); /* then more is lost, which is told */
    return ignore_own(fd, b->batch.portid) < 0 ? -errno : bans_listen(b, true);
}

int bans_listen(struct bans *b, bool yes)
{
    int group = NFNLGRP_NFTABLES;
    return mnl_socket_setsockopt(b->monitor, yes ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP, &group, sizeof group) < 0 ? -errno : 0;
}

int bans_open(struct bans **ret, struct err *err)
{
    struct bans *b = calloc(1, sizeof *b);
    if (!b)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    int r = batch_open(&b->batch, err);
    if (r == 0 && (r = open_monitor(b)) < 0)
        err_set(err, r, "nftables: %s", err_name(r));
    if (r < 0) {
        bans_close(b);
        return r;
    }
    *ret = b;
    return 0;
}

void bans_close(struct bans *b)
{
    if (!b)
        return;
    batch_close(&b->batch);
    if (b->monitor)
        mnl_socket_close(b->monitor);
    free(b->chunk);
    free(b);
}

void bans_closep(struct bans **b)
{
    bans_close(*b);
    *b = NULL;
}

int bans_monitor_fd(const struct bans *b)
{
    return mnl_socket_get_fd(b->monitor);
}

/* The bytes of the first attribute of this type; .p NULL: there is none. (mnl_attr_for_each reads up to the next multiple of four, beyond the message.) */
static struct str attribute(const struct nlmsghdr *h, uint16_t type)
{
    const char *p = (const char *)h, *end = p + h->nlmsg_len;
    for (p += MNL_ALIGN(sizeof *h) + MNL_ALIGN(sizeof(struct nfgenmsg)); p < end && end - p >= (ptrdiff_t)sizeof(struct nlattr);) {
        const struct nlattr *a = (const void *)p;
        if (a->nla_len < sizeof *a || a->nla_len > end - p)
            break;
        if (mnl_attr_get_type(a) == type)
            return str_span(p + sizeof *a, a->nla_len - sizeof *a);
        p += MNL_ALIGN(a->nla_len);
    }
    return (struct str){NULL, 0};
}

static uint32_t number(struct str s)
{
    uint32_t v = 0;
    if (s.n == sizeof v)
        memcpy(&v, s.p, sizeof v);
    return ntohl(v);
}

static void read_generation(const struct nlmsghdr *h, struct bans_news *n)
{
    struct str who = attribute(h, NFTA_GEN_PROC_NAME);
    n->generation = number(attribute(h, NFTA_GEN_ID));
    n->pid = number(attribute(h, NFTA_GEN_PROC_PID));
    if (who.p)
        memcpy(n->who, who.p, strnlen(who.p, who.n < sizeof n->who ? who.n : sizeof n->who - 1));
}

/* Every message about a table, a chain, a rule, a set or its elements has the name of the table as its first attribute type (1). */
static bool of_our_table(const struct nlmsghdr *h)
{
    struct str table = attribute(h, NFTA_TABLE_NAME);
    const struct nfgenmsg *g = (const void *)((const char *)h + MNL_ALIGN(sizeof *h));
    return table.p && g->nfgen_family == NFPROTO_INET && str_eq(str_span(table.p, strnlen(table.p, table.n)), STR(BANS_TABLE));
}

bool bans_news_parse(struct str datagram, uint32_t own_port, size_t *offset, bool *touched, struct bans_news *ret)
{
    while (*offset < datagram.n) {
        const struct nlmsghdr *h = (const void *)(datagram.p + *offset);
        size_t left = datagram.n - *offset;
        if (left < sizeof *h || h->nlmsg_len < sizeof *h || h->nlmsg_len > left) { /* mnl_nlmsg_ok takes lengths of 2 GiB for negative ones */
            *offset = datagram.n;
            return false;
        }
        size_t step = MNL_ALIGN(h->nlmsg_len);
        *offset = step < left ? *offset + step : datagram.n;
        if (h->nlmsg_pid == own_port || NFNL_SUBSYS_ID(h->nlmsg_type) != NFNL_SUBSYS_NFTABLES)
            continue;
        if (NFNL_MSG_TYPE(h->nlmsg_type) == NFT_MSG_NEWGEN) {
            struct bans_news n = {.ours = *touched};
            read_generation(h, &n);
            *touched = false;
            *ret = n;
            return true;
        }
        *touched |= of_our_table(h);
    }
    return false;
}

int bans_news(struct bans *b, struct bans_news *ret)
{
    if (b->missed) {
        b->missed = b->touched = false;
        *ret = (struct bans_news){.ours = true, .lost = true};
        return 1;
    }
    for (;;) {
        if (b->datagram_at < b->datagram_n && bans_news_parse(str_span(b->datagram, b->datagram_n), b->batch.portid, &b->datagram_at, &b->touched, ret))
            return 1;
        ssize_t n = recv(mnl_socket_get_fd(b->monitor), b->datagram, sizeof b->datagram, 0);
        b->datagram_n = b->datagram_at = 0;
        if (n < 0 && errno == ENOBUFS) {
            b->touched = false;
            *ret = (struct bans_news){.ours = true, .lost = true};
            return 1;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : -errno;
        b->datagram_n = (size_t)n;
    }
}
