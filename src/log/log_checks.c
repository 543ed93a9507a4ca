#include "log/log_checks.h"
#include "log/clock.h"
#include "log/found.h"

static const struct check rows[] = {
    {
        .id = "log.found",
        .requirement = "G5.1 G5.2",
        .severity = SEVERITY_NORMAL,
        .basis = BASIS_FILES,
        .title = N_("The log of every service is written, kept for 28 days and survives a restart"),
        .why = N_("Break-in attempts are seen in the logs, and after a break-in only they tell what happened. A log that is missing, full or lost at the last restart tells nothing."),
        .advice = N_("Keep the journal on disk (mkdir /var/log/journal), let logrotate keep at least four weeks of every log file, and look whether the log is still being written."),
        .probe = log_found,
        .plan = log_found_plan,
    },
    {
        .id = "log.clock",
        .requirement = "G5.2",
        .severity = SEVERITY_NORMAL,
        .basis = BASIS_EFFECTIVE,
        .title = N_("The clock is kept right"),
        .why = N_("Only with a right clock do the logs of this server fit together, and those of others (a provider, a mail server that complains). A wrong one also breaks certificates, one-time codes and rules that end at a time."),
        .advice = N_("Let one program keep the clock: systemd-timesyncd or chrony, started at boot, and let the packet filter pass NTP (123/udp) outwards. In a container the outer machine keeps it."),
        .probe = log_clock,
        .plan = log_clock_plan,
        .wants_dialogue = true,
    },
};
const struct check_table log_checks = {rows, ARRAY_SIZE(rows)};
