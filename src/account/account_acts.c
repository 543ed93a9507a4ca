#include "account/account_acts.h"
#include "base/i18n.h"

/* usermod takes the lock of shadow(5) and tells nscd: a password that somebody else changes meanwhile is not lost, neither here nor on the way back. */
const struct act act_account_lock = {
    "account.lock", N_("locks an account of the system"), USERMOD, "CAP_DAC_OVERRIDE CAP_CHOWN CAP_FOWNER /etc", ACT_INVERSE("unlocks it; the expiry date as it was before"), 60, CALLER_ADMIN, "account",
};

static const struct act *const rows[] = {&act_account_lock};
const struct act_table account_acts = {rows, ARRAY_SIZE(rows)};
