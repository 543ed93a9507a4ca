/* standing.h: how an account stands on this machine: where it exists by files that tell it, and what there keeps it out. No password is tried, nobody is asked;
   what the mail servers' own programs know: mail/account_known.h. */
#pragma once
#include "account/shadow.h"

enum standing_state {
    STANDING_FINE,
    STANDING_PARTLY, /* some ways in are shut: no shell, SSH takes keys only ... */
    STANDING_SHUT,   /* nobody gets in here */
};

struct standing {
    const char *kind;    /* "system", "mail", "ftp" */
    const char *file;
    unsigned line;       /* 0: no line */
    enum standing_state state;
    const char *text;    /* translated: what is so */
    const char *next;    /* the command that changes it, or NULL */
    const char *set;     /* kind's password: the command that sets a new one, or NULL */
    int64_t changed;     /* when the password was set, seconds; 0: not recorded */
};

struct standings {
    LIST(struct standing) list;      /* each place, and each obstacle there */
    LIST(const char *) similar;      /* the same name with or without a domain, at most STANDING_SIMILAR */
    LIST(const char *) not_seen;     /* files that could not be read, with the reason */
};
#define STANDING_SIMILAR 10

/* Letters of either case are one for mail and FTP. Everything lives in the arena. */
void standing_find(const struct server *s, const char *name, struct arena *a, struct standings *ret);
