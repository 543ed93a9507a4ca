/* read.c: chains and rules by netlink dump, and single set elements by GETSETELEM. */
#include "nft/rules.h"
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <time.h>

#define BUFFER 65536
#define MAX_ROWS 200000

static void chain_row(struct ruleset *r, const struct nftnl_chain *c)
{
    struct chain *row = list_push(r->arena, &r->chains);
    row->family = nftnl_chain_get_u32(c, NFTNL_CHAIN_FAMILY);
    row->table = arena_dupz(r->arena, nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE));
    row->name = arena_dupz(r->arena, nftnl_chain_get_str(c, NFTNL_CHAIN_NAME));
    const char *type = nftnl_chain_get_str(c, NFTNL_CHAIN_TYPE);
    row->hooked = nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM);
    row->base = row->hooked && type && strcmp(type, "filter") == 0;
    if (row->base) {
        row->hook = nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM);
        row->policy_drop = nftnl_chain_get_u32(c, NFTNL_CHAIN_POLICY) == NF_DROP;
    }
}

static int on_chain(const struct nlmsghdr *h, void *data)
{
    struct ruleset *r = data;
    struct nftnl_chain *c = nftnl_chain_alloc();
    if (c && r->chains.n < MAX_ROWS && nftnl_chain_nlmsg_parse(h, c) >= 0)
        chain_row(r, c);
    nftnl_chain_free(c);
    return MNL_CB_OK;
}

static struct chain *owner(struct ruleset *r, const struct nftnl_rule *rule)
{
    uint32_t family = nftnl_rule_get_u32(rule, NFTNL_RULE_FAMILY);
    return ruleset_chain(r, family, nftnl_rule_get_str(rule, NFTNL_RULE_TABLE), nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN));
}

static int on_rule(const struct nlmsghdr *h, void *data)
{
    struct ruleset *r = data;
    struct nftnl_rule *rule = nftnl_rule_alloc();
    if (!rule)
        return MNL_CB_ERROR;
    struct chain *c = nftnl_rule_nlmsg_parse(h, rule) >= 0 && r->rules < MAX_ROWS ? owner(r, rule) : NULL;
    if (c) {
        *list_push(r->arena, &c->rules) = rule;
        r->rules++;
    } else {
        nftnl_rule_free(rule);
    }
    return MNL_CB_OK;
}

/* Sends one request and hands every answer to cb. */
static int ask(struct ruleset *r, struct nlmsghdr *h, mnl_cb_t cb, void *data)
{
    char buffer[BUFFER];
    h->nlmsg_seq = ++r->seq;
    if (mnl_socket_sendto(r->socket, h, h->nlmsg_len) < 0)
        return -errno;
    for (;;) {
        ssize_t n = mnl_socket_recvfrom(r->socket, buffer, sizeof buffer);
        if (n < 0)
            return -errno;
        int v = mnl_cb_run(buffer, (size_t)n, r->seq, mnl_socket_get_portid(r->socket), cb, data);
        if (v < 0)
            return -errno;
        if (v == MNL_CB_STOP)
            return 0;
    }
}

static int dump(struct ruleset *r, uint16_t type, mnl_cb_t cb)
{
    char buffer[256];
    struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buffer, type, NFPROTO_UNSPEC, NLM_F_DUMP, 0);
    return ask(r, h, cb, r);
}

struct found {
    struct element *element;
    bool any;
    size_t at, n, most; /* ruleset_element_with */
    const void *bytes;
    bool full;
};

static void take(struct found *f, const struct nftnl_set_elem *e)
{
    f->any = true;
    f->element->has_verdict = nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_VERDICT);
    if (f->element->has_verdict)
        f->element->verdict = (int)nftnl_set_elem_get_u32((struct nftnl_set_elem *)(uintptr_t)e, NFTNL_SET_ELEM_VERDICT);
    const char *chain = nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_CHAIN) ? nftnl_set_elem_get_str((struct nftnl_set_elem *)(uintptr_t)e, NFTNL_SET_ELEM_CHAIN) : NULL;
    if (chain)
        strncpy(f->element->chain, chain, sizeof f->element->chain - 1);
    f->element->left_ms = nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_EXPIRATION) ? (int64_t)nftnl_set_elem_get_u64((struct nftnl_set_elem *)(uintptr_t)e, NFTNL_SET_ELEM_EXPIRATION) : -1;
}

