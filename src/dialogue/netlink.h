/* netlink.h: the few rtnetlink requests that dialogue/stranger.c needs (rtnetlink(7), linux/rtnetlink.h, linux/veth.h). Each sends one message and
   waits for the kernel's answer: 0 or -errno. */
#pragma once
#include "base/addr.h"

/* A socket of the network namespace in which the process is now; -1 and errno. */
int netlink_open(void);
/* A veth pair, both ends down: `name` here, `peer` in the namespace `netns`. */
int netlink_veth(int nl, const char *name, const unsigned char mac[6], int netns, const char *peer, const unsigned char peer_mac[6]) _must_check_;
int netlink_index(int nl, const char *name, unsigned *ret) _must_check_;
int netlink_delete(int nl, const char *name);
int netlink_up(int nl, unsigned index) _must_check_;
/* No link-local IPv6 address and nothing that is sent because of one. */
int netlink_no_link_local(int nl, unsigned index);
/* A host address (/32, /128), usable at once (no duplicate address detection). */
int netlink_address(int nl, unsigned index, const struct addr *a) _must_check_;
/* A route to one address, directly on the link. */
int netlink_route(int nl, unsigned index, const struct addr *to) _must_check_;
/* Who has the address on the link, for good. */
int netlink_neighbour(int nl, unsigned index, const struct addr *a, const unsigned char mac[6]) _must_check_;
