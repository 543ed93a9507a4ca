/* fate.c: evaluates the read ruleset for one sample packet. Registers hold bytes or nothing; a condition on nothing may or may not hold, and both ways are followed. */
#include "nft/rules.h"
#include "nft/xt.h"
#include <errno.h>
#include <netinet/in.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>

#define MAX_DEPTH 16      /* the kernel's own limit on jumps (NFT_JUMP_STACK_SIZE) */
#define MAX_STEPS 1000000 /* rules looked at for one packet */
#define RETURNS 4         /* beside FATE_*: falls off a called chain */
#define REGISTER 16u

struct packet {
    const struct sample *sample;
    unsigned char network[40], transport[20];
    size_t network_n;
    char interface[16];
    uint32_t interface_index;
    uint32_t l4proto;
};

struct registers {
    unsigned char bytes[80];
    bool known[80];
};

struct run {
    struct ruleset *rules;
    struct packet packet;
    struct registers regs;
    size_t steps;
    int error;
    char by[160];
};

/* NFT_REG_1..4 are 16 bytes each, NFT_REG32_00.. are 4 bytes each over the same space. */
static size_t place(uint32_t reg)
{
    if (reg >= NFT_REG32_00 && reg <= NFT_REG32_15)
        return 16 + (reg - NFT_REG32_00) * 4;
    return reg <= NFT_REG_4 ? reg * REGISTER : 0;
}

static void forget(struct registers *r, uint32_t reg, size_t n)
{
    for (size_t i = place(reg), end = i + n; i < end && i < sizeof r->bytes; i++)
        r->known[i] = false;
}

static void load(struct registers *r, uint32_t reg, const void *data, size_t n)
{
    size_t at = place(reg);
    size_t padded = (n + 3) & ~(size_t)3;
    if (at + padded > sizeof r->bytes)
        return;
    memset(r->bytes + at, 0, padded);
    memcpy(r->bytes + at, data, n);
    memset(r->known + at, 1, padded);
}

/* The register's bytes; NULL: not (all) known. */
static const unsigned char *value(const struct registers *r, uint32_t reg, size_t n)
{
    size_t at = place(reg);
    if (at + n > sizeof r->bytes)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (!r->known[at + i])
            return NULL;
    return r->bytes + at;
}

static void load_u32(struct registers *r, uint32_t reg, uint32_t v)
{
    load(r, reg, &v, sizeof v);
}

static enum answer on_meta(struct run *run, const struct nftnl_expr *e, const struct chain *c)
{
    (void)c;
    if (nftnl_expr_is_set(e, NFTNL_EXPR_META_SREG))
        return YES; /* it sets, it does not ask */
    uint32_t reg = nftnl_expr_get_u32(e, NFTNL_EXPR_META_DREG);
    const struct packet *p = &run->packet;
    bool v6 = p->sample->to.v6;
    uint8_t byte;
    uint16_t ethertype;
    switch (nftnl_expr_get_u32(e, NFTNL_EXPR_META_KEY)) {
    case NFT_META_NFPROTO: byte = v6 ? NFPROTO_IPV6 : NFPROTO_IPV4; load(&run->regs, reg, &byte, 1); break;
    case NFT_META_L4PROTO: byte = (uint8_t)p->l4proto; load(&run->regs, reg, &byte, 1); break;
    case NFT_META_PROTOCOL: ethertype = htons(v6 ? 0x86dd : 0x0800); load(&run->regs, reg, &ethertype, 2); break;
    case NFT_META_IIFNAME: load(&run->regs, reg, p->interface, sizeof p->interface); break;
    case NFT_META_IIF: load_u32(&run->regs, reg, p->interface_index); break;
    case NFT_META_MARK: load_u32(&run->regs, reg, 0); break;
    case NFT_META_PKTTYPE: byte = 0; load(&run->regs, reg, &byte, 1); break;
    case NFT_META_IIFTYPE: ethertype = 1; load(&run->regs, reg, &ethertype, 2); break;
    default: forget(&run->regs, reg, REGISTER);
    }
    return YES;
}

static enum answer on_payload(struct run *run, const struct nftnl_expr *e, const struct chain *c)
{
    (void)c;
    if (nftnl_expr_is_set(e, NFTNL_EXPR_PAYLOAD_SREG))
        return YES;
    uint32_t reg = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_DREG), base = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_BASE);
    size_t at = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET), n = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_LEN);
    const unsigned char *from = base == NFT_PAYLOAD_NETWORK_HEADER ? run->packet.network : run->packet.transport;
    size_t have = base == NFT_PAYLOAD_NETWORK_HEADER ? run->packet.network_n : base == NFT_PAYLOAD_TRANSPORT_HEADER ? sizeof run->packet.transport : 0;
    if (at <= have && n <= have - at)
        load(&run->regs, reg, from + at, n);
    else
        forget(&run->regs, reg, REGISTER);
    return YES;
}

