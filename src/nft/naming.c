/* naming.c: walks each rule with an address in hand: registers know whether they hold bytes of the source address. */
#include "nft/naming.h"
#include "nft/rules.h"
#include <errno.h>
#include <netinet/in.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>

#define SPACE 80 /* bytes: the verdict's register, then NFT_REG_1..4 of 16 bytes each, which NFT_REG32_00.. cover by 4 */

struct walk {
    struct ruleset *rules;
    struct arena *arena;
    struct namings *out;
    const struct addr *of;
    const struct chain *chain;
    unsigned char bytes[SPACE];
    bool known[SPACE], source[SPACE];
    bool named, others;              /* of this rule so far */
    const char *set;
    int64_t left_ms;
    enum naming_does does;
    const char *to;
};

const char *naming_does_name(enum naming_does d)
{
    static const char *const names[] = {"none", "drop", "reject", "accept", "jump", "other"};
    return names[d];
}

static size_t place(uint32_t reg)
{
    size_t at = reg >= NFT_REG32_00 && reg <= NFT_REG32_15 ? 16 + (reg - NFT_REG32_00) * 4 : reg <= NFT_REG_4 ? reg * 16 : 0;
    return at;
}

static void forget(struct walk *w, uint32_t reg, size_t n)
{
    for (size_t i = place(reg), end = i + ((n + 3) & ~(size_t)3); i < end && i < SPACE; i++)
        w->known[i] = w->source[i] = false;
}

static void load(struct walk *w, uint32_t reg, const void *data, size_t n, bool source)
{
    size_t at = place(reg), padded = (n + 3) & ~(size_t)3;
    if (at + padded > SPACE)
        return;
    memset(w->bytes + at, 0, padded);
    memcpy(w->bytes + at, data, n);
    for (size_t i = at; i < at + padded; i++) {
        w->known[i] = true;
        w->source[i] = source;
    }
}

static bool all(const bool *flags, size_t at, size_t n)
{
    bool yes = n > 0 && at + n <= SPACE;
    for (size_t i = at; yes && i < at + n; i++)
        yes = flags[i];
    return yes;
}

/* --- one expression each; false: the rule cannot hold for the address */

static bool on_meta(struct walk *w, const struct nftnl_expr *e)
{
    if (nftnl_expr_is_set(e, NFTNL_EXPR_META_SREG))
        return true;
    uint32_t reg = nftnl_expr_get_u32(e, NFTNL_EXPR_META_DREG), key = nftnl_expr_get_u32(e, NFTNL_EXPR_META_KEY);
    uint8_t family = w->of->v6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
    uint16_t ethertype = htons(w->of->v6 ? 0x86dd : 0x0800);
    if (key == NFT_META_NFPROTO)
        load(w, reg, &family, 1, false);
    else if (key == NFT_META_PROTOCOL)
        load(w, reg, &ethertype, 2, false);
    else
        forget(w, reg, 16);
    return true;
}

static bool on_payload(struct walk *w, const struct nftnl_expr *e)
{
    if (nftnl_expr_is_set(e, NFTNL_EXPR_PAYLOAD_SREG))
        return true;
    size_t at = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET), n = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_LEN), first = w->of->v6 ? 8 : 12, size = w->of->v6 ? 16 : 4;
    uint32_t reg = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_DREG);
    if (nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_BASE) == NFT_PAYLOAD_NETWORK_HEADER && at >= first && n <= size && at - first <= size - n)
        load(w, reg, w->of->bytes + (at - first), n, true);
    else
        forget(w, reg, n < SPACE ? n : SPACE);
    return true;
}

static bool on_bitwise(struct walk *w, const struct nftnl_expr *e)
{
    uint32_t n = nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_LEN), m = 0, x = 0, dreg = nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_DREG);
    size_t from = place(nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_SREG));
    const unsigned char *mask = nftnl_expr_get(e, NFTNL_EXPR_BITWISE_MASK, &m), *xor = nftnl_expr_get(e, NFTNL_EXPR_BITWISE_XOR, &x);
    unsigned char out[SPACE];
    if (!mask || !xor || n > m || n > x || !all(w->known, from, n)) {
        forget(w, dreg, n < SPACE ? n : SPACE);
        return true;
    }
    bool source = all(w->source, from, n);
    for (uint32_t i = 0; i < n; i++)
        out[i] = (unsigned char)((w->bytes[from + i] & mask[i]) ^ xor[i]);
    load(w, dreg, out, n, source);
    return true;
}

