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

/* The next attribute of *rest, which begins there: its type and its bytes. (mnl_attr_for_each reads up to the next multiple of four, beyond the message.) */
static bool next_attribute(struct str *rest, uint16_t *ret_type, struct str *ret)
{
    const struct nlattr *a = (const void *)rest->p;
    if (rest->n < sizeof *a || a->nla_len < sizeof *a || a->nla_len > rest->n)
        return false;
    *ret_type = mnl_attr_get_type(a);
    *ret = str_span(rest->p + sizeof *a, a->nla_len - sizeof *a);
    *rest = str_from(*rest, (size_t)MNL_ALIGN(a->nla_len));
    return true;
}

/* The bytes of the first attribute of this type; .p NULL: there is none. */
static struct str attribute_in(struct str all, uint16_t type)
{
    struct str value;
    for (uint16_t is; next_attribute(&all, &is, &value);)
        if (is == type)
            return value;
    return (struct str){NULL, 0};
}

static struct str attributes_of(const struct nlmsghdr *h)
{
    size_t head = MNL_ALIGN(sizeof *h) + MNL_ALIGN(sizeof(struct nfgenmsg));
    return h->nlmsg_len > head ? str_span((const char *)h + head, h->nlmsg_len - head) : STR("");
}

static struct str attribute(const struct nlmsghdr *h, uint16_t type) { return attribute_in(attributes_of(h), type); }

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

void bans_touched_join(struct bans_touched *t, const struct bans_touched *more)
{
    t->any |= more->any;
    t->parts |= more->parts;
    t->many |= more->many || t->n + more->n > BANS_TOUCHED;
    t->table |= more->table;
    for (size_t i = 0; i < more->n && t->n < BANS_TOUCHED; i++)
        t->keys[t->n++] = more->keys[i];
}

static struct str text(struct str bytes) { return bytes.p ? str_span(bytes.p, strnlen(bytes.p, bytes.n)) : STR(""); }

static void touch_elements(const struct nlmsghdr *h, struct bans_touched *t)
{
    struct ban_key set;
    struct str all = attribute(h, NFTA_SET_ELEM_LIST_ELEMENTS), one;
    if (!ban_set_of(text(attribute(h, NFTA_SET_ELEM_LIST_SET)), &set)) {
        t->parts = true; /* of a set that is not ours */
        return;
    }
    for (uint16_t type; next_attribute(&all, &type, &one);) {
        struct ban_key k = set;
        if (t->n < BANS_TOUCHED && ban_key_read(&k, attribute_in(attribute_in(one, NFTA_SET_ELEM_KEY), NFTA_DATA_VALUE)))
            t->keys[t->n++] = k;
        else
            t->many = true;
    }
}

static void touch(const struct nlmsghdr *h, struct bans_touched *t)
{
    struct ban_key set;
    t->any = true;
    switch (NFNL_MSG_TYPE(h->nlmsg_type)) {
    case NFT_MSG_NEWSETELEM:
    case NFT_MSG_DELSETELEM: touch_elements(h, t); break;
    case NFT_MSG_NEWCHAIN:
    case NFT_MSG_DELCHAIN:
    case NFT_MSG_NEWRULE:
    case NFT_MSG_DELRULE: t->parts = true; break;
    case NFT_MSG_NEWSET:
    case NFT_MSG_DELSET: *(ban_set_of(text(attribute(h, NFTA_SET_NAME)), &set) ? &t->table : &t->parts) = true; break;
    default: t->table = true;
    }
}

bool bans_news_parse(struct str datagram, uint32_t own_port, size_t *offset, struct bans_touched *touched, struct bans_news *ret)
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
            struct bans_news n = {.touched = *touched};
            read_generation(h, &n);
            *touched = (struct bans_touched){0};
            *ret = n;
            return true;
        }
        if (of_our_table(h))
            touch(h, touched);
    }
    return false;
}

/* What was not heard may have been anything. */
static int anything(struct bans *b, struct bans_news *ret)
{
    b->missed = false;
    b->touched = (struct bans_touched){0};
    *ret = (struct bans_news){.touched = {.any = true, .parts = true, .many = true}, .lost = true};
    return 1;
}

int bans_news(struct bans *b, struct bans_news *ret)
{
    if (b->missed)
        return anything(b, ret);
    for (;;) {
        if (b->datagram_at < b->datagram_n && bans_news_parse(str_span(b->datagram, b->datagram_n), b->batch.portid, &b->datagram_at, &b->touched, ret))
            return 1;
        ssize_t n = recv(mnl_socket_get_fd(b->monitor), b->datagram, sizeof b->datagram, 0);
        b->datagram_n = b->datagram_at = 0;
        if (n < 0 && errno == ENOBUFS)
            return anything(b, ret);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : -errno;
        b->datagram_n = (size_t)n;
    }
}
