#include "queue/queue_checks.h"
#include "queue/size.h"

static const struct check rows[] = {
    {"queue.size", "G5.3", SEVERITY_NORMAL, BASIS_EFFECTIVE, N_("The mail queue is short and has room"),
     N_("Many messages that wait are one of the first signs of misuse: a leaked password, or a site that sends bulk mail."),
     N_("Look at who sent the messages that wait. If it was not their owner: change that password, then remove the bulk mail from the queue and keep the rest."),
     queue_size_probe, 0, false},
};
const struct check_table queue_checks = {rows, ARRAY_SIZE(rows)};
