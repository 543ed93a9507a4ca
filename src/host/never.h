/* never.h: whose packets are never dropped, whatever is said of them: the machine itself, the networks of declared sources (bansho.conf, `source`), what is no
   client's address at all (RFC 6890: this host, loopback, link-local, multicast, broadcast), and from where administrators are logged in at this moment. */
#pragma once
#include "base/addr.h"
#include "base/arena.h"
#include "config/config.h"

enum never_kind { NEVER_SPECIAL, NEVER_SOURCE, NEVER_OWN, NEVER_ADMIN };

struct never_row {
    struct prefix network;
    enum never_kind kind;
    const char *name; /* of the source, the interface, or who is logged in; raw */
};

struct never_list {
    LIST(struct never_row) rows;
};

/* Appends special networks, declared sources and own addresses. Own ones are those of this moment (getifaddrs(3)); where they cannot be asked the others still hold. config NULL: without sources. */
void never_find(const struct config *config, struct arena *a, struct never_list *ret);
/* The first row that the network touches, or NULL. */
const struct never_row *never_touched(const struct never_list *l, const struct prefix *p);

/* Appends from where root, and who may become root (groups sudo, wheel, admin), is logged in: sessions of logind below `dir` (SESSIONS_DIR), and utmp. */
#define SESSIONS_DIR "/run/systemd/sessions"
void never_admins(const char *dir, struct arena *a, struct never_list *ret);
/* Appends the address of the session to which this process belongs, whoever it is. */
void never_caller(const char *dir, int64_t pid, struct arena *a, struct never_list *ret);

/* One of logind's files: KEY=value lines. true: a session that is open and came from an address. */
struct session {
    struct addr remote;
    uint32_t uid;
    struct str user;
};
bool session_parse(struct str text, struct session *ret) PARSER(session);
