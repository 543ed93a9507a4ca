#include "log/log_checks.h"
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
    },
};
const struct check_table log_checks = {rows, ARRAY_SIZE(rows)};
