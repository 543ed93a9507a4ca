/* naming.h: which rules of the loaded packet filter name an address, whoever made them: by a comparison with it, or with a network or range that it is in, or by a
   set or map that holds it. What else a rule asks (ports, interface, state) is not decided here; whether a packet gets through is ruleset_fate's answer.
   Only what was read from the kernel counts; legacy iptables and ipset are not seen here. */
#pragma once
#include "nft/ruleset.h"

enum naming_does { NAMING_NOTHING /* counts, logs ... */, NAMING_DROP, NAMING_REJECT, NAMING_ACCEPT, NAMING_CALL, NAMING_OTHER /* queue, NAT, an unknown target */ };
const char *naming_does_name(enum naming_does d); /* "drop", "reject" ...: as nft has it */

enum naming_reached { NAMING_REACHED, NAMING_NOT_REACHED /* nothing leads into its chain */, NAMING_MAYBE /* only a map could */ };

struct naming {
    const char *family, *table, *chain; /* "inet", "f2b-table", "f2b-chain" */
    uint64_t handle;
    enum naming_does does;
    const char *to;      /* NAMING_CALL: the chain; NAMING_OTHER: the target's name; or NULL */
    const char *set;     /* the set or map that decides, or NULL: the rule has it itself */
    int64_t left_ms;     /* of the element; -1: it has no end */
    bool others;         /* it concerns all but those that it names: this address is not among them */
    enum naming_reached reached;
};

#define NAMINGS_MAX 500      /* of one address; what is beyond is counted */
#define NAMING_ELEMENTS 2000000 /* of one set with keys of several parts, which has to be read whole */

struct namings {
    LIST(struct naming) list;        /* in the ruleset's order */
    size_t more;                     /* not listed */
    LIST(const char *) not_seen;     /* sets that could not be asked: "inet x y"; for people */
};

/* Rules of tables whose family and name are one of `except` (pairs "inet bansho_bans", NULL at the end) are left out. */
int ruleset_naming(struct ruleset *r, const struct addr *of, const char *const except[], struct arena *a, struct namings *ret, struct err *err) _must_check_;
