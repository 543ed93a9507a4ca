/* bans_table.c: the table's own parts: chains, sets and the rules that look them up. */
#include "nft/bans_own.h"
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stddef.h>
#include <stdio.h>

#define BASE_CHAIN "prerouting"
#define PRIORITY (-300) /* NF_IP_PRI_RAW: after the joining of fragments (-400), before connection tracking (-200) */
/* nft's numbers of types (nftables, include/datatype.h), so that it can list the sets; six bits for each field of a key. */
enum { TYPE_IPV4 = 7, TYPE_IPV6 = 8, TYPE_PROTOCOL = 12, TYPE_SERVICE = 13, TYPE_BITS = 6 };

static const char *const family_chain[2] = {"ipv4", "ipv6"};

const char *ban_set_name(const struct ban_key *k, char ret[static SET_NAME])
{
    snprintf(ret, SET_NAME, "%s_%u%s", family_chain[!!k->network.addr.v6], k->network.length, k->protocol ? "_ports" : "");
    return ret;
}

bool ban_set_of(struct str name, struct ban_key *ret)
{
    struct ban_key k = {0};
    uint64_t length;
    if (str_ends(name, STR("_ports"))) {
        k.protocol = 1;
        name.n -= 6;
    }
    k.network.addr.v6 = str_starts(name, STR("ipv6_"));
    if ((!k.network.addr.v6 && !str_starts(name, STR("ipv4_"))) || !str_u64(str_from(name, 5), k.network.addr.v6 ? 128 : 32, &length))
        return false;
    k.network.length = (uint8_t)length;
    *ret = k;
    return true;
}

size_t ban_set_key(const struct ban_key *k, unsigned char ret[static SET_KEY])
{
    size_t n = k->network.addr.v6 ? 16 : 4;
    memcpy(ret, k->network.addr.bytes, n);
    if (!k->protocol)
        return n;
    uint16_t port = htons(k->port);
    memset(ret + n, 0, 8); /* each field begins at a multiple of four bytes */
    ret[n] = k->protocol;
    memcpy(ret + n + 4, &port, 2);
    return n + 8;
}

bool ban_key_read(struct ban_key *k, struct str bytes)
{
    unsigned char unused[SET_KEY];
    size_t n = k->network.addr.v6 ? 16 : 4;
    if (bytes.n != ban_set_key(k, unused))
        return false;
    memcpy(k->network.addr.bytes, bytes.p, n);
    if (k->protocol) {
        uint16_t port;
        memcpy(&port, bytes.p + n + 4, 2);
        k->protocol = (uint8_t)bytes.p[n];
        k->port = ntohs(port);
    }
    return true;
}

static int table_message(struct batch *b, uint16_t type, uint16_t flags)
{
    struct nlmsghdr *h = batch_message(b, type, flags);
    struct nftnl_table *t = nftnl_table_alloc();
    int r = h && t && nftnl_table_set_str(t, NFTNL_TABLE_NAME, BANS_TABLE) >= 0 ? 0 : -ENOMEM;
    if (r == 0) {
        nftnl_table_nlmsg_build_payload(h, t);
        batch_add(b, h);
    }
    nftnl_table_free(t);
    return r;
}

static int chain_message(struct batch *b, const char *name, bool base)
{
    struct nlmsghdr *h = batch_message(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
    struct nftnl_chain *c = nftnl_chain_alloc();
    int r = h && c && nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, BANS_TABLE) >= 0 && nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name) >= 0 ? 0 : -ENOMEM;
    if (r == 0 && base) {
        nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
        nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, NF_INET_PRE_ROUTING);
        nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, PRIORITY);
        nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, NF_ACCEPT);
    }
    if (r == 0) {
        nftnl_chain_nlmsg_build_payload(h, c);
        batch_add(b, h);
    }
    nftnl_chain_free(c);
    return r;
}