static enum answer on_ct(struct run *run, const struct nftnl_expr *e, const struct chain *c)
{
    (void)c;
    if (nftnl_expr_is_set(e, NFTNL_EXPR_CT_SREG))
        return YES;
    uint32_t reg = nftnl_expr_get_u32(e, NFTNL_EXPR_CT_DREG);
    switch (nftnl_expr_get_u32(e, NFTNL_EXPR_CT_KEY)) {
    case NFT_CT_STATE: load_u32(&run->regs, reg, 8); break; /* NF_CT_STATE_BIT(IP_CT_NEW) */
    case NFT_CT_STATUS: case NFT_CT_MARK: load_u32(&run->regs, reg, 0); break;
    default: forget(&run->regs, reg, REGISTER);
    }
    return YES;
}

static enum answer on_fib(struct run *run, const struct nftnl_expr *e, const struct chain *c)
{
    (void)c;
    uint32_t reg = nftnl_expr_get_u32(e, NFTNL_EXPR_FIB_DREG);
    bool daddr = nftnl_expr_get_u32(e, NFTNL_EXPR_FIB_FLAGS) & NFTA_FIB_F_DADDR;
    if (nftnl_expr_get_u32(e, NFTNL_EXPR_FIB_RESULT) == NFT_FIB_RESULT_ADDRTYPE)
        load_u32(&run->regs, reg, daddr ? RTN_LOCAL : RTN_UNICAST);
    else
        forget(&run->regs, reg, REGISTER);
    return YES;
}

static enum answer on_bitwise(struct run *run, const struct nftnl_expr *e, const struct chain *c)
{
    (void)c;
    uint32_t n = nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_LEN), m = 0, x = 0, dreg = nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_DREG);
    const unsigned char *v = value(&run->regs, nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_SREG), n);
    const unsigned char *mask = nftnl_expr_get(e, NFTNL_EXPR_BITWISE_MASK, &m), *xor = nftnl_expr_get(e, NFTNL_EXPR_BITWISE_XOR, &x);
    unsigned char out[REGISTER * 4];
    if (!v || n > sizeof out || !mask || m < n || !xor || x < n) {
        forget(&run->regs, dreg, n);
        return YES;
    }
    for (uint32_t i = 0; i < n; i++)
        out[i] = (unsigned char)((v[i] & mask[i]) ^ xor[i]);
    load(&run->regs, dreg, out, n);
    return YES;
}

static enum answer compare(int order, uint32_t op)
{
    switch (op) {
    case NFT_CMP_EQ: return order == 0 ? YES : NO;
    case NFT_CMP_NEQ: return order != 0 ? YES : NO;
    case NFT_CMP_LT: return order < 0 ? YES : NO;
    case NFT_CMP_LTE: return order <= 0 ? YES : NO;
    case NFT_CMP_GT: return order > 0 ? YES : NO;
    case NFT_CMP_GTE: return order >= 0 ? YES : NO;
    default: return MAYBE;
    }
}

static enum answer on_cmp(struct run *run, const struct nftnl_expr *e, const struct chain *c)
{
    (void)c;
    uint32_t n = 0;
    const void *data = nftnl_expr_get(e, NFTNL_EXPR_CMP_DATA, &n);
    const unsigned char *v = data ? value(&run->regs, nftnl_expr_get_u32(e, NFTNL_EXPR_CMP_SREG), n) : NULL;
    return v ? compare(memcmp(v, data, n), nftnl_expr_get_u32(e, NFTNL_EXPR_CMP_OP)) : MAYBE;
}

static enum answer on_range(struct run *run, const struct nftnl_expr *e, const struct chain *c)
{
    (void)c;
    uint32_t n = 0, m = 0;
    const void *from = nftnl_expr_get(e, NFTNL_EXPR_RANGE_FROM_DATA, &n), *to = nftnl_expr_get(e, NFTNL_EXPR_RANGE_TO_DATA, &m);
    const unsigned char *v = from && to && n == m ? value(&run->regs, nftnl_expr_get_u32(e, NFTNL_EXPR_RANGE_SREG), n) : NULL;
    if (!v)
        return MAYBE;
    bool in = memcmp(v, from, n) >= 0 && memcmp(v, to, n) <= 0;
    return in == (nftnl_expr_get_u32(e, NFTNL_EXPR_RANGE_OP) == NFT_RANGE_EQ) ? YES : NO;
}

