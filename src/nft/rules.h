/* rules.h: the read ruleset, for the files of this room only. */
#pragma once
#include "nft/ruleset.h"
#include <libnftnl/set.h>

struct nftnl_rule;
struct mnl_socket;

struct chain {
    uint32_t family; /* NFPROTO_* */
    const char *table, *name;
    bool hooked;      /* packets come here by themselves */
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
    int64_t left_ms;  /* until it ends; -1: it has no end */
};
int ruleset_element(struct ruleset *r, const struct chain *c, const char *name, const void *key, uint32_t n, struct element *ret);
/* The same for a key of several parts: the first element, of at most `most`, whose bytes at `at` are these, or whose range there holds them. -E2BIG: there are more. */
int ruleset_element_with(struct ruleset *r, const struct chain *c, const char *name, size_t at, const void *bytes, size_t n, size_t most, struct element *ret);
int ruleset_key_length(struct ruleset *r, const struct chain *c, const char *name, uint32_t *ret);
const char *ruleset_family(uint32_t family); /* "inet" */
