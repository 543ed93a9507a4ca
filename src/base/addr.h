/* addr.h: IPv4 and IPv6 addresses and prefixes. IPv4-mapped IPv6 addresses (::ffff:a.b.c.d) are unmapped on the way in: one client has one form. */
#pragma once
#include "base/str.h"
#include <sys/socket.h>

struct addr {
    uint8_t v6;      /* 0: IPv4 in bytes[0..3]; 1: IPv6 */
    uint8_t bytes[16];
};

struct prefix {
    struct addr addr; /* host bits are 0 */
    uint8_t length;   /* 0-32 or 0-128 */
};

#define ADDR_TEXT 46
bool addr_parse(struct str s, struct addr *ret) PARSER(addr);
bool addr_parse4(struct str s, struct addr *ret); /* IPv4 alone: there is one way to write it */
const char *addr_text(const struct addr *a, char ret[static ADDR_TEXT]);
bool addr_eq(const struct addr *a, const struct addr *b);
bool addr_is_loopback(const struct addr *a);
bool addr_is_any(const struct addr *a); /* 0.0.0.0 or :: */
struct addr addr_of_sockaddr(const struct sockaddr *sa);
socklen_t addr_to_sockaddr(const struct addr *a, uint16_t port, struct sockaddr_storage *ret);

/* "192.0.2.0/24", "2001:db8::/32", a bare address (= /32, /128). false also where host bits are set and `strict`. */
bool prefix_parse(struct str s, bool strict, struct prefix *ret) PARSER(addr);
const char *prefix_text(const struct prefix *p, char ret[static ADDR_TEXT + 4]);
bool prefix_has(const struct prefix *p, const struct addr *a);
bool prefix_covers(const struct prefix *outer, const struct prefix *inner);
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);
