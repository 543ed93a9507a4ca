/* ruleset.h: what the kernel's packet filter would do with a packet: the loaded nftables ruleset (also iptables-nft's, ufw's, firewalld's, Docker's), read by
   netlink and evaluated for one sample packet. No text of any program is parsed. Legacy iptables tables are not seen here (ruleset_legacy tells).
   Sources: linux/netfilter/nf_tables.h, and the xt match structs below linux/netfilter for iptables-nft rules. Needs CAP_NET_ADMIN. */
#pragma once
#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"

struct ruleset;

/* Reads chains and rules (not sets: these are asked element by element). -EPERM without CAP_NET_ADMIN; -EOPNOTSUPP where the kernel has no nftables. */
int ruleset_open(struct ruleset **ret, struct err *err) _must_check_;
void ruleset_close(struct ruleset *r);
size_t ruleset_chains(const struct ruleset *r);

/* The first packet of a new TCP connection. */
struct sample {
    struct addr from, to;
    uint16_t port;
    const char *interface; /* on which it comes in */
};

/* What may happen to it. Both bits: some condition could not be decided (an extension that is not known here). */
enum { FATE_PASS = 1, FATE_STOP = 2 };

struct fate {
    unsigned may;
    char by[160]; /* the chain and rule, or policy, that stops it where that is sure: "inet filter input, policy" */
};
int ruleset_fate(struct ruleset *r, const struct sample *s, struct fate *ret, struct err *err) _must_check_;
