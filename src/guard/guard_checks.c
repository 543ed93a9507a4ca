#include "guard/guard_checks.h"
#include "guard/running.h"

static const struct check rows[] = {
    {
        .id = "guard.running",
        .requirement = "G5.2",
        .severity = SEVERITY_SERIOUS,
        .basis = BASIS_EFFECTIVE,
        .title = N_("Every login service is watched, and who guesses passwords is shut out"),
        .why = N_("SSH, mail and FTP are attacked with password lists all the time. Something must read the logs and shut the attackers out by the firewall."),
        .advice = N_("Run a guard that reads the logs of SSH, mail and FTP and bans attackers (fail2ban with a jail for each of these services, or csf), and look once whether it really bans."),
        .probe = guard_running,
    },
};
const struct check_table guard_checks = {rows, ARRAY_SIZE(rows)};
