/* bans_look.c: what the kernel holds, asked element by element or listed. */
#include "nft/bans_own.h"
#include "nft/talk.h"
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>


/* Attributes by their type; of those beyond `most` nothing is kept. */
struct attributes {
    const struct nlattr *at[16];
};

static int keep(const struct nlattr *a, void *data)
{
    struct attributes *all = data;
    uint16_t type = mnl_attr_get_type(a);
    if (type < ARRAY_SIZE(all->at))
        all->at[type] = a;
    return MNL_CB_OK;
}

/* `ret->key` tells of which set it is. false: not one of ours. */
static bool read_element(const struct nlattr *nest, struct ban_element *ret)
{
    struct attributes element = {{0}}, key = {{0}};
    if (mnl_attr_parse_nested(nest, keep, &element) < 0 || !element.at[NFTA_SET_ELEM_KEY] || mnl_attr_parse_nested(element.at[NFTA_SET_ELEM_KEY], keep, &key) < 0)
        return false;
    const struct nlattr *value = key.at[NFTA_DATA_VALUE];
    if (!value || !ban_key_read(&ret->key, str_span(mnl_attr_get_payload(value), mnl_attr_get_payload_len(value))))
        return false;
    const struct nlattr *left = element.at[NFTA_SET_ELEM_EXPIRATION];
    ret->ms = left && mnl_attr_get_payload_len(left) == 8 ? be64toh(mnl_attr_get_u64(left)) : 0;
    if (left && ret->ms == 0)
        ret->ms = 1; /* it ends at this moment; 0 means without an end */
    return true;
}

struct look {
    struct ban_key set;
    void (*tell)(void *arg, const struct ban_element *e);
    void *arg;
    bool changed;
    struct bans_parts *parts;
    uint32_t generation;
};

static void on_elements(const struct nlmsghdr *h, void *arg)
{
    struct look *l = arg;
    struct attributes top = {{0}};
    const struct nlattr *one;
    l->changed |= h->nlmsg_flags & NLM_F_DUMP_INTR;
    if (mnl_attr_parse(h, sizeof(struct nfgenmsg), keep, &top) < 0 || !top.at[NFTA_SET_ELEM_LIST_ELEMENTS])
        return;
    mnl_attr_for_each_nested(one, top.at[NFTA_SET_ELEM_LIST_ELEMENTS]) {
        struct ban_element e = {.key = l->set};
        if (read_element(one, &e))
            l->tell(l->arg, &e);
    }
}

static struct str text_of(const struct nlattr *a)
{
    const char *p = mnl_attr_get_payload(a);
    return str_span(p, strnlen(p, mnl_attr_get_payload_len(a)));
}

static void add_name(char names[][PART_NAME], size_t *n, struct str name, struct bans_parts *p)
{
    if (*n == ARRAY_SIZE(p->chains) || name.n >= PART_NAME) {
        p->more = true;
        return;
    }
    memcpy(names[*n], name.p, name.n);
    names[(*n)++][name.n] = 0;
}

/* The attribute that is the name of a chain or a set of our table. .p NULL: of another one. */
static struct str name_in(const struct nlmsghdr *h, struct look *l, uint16_t table, uint16_t name)
{
    struct attributes top = {{0}};
    l->changed |= h->nlmsg_flags & NLM_F_DUMP_INTR;
    if (mnl_attr_parse(h, sizeof(struct nfgenmsg), keep, &top) < 0 || !top.at[name] || !top.at[table] || !str_eq(text_of(top.at[table]), STR(BANS_TABLE)))
        return (struct str){NULL, 0};
    return text_of(top.at[name]);
}

static void on_set(const struct nlmsghdr *h, void *arg)
{
    struct look *l = arg;
    struct str name = name_in(h, l, NFTA_SET_TABLE, NFTA_SET_NAME);
    struct bans_parts *p = l->parts;
    if (!name.p)
        return;
    if (p->sets_n < ARRAY_SIZE(p->sets) && ban_set_of(name, &p->sets[p->sets_n]))
        p->sets_n++;
    else
        add_name(p->foreign, &p->foreign_n, name, p);
}

static void on_chain(const struct nlmsghdr *h, void *arg)
{
    struct look *l = arg;
    struct str name = name_in(h, l, NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME);
    if (name.p)
        add_name(l->parts->chains, &l->parts->chains_n, name, l->parts);
}

static int ask(struct batch *b, struct nlmsghdr *h, talk_answer *cb, struct look *look) { return talk(b->socket, h, &b->seq, cb, look); }

static int list_set(struct bans *b, struct look *l)
{
    char bytes[256] __attribute__((aligned(8))), name[SET_NAME];
    struct nlmsghdr *h = nftnl_nlmsg_build_hdr(bytes, NFT_MSG_GETSETELEM, NFPROTO_INET, NLM_F_DUMP, 0);
    mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, BANS_TABLE);
    mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, ban_set_name(&l->set, name));
    return ask(&b->batch, h, on_elements, l);
}

