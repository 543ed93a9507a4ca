#include "queue/queue_acts.h"
#include "base/i18n.h"

#define NEEDS "CAP_SETUID CAP_SETGID /var/spool/postfix"

const struct act act_queue_hold = {"queue.hold", N_("takes messages out of delivery"), "", NEEDS, ACT_INVERSE("queue.release"), 600, CALLER_ADMIN, "queue and number of messages"};
const struct act act_queue_release = {"queue.release", N_("gives messages back to delivery"), "", NEEDS, ACT_INVERSE("queue.hold"), 600, CALLER_ADMIN, "queue and number of messages"};

const struct act act_queue_delete = {"queue.delete", N_("moves messages into the quarantine of the queue"), "", NEEDS, ACT_INVERSE("queue.restore"), 600, CALLER_ADMIN, "queue and number of messages"};
const struct act act_queue_restore = {"queue.restore", N_("brings messages back from the quarantine, held"), "", NEEDS, ACT_INVERSE("queue.delete"), 600, CALLER_ADMIN, "queue and number of messages"};
const struct act act_queue_requeue = {"queue.requeue", N_("has messages taken in anew"), "", NEEDS, ACT_INVERSE("none: they are in the queue, under new ids"), 600, CALLER_ADMIN, "queue and number of messages"};
/* What was asked for in so many words, or was in the quarantine for 30 days. */
const struct act act_queue_purge = {"queue.purge", N_("deletes messages for good"), "", NEEDS, ACT_INVERSE("none: queue.delete comes before it, unless --now is said"), 600, CALLER_ADMIN, "queue and number of messages"};

static const struct act *const rows[] = {&act_queue_hold, &act_queue_release, &act_queue_delete, &act_queue_restore, &act_queue_requeue, &act_queue_purge};
const struct act_table queue_acts = {rows, ARRAY_SIZE(rows)};
