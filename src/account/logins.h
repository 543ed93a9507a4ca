/* logins.h: what the checks of accounts want to know of the logins in the journal. Each has its own time to look back; all of it is one reading (log/journal.h),
   which the checks of a run share. */
#pragma once
#include "log/journal.h"
#include "server/probe.h"

enum { ACCOUNT_LOGINS_UNUSED, ACCOUNT_LOGINS_FOREIGN }; /* which of the answers */
struct logins_want account_logins_want(const struct probe_ctx *ctx);
