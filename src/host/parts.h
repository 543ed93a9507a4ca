/* parts.h: the parts of the snapshot, one file each. Every part fills its fields of the host and its `seen`; only memory can fail.
   Parsers take text, so that tests and fuzz targets need no machine. Room-internal. */
#pragma once
#include "host/host.h"

#define SEEN(c, w) ((struct seen){.code = (c), .why = (w)})

/* Why a part below a foreign root, or without root, stays unseen: for people, translated. */
const char *host_why(struct host *h, int code, const char *what);

/* identity.c: os-release(5), host name, times of boot and of the first set-up */
void host_see_identity(struct host *h);
void os_release_parse(struct host *h, struct str text) PARSER(os_release);
/* The full name that hosts(5) gives to a short one; NULL: none. */
char *hosts_parse(struct arena *a, struct str text, const char *short_name) PARSER(os_release);

/* packages.c: dpkg's status files; rpm is asked on a live machine */
void host_see_packages(struct host *h);
void host_sort_packages(struct host *h);
/* Adds the packages of one status file that have files on disk. -E2BIG: too many. */
int dpkg_parse(struct host *h, struct str text) PARSER(dpkg) _must_check_;
int rpm_parse(struct host *h, struct str text) PARSER(dpkg) _must_check_;

/* files_of.c: fills the package of each listener from dpkg's file lists, in one pass over them; or from rpm */
void host_see_owners(struct host *h);

/* users.c */
void host_see_users(struct host *h);
int passwd_parse(struct host *h, struct str text) PARSER(passwd) _must_check_;

/* units.c: unit files and the links that enable them; SysV scripts */
void host_see_units(struct host *h);
void host_sort_units(struct host *h);
/* unit_state.c: what the running systemd says of them */
void host_see_unit_states(struct host *h);
void unit_show_parse(struct host *h, struct str text) PARSER(unit_show);

/* listeners.c: /proc/net and who holds the sockets; our own network namespace only */
struct proc_socket {
    bool udp;
    struct addr addr;
    uint16_t port;
    uint64_t inode;
};
struct proc_sockets {
    LIST(struct proc_socket) list;
};
void host_see_listeners(struct host *h);
#define SOCKETS_MAX 10000
int proc_net_parse(struct arena *a, struct str text, bool udp, struct proc_sockets *into) PARSER(proc_net) _must_check_;
/* The same from the kernel itself (sockets.c): IPPROTO_TCP or IPPROTO_UDP. -errno: it cannot be asked (no sock_diag for that protocol), nothing was added; -E2BIG as above. */
int sockets_ask(struct arena *a, int protocol, bool v6, struct proc_sockets *into) _must_check_;
/* The unit in a /proc/PID/cgroup text: "" where there is none. */
char *cgroup_parse(struct arena *a, struct str text) PARSER(proc_net);

/* addrs.c: rtnetlink */
void host_see_addrs(struct host *h);
int rtnl_parse(struct host *h, struct str message) PARSER(rtnl) _must_check_;
