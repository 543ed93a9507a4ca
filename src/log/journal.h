/* journal.h: the systemd journal. It holds what strangers wrote: every function here reads it in a WORKER_FILES child (base/worker.h) and decodes a bounded
   answer. sd-journal is in a module of this room (journal_module.h). Works below any root: the files are opened inside it. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/rootfs.h"

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

struct login {
    const char *account;
    int64_t last;         /* newest successful login */
};
struct logins {
    LIST(struct login) list; /* at most 100,000 accounts; `complete` is false beyond */
    int64_t since;        /* the oldest entry that was looked at */
    bool complete;
};
/* Newest successful mail login of each account (Dovecot, Courier, Postfix with SASL), from entries not older than `since`. */
int journal_mail_logins(const struct root *root, int64_t since, int timeout_ms, struct arena *a, struct logins *ret, struct err *err) _must_check_;
/* The same with SSH's logins among them ("admin"). */
int journal_logins(const struct root *root, int64_t since, int timeout_ms, struct arena *a, struct logins *ret, struct err *err) _must_check_;

/* The account that a log message of Dovecot, Courier, Postfix or OpenSSH says has logged in. false: it says nothing of the kind. The account is a view into the message. */
bool login_line(struct str identifier, struct str message, struct str *ret_account) PARSER(login_line);