static enum answer on_match(struct run *run, const struct nftnl_expr *e, const struct chain *c)
{
    (void)c;
    uint32_t n = 0;
    const void *info = nftnl_expr_get(e, NFTNL_EXPR_MT_INFO, &n);
    return xt_match(nftnl_expr_get_str(e, NFTNL_EXPR_MT_NAME), nftnl_expr_get_u32(e, NFTNL_EXPR_MT_REV), info, n, run->packet.sample->port);
}

static enum answer passes(struct run *run, const struct nftnl_expr *e, const struct chain *c)
{
    (void)run, (void)e, (void)c;
    return YES;
}

static const struct {
    const char *name;
    enum answer (*ask)(struct run *, const struct nftnl_expr *, const struct chain *);
} expressions[] = {
    {"meta", on_meta}, {"payload", on_payload}, {"ct", on_ct}, {"fib", on_fib}, {"bitwise", on_bitwise}, {"cmp", on_cmp}, {"range", on_range}, {"match", on_match},
    {"counter", passes}, {"log", passes}, {"notrack", passes}, {"last", passes}, {"dynset", passes},
};

/* How a rule or a called chain ends. */
struct verdict {
    bool any;
    int code;
    const char *chain;
};

static enum answer on_lookup(struct run *run, const struct nftnl_expr *e, const struct chain *c, struct verdict *v, struct element *element)
{
    uint32_t flags = nftnl_expr_is_set(e, NFTNL_EXPR_LOOKUP_FLAGS) ? nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_FLAGS) : 0;
    const char *set = nftnl_expr_get_str(e, NFTNL_EXPR_LOOKUP_SET);
    uint32_t sreg = nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_SREG);
    /* The key's length is the set's; the kernel refuses a wrong one (EINVAL), so the usual ones are tried. */
    static const uint32_t lengths[] = {2, 4, 16, 1, 8, 12, 20, 24, 32, 36};
    int r = -EINVAL;
    for (size_t i = 0; i < ARRAY_SIZE(lengths) && (r == -EINVAL || r == -ERANGE); i++) {
        const unsigned char *key = value(&run->regs, sreg, lengths[i]);
        r = key ? ruleset_element(run->rules, c, set, key, lengths[i], element) : -EINVAL;
    }
    if (r < 0)
        return MAYBE;
    if (r == 1 && element->has_verdict)
        *v = (struct verdict){true, element->verdict, element->chain};
    return (r == 1) != !!(flags & NFT_LOOKUP_F_INV) ? YES : NO;
}

/* One expression: YES goes on, NO ends the rule without effect. Sets *v where it decides. */
static enum answer step(struct run *run, const struct nftnl_expr *e, const struct chain *c, struct verdict *v, struct element *element)
{
    const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);
    if (strcmp(name, "lookup") == 0)
        return on_lookup(run, e, c, v, element);
    if (strcmp(name, "immediate") == 0) {
        if (nftnl_expr_is_set(e, NFTNL_EXPR_IMM_VERDICT))
            *v = (struct verdict){true, (int)nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_VERDICT), nftnl_expr_is_set(e, NFTNL_EXPR_IMM_CHAIN) ? nftnl_expr_get_str(e, NFTNL_EXPR_IMM_CHAIN) : NULL};
        return YES;
    }
    if (strcmp(name, "reject") == 0) {
        *v = (struct verdict){true, NF_DROP, NULL};
        return YES;
    }
    if (strcmp(name, "target") == 0) {
        const char *target = nftnl_expr_get_str(e, NFTNL_EXPR_TG_NAME);
        if (target && (strcmp(target, "REJECT") == 0 || strcmp(target, "DROP") == 0 || strcmp(target, "TARPIT") == 0))
            *v = (struct verdict){true, NF_DROP, NULL};
        return YES;
    }
    for (size_t i = 0; i < ARRAY_SIZE(expressions); i++)
        if (strcmp(expressions[i].name, name) == 0)
            return expressions[i].ask(run, e, c);
    return MAYBE;
}

static unsigned follow(struct run *run, const struct chain *c, unsigned depth);

static unsigned enter(struct run *run, const struct chain *c, const struct verdict *v, unsigned depth, unsigned rule)
{
    const struct chain *to;
    switch (v->code) {
    case NF_ACCEPT: return FATE_PASS;
    case NF_DROP:
        snprintf(run->by, sizeof run->by, "%.60s %.60s, rule %u", c->table, c->name, rule);
        return FATE_STOP;
    case NFT_RETURN: return RETURNS;
    case NFT_JUMP: case NFT_GOTO:
        to = ruleset_chain(run->rules, c->family, c->table, v->chain);
        return to && depth < MAX_DEPTH ? follow(run, to, depth + 1) : FATE_PASS | FATE_STOP;
    case NFT_CONTINUE: return RETURNS;
    default: return FATE_PASS | FATE_STOP; /* queue, stolen */
    }
}

