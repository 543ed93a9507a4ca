/* connections.h: open TCP connections of who was banned are ended at once (SOCK_DESTROY), so that no program goes on waiting for them: a dropped packet alone
   leaves them open for minutes. IPv4, IPv6, and IPv4 clients of IPv6 sockets, in the network namespace of this process; what is open in another one (a
   container's) only falls silent. Source: linux/sock_diag.h, linux/inet_diag.h. Needs CAP_NET_ADMIN. */
#pragma once
#include "nft/bans.h"

struct connections;
int connections_open(struct connections **ret, struct err *err) _must_check_;
void connections_close(struct connections *c);
void connections_closep(struct connections **c);

/* Ends those that a key concerns (by its network; with a port: those to that local TCP port). The keys are put into order. *ret_ended: how many.
   -EOPNOTSUPP: this kernel cannot (CONFIG_INET_DIAG_DESTROY); packets are dropped all the same. */
int connections_end(struct connections *c, struct ban_key *keys, size_t n, size_t *ret_ended, struct err *err) _must_check_;
