#include "queue/queue_checks.h"
#include "queue/abuse.h"
#include "queue/size.h"
#include "queue/sound.h"

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
        .blind_tells = true,
    },
    {
        .id = "queue.abuse",
        .requirement = "G5.3",
        .severity = SEVERITY_SERIOUS,
        .basis = BASIS_EFFECTIVE,
        .title = N_("No single account, script or client fills the mail queue"),
        .why = N_("When a password was stolen, or a site broken into, most of what waits comes from one place. That place stands in the queue itself: the account that logged in, the PHP script, the client."),
        .advice = N_("Hold what that sender has in the queue, find out whether its owner sent it, and close the way in before the messages are deleted or released. A sender that is known (a newsletter) can be accepted: bansho accept queue.abuse."),
        .probe = queue_abuse_probe,
    },
    {
        .id = "queue.sound",
        .requirement = "G5.4",
        .severity = SEVERITY_NORMAL,
        .basis = BASIS_EFFECTIVE,
        .title = N_("The directories and files of the mail queue are in order"),
        .why = N_("A queue that was copied, restored or cleaned up by hand can hold messages under wrong names, envelopes without messages, or directories that others may write. Mail then goes to the wrong people, or to nobody."),
        .advice = N_("Let the mail program's own tools put it in order, and delete messages with bansho queue delete instead of rm."),
        .probe = queue_sound_probe,
    },
};
const struct check_table queue_checks = {rows, ARRAY_SIZE(rows)};
