/* jails.h: what fail2ban's jail.conf, jail.d/ *.conf, jail.local, jail.d/ *.local say: each jail with its filter resolved, where its logs are, and when it bans.
   Used by the import of a fail2ban configuration and by the guard. */
#pragma once
#include "base/rootfs.h"
#include "filter/definition.h"

struct jail_log {
    const char *pattern; /* as glob(7) */
    bool tail;           /* from its end on, not from its beginning */
};
struct jail_option {
    const char *key, *text;
};
struct jail_action {
    const char *name; /* file in action.d; with .py: a Python module */
    LIST(struct jail_option) options;
};
/* How the time grows with the number of bans: the two formulas that fail2ban's jail.conf shows; another one is an error. */
enum jail_formula {
    JAIL_DOUBLES,     /* time * 2^min(count, 20) * factor */
    JAIL_EXPONENTIAL, /* time * e^((count + 1) * factor) / e^factor */
};

struct jail {
    const char *name;
    const char *file; /* where its section begins */
    unsigned line;
    bool enabled;
    struct filter_text wrong; /* .text: why this jail cannot be loaded, and where; NULL: nothing is wrong. Then, and when it is not enabled, what follows is empty */
    const char *filter_spec;
    struct filter_definition filter; /* with what the jail itself says put over it; usedns and logencoding, too */
    const char *backend;             /* "auto" where nothing is said */
    LIST(struct jail_log) logs;      /* none with backend systemd */
    double find_time, ban_time;      /* seconds; ban_time < 0: for ever */
    unsigned max_retry, max_matches;
    bool increment, overall_jails;   /* bantime.increment ... */
    double factor, max_time, rnd_time; /* max_time < 0: no limit */
    enum jail_formula formula;
    LIST(unsigned) multipliers;      /* instead of the formula, where there are any */
    LIST(const char *) ignore_ip;    /* addresses, networks, names: as written */
    bool ignore_self;
    const char *ignore_command, *ignore_cache, *log_timezone; /* NULL: not said */
    const char *port, *protocol;     /* for the actions; NULL: not said */
    LIST(struct jail_action) actions;
};
struct jails {
    LIST(struct jail) list; /* in the order of their first mention */
};

#define JAILS_FAIL2BAN_VERSION "1.0.2" /* %(fail2ban_version)s: the behaviour that is followed */
#define JAIL_ITEMS_MAX 2000            /* logs, addresses, actions ... of one jail; more are an error of this jail */

/* `dir` is /etc/fail2ban or its like, absolute, inside root. 0, also when single jails are wrong; -ENOENT: there is no jail.conf; -EINVAL: it cannot be read, with
   file:line. */
int jails_load(struct arena *a, const struct root *root, const char *dir, struct jails *ret, struct err *err) PARSER(jails) _must_check_;
