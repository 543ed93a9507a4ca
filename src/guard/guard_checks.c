#include "guard/guard_checks.h"
#include "guard/arrives.h"
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
    {
        .id = "notify.arrives",
        .requirement = "G5.6",
        .severity = SEVERITY_SERIOUS,
        .basis = BASIS_EFFECTIVE,
        .title = N_("An alert really arrives, also where this server's mail does not work"),
        .why = N_("An alert that nobody receives is none. Mail of this server is the first thing to fail where it is full, blocked or broken into, so there must be a second way."),
        .advice = N_("Name in bansho.conf whom to tell: notify { mail = ...; command = ... } or a webhook. Then: bansho notify test, and type the code of each message that arrived: "
                     "bansho notify confirm CODE."),
        .probe = notify_arrives,
        .wants_dialogue = true,
    },
};
const struct check_table guard_checks = {rows, ARRAY_SIZE(rows)};
