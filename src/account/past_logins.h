/* past_logins.h: when each system account last logged in: wtmp(5) with its rotated copies, lastlog(8), and the databases that replace them on newer systems
   (lastlog2, wtmpdb). Host names in them were chosen by strangers: all of it is read in a WORKER_FILES child. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "host/host.h"

struct past_login {
    const char *name;
    unsigned uid;
    int64_t last;       /* 0: never seen */
    const char *from;   /* file that has it, or NULL */
};

struct past_logins {
    LIST(struct past_login) list; /* filled in by the caller: the accounts that matter, sorted by name */
    int64_t since;                /* the oldest login record of wtmp or wtmpdb; 0: none */
    bool lastlog;                 /* a lastlog with entries exists: it holds the last login of each account however long ago */
    bool compressed;              /* older wtmp files are there but compressed: not read */
    int64_t now;                  /* records that lie after it are not believed */
};

/* A piece of wtmp: whole records in the machine's own layout. */
void wtmp_parse(struct str records, const char *file, struct past_logins *into) PARSER(wtmp);
/* One account's record in lastlog; 0: none. */
int64_t lastlog_parse(struct str record) PARSER(wtmp);
/* A lastlog2 or wtmpdb database, held in memory. 0; -EBADMSG: it is neither. */
int login_db_parse(struct str bytes, const char *file, struct past_logins *into) PARSER(login_db) _must_check_;

int past_logins_read(const struct root *root, struct arena *a, struct past_logins *into, struct err *err) _must_check_;
