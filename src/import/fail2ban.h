/* fail2ban.h: what of a fail2ban configuration bansho takes over: the jails in use as filters and limits of bansho.conf's `guard`, whom fail2ban ignores as declared sources. All
   that is not taken over is told with its place; nothing is left out in silence. Nothing is changed here, and fail2ban is not asked: only its files are read. */
#pragma once
#include "base/addr.h"
#include "filter/jails.h"

struct import_jail {
    const char *name, *filter; /* of fail2ban */
    const char *ours;          /* the filter of bansho that reads the same service */
};
struct import_left {
    const char *what;          /* "jail nginx-limit", "action of jail sshd" */
    const char *file;          /* NULL: no place */
    unsigned line;
    const char *why;           /* translated */
};
struct import_fail2ban {
    LIST(struct import_jail) jails;
    LIST(const char *) filters;          /* ours, each once, in the order of the jails */
    int64_t find_time, ban_time, ban_time_max; /* seconds, within the bounds of bansho.conf; 0: no jail was taken over. ban_time_max 0: nothing is said about it */
    unsigned max_retry;
    LIST(struct prefix) never;           /* networks that are ignored, besides this machine's own */
    LIST(const char *) never_names;      /* host names that are ignored */
    LIST(struct import_left) left;
};

#define IMPORT_NEVER_MAX 1000

/* dir: /etc/fail2ban or its like inside root. Several jails with different limits: the guard has one limit, so the one that most jails have; of equally many the stricter.
   -ENOENT: there is no fail2ban configuration; others as jails_load(). In the arena. */
int import_fail2ban(struct arena *a, const struct root *root, const char *dir, struct import_fail2ban *ret, struct err *err) _must_check_;

/* Whom fail2ban shuts out now, by its own memory (dbfile of fail2ban.conf, usually FAIL2BAN_MEMORY; table bips of its server/database.py). */
#define FAIL2BAN_MEMORY "/var/lib/fail2ban/fail2ban.sqlite3"
#define IMPORT_BANS_MAX 1000000
struct import_ban {
    struct prefix who;
    int64_t until;    /* epoch seconds; INT64_MAX: for ever */
    const char *jail; /* of several the one whose ban ends last */
};
struct import_bans {
    LIST(struct import_ban) list; /* by address */
    size_t unread;                /* rows that hold no address */
    bool cut;                     /* there were more than IMPORT_BANS_MAX */
};
/* -ENOENT: there is no such file. */
int import_fail2ban_bans(struct arena *a, const char *path, int64_t now, struct import_bans *ret, struct err *err) _must_check_;