static bool holds(int order, uint32_t op)
{
    return op == NFT_CMP_EQ ? order == 0 : op == NFT_CMP_NEQ ? order != 0 : op == NFT_CMP_LT ? order < 0 : op == NFT_CMP_LTE ? order <= 0 : op == NFT_CMP_GT ? order > 0 : order >= 0;
}

static bool compared(struct walk *w, size_t at, size_t n, bool yes, bool inverse)
{
    if (!all(w->source, at, n))
        return yes;
    w->named |= yes;
    w->others |= yes && inverse;
    return yes;
}

static bool on_cmp(struct walk *w, const struct nftnl_expr *e)
{
    uint32_t n = 0, op = nftnl_expr_get_u32(e, NFTNL_EXPR_CMP_OP);
    const void *data = nftnl_expr_get(e, NFTNL_EXPR_CMP_DATA, &n);
    size_t at = place(nftnl_expr_get_u32(e, NFTNL_EXPR_CMP_SREG));
    if (!data || !all(w->known, at, n))
        return true;
    return compared(w, at, n, holds(memcmp(w->bytes + at, data, n), op), op == NFT_CMP_NEQ);
}

static bool on_range(struct walk *w, const struct nftnl_expr *e)
{
    uint32_t n = 0, m = 0;
    const void *from = nftnl_expr_get(e, NFTNL_EXPR_RANGE_FROM_DATA, &n), *to = nftnl_expr_get(e, NFTNL_EXPR_RANGE_TO_DATA, &m);
    size_t at = place(nftnl_expr_get_u32(e, NFTNL_EXPR_RANGE_SREG));
    if (!from || !to || n != m || !all(w->known, at, n))
        return true;
    bool in = memcmp(w->bytes + at, from, n) >= 0 && memcmp(w->bytes + at, to, n) <= 0, wanted = nftnl_expr_get_u32(e, NFTNL_EXPR_RANGE_OP) == NFT_RANGE_EQ;
    return compared(w, at, n, in == wanted, !wanted);
}

static void not_seen(struct walk *w, const char *set)
{
    *list_push(w->arena, &w->out->not_seen) = arena_printf(w->arena, "%s %s %s", ruleset_family(w->chain->family), w->chain->table, set);
}

static void decide(struct walk *w, int code, const char *chain)
{
    w->does = code == NF_ACCEPT ? NAMING_ACCEPT : code == NF_DROP ? NAMING_DROP : code == NFT_JUMP || code == NFT_GOTO ? NAMING_CALL : code == NFT_RETURN ? NAMING_NOTHING : NAMING_OTHER;
    w->to = w->does == NAMING_CALL && chain ? arena_dupz(w->arena, chain) : w->does == NAMING_OTHER ? "queue" : NULL;
}

/* The key begins at the register; where it has further parts (a port), the whole set is read and only the address compared. */
static bool on_lookup(struct walk *w, const struct nftnl_expr *e)
{
    const char *set = nftnl_expr_get_str(e, NFTNL_EXPR_LOOKUP_SET);
    size_t at = place(nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_SREG)), size = w->of->v6 ? 16 : 4, skip = 0;
    bool inverse = nftnl_expr_is_set(e, NFTNL_EXPR_LOOKUP_FLAGS) && nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_FLAGS) & NFT_LOOKUP_F_INV;
    struct element element = {.left_ms = -1};
    uint32_t length = 0;
    int r = set ? ruleset_key_length(w->rules, w->chain, set, &length) : -EINVAL;
    while (r == 0 && skip + size <= length && !all(w->source, at + skip, size))
        skip += 4;
    if (r == 0 && skip + size > length)
        return true; /* it asks for something else */
    if (r == 0)
        r = length == size ? ruleset_element(w->rules, w->chain, set, w->bytes + at, length, &element)
                           : ruleset_element_with(w->rules, w->chain, set, skip, w->bytes + at + skip, size, NAMING_ELEMENTS, &element);
    if (r < 0) {
        not_seen(w, set ? set : "?");
        return false;
    }
    if ((r == 1) == inverse)
        return false;
    w->named = true;
    w->others |= inverse;
    w->set = strncmp(set, "__", 2) == 0 ? w->set : arena_dupz(w->arena, set); /* "__set0" is written in the rule */
    w->left_ms = r == 1 ? element.left_ms : -1;
    if (r == 1 && element.has_verdict)
        decide(w, element.verdict, element.chain);
    return true;
}

