/* verb_queue.c: `bansho queue`: the mail queues of this server, or one elsewhere. */
#include "bin/queue_call.h"

#define ARENA_MAX (512u << 20)

static const struct {
    const char *name;
    unsigned args;
    enum outcome (*run)(struct queue_call *q);
} verbs_of_queue[] = {{"count", 1, queue_count}, {"list", 1, queue_list}, {"top", 1, queue_top}, {"show", 2, queue_show}, {"hold", QUEUE_IDS_MAX + 1, queue_hold}, {"release", QUEUE_IDS_MAX + 1, queue_release},
                      {"delete", QUEUE_IDS_MAX + 1, queue_delete}, {"restore", QUEUE_IDS_MAX + 1, queue_restore}, {"requeue", QUEUE_IDS_MAX + 1, queue_requeue}, {"expire", 1, queue_expire}, {"export", QUEUE_IDS_MAX + 1, queue_export}};

static enum outcome run(const struct call *c)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(ARENA_MAX);
    struct queue_call q;
    struct err err = {0};
    enum outcome outcome = OUTCOME_USAGE;
    for (size_t i = 0; i < ARRAY_SIZE(verbs_of_queue); i++) {
        if (strcmp(c->args[0], verbs_of_queue[i].name) != 0)
            continue;
        if (c->args_n > verbs_of_queue[i].args)
            return complainf(_("queue %s: \"%s\" is too much; which messages are meant is said by options"), c->args[0], c->args[verbs_of_queue[i].args]);
        int r = queue_begin(&q, c, a, &err);
        outcome = r < 0 ? complain(&err) : verbs_of_queue[i].run(&q);
        queue_done(&q);
        return outcome;
    }
    return complainf(_("queue %s: possible are count, list, top, show, hold, release, delete, restore, requeue, expire and export"), c->args[0]);
}

static const struct verb_option queue_options[] = {
    {"account", 0, ARGUMENT_TEXT, "A", NULL, N_("messages that this account logged in to send: taro@example.jp, @example.jp (anybody there), ta* (a beginning), \"\" (nobody); !A: all others. Several: any of them")},
    {"sender", 0, ARGUMENT_TEXT, "S", NULL, N_("with this envelope sender, written in the same ways; anybody can write any sender")},
    {"to", 0, ARGUMENT_TEXT, "R", NULL, N_("that wait for this recipient, or for anybody at @example.jp")},
    {"client", 0, ARGUMENT_TEXT, "X", NULL, N_("that came from this address, network (203.0.113.0/24) or host name")},
    {"script", 0, ARGUMENT_TEXT, "P", NULL, N_("that this PHP script sent, as UID:FILE in X-PHP-Originating-Script")},
    {"site", 0, ARGUMENT_TEXT, "S", NULL, N_("that this web site sent (Plesk's X-PPP-Vhost)")},
    {"subject", 0, ARGUMENT_TEXT, "T", NULL, N_("with this subject as it stands in the header, or T* as its beginning; the first 60 bytes count")},
    {"size", 0, ARGUMENT_TEXT, "N", NULL, N_("of at least so many bytes: 500K, 10M; !10M: smaller")},
    {"older", 0, ARGUMENT_TEXT, "T", NULL, N_("that arrived at least so long ago: 20m, 2h, 3d")},
    {"younger", 0, ARGUMENT_TEXT, "T", NULL, N_("that arrived less long ago")},
    {"state", 0, ARGUMENT_TEXT, "S", NULL, N_("in this state, as in `queue count`: deferred, hold, active ...")},
    {"bounce", 0, ARGUMENT_NONE, NULL, NULL, N_("without a sender: messages of the mail servers themselves")},
    {"no-bounce", 0, ARGUMENT_NONE, NULL, NULL, N_("with a sender")},
    {"by", 0, ARGUMENT_WORDS, "K", "account|sender|client|script|site|to|subject|error", N_("top: what is counted; to: the domain of the first recipient (otherwise account)")},
    {"page", 0, ARGUMENT_TEXT, "N", NULL, N_("list: this page")},
    {"per", 0, ARGUMENT_WORDS, "N", "10|25|100|all", N_("so many on a page (otherwise 25); all: as they are read")},
    {"spool", 0, ARGUMENT_DIR, "DIR", NULL, N_("the queue in this directory (a mounted disk, evidence) instead of this server's own; it is only read")},
    {"kind", 0, ARGUMENT_WORDS, "K", "postfix|qmail", N_("with --spool: whose queue it is, where its directories do not tell")},
    {"index", 0, ARGUMENT_DIR, "DIR", NULL, N_("keep what was read of Postfix's messages in this directory, yours alone, so that the next look need not open them again; of this server's own queues root does so in /var/cache/bansho. It may be deleted at any time")},
    {"quarantine", 0, ARGUMENT_NONE, NULL, NULL, N_("the deleted messages that wait in the quarantine, instead of the queue")},
    {"keep", 0, ARGUMENT_TEXT, "R", NULL, N_("delete: what waits for this recipient (or anybody at @example.jp) stays: it is held, with --now without its other recipients; may be given several times")},
    {"now", 0, ARGUMENT_NONE, NULL, NULL, N_("delete: for good; nothing brings them back")},
    {"into", 0, ARGUMENT_DIR, "DIR", NULL, N_("export: the directory that is made for it; it must not exist")},
    {"as", 0, ARGUMENT_WORDS, "F", "mbox|eml", N_("export: all texts in one mbox (otherwise), or each in a file of its own")},
    {"mask", 0, ARGUMENT_NONE, NULL, NULL, N_("export: without the recipients: mail addresses become ***@example.jp, but those of who sends")},
    {"yes", 'y', ARGUMENT_NONE, NULL, NULL, N_("hold, release, delete, restore, requeue: do it without asking")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("count: one object (schema bansho.queue-count/1); list, top, show: one object for each (bansho.queue-list/1, bansho.queue-top/1); hold, release, delete, restore, requeue: what came of it (bansho.queue-move/1), asks nothing; export: one object (bansho.queue-export/1)")},
    {0},
};

