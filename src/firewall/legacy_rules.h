/* legacy_rules.h: the rules of iptables' own kernel tables, as iptables-legacy-save(8) prints them, that name an address: by -s, by a range (iprange), or by an ipset. */
#pragma once
#include "base/addr.h"
#include "base/arena.h"

struct legacy_rule {
    const char *table, *chain; /* "filter", "f2b-sshd" */
    unsigned number;           /* in its chain, from 1: for iptables-legacy -D CHAIN NUMBER */
    const char *does;          /* the target: "DROP", "f2b-sshd", "" */
    const char *set;           /* an ipset decides, which was not asked; NULL: the rule has it itself */
    bool others;               /* it concerns all but those that it names; this address is not among them (with `set`: all that the set does not hold) */
};
struct legacy_rules {
    LIST(struct legacy_rule) list;
};
#define LEGACY_RULES_MAX 500
void legacy_rules(struct str text, const struct addr *of, struct arena *a, struct legacy_rules *ret) PARSER(legacy_rules);