/* iptables-nft's own words: struct xt_iprange_mtinfo: source from, to, destination from, to (16 bytes each), flags (1: source, 16: all but). */
static bool on_match(struct walk *w, const struct nftnl_expr *e)
{
    uint32_t n = 0;
    const unsigned char *info = nftnl_expr_get(e, NFTNL_EXPR_MT_INFO, &n);
    const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_MT_NAME);
    size_t size = w->of->v6 ? 16 : 4;
    if (!name || strcmp(name, "iprange") != 0 || !info || n < 65 || !(info[64] & 1))
        return true;
    bool in = memcmp(w->of->bytes, info, size) >= 0 && memcmp(w->of->bytes, info + 16, size) <= 0, inverse = info[64] & 16;
    w->named |= in != inverse;
    w->others |= inverse && !in;
    return in != inverse;
}

static bool on_immediate(struct walk *w, const struct nftnl_expr *e)
{
    if (nftnl_expr_is_set(e, NFTNL_EXPR_IMM_VERDICT))
        decide(w, (int)nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_VERDICT), nftnl_expr_is_set(e, NFTNL_EXPR_IMM_CHAIN) ? nftnl_expr_get_str(e, NFTNL_EXPR_IMM_CHAIN) : NULL);
    else if (nftnl_expr_is_set(e, NFTNL_EXPR_IMM_DREG))
        forget(w, nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_DREG), 16);
    return true;
}

static bool on_reject(struct walk *w, const struct nftnl_expr *e)
{
    (void)e;
    w->does = NAMING_REJECT;
    return true;
}

static bool on_target(struct walk *w, const struct nftnl_expr *e)
{
    const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_TG_NAME);
    bool says = name && strcmp(name, "LOG") != 0 && strcmp(name, "NFLOG") != 0;
    if (says) {
        w->does = strcmp(name, "REJECT") == 0 ? NAMING_REJECT : strcmp(name, "DROP") == 0 ? NAMING_DROP : NAMING_OTHER;
        w->to = w->does == NAMING_OTHER ? arena_dupz(w->arena, name) : NULL;
    }
    return true;
}

static bool on_other(struct walk *w, const struct nftnl_expr *e)
{
    const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);
    static const char *const acts[] = {"nat", "masq", "redir", "tproxy", "queue", "dup", "fwd", "synproxy"};
    for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
        if (strcmp(name, acts[i]) == 0) {
            w->does = NAMING_OTHER;
            w->to = acts[i];
        }
    return true;
}

static const struct {
    const char *name;
    bool (*take)(struct walk *w, const struct nftnl_expr *e);
} expressions[] = {
    {"meta", on_meta}, {"payload", on_payload}, {"bitwise", on_bitwise}, {"cmp", on_cmp}, {"range", on_range}, {"lookup", on_lookup},
    {"match", on_match}, {"immediate", on_immediate}, {"reject", on_reject}, {"target", on_target},
};

static bool step(struct walk *w, const struct nftnl_expr *e)
{
    const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);
    for (size_t i = 0; i < ARRAY_SIZE(expressions); i++)
        if (strcmp(expressions[i].name, name) == 0)
            return expressions[i].take(w, e);
    return on_other(w, e);
}

