/* rules.h: the read ruleset, for the files of this room only. */
#pragma once
#include "nft/ruleset.h"
#include <libnftnl/set.h>

struct nftnl_rule;
struct mnl_socket;

struct chain {
    uint32_t family; /* NFPROTO_* */
    const char *table, *name;
    bool base;        /* hooked, of type filter */
    uint32_t hook;    /* NF_INET_* */
    bool policy_drop;
    LIST(struct nftnl_rule *) rules;
};

struct ruleset {
    struct arena *arena;
    struct mnl_socket *socket;
    uint32_t seq;
    size_t rules;
    LIST(struct chain) chains;
};

struct chain *ruleset_chain(struct ruleset *r, uint32_t family, const char *table, const char *name);

/* What a set or map of the chain's table holds for this key. 1: found, 0: not in it, -errno: could not be asked. */
struct element {
    bool has_verdict;
    int verdict;
    char chain[64];
};
int ruleset_element(struct ruleset *r, const struct chain *c, const char *name, const void *key, uint32_t n, struct element *ret);