/* A rule is built expression by expression; one that could not be made is remembered. */
struct making {
    struct nftnl_rule *rule;
    bool failed;
};

static struct nftnl_expr *expression(struct making *m, const char *name)
{
    struct nftnl_expr *e = m->rule ? nftnl_expr_alloc(name) : NULL;
    m->failed |= !e;
    if (e)
        nftnl_rule_add_expr(m->rule, e);
    return e;
}

static void load_meta(struct making *m, uint32_t key, uint32_t reg)
{
    struct nftnl_expr *e = expression(m, "meta");
    if (e) {
        nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
        nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, reg);
    }
}

static void load_packet(struct making *m, uint32_t header, uint32_t offset, uint32_t n, uint32_t reg)
{
    struct nftnl_expr *e = expression(m, "payload");
    if (e) {
        nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, header);
        nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
        nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, n);
        nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, reg);
    }
}

static void mask(struct making *m, uint32_t reg, uint32_t n, unsigned length)
{
    unsigned char bits[16] = {0}, none[16] = {0};
    struct nftnl_expr *e = length < n * 8 ? expression(m, "bitwise") : NULL;
    for (unsigned i = 0; i < length; i++)
        bits[i / 8] |= (unsigned char)(1u << (7 - i % 8));
    if (e) {
        nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, reg);
        nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, reg);
        nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, n);
        nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, bits, n);
        nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, none, n);
    }
}

static void compare_byte(struct making *m, uint32_t reg, uint8_t value)
{
    struct nftnl_expr *e = expression(m, "cmp");
    if (e) {
        nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, reg);
        nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
        nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, &value, sizeof value);
    }
}

static void verdict(struct making *m, int code, const char *chain)
{
    struct nftnl_expr *e = expression(m, "immediate");
    if (e) {
        nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
        nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, (uint32_t)code);
        if (chain)
            nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, chain);
    }
}

