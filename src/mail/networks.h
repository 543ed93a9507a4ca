/* networks.h: the networks from which a mail server takes mail without a password: Postfix' mynetworks (postconf(5): addresses, [v6]/n, !exclusions,
   /files and tables). */
#pragma once
#include "server/probe.h"

struct mail_network {
    struct prefix prefix;
    bool excluded;        /* "!" before it */
    const char *text;     /* as written */
    const char *unread;   /* not a network but a table or a file that could not be read: why; prefix is empty then */
};
struct mail_networks {
    LIST(struct mail_network) list;
};

/* Appends what the value names; /file and cidr:/file are read below root (NULL: not read). */
void mail_networks_add(struct mail_networks *n, struct arena *a, const struct root *root, const char *value) PARSER(mail_networks);
/* All networks that any SMTP service of this machine trusts, declared sources included. */
void mail_trusted(const struct probe_ctx *ctx, struct arena *a, struct mail_networks *ret);
/* Is it no more than this machine and what bansho.conf declares? */
bool mail_network_is_own(const struct probe_ctx *ctx, const struct prefix *p);
