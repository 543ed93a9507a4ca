/* canary_try.h: one failed login at each service whose log is watched, and one harmless visit, as a stranger of a documentation network (dialogue/stranger.h), for
   `bansho selftest`. The names begin with bansho-probe-; no password is a right one, and at web sites no name and no password is sent at all. What servers answer is read in a worker; ssh is
   OpenBSD's client, run as nobody. IPv4 only: the stranger's IPv6 addresses are one network, of which the first failure would shut out all. */
#pragma once
#include "dialogue/dialogue.h"
#include "server/probe.h"

struct canary_target {
    const char *product, *protocol; /* "dovecot", "pop3" */
    struct addr to;
    uint16_t port;
    bool tls;                       /* from the first byte */
    LIST(const char *) hosts;       /* of "http": sites; the failure is looked for at each */
};
struct canary_targets {
    LIST(struct canary_target) list;
};
/* Where a stranger can log in to this product: one port of each protocol. Nothing is added where it listens for nobody outside, or is none of those that can be tried. */
void canary_targets(const struct probe_ctx *ctx, const char *product, struct arena *a, struct canary_targets *ret);

/* From where. */
struct canary_place {
    int netns;
    struct addr from;
    const char *run; /* hex digits of this run */
};

/* 1: the login was refused, as it should be; 0: nothing there asks who comes (of http: no site has a login that is known); -errno: it could not be tried, err tells why. */
int canary_fail(const struct canary_target *t, const struct canary_place *p, struct err *err) _must_check_;
/* Somebody comes, looks and goes. TROUBLE_NONE: it was answered; connect_ms as in endpoint_at. */
enum trouble canary_visit(const struct canary_target *t, const struct canary_place *p, int connect_ms);
