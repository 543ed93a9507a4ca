/* foreign_use.h: account.foreign-use (G7.1): has somebody logged in from where this account was never used before? The account's own history is the measure:
   its networks (/24, /48) in the journal. There is no database of countries; a new network beside a known one (same /16, /32) is taken for the same provider. */
#pragma once
#include "log/journal.h"
#include "model/check.h"
#include "server/probe.h"

#define FOREIGN_RECENT (7 * 86400)   /* logins of this time are judged */
#define FOREIGN_HISTORY (14 * 86400) /* so much is to be known before it */

int account_foreign_use(const struct probe_ctx *ctx, struct findings *out, struct err *err);

struct foreign_use {
    const struct login_place *places; /* of one account */
    size_t n;
    int64_t since, now;               /* since when every login is known */
    bool (*known)(void *arg, const struct addr *address); /* somebody of the house comes from there; NULL: nobody */
    void *arg;
};
/* One account's finding. No I/O. Nothing is added where it has no login of the recent time that tells its address. */
void foreign_use_judge(const struct foreign_use *u, struct findings *out);