/* What one rule may do: FATE_*, RETURNS, or 0 where it has no effect. *sure: its conditions certainly hold. */
static unsigned judge(struct run *run, const struct chain *c, unsigned number, unsigned depth, bool *sure, bool *leaves)
{
    struct nftnl_expr_iter *it = nftnl_expr_iter_create(c->rules.v[number]);
    struct verdict v = {0};
    struct element element = {0};
    enum answer all = YES;
    memset(run->regs.known, 0, sizeof run->regs.known);
    for (struct nftnl_expr *e; it && all != NO && !v.any && (e = nftnl_expr_iter_next(it));) {
        enum answer one = step(run, e, c, &v, &element);
        all = one == NO ? NO : one == MAYBE ? MAYBE : all;
    }
    if (it)
        nftnl_expr_iter_destroy(it);
    if (all == NO || !v.any || v.code == NFT_CONTINUE)
        return 0;
    *sure = all == YES;
    /* A goto or a return ends this chain; a jump comes back to it. */
    *leaves = v.code != NFT_JUMP;
    return enter(run, c, &v, depth, number + 1);
}

static unsigned follow(struct run *run, const struct chain *c, unsigned depth)
{
    unsigned may = 0;
    for (unsigned i = 0; i < c->rules.n; i++) {
        bool sure = false, leaves = false;
        if (++run->steps > MAX_STEPS)
            return FATE_PASS | FATE_STOP;
        unsigned one = judge(run, c, i, depth, &sure, &leaves);
        if (!one)
            continue;
        may |= leaves ? one : one & ~(unsigned)RETURNS;
        if (sure && (leaves || !(one & RETURNS)))
            return may;
    }
    return may | RETURNS;
}

static unsigned base_chain(struct run *run, const struct chain *c)
{
    unsigned may = follow(run, c, 0);
    if (may & RETURNS) {
        may = (may & ~(unsigned)RETURNS) | (c->policy_drop ? FATE_STOP : FATE_PASS);
        if (c->policy_drop)
            snprintf(run->by, sizeof run->by, "%.60s %.60s, policy", c->table, c->name);
    }
    return may;
}

static void build(struct packet *p, const struct sample *s)
{
    p->sample = s;
    p->l4proto = IPPROTO_TCP;
    strncpy(p->interface, s->interface ? s->interface : "", sizeof p->interface - 1);
    /* In another network namespace there is no such interface: then an index that none has, so that `iif lo` is surely not it. */
    unsigned index = if_nametoindex(p->interface);
    p->interface_index = index ? index : UINT32_MAX;
    if (s->to.v6) {
        p->network_n = 40;
        p->network[0] = 0x60;
        p->network[6] = IPPROTO_TCP;
        p->network[7] = 64;
        memcpy(p->network + 8, s->from.bytes, 16);
        memcpy(p->network + 24, s->to.bytes, 16);
    } else {
        p->network_n = 20;
        p->network[0] = 0x45;
        p->network[8] = 64;
        p->network[9] = IPPROTO_TCP;
        memcpy(p->network + 12, s->from.bytes, 4);
        memcpy(p->network + 16, s->to.bytes, 4);
    }
    p->transport[0] = 0xc3; /* source port 50000 */
    p->transport[1] = 0x50;
    p->transport[2] = (unsigned char)(s->port >> 8);
    p->transport[3] = (unsigned char)s->port;
    p->transport[12] = 0x50;
    p->transport[13] = 0x02; /* SYN */
}

int ruleset_fate(struct ruleset *r, const struct sample *s, struct fate *ret, struct err *err)
{
    struct run run = {.rules = r};
    struct fate fate = {.may = FATE_PASS};
    build(&run.packet, s);
    uint32_t family = s->to.v6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
    for (size_t i = 0; i < r->chains.n; i++) {
        const struct chain *c = &r->chains.v[i];
        if (!c->base || (c->hook != NF_INET_LOCAL_IN && c->hook != NF_INET_PRE_ROUTING) || (c->family != family && c->family != NFPROTO_INET))
            continue;
        unsigned one = base_chain(&run, c);
        /* A packet passes only where every chain lets it pass; one that surely stops it is enough. */
        if (one == FATE_STOP) {
            fate.may = FATE_STOP;
            memcpy(fate.by, run.by, sizeof fate.by);
            break;
        }
        fate.may |= one & FATE_STOP;
    }
    (void)err;
    *ret = fate;
    return run.error;
}
