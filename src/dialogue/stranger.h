/* stranger.h: a place from which this machine's own servers see a stranger: a network namespace joined to the machine by a veth pair, with addresses
   of a documentation network (RFC 5737, RFC 3849, RFC 9637) that the machine neither has nor trusts. Asking from 127.0.0.1 would tell nothing: every
   server trusts it. Nothing is configured: the machine gets one interface without an address, and a host route and a neighbour entry for each of the
   stranger's addresses. Only descriptors of this process and its children hold the namespace; the kernel removes both ends when these are gone, however they went.
   Needs CAP_SYS_ADMIN and CAP_NET_ADMIN. */
#pragma once
#include "base/addr.h"
#include "base/err.h"

struct stranger;

struct stranger_options {
    const char *interface;       /* the name of the machine's end, at most 15 bytes */
    const struct addr *targets;  /* the machine's own addresses that will be asked */
    size_t targets_n;
    const struct prefix *busy;   /* addresses and routes of the machine: never overlapped */
    size_t busy_n;
    const struct prefix *trusted;/* networks that its servers trust: avoided, unless they cover everything */
    size_t trusted_n;
    unsigned count;              /* how many addresses of each family it has (1 to 64): who fails often at one address is shut out by fail2ban and the like */
    uint32_t seed;               /* which ones of the networks: another run has others */
};

/* -EPERM: not allowed here; -EADDRINUSE: no network is free. The namespace has an address for each family of the targets where that could be made. */
int stranger_new(const struct stranger_options *o, struct stranger **ret, struct err *err) _must_check_;
void stranger_free(struct stranger *s); /* NULL is fine. Takes both ends away at once. */
void stranger_freep(struct stranger **s);

int stranger_netns(const struct stranger *s); /* for endpoint_at.netns */
/* Its i-th address of one family. false: it has none; *ret_why then tells the reason (untranslated kernel words), or NULL where no target asked for it. */
bool stranger_addr(const struct stranger *s, bool v6, unsigned i, struct addr *ret, const char **ret_why);
int64_t stranger_age_ms(const struct stranger *s);

#define STRANGER_NETWORKS 3 /* of each family */
/* The networks that its addresses would be of; 0: every documentation network overlaps with `busy`. All that are free, not the first alone: a guard that remembers for long
   whom it shut out would come to know all 254 addresses of one. Without I/O. */
size_t stranger_choose(bool v6, const struct stranger_options *o, struct prefix ret[static STRANGER_NETWORKS]);
