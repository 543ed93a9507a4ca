/* bans.h: the table `inet bansho_bans`: who is dropped at prerouting -300, before connection tracking. Held by bansho-wall; needs CAP_NET_ADMIN.
   It belongs to us alone, and nothing else is named in our transactions. Addresses and prefixes are in hash sets with timeouts, one set and one rule for each
   length of prefix that is in use, looked up by the masked address ("ipv4_32", "ipv6_64"); what concerns single ports is in a second set of that length, with
   the key address . protocol . port ("ipv4_32_ports"). Never intervals: they cannot be changed one by one at a bearable cost.
   The kernel counts the time down and drops what has ended by itself. Source: linux/netfilter/nf_tables.h, linux/netfilter/nfnetlink.h. */
#pragma once
#include "base/addr.h"
#include "base/err.h"

#define BANS_TABLE "bansho_bans"

struct ban_key {
    struct prefix network;
    uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP; 0: all that comes from there (port is 0) */
    uint16_t port;
};

struct ban_element {
    struct ban_key key;
    uint64_t ms; /* what remains; 0: it has no end */
    bool held;   /* bans_put: it may be there already, and its time is to be changed */
};

int ban_key_order(const struct ban_key *a, const struct ban_key *b); /* <0, 0, >0: by length of prefix, then by address */

struct bans;
/* Opens the sockets, the monitor too; changes nothing. -EPERM without CAP_NET_ADMIN; -EOPNOTSUPP, -EPROTONOSUPPORT: no nftables in this kernel. */
int bans_open(struct bans **ret, struct err *err) _must_check_;
void bans_close(struct bans *b); /* the table stays */
void bans_closep(struct bans **b);

/* Where elements come from, up to `max` at a time: how many, 0 at the end, -errno. */
typedef int bans_next(void *arg, struct ban_element *out, size_t max, struct err *err);
#define BANS_CHUNK 131072 /* elements of one transaction */
#define BANS_MOST 1000000 /* of one set: so many have room in it, and as many as one transaction refreshes */
/* The table made anew, with these elements and no others. The first BANS_CHUNK come with the table itself, in one transaction: there is no moment without them.
   Of one key that is given twice in a chunk the longer time holds. */
int bans_reset(struct bans *b, bans_next *next, void *arg, struct err *err) _must_check_;
/* The first part of it: the table anew, with the first BANS_CHUNK elements. 1: next may have more, to be put with bans_put; 0: that was all. */
int bans_reset_begin(struct bans *b, bans_next *next, void *arg, struct err *err) _must_check_;

/* Adds or refreshes, in transactions of BANS_CHUNK. The elements are put into order, and of one key that is there twice the longer time holds. What is there
   and was not said to be `held` may keep its old time (kernels before 6.12).
   -ENOENT: the table is not there as it was left (bans_reset). Otherwise nothing of the transaction was done. */
int bans_put(struct bans *b, struct ban_element *elements, size_t n, struct err *err) _must_check_;
/* From now on nobody leaves while elements are put, which costs twice the time, so that nothing that others do meanwhile is missed; or as before. */
void bans_put_listening(struct bans *b, bool yes);
/* Takes out; what is not there is no error. -ENOENT as above. */
int bans_remove(struct bans *b, struct ban_element *elements, size_t n, struct err *err) _must_check_;
/* Removes the whole table; it need not be there. */
int bans_drop(struct bans *b, struct err *err) _must_check_;

/* What remains for this key: 1 and *ret_ms; 0: it is not there. */
int bans_find(struct bans *b, const struct ban_key *k, uint64_t *ret_ms, struct err *err) _must_check_;
/* Tells every element that is there. 0: exactly these; 1: the ruleset was changed meanwhile, some may have been told twice or not at all; -ENOENT: no table.
   The kernel walks its sets anew for every 32 KiB: 100,000 elements take half a second, a million a minute. */
int bans_list(struct bans *b, void (*tell)(void *arg, const struct ban_element *e), void *arg, struct err *err) _must_check_;

/* What others do to the ruleset. The descriptor is readable when something happened; our own transactions are not seen there. During a large one of ours nobody
   listens: after every call that changes something bans_news is to be asked as well. */
int bans_monitor_fd(const struct bans *b);
#define BANS_TOUCHED 256
struct bans_touched {
    bool any;        /* something of our table */
    bool parts;      /* rules, chains, sets that are not ours: bans_mend_parts */
    bool many;       /* more elements than there is room for in keys, or it is not known what */
    bool table;      /* the table itself, or a set of ours: bans_reset */
    size_t n;
    struct ban_key keys[BANS_TOUCHED]; /* elements that were added, changed or taken out; one may be there several times */
};
void bans_touched_join(struct bans_touched *t, const struct bans_touched *more);
struct bans_news {
    struct bans_touched touched;
    bool lost;       /* more was told than could be kept: anything of our table may have been touched */
    uint32_t generation;
    uint32_t pid;    /* who did it, as the kernel names it; 0 where `lost` */
    char who[17];    /* its command name, any bytes */
};
/* 1: somebody's transaction is complete; 0: nothing more for now; -errno. */
int bans_news(struct bans *b, struct bans_news *ret) _must_check_;
/* Takes one datagram of the monitor (the kernel's own format; nothing is believed of its lengths). *touched is kept from one to the next. true: *ret is one
   transaction, complete; offset: where to go on, 0 at the beginning, the size of the datagram at its end. */
bool bans_news_parse(struct str datagram, uint32_t own_port, size_t *offset, struct bans_touched *touched, struct bans_news *ret) PARSER(bans_news);

/* Chains and rules made anew, in one transaction, and what others put into the table taken out; the sets and their elements stay as they are. Where that is refused, or -E2BIG:
   bans_reset. */
int bans_mend_parts(struct bans *b, struct err *err) _must_check_;
