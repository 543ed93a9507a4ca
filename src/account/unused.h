/* unused.h: account.unused: accounts that can log in and have not for `unused-after`. What was never seen is judged only as far back as the records go. */
#pragma once
#include "account/shadow.h"
#include "log/journal.h"
#include "server/probe.h"

struct use {
    const char *name;
    const char *why;       /* how it can log in: "password, /bin/bash"; for people */
    const char *file;      /* where the account stands */
    unsigned line;
    int64_t last;          /* 0: never seen */
    const char *from;      /* where that was seen */
    int64_t created;       /* 0: not known */
    int64_t since;         /* how far back the records for it go; 0: there are none */
    const char *lock;      /* command that locks it, or NULL */
    const char *lock_note;
};

void use_judge(const struct use *u, int64_t limit, int64_t now, struct findings *out);
/* Its home has authorized keys for SSH. */
bool account_has_key(const struct root *root, struct arena *a, const char *home);
int account_unused(const struct probe_ctx *ctx, struct findings *out, struct err *err);

/* unused_log.c: successful logins in the journal, read once for all kinds of accounts. */
struct log_uses {
    struct logins *logins;  /* NULL: not readable */
    const char *why;        /* then: the reason */
};
void log_uses_read(const struct probe_ctx *ctx, struct arena *a, struct log_uses *ret);
int64_t log_last(const struct log_uses *l, const char *account); /* 0: not seen */
int64_t log_since(const struct log_uses *l);                     /* 0: the log tells nothing */
/* unused_mail.c: the accounts of mail files against the log */
void unused_mail(const struct probe_ctx *ctx, const struct log_uses *l, int64_t limit, struct findings *out);