static int rule_message(struct batch *b, const char *chain, struct making *m)
{
    struct nlmsghdr *h = m->failed ? NULL : batch_message(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    if (h) {
        nftnl_rule_set_str(m->rule, NFTNL_RULE_TABLE, BANS_TABLE);
        nftnl_rule_set_str(m->rule, NFTNL_RULE_CHAIN, chain);
        nftnl_rule_nlmsg_build_payload(h, m->rule);
        batch_add(b, h);
    }
    nftnl_rule_free(m->rule);
    return h ? 0 : -ENOMEM;
}

static int jump_message(struct batch *b, bool v6)
{
    struct making m = {.rule = nftnl_rule_alloc()};
    m.failed = !m.rule;
    if (m.failed)
        return -ENOMEM;
    load_meta(&m, NFT_META_NFPROTO, NFT_REG_1);
    compare_byte(&m, NFT_REG_1, v6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
    verdict(&m, NFT_JUMP, family_chain[v6]);
    return rule_message(b, BASE_CHAIN, &m);
}

/* Deleting what may not be there: it is made first. */
int bans_delete_table(struct batch *b)
{
    int r = table_message(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
    return r == 0 ? table_message(b, NFT_MSG_DELTABLE, 0) : r;
}

int bans_add_table(struct batch *b)
{
    int r = table_message(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
    if (r == 0)
        r = chain_message(b, BASE_CHAIN, true);
    for (int v6 = 0; r == 0 && v6 < 2; v6++)
        r = chain_message(b, family_chain[v6], false);
    for (int v6 = 0; r == 0 && v6 < 2; v6++)
        r = jump_message(b, v6);
    return r;
}

/* Large sets are told their size: the kernel then makes the hash table at once. One that begins small grows in the background, and while it lags behind each
   insertion walks long chains (measured: 100,000 elements in 0.25 s instead of 0.11). */
static int set_message(struct batch *b, const struct ban_key *k, const char *name, bool large)
{
    unsigned char key[SET_KEY];
    struct nlmsghdr *h = batch_message(b, NFT_MSG_NEWSET, NLM_F_CREATE);
    struct nftnl_set *s = nftnl_set_alloc();
    uint32_t type = k->network.addr.v6 ? TYPE_IPV6 : TYPE_IPV4;
    int r = h && s && nftnl_set_set_str(s, NFTNL_SET_TABLE, BANS_TABLE) >= 0 && nftnl_set_set_str(s, NFTNL_SET_NAME, name) >= 0 ? 0 : -ENOMEM;
    if (r == 0) {
        if (k->protocol)
            type = type << (2 * TYPE_BITS) | TYPE_PROTOCOL << TYPE_BITS | TYPE_SERVICE;
        nftnl_set_set_u32(s, NFTNL_SET_FLAGS, NFT_SET_TIMEOUT);
        nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, type);
        nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, (uint32_t)ban_set_key(k, key));
        nftnl_set_set_u32(s, NFTNL_SET_ID, b->seq);
        if (large)
            nftnl_set_set_u32(s, NFTNL_SET_DESC_SIZE, BANS_MOST + BANS_MOST / 2);
        nftnl_set_nlmsg_build_payload(h, s);
        batch_add(b, h);
    }
    nftnl_set_free(s);
    return r;
}

/* ip saddr & MASK @ipv4_24 drop; with ports: ip saddr & MASK . meta l4proto . th dport @ipv4_24_ports drop. Other protocols than those in the set never match. */
static int lookup_message(struct batch *b, const struct ban_key *k, const char *name)
{
    bool v6 = k->network.addr.v6;
    uint32_t n = v6 ? 16 : 4, after = NFT_REG32_00 + n / 4;
    struct making m = {.rule = nftnl_rule_alloc()};
    m.failed = !m.rule;
    if (m.failed)
        return -ENOMEM;
    load_packet(&m, NFT_PAYLOAD_NETWORK_HEADER, v6 ? 8 : 12, n, NFT_REG32_00);
    mask(&m, NFT_REG32_00, n, k->network.length);
    if (k->protocol) {
        load_meta(&m, NFT_META_L4PROTO, after);
        load_packet(&m, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, after + 1);
    }
    struct nftnl_expr *e = expression(&m, "lookup");
    if (e) {
        nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG32_00);
        nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, name);
        nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SET_ID, b->seq);
    }
    expression(&m, "counter");
    verdict(&m, NF_DROP, NULL);
    return rule_message(b, family_chain[v6], &m);
}

static int delete_message(struct batch *b, uint16_t type, uint16_t table, uint16_t which, const char *name)
{
    struct nlmsghdr *h = batch_message(b, type, 0);
    if (!h)
        return -ENOMEM;
    mnl_attr_put_strz(h, table, BANS_TABLE);
    if (name)
        mnl_attr_put_strz(h, which, name);
    batch_add(b, h);
    return 0;
}

int bans_delete_parts(struct batch *b, const struct bans_parts *p)
{
    int r = delete_message(b, NFT_MSG_DELRULE, NFTA_RULE_TABLE, NFTA_RULE_CHAIN, NULL); /* of all chains */
    for (size_t i = 0; r == 0 && i < p->foreign_n; i++)
        r = delete_message(b, NFT_MSG_DELSET, NFTA_SET_TABLE, NFTA_SET_NAME, p->foreign[i]);
    for (size_t i = 0; r == 0 && i < p->chains_n; i++)
        r = delete_message(b, NFT_MSG_DELCHAIN, NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME, p->chains[i]);
    return r;
}

int bans_add_lookup(struct batch *b, const struct ban_key *k)
{
    char name[SET_NAME];
    return lookup_message(b, k, ban_set_name(k, name));
}

int bans_add_set(struct batch *b, const struct ban_key *k, bool large)
{
    char name[SET_NAME];
    int r = set_message(b, k, ban_set_name(k, name), large);
    return r == 0 ? lookup_message(b, k, name) : r;
}