static int no_table(int r, struct err *err)
{
    return err_set(err, r, "nftables: %s", r == -ENOENT ? "the table inet " BANS_TABLE " is not there" : err_name(r));
}

static int parts(struct bans *b, struct look *l)
{
    char bytes[256] __attribute__((aligned(8)));
    struct nlmsghdr *h = nftnl_nlmsg_build_hdr(bytes, NFT_MSG_GETTABLE, NFPROTO_INET, NLM_F_ACK, 0);
    mnl_attr_put_strz(h, NFTA_TABLE_NAME, BANS_TABLE);
    int r = ask(&b->batch, h, on_elements, l); /* only whether it is there */
    if (r == 0) {
        h = nftnl_nlmsg_build_hdr(bytes, NFT_MSG_GETSET, NFPROTO_INET, NLM_F_DUMP, 0);
        mnl_attr_put_strz(h, NFTA_SET_TABLE, BANS_TABLE);
        r = ask(&b->batch, h, on_set, l);
    }
    if (r == 0) {
        h = nftnl_nlmsg_build_hdr(bytes, NFT_MSG_GETCHAIN, NFPROTO_INET, NLM_F_DUMP, 0);
        r = ask(&b->batch, h, on_chain, l);
    }
    return r;
}

int bans_parts_list(struct bans *b, struct bans_parts *ret)
{
    struct look l = {.parts = ret};
    int r = parts(b, &l);
    return r < 0 ? r : ret->more ? -E2BIG : 0;
}

int bans_list(struct bans *b, void (*tell)(void *arg, const struct ban_element *e), void *arg, struct err *err)
{
    struct bans_parts *p = calloc(1, sizeof *p);
    struct look l = {.tell = tell, .arg = arg, .parts = p};
    int r = p ? parts(b, &l) : -ENOMEM;
    for (size_t i = 0; r == 0 && i < p->sets_n; i++) {
        l.set = p->sets[i];
        r = list_set(b, &l);
    }
    free(p);
    return r < 0 ? no_table(r, err) : l.changed;
}

static void on_generation(const struct nlmsghdr *h, void *arg)
{
    struct look *l = arg;
    struct attributes top = {{0}};
    if (mnl_attr_parse(h, sizeof(struct nfgenmsg), keep, &top) < 0 || !top.at[NFTA_GEN_ID] || mnl_attr_get_payload_len(top.at[NFTA_GEN_ID]) != 4)
        return;
    l->generation = ntohl(mnl_attr_get_u32(top.at[NFTA_GEN_ID]));
}

int bans_generation(struct bans *b, uint32_t *ret)
{
    char bytes[256] __attribute__((aligned(8)));
    struct look l = {0};
    int r = ask(&b->batch, nftnl_nlmsg_build_hdr(bytes, NFT_MSG_GETGEN, NFPROTO_UNSPEC, NLM_F_ACK, 0), on_generation, &l);
    if (r == 0)
        *ret = l.generation;
    return r;
}

struct found {
    uint64_t ms;
    bool any;
};

static void on_found(void *arg, const struct ban_element *e)
{
    struct found *f = arg;
    *f = (struct found){e->ms, true};
}

int bans_find(struct bans *b, const struct ban_key *k, uint64_t *ret_ms, struct err *err)
{
    char bytes[512] __attribute__((aligned(8))), name[SET_NAME];
    unsigned char key[SET_KEY];
    struct found found = {0};
    struct look l = {.set = *k, .tell = on_found, .arg = &found};
    struct nlmsghdr *h = nftnl_nlmsg_build_hdr(bytes, NFT_MSG_GETSETELEM, NFPROTO_INET, NLM_F_ACK, 0);
    mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, BANS_TABLE);
    mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, ban_set_name(k, name));
    struct nlattr *list = mnl_attr_nest_start(h, NFTA_SET_ELEM_LIST_ELEMENTS), *one = mnl_attr_nest_start(h, NFTA_LIST_ELEM);
    struct nlattr *in = mnl_attr_nest_start(h, NFTA_SET_ELEM_KEY);
    mnl_attr_put(h, NFTA_DATA_VALUE, ban_set_key(k, key), key);
    mnl_attr_nest_end(h, in);
    mnl_attr_nest_end(h, one);
    mnl_attr_nest_end(h, list);
    int r = ask(&b->batch, h, on_elements, &l);
    if (r < 0 && r != -ENOENT) /* ENOENT: this element, this set, or the table is not there */
        return no_table(r, err);
    if (found.any)
        *ret_ms = found.ms;
    return found.any;
}
