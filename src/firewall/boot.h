/* boot.h: what packet filter the next boot will load: one row for each way that is in use (nftables, ufw, firewalld, netfilter-persistent, csf, Plesk).
   On a live machine, as root, the files of nftables and iptables are really loaded, into a network namespace of their own, and evaluated there. */
#pragma once
#include "server/probe.h"

enum { BOOT_V4 = 1, BOOT_V6 = 2 };

struct boot_filter {
    const char *title;   /* "nftables (/etc/nftables.conf)" */
    const char *file, *unit;
    bool enabled;        /* its unit is enabled */
    unsigned stops;      /* BOOT_V4 | BOOT_V6: stops a stranger's packet to a port that nobody opened */
    bool sure;           /* false: `stops` is read from the text only */
    const char *refused; /* nft does not load the file: what it says; nothing of it will hold. NULL: it is not so, or not known */
};

/* Does nft refuse to load the file here? Tried without anything being loaded. Where it does, its first line goes to out. */
bool boot_nft_refuses(const char *file, struct buf *out);

/* The filters that are installed here, at most `max`. Returns how many. */
size_t boot_filters(const struct probe_ctx *ctx, struct arena *a, struct boot_filter *ret, size_t max);
