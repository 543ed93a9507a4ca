/* hosts_access.h: hosts.allow and hosts.deny (hosts_access(5), hosts_options(5)): which of their lines concern an address. No name is resolved. */
#pragma once
#include "base/addr.h"
#include "base/arena.h"

enum hosts_match { HOSTS_NO, HOSTS_YES, HOSTS_MAYBE /* a host name, a netgroup, a file: not known without asking others */ };

/* Does a client list ("ALL EXCEPT 192.0.2. [2001:db8::]/32") hold the address? */
enum hosts_match hosts_clients(struct str list, const struct addr *of) PARSER(hosts_access);

struct hosts_line {
    const char *daemons, *clients; /* as written */
    bool allows;                   /* the file's own sense, or what a last option ALLOW or DENY says */
    enum hosts_match match;        /* never HOSTS_NO */
    unsigned line;
};
struct hosts_lines {
    LIST(struct hosts_line) list;
};
#define HOSTS_LINES_MAX 1000
void hosts_access(struct str text, bool allow_file, const struct addr *of, struct arena *a, struct hosts_lines *ret) PARSER(hosts_access);
