/* site_logs.h: which files Apache and nginx write for one web site, from their settings. */
#pragma once
#include "server/server.h"

struct site_logs {
    LIST(const char *) list; /* paths of live logs */
    bool known;              /* there is such a site */
    bool shared;             /* a virtual host of it writes no log of its own */
};
/* By a site's name or one of its aliases, letters of either case. Strings in the server's arena or in `a`. */
void site_logs(const struct server *s, struct str site, struct arena *a, struct site_logs *ret);
