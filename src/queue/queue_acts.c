#include "queue/queue_acts.h"
#include "base/i18n.h"

#define NEEDS "CAP_SETUID CAP_SETGID /var/spool/postfix"

const struct act act_queue_hold = {"queue.hold", N_("takes messages out of delivery"), "", NEEDS, ACT_INVERSE("queue.release"), 600, CALLER_ADMIN, "queue and number of messages"};
const struct act act_queue_release = {"queue.release", N_("gives messages back to delivery"), "", NEEDS, ACT_INVERSE("queue.hold"), 600, CALLER_ADMIN, "queue and number of messages"};

static const struct act *const rows[] = {&act_queue_hold, &act_queue_release};
const struct act_table queue_acts = {rows, ARRAY_SIZE(rows)};