static void look_at_rule(struct walk *w, const struct nftnl_rule *rule, enum naming_reached reached)
{
    struct nftnl_expr_iter *it = nftnl_expr_iter_create(rule);
    bool on = it != NULL;
    memset(w->known, 0, sizeof w->known);
    memset(w->source, 0, sizeof w->source);
    w->named = w->others = false;
    w->set = w->to = NULL;
    w->left_ms = -1;
    w->does = NAMING_NOTHING;
    for (struct nftnl_expr *e; on && (e = nftnl_expr_iter_next(it));)
        on = step(w, e);
    if (it)
        nftnl_expr_iter_destroy(it);
    if (!on || !w->named)
        return;
    if (w->out->list.n >= NAMINGS_MAX) {
        w->out->more++;
        return;
    }
    *list_push(w->arena, &w->out->list) = (struct naming){.family = ruleset_family(w->chain->family), .table = arena_dupz(w->arena, w->chain->table), .chain = arena_dupz(w->arena, w->chain->name),
        .handle = nftnl_rule_get_u64(rule, NFTNL_RULE_HANDLE), .does = w->does, .to = w->to, .set = w->set, .left_ms = w->left_ms, .others = w->others, .reached = reached};
}

/* --- which chains something leads into */

static void lead(struct ruleset *r, enum naming_reached *reached, size_t from)
{
    const struct chain *c = &r->chains.v[from];
    for (size_t i = 0; i < c->rules.n; i++) {
        struct nftnl_expr_iter *it = nftnl_expr_iter_create(c->rules.v[i]);
        for (struct nftnl_expr *e; it && (e = nftnl_expr_iter_next(it));) {
            const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);
            const char *to = strcmp(name, "immediate") == 0 && nftnl_expr_is_set(e, NFTNL_EXPR_IMM_CHAIN) ? nftnl_expr_get_str(e, NFTNL_EXPR_IMM_CHAIN) : NULL;
            const struct chain *t = to ? ruleset_chain(r, c->family, c->table, to) : NULL;
            if (t && reached[t - r->chains.v] != NAMING_REACHED) {
                reached[t - r->chains.v] = NAMING_REACHED;
                lead(r, reached, (size_t)(t - r->chains.v)); /* each chain once; no deeper than there are chains that call */
            }
            if (strcmp(name, "lookup") == 0 && nftnl_expr_is_set(e, NFTNL_EXPR_LOOKUP_DREG)) /* perhaps a map of verdicts: it may lead into any chain of its table */
                for (size_t k = 0; k < r->chains.n; k++)
                    if (r->chains.v[k].family == c->family && strcmp(r->chains.v[k].table, c->table) == 0 && reached[k] == NAMING_NOT_REACHED)
                        reached[k] = NAMING_MAYBE;
        }
        if (it)
            nftnl_expr_iter_destroy(it);
    }
}

static bool excepted(const struct chain *c, const char *const except[])
{
    char text[256];
    snprintf(text, sizeof text, "%s %s", ruleset_family(c->family), c->table);
    for (size_t i = 0; except && except[i]; i++)
        if (strcmp(text, except[i]) == 0)
            return true;
    return false;
}

int ruleset_naming(struct ruleset *r, const struct addr *of, const char *const except[], struct arena *a, struct namings *ret, struct err *err)
{
    struct walk w = {.rules = r, .arena = a, .out = ret, .of = of};
    enum naming_reached *reached = arena_zalloc(a, (r->chains.n + 1) * sizeof *reached);
    (void)err;
    *ret = (struct namings){0};
    for (size_t i = 0; i < r->chains.n; i++)
        reached[i] = r->chains.v[i].hooked ? NAMING_REACHED : NAMING_NOT_REACHED;
    for (size_t i = 0; i < r->chains.n; i++)
        if (r->chains.v[i].hooked)
            lead(r, reached, i);
    for (size_t i = 0; i < r->chains.n; i++) {
        const struct chain *c = w.chain = &r->chains.v[i];
        bool other_family = c->family == (of->v6 ? NFPROTO_IPV4 : NFPROTO_IPV6) || c->family == NFPROTO_ARP;
        if (other_family || excepted(c, except))
            continue;
        for (size_t k = 0; k < c->rules.n; k++)
            look_at_rule(&w, c->rules.v[k], reached[i]);
    }
    return 0;
}
