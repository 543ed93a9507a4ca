/* foreign.h: what others than bansho have in place that names an address: rules and sets of the packet filter (fail2ban, ufw, csf, Docker, by hand), legacy iptables,
   ipsets, routes that lead nowhere, hosts.allow and hosts.deny. Only read, as root; a program's own tool is asked where the kernel has no other answer. */
#pragma once
#include "base/addr.h"
#include "host/host.h"

struct foreign {
    const char *kind;     /* "nft", "iptables-legacy", "ipset", "route", "hosts" */
    const char *does;     /* as the tool has it: "drop", "jump f2b-sshd", "blackhole", "deny" */
    const char *owner;    /* whose it is, by its name: "fail2ban", "Docker"; NULL: nobody's that is known */
    const char *place;    /* for people: "inet f2b-table f2b-chain, handle 7, set addr-set-sshd" */
    const char *note;     /* translated: what else is to be known of it; or NULL */
    const char *next;     /* the command that takes the address out, where there is one; else NULL */
    bool stops;           /* it is in force and packets or logins are turned away, as far as the address alone decides */
    const char *family, *table, *chain, *set, *file; /* NULL: none */
    uint64_t handle;      /* of the rule (nft), its number in the chain (iptables-legacy); 0: none */
    unsigned line;
    int64_t until;        /* when the set's element ends, seconds; 0: never, or not known */
};

/* What the whole packet filter, bansho's own tables too, does with a new connection from there to a TCP port that listens here. */
struct foreign_port {
    uint16_t port;
    const char *service;  /* model/service.h's name, or "" */
    unsigned may;         /* FATE_* (nft/ruleset.h) */
    const char *by;       /* what stops it, where that is sure: "filter INPUT, rule 3"; or "" */
};

struct foreigns {
    LIST(struct foreign) list;
    LIST(struct foreign_port) ports; /* empty: not known, or nothing listens; legacy iptables counts nowhere in it */
    LIST(const char *) not_seen; /* what could not be looked at, with the reason; translated */
};

/* h: the live machine. Everything lives in the arena; texts of others are raw. own_too: bansho's own tables as well,
   for when bansho-wall cannot be asked. */
void foreign_find(const struct host *h, const struct addr *of, bool own_too, struct arena *a, struct foreigns *ret);
