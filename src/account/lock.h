/* lock.h: accounts are locked so that they can be unlocked again: those of the system by usermod, those of mail and FTP files by a mark before the stored
   password. Nobody is locked who could be missed at once: see lock_refused. */
#pragma once
#include "account/shadow.h"
#include "change/plan.h"
#include "server/probe.h"

/* Why this account must not be locked (for people), or NULL. `c`: the accounts of the system; `locked`: names that the same change locks. */
struct lock_names {
    LIST(const char *) list;
};
const char *lock_refused(const struct probe_ctx *ctx, const struct credentials *c, const struct user *u, const struct lock_names *locked, struct arena *a);
/* May it become root: a member of sudo, wheel or admin, or named in sudoers. */
bool lock_may_become_root(const struct host *h, const struct user *u);
/* A group(5) text: is the user in one of the groups whose members may become root? */
bool lock_group_text(struct str text, const char *user, unsigned gid);

/* The text of a passwd-file with the mark before the stored password of the account in that line. -ENOENT: it does not stand there. */
int lock_mark(struct str text, unsigned line, const char *name, struct str mark, struct buf *out) _must_check_;

int account_empty_or_default_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err);
int account_unused_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err);