static int on_element(const struct nlmsghdr *h, void *data)
{
    struct found *f = data;
    struct nftnl_set *set = nftnl_set_alloc();
    if (!set || nftnl_set_elems_nlmsg_parse(h, set) < 0) {
        nftnl_set_free(set);
        return MNL_CB_OK;
    }
    struct nftnl_set_elems_iter *it = nftnl_set_elems_iter_create(set);
    struct nftnl_set_elem *e = it ? nftnl_set_elems_iter_next(it) : NULL;
    if (e)
        take(f, e);
    if (it)
        nftnl_set_elems_iter_destroy(it);
    nftnl_set_free(set);
    return MNL_CB_OK;
}

/* Asks about one set, or (GETSETELEM) about `e` in it, which it takes; NULL: about all its elements. */
static int ask_set(struct ruleset *r, uint16_t type, uint16_t flags, const struct chain *c, const char *name, struct nftnl_set_elem *e, mnl_cb_t cb, void *data)
{
    char buffer[4096];
    struct nftnl_set *set = nftnl_set_alloc();
    if (!set) {
        if (e)
            nftnl_set_elem_free(e);
        return -ENOMEM;
    }
    nftnl_set_set_str(set, NFTNL_SET_TABLE, c->table);
    nftnl_set_set_str(set, NFTNL_SET_NAME, name);
    if (e)
        nftnl_set_elem_add(set, e);
    struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buffer, type, (uint16_t)c->family, flags, 0);
    if (type == NFT_MSG_GETSETELEM)
        nftnl_set_elems_nlmsg_build_payload(h, set);
    else
        nftnl_set_nlmsg_build_payload(h, set);
    int result = ask(r, h, cb, data);
    nftnl_set_free(set);
    return result;
}

int ruleset_element(struct ruleset *r, const struct chain *c, const char *name, const void *key, uint32_t n, struct element *ret)
{
    struct nftnl_set_elem *e = nftnl_set_elem_alloc();
    struct element element = {.left_ms = -1};
    struct found found = {.element = &element};
    if (!e)
        return -ENOMEM;
    nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, key, n);
    int result = ask_set(r, NFT_MSG_GETSETELEM, NLM_F_ACK, c, name, e, on_element, &found);
    if (result == -ENOENT || (result == 0 && !found.any))
        return 0;
    if (result < 0)
        return result;
    *ret = element;
    return 1;
}

/* Is it one whose key has the wanted bytes at the wanted place? With a range there, from its first to its last. */
static bool holds(const struct found *f, const struct nftnl_set_elem *e)
{
    struct nftnl_set_elem *one = (struct nftnl_set_elem *)(uintptr_t)e;
    uint32_t n = 0, m = 0;
    const unsigned char *key = nftnl_set_elem_get(one, NFTNL_SET_ELEM_KEY, &n), *end = nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_KEY_END) ? nftnl_set_elem_get(one, NFTNL_SET_ELEM_KEY_END, &m) : NULL;
    if (!key || f->at + f->n > n || (end && f->at + f->n > m))
        return false;
    return end ? memcmp(f->bytes, key + f->at, f->n) >= 0 && memcmp(f->bytes, end + f->at, f->n) <= 0 : memcmp(f->bytes, key + f->at, f->n) == 0;
}

