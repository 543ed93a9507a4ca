/* host.h: one snapshot of what the machine is, below any root directory: OS and packages, units, users, own addresses, listening sockets.
   Taken once by bansho (or by the confined process under --root) and only read afterwards; everything lives in the snapshot's arena.
   Below a foreign root no program is run: what only the running machine can tell has `seen` < 0 and a reason. */
#pragma once
#include "base/addr.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/rootfs.h"

/* How well a part of the snapshot was seen. code: 0, or -errno (-ENOTSUP: only a running machine could tell; -EACCES: only root may look). */
struct seen {
    int code;
    const char *why; /* for people, translated; NULL when code is 0 */
};

struct os {
    const char *id, *version_id, *pretty, *codename, *id_like; /* os-release(5); "" where absent */
};

struct package {
    const char *name, *version, *arch, *status; /* dpkg status "install ok installed"; rpm: "installed" */
};

/* ENABLED: something starts it at boot by a link (*.wants, *.requires, an alias), the vendor's own links too. GENERATED: a SysV script or a generator's
   unit that starts at boot. DISABLED: nothing starts it at boot, whether it could be enabled or is made to be started by others ("static"): that would stand in
   the file, and some hundred files would have to be read. */
enum unit_enabled { UNIT_ENABLED_UNKNOWN, UNIT_ENABLED, UNIT_DISABLED, UNIT_MASKED, UNIT_GENERATED };
enum unit_active { UNIT_ACTIVE_UNKNOWN, UNIT_ACTIVE, UNIT_INACTIVE, UNIT_FAILED, UNIT_CHANGING };
const char *unit_active_text(enum unit_active a); /* "runs", "does not run" ... in the reader's language */

struct unit {
    const char *name;  /* "postfix.service": services, sockets and timers */
    const char *file;  /* its unit file */
    enum unit_enabled enabled; /* from the links below /etc/systemd, /usr/lib/systemd; works below any root */
    enum unit_active active;   /* live machine only */
    const char *sub;           /* "running", "exited", ... or "" */
    unsigned main_pid, restarts;
    const char *restart, *type, *result; /* Restart=, Type=, of the last run ("success" "exit-code" "start-limit-hit" ...); "" or NULL: not seen */
    bool triggered;    /* a socket, timer or path starts it */
};

struct user {
    const char *name, *gecos, *home, *shell;
    unsigned uid, gid;
    unsigned line; /* in /etc/passwd */
};

struct listener {
    bool udp;
    struct addr addr;      /* any-address: 0.0.0.0 or :: */
    bool v6only;           /* for "::": does not take IPv4 too */
    uint16_t port;
    unsigned pid;          /* 0: could not be seen (not root) */
    const char *program;   /* the executable's path, or "" */
    const char *unit;      /* the systemd unit from its cgroup, or "" */
    const char *package;   /* whose file the executable is, or "" */
};

struct own_addr {
    struct prefix prefix;  /* network on the link */
    struct addr addr;
    const char *interface;
    bool loopback, link_local;
};

/* A route that leads nowhere: "blackhole", "unreachable" or "prohibit". */
struct closed_route {
    struct prefix to;
    const char *type;
    unsigned table;
};

struct host {
    struct arena *arena;
    const struct root *root;
    bool live;          /* a running machine (root is "/") */
    bool systemd;       /* systemd is its PID 1 */
    bool privileged;    /* we are root */
    int64_t now, booted, installed; /* seconds; 0: not known. installed: when the system was first set up (oldest trace) */
    const char *installed_from; /* the file or directory whose age `installed` is; "" */
    const char *name;   /* host name, fully qualified where that is known */
    struct os os;
    LIST(struct package) packages; /* sorted by name */
    LIST(struct unit) units;       /* sorted by name */
    LIST(struct user) users;       /* in the file's order */
    LIST(struct listener) listeners;
    LIST(struct own_addr) addrs;
    LIST(struct prefix) routes;    /* destinations other than the default route */
    LIST(struct closed_route) closed_routes; /* those of them that lead nowhere */
    struct seen packages_seen, units_seen, active_seen, users_seen, listeners_seen, addrs_seen;
};

/* Takes the snapshot. Parts that cannot be seen are marked, not errors; only an unusable root is. */
int host_new(const struct root *root, const struct clock *clock, struct host **ret, struct err *err) _must_check_;
void host_free(struct host *h);

/* As host.name, without a snapshot; live: of the running machine. NULL: not known. */
const char *host_name_of(struct arena *a, const struct root *root, bool live);
const struct package *host_package(const struct host *h, const char *name);      /* installed ones only; NULL: not installed (or packages not seen) */
const struct unit *host_unit(const struct host *h, const char *name);            /* with its suffix; template instances by full name */
const struct user *host_user(const struct host *h, const char *name);
/* The first listener on a port that takes TCP (or UDP) connections; NULL: none was seen. */
const struct listener *host_listener(const struct host *h, uint16_t port, bool udp);
/* true: the running unit or any listener belongs to one of these packages' or programs' names. */
bool host_listens_beyond_loopback(const struct listener *l);
/* The address by which others reach this machine: neither loopback nor link-local, rather a public one than a private one, rather a real
   interface's than a bridge's of containers. false: none of that family. */
bool host_public_addr(const struct host *h, bool v6, struct addr *ret);
