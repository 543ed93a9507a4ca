#include "queue/queue_checks.h"
#include "queue/size.h"

static const struct check rows[] = {
    {
        .id = "queue.size",
        .requirement = "G5.3",
        .severity = SEVERITY_NORMAL,
        .basis = BASIS_EFFECTIVE,
        .title = N_("The mail queue is short and has room"),
        .why = N_("Many messages that wait are one of the first signs of misuse: a leaked password, or a site that sends bulk mail."),
        .advice = N_("Look at who sent the messages that wait. If it was not their owner: change that password, then remove the bulk mail from the queue and keep the rest."),
        .probe = queue_size_probe,
        .remembers = true,
    },
};
const struct check_table queue_checks = {rows, ARRAY_SIZE(rows)};
