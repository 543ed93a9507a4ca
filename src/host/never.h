/* never.h: whose packets are never dropped, whatever is said of them: the machine itself, the networks of declared sources (bansho.conf, `source`), trusted proxies (guard.trusted-proxies), what is no
   client's address at all (RFC 6890: this host, loopback, link-local, multicast, broadcast), and from where administrators are logged in at this moment. Both
   bansho-watch (which tells it as spared) and bansho-wall (which refuses) ask here. */
#pragma once
#include "base/addr.h"
#include "base/arena.h"
#include "config/config.h"

enum never_kind { NEVER_SPECIAL, NEVER_SOURCE, NEVER_OWN, NEVER_ADMIN, NEVER_PROXY };

struct never_row {
    struct prefix network;
    enum never_kind kind;
    const char *name; /* of the source, the interface, or who is logged in; raw */
};

struct never_list {
    LIST(struct never_row) rows;
};

/* Appends special networks, declared sources, trusted proxies and own addresses. Own ones are those of this moment (getifaddrs(3)); where they cannot be asked the others still hold. config NULL: without sources. */
void never_find(const struct config *config, struct arena *a, struct never_list *ret);
/* The first row that the network touches, or NULL. */
const struct never_row *never_touched(const struct never_list *l, const struct prefix *p);

/* Appends from where root, and who may become root (groups sudo, wheel, admin), is logged in: sessions of logind below `dir` (SESSIONS_DIR), and utmp, where a machine has
   one, as far as its processes live. Not the group adm: its members read logs and can change nothing, so that an attacker with such an account gains nothing by it. Where sshd
   looks up names (UseDNS yes) logind notes the client's name, which is not believed: such a session protects by utmp alone. */
#define SESSIONS_DIR "/run/systemd/sessions"
void never_admins(const char *dir, struct arena *a, struct never_list *ret);
/* Appends the address of the session to which this process belongs, whoever it is. */
void never_caller(const char *dir, int64_t pid, struct arena *a, struct never_list *ret);

/* All of it together, as of this moment: asked anew when it is older than a second, and only when somebody asks; nothing wakes for it. */
struct never_now {
    const struct config *config; /* NULL: without sources */
    const char *sessions;        /* SESSIONS_DIR; NULL: nobody's sessions */
    struct arena *arena;
    struct never_list list;
    int64_t at;                  /* clock_monotonic_ms; 0: not known */
};
/* Valid until the next call. */
const struct never_list *never_now(struct never_now *n);
void never_now_done(struct never_now *n);

/* One of logind's files: KEY=value lines. true: a session that is open and came from an address. */
struct login_session {
    struct addr remote;
    uint32_t uid;
    struct str user;
};
bool session_parse(struct str text, struct login_session *ret) PARSER(session);
