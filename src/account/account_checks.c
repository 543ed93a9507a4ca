#include "account/account_checks.h"
#include "account/empty_or_default.h"
#include "account/foreign_use.h"
#include "account/lock.h"
#include "account/password_age.h"
#include "account/unused.h"

static const struct check rows[] = {
    {
        .id = "account.empty-or-default",
        .requirement = "G1.1",
        .severity = SEVERITY_SERIOUS,
        .basis = BASIS_FILES,
        .title = N_("No account is open to anybody: no empty password, no known default, one root"),
        .why = N_("Programs try names with empty and usual passwords on every server of the internet, day and night. One such account is enough."),
        .advice = N_("Give the named accounts a password that mixes letters, digits and symbols, or lock them. A second account with user number 0 that nobody made on purpose "
                     "is the sign of a break-in."),
        .probe = account_empty_or_default,
        .remembers = true,
        .plan = account_empty_or_default_plan,
    },
    {
        .id = "account.password-age",
        .requirement = "G1.2",
        .severity = SEVERITY_NORMAL,
        .basis = BASIS_FILES,
        .title = N_("Passwords of system accounts are renewed regularly"),
        .why = N_("A password that leaked at some time stays good until it is changed, and nobody notices the leak."),
        .advice = N_("Change the passwords of the named accounts with passwd, and see that those who use them know. How old a password may be is set by password-age in bansho.conf."),
        .probe = account_password_age,
    },
    {
        .id = "account.unused",
        .requirement = "G1.3",
        .severity = SEVERITY_NORMAL,
        .basis = BASIS_FILES,
        .title = N_("There are no accounts that nobody uses"),
        .why = N_("When an account that nobody uses is broken into, nobody notices. Its password is old, and its owner is gone."),
        .advice = N_("Ask its owner, then lock the account (that can be taken back); remove it some weeks later if nobody has missed it."),
        .probe = account_unused,
        .plan = account_unused_plan,
    },
    {
        .id = "account.foreign-use",
        .requirement = "G7.1",
        .severity = SEVERITY_NORMAL,
        .basis = BASIS_FILES,
        .title = N_("Accounts are used from where they always are"),
        .why = N_("Somebody who has got hold of a password logs in like its owner; only from elsewhere. That is often the only trace before mail goes out in its name."),
        .advice = N_("Ask the owner whether it was them (a journey, a new provider). If not: change the password, look at what was sent, and at the computer from which it leaked."),
        .probe = account_foreign_use,
    },
};

const struct check_table account_checks = {rows, ARRAY_SIZE(rows)};
