/* never.h: who is never shut out, whatever the logs say of them (host/never.h): the machine itself, the networks of declared sources (bansho.conf, `source`), and what is no
   client's address at all (RFC 6890: this host, loopback, link-local, multicast, broadcast). */
#pragma once
#include "base/arena.h"
#include "config/config.h"
#include "guard/detect.h"
#include "host/never.h"

/* Sets rules->never, which lives in the arena, and rules->proxies, which lives in the config. Own addresses are those of this moment (getifaddrs(3)); where they cannot be asked the others still hold. */
void never_fill(const struct config *config, struct arena *a, struct guard_rules *rules);
/* Sets rules->spares: whom never_now names at the moment of a verdict. `now` must live as long as the rules. */
void never_ask(struct never_now *now, struct guard_rules *rules);
