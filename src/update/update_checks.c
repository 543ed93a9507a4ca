#include "update/update_checks.h"
#include "update/automatic.h"
#include "update/end_of_life.h"
#include "update/pending.h"

static const struct check rows[] = {
    {
        .id = "update.automatic",
        .requirement = "G6.1",
        .severity = SEVERITY_NORMAL,
        .basis = BASIS_EFFECTIVE,
        .title = N_("Security updates come by themselves, and have come lately"),
        .why = N_("Most break-ins use holes for which an update has been out for weeks. Updates that come by themselves close them without anybody having to remember."),
        .advice = N_("Switch automatic security updates on (unattended-upgrades on Debian and Ubuntu, dnf-automatic on AlmaLinux and Rocky) and look after some days whether "
                     "they have run. With Plesk look at Tools & Settings, Update Settings as well."),
        .probe = update_automatic,
        .plan = update_automatic_plan,
    },
    {
        .id = "update.pending",
        .requirement = "G6.1",
        .severity = SEVERITY_SERIOUS,
        .basis = BASIS_EFFECTIVE,
        .title = N_("No security update is waiting, and nothing runs an old version"),
        .why = N_("When an update is published, the hole that it closes is public too, and is tried on every server. A service that was not restarted still has it."),
        .advice = N_("Install the waiting updates at a quiet hour, restart the services that are named, and restart the machine when a new kernel waits."),
        .probe = update_pending,
        .plan = update_pending_plan,
        .timeout_ms = 30000,
    },
    {
        .id = "update.end-of-life",
        .requirement = "G6.1",
        .severity = SEVERITY_NORMAL,
        .basis = BASIS_FILES,
        .title = N_("System, PHP, database and panel still get security updates"),
        .why = N_("After its last day a release gets no updates: every hole found later stays open for good."),
        .advice = N_("Plan the move to a newer release before the date that is shown: try it on a copy first, and tell the owners of the sites when PHP changes."),
        .probe = update_end_of_life,
    },
};

const struct check_table update_checks = {rows, ARRAY_SIZE(rows)};
