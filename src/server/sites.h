/* sites.h: what Apache and nginx have in common about virtual hosts. */
#pragma once
#include "server/server.h"

/* Adds a virtual host with everything but its lists empty; the pointer is valid until the next one is added. */
struct site *site_add(struct server *s, const struct instance *web, const char *file, unsigned line);
void site_alias(struct server *s, struct site *site, const char *name);
void site_mount(struct server *s, struct site *site, const char *url, const char *dir);
/* After all products are loaded: owners from the document roots. */
void sites_settle(struct server *s);
/* "192.0.2.1:80", "[2001:db8::1]:443", "*:80", "80", "name:80", "192.0.2.1" taken apart; the address without brackets, "" where there is
   none, port 0 where there is none. false: nothing of the kind. The address is a view of `s`. */
bool listen_split(struct str s, struct str *ret_address, uint16_t *ret_port) PARSER(listen);
/* "", "*", "0.0.0.0", "::": any address. */
bool listen_is_any(const char *address);