const struct verb verb_queue = {
    .name = "queue",
    .usage = "count|list|top|show ID|hold [ID...]|release [ID...]|delete [ID...] [--keep R] [--now]|restore [ID...]|requeue [ID...]|expire|export [ID...] --into DIR [--as F] [--mask] [--quarantine] [--account A] [--sender S] [--to R] [--client X] [--script P] [--site S] [--subject T] [--size N] [--older T] [--younger T] [--state S] [--[no-]bounce] [--by K] [--page N] [--per N] [--spool DIR [--kind K]] [--index DIR] [-y] [--json]",
    .summary = N_("the mail queue: how much waits, and who really sent it"),
    .help = N_("count tells how many messages wait, from the directories alone, however many there are; their sizes, where there are at most 10,000, or where conditions are given. "
               "list shows them page by page, in the order in which the file system has them, so that the first page is there at once; top tells which account, client, script or site "
               "fills the queue; show tells all that is known of one message. Every queue of this server is looked at, or the one in --spool.\n\n"
               "Who really sent a message stands in the queue itself: the account that logged in, the client's address, the PHP script. The sender's address proves nothing. "
               "A script's name counts only where the message was not brought over the network.\n\n"
               "Conditions on different things must all hold; of several on one thing any; one that begins with ! must not. No mail program is asked: "
               "messages come and go meanwhile. What could not be read is said, and the exit status is 3: a queue that cannot be read is never empty. "
               "What a stranger could write is read by a confined process without privileges.\n\n"
               "hold takes messages out of delivery, by their ids or by conditions, and release gives them back; nothing is deleted. Both first say how many are meant, how large, from whom, to how "
               "many recipients, with five examples, and ask. Then each message is verified: one that was delivered meanwhile is counted as gone, and one whose id belongs to another message now is "
               "left alone and named. A message is moved whole or not at all, as postsuper does it, by a process that has become the queue's owner. Postfix only.\n\n"
               "delete moves messages into a quarantine beside the queue, where Postfix does not look. restore brings them back, held, for 30 days, or until the file system is nearly full: then the "
               "oldest go first. Until then they take as much room as before. What an agent is delivering at that moment is held instead, and said. With --now messages are deleted for good; with --quarantine "
               "those that are in the quarantine. expire deletes for good what was in the quarantine for too long; every day, when its timer is enabled: systemctl enable --now bansho-expire.timer.\n\n"
               "With --keep a message that waits for somebody meant to have it stays: it is held, and with --now its other recipients are crossed out, so that release sends it to the one only.\n\n"
               "requeue has Postfix take messages in anew, as postsuper -r does, for when the ways or the rewriting of addresses were changed: they get new ids, and what was held goes out.\n\n"
               "export writes messages as evidence into a new directory, and leaves the queue as it is: their texts as they would be sent, and envelopes.csv, a table of who sent each, from where and to "
               "whom. With --mask every mail address in it is masked but those of who sends, and To, Cc and their like lose their value; what a text holds encoded (base64) is not looked into. "
               "The directory has its name when it is complete, until then it ends with .part."),
    .options = queue_options,
    .argument = ARGUMENT_WORDS,
    .words = "count|list|top|show|hold|release|delete|restore|requeue|expire|export",
    .min = 1,
    .max = QUEUE_IDS_MAX + 1,
    .run = run,
};