static int on_elements(const struct nlmsghdr *h, void *data)
{
    struct found *f = data;
    struct nftnl_set *set = nftnl_set_alloc();
    struct nftnl_set_elems_iter *it = set && nftnl_set_elems_nlmsg_parse(h, set) >= 0 ? nftnl_set_elems_iter_create(set) : NULL;
    for (struct nftnl_set_elem *e; it && (e = nftnl_set_elems_iter_next(it));) {
        if (!f->any && f->most-- == 0) {
            f->most = 0;
            f->full = true;
        } else if (!f->any && holds(f, e)) {
            take(f, e);
        }
    }
    if (it)
        nftnl_set_elems_iter_destroy(it);
    nftnl_set_free(set);
    return MNL_CB_OK;
}

int ruleset_element_with(struct ruleset *r, const struct chain *c, const char *name, size_t at, const void *bytes, size_t n, size_t most, struct element *ret)
{
    struct element element = {.left_ms = -1};
    struct found found = {.element = &element, .at = at, .n = n, .bytes = bytes, .most = most};
    int result = ask_set(r, NFT_MSG_GETSETELEM, NLM_F_DUMP, c, name, NULL, on_elements, &found);
    if (result < 0 || !found.any)
        return result < 0 ? result : found.full ? -E2BIG : 0;
    *ret = element;
    return 1;
}

static int on_set(const struct nlmsghdr *h, void *data)
{
    struct nftnl_set *set = nftnl_set_alloc();
    if (set && nftnl_set_nlmsg_parse(h, set) >= 0)
        *(uint32_t *)data = nftnl_set_get_u32(set, NFTNL_SET_KEY_LEN);
    nftnl_set_free(set);
    return MNL_CB_OK;
}

int ruleset_key_length(struct ruleset *r, const struct chain *c, const char *name, uint32_t *ret)
{
    uint32_t length = 0;
    int result = ask_set(r, NFT_MSG_GETSET, NLM_F_ACK, c, name, NULL, on_set, &length);
    if (result == 0 && !length)
        result = -ENOENT;
    if (result == 0)
        *ret = length;
    return result;
}

const char *ruleset_family(uint32_t family)
{
    static const struct { uint32_t family; const char *name; } names[] = {
        {NFPROTO_INET, "inet"}, {NFPROTO_IPV4, "ip"}, {NFPROTO_IPV6, "ip6"}, {NFPROTO_ARP, "arp"}, {NFPROTO_BRIDGE, "bridge"}, {NFPROTO_NETDEV, "netdev"}};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (names[i].family == family)
            return names[i].name;
    return "?";
}

struct chain *ruleset_chain(struct ruleset *r, uint32_t family, const char *table, const char *name)
{
    for (size_t i = 0; table && name && i < r->chains.n; i++) {
        struct chain *c = &r->chains.v[i];
        if (c->family == family && strcmp(c->table, table) == 0 && strcmp(c->name, name) == 0)
            return c;
    }
    return NULL;
}

int ruleset_open(struct ruleset **ret, struct err *err)
{
    struct arena *a = arena_new(64u << 20);
    struct ruleset *r = arena_zalloc(a, sizeof *r);
    r->arena = a;
    r->seq = (uint32_t)time(NULL);
    r->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    int result = r->socket && mnl_socket_bind(r->socket, 0, MNL_SOCKET_AUTOPID) >= 0 ? 0 : -errno;
    if (result == 0)
        result = dump(r, NFT_MSG_GETCHAIN, on_chain);
    if (result == 0)
        result = dump(r, NFT_MSG_GETRULE, on_rule);
    if (result < 0) {
        ruleset_close(r);
        return err_set(err, result, "nftables: %s", err_name(result));
    }
    *ret = r;
    return 0;
}

void ruleset_close(struct ruleset *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->chains.n; i++)
        for (size_t k = 0; k < r->chains.v[i].rules.n; k++)
            nftnl_rule_free(r->chains.v[i].rules.v[k]);
    if (r->socket)
        mnl_socket_close(r->socket);
    arena_free(r->arena);
}

size_t ruleset_chains(const struct ruleset *r)
{
    return r->chains.n;
}
