/* proxy.h: who is meant where a web server's log names a trusted proxy (bansho.conf, guard.trusted-proxies) as the client. Apache with mod_remoteip and nginx with real_ip
   log the client themselves; other logs have it in X-Forwarded-For, if they were told to write that. Everybody may send this header, and each proxy appends whom it talks
   with: so it is read from its end, as far as trusted proxies wrote it. The header of a client that is no trusted proxy says nothing. */
#pragma once
#include "filter/matcher.h"
#include "guard/detect.h"

/* "192.0.2.1, [2001:db8::7]:4711, 203.0.113.80": the last that is no proxy. false: there is none, or it is no address ("unknown"). */
bool forwarded_client(struct str header, const struct prefix *proxies, size_t n, struct addr *ret) PARSER(forwarded);

/* Events of logs that can say it (EVENT_FORWARDED) and come from a trusted proxy: the client's address takes its place, or nobody's (e->hidden). Others stay as they are. */
void proxy_event(const struct guard_rules *r, const struct matcher *of, const struct matcher_event *m, struct guard_event *e);
