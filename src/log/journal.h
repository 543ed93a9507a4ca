/* journal.h: the systemd journal. It holds what strangers wrote: every function here reads it in a WORKER_FILES child (base/worker.h) and decodes a bounded
   answer. sd-journal is in a module of this room (journal_module.h). Works below any root: the files are opened inside it. */
#pragma once
#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/rootfs.h"
#include "log/health.h"
#include "log/services.h"

/* Loads the module with sd-journal: for a process that will be confined before it reads. Others need not call it. */
void journal_prepare(void);

struct journal_unit {
    const char *unit;     /* "ssh.service" */
    int64_t first, last;  /* seconds since the epoch; 0: no entry */
};

struct journal_extent {
    bool found;           /* there is a journal */
    bool persistent;      /* its newest entries are on disk (/var/log/journal), not only in /run */
    int64_t first, last;  /* of all entries; 0: none */
};

/* Oldest and newest entry of the journal and of each named unit (first and last are filled in). */
int journal_extent(const struct root *root, struct journal_unit *units, size_t n, struct journal_extent *ret, struct err *err) _must_check_;

/* One account's successful logins from one network. */
struct login_place {
    const char *account;
    struct prefix network;   /* /24 or /48; .length 0: the log does not tell from where */
    struct addr address;     /* of the newest one */
    int64_t first, last;
    uint64_t n;
};
struct login_places {
    LIST(struct login_place) list; /* by account (bytes), then by network; at most 100,000 */
    int64_t since;           /* every login since then was seen; 0: there are no entries */
    bool complete;           /* false: there was more than could be read in the time, or kept; `since` is where that begins */
};
enum { LOGINS_MAIL, LOGINS_ALL /* SSH's among them ("admin") */ };
#define LOGINS_SINCE_MAX 2
/* What is to be read: the logins of mail (Dovecot, Courier, Postfix with SASL) or of all, from entries not older than since[0], and with the same reading
   those not older than since[1]. The newest are read first. */
struct logins_want {
    int which;
    int64_t since[LOGINS_SINCE_MAX];
    size_t n;        /* of since: 1 or more */
    int timeout_ms;
    int64_t glance_since; /* what was written since then is looked at for others too (journal_glances); 0: it is not */
};
/* The answer for since[nth]. Within a run the same is read once for all checks (base/once.h). */
int journal_login_places(const struct root *root, const struct logins_want *w, size_t nth, struct arena *a, struct login_places *ret, struct err *err) _must_check_;

/* What the reading of logins saw, by the way, of all that a service has written since glance_since. What persons wrote within its unit is none of it. */
struct journal_glance {
    const struct log_service *service;
    struct source_health health; /* `lines`: the newest one and those that speak of logins; `telling` goes no further than 1 */
};
struct journal_glances {
    LIST(struct journal_glance) list; /* of services that were seen whole since then */
    int64_t since;
};
/* Nothing is read for it: only where a check of this run has read the logins, or is reading them now, which is waited for. Else an empty list. */
void journal_glances(struct arena *a, struct journal_glances *ret);

struct login {
    const char *account;
    int64_t last;         /* newest successful login */
};
struct logins {
    LIST(struct login) list; /* by account (bytes) */
    int64_t since;
    bool complete;        /* both as above */
};
/* The logins of this product (server.h) are among them. */
bool journal_has_logins(const char *product);
/* The same by account alone. */
int journal_logins(const struct root *root, const struct logins_want *w, size_t nth, struct arena *a, struct logins *ret, struct err *err) _must_check_;

/* What a log message of Dovecot, Courier, Postfix or OpenSSH says of a login that succeeded: views into the message. */
struct login_said {
    struct str account, address; /* address: .n 0 where it tells none */
};
/* false: it says nothing of the kind. */
bool login_line(struct str identifier, struct str message, struct login_said *ret) PARSER(login_line);
/* Could it, whoever wrote it? */
bool login_maybe(struct str message);
