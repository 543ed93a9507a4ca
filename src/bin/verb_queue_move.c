/* verb_queue_move.c: `bansho queue hold`, release, delete, restore, requeue: what is meant is shown first, then each message is verified and moved. */
#include "act/executor.h"
#include "bin/desk.h"
#include "bin/queue_call.h"
#include "bin/session.h"
#include "queue/move.h"
#include "queue/quarantine.h"
#include "queue/queue_acts.h"
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MOVE_MAX 2000000 /* messages of one call: more are a second call */
#define SAMPLES 5
#define SENDERS 1000     /* different accounts or senders that are told apart */
#define SENDERS_SHOWN 5

static const struct way {
    const char *name;
    enum move_kind kind;
    const struct act *act;
    const char *meant, *note, *done; /* messages, size, recipients; what follows from it; messages */
    const char *active, *pending;    /* of meant ones that are about to be delivered; of those that were being delivered */
} ways[] = {
    [MOVE_HOLD] = {"hold", MOVE_HOLD, &act_queue_hold, N_("To be held: %s messages, %s, to %s recipients\n"), N_("Nothing is deleted. Held messages stay until they are released: bansho queue release\n"),
                   N_("Held: %s messages\n"), N_("%s of them are about to be delivered: to whom one goes at this moment is not called back\n"),
                   N_("%s of them are being delivered at this moment: who receives one now has it; the other recipients stay held\n")},
    [MOVE_RELEASE] = {"release", MOVE_RELEASE, &act_queue_release, N_("To be released: %s messages, %s, to %s recipients\n"), N_("Postfix tries them again by itself; at once: postqueue -f\n"), N_("Released: %s messages\n")},
    [MOVE_QUARANTINE] = {"delete", MOVE_QUARANTINE, &act_queue_delete, N_("To be deleted: %s messages, %s, to %s recipients\n"),
                         N_("They go to the quarantine beside the queue, and no room is freed yet. For 30 days, or until room is needed, bansho queue restore brings them back; then they go for good (bansho-expire.timer).\n"),
                         N_("In the quarantine: %s messages; to look at them: bansho queue list --quarantine; to bring them back: bansho queue restore\n"),
                         N_("%s of them are about to be delivered: what goes out at this moment is held, not deleted\n"),
                         N_("%s are being delivered at this moment: held, not deleted; who receives one now has it. When that has ended: the same command again\n")},
    [MOVE_RESTORE] = {"restore", MOVE_RESTORE, &act_queue_restore, N_("To be brought back: %s messages, %s, to %s recipients\n"), N_("They are held then, and go out when they are released: bansho queue release\n"),
                      N_("Brought back, held: %s messages; to send them: bansho queue release\n")},
    [MOVE_REQUEUE] = {"requeue", MOVE_REQUEUE, &act_queue_requeue, N_("To be taken in anew: %s messages, %s, to %s recipients\n"),
                      N_("They get new ids, addresses are rewritten and content filters run once more, and what was held goes out. Who has it already does not get it again.\n"),
                      N_("Given back to be taken in anew: %s messages; Postfix does so within a minute\n"), N_("%s of them are about to be delivered: what goes out at this moment is held\n"),
                      N_("%s are being delivered at this moment: held; who receives one now has it. When that has ended: the same command again\n")},
    [MOVE_DELETE] = {"delete --now", MOVE_DELETE, &act_queue_purge, N_("To be deleted for good: %s messages, %s, to %s recipients\n"), N_("Nothing brings them back. Without --now they would wait in the quarantine for 30 days.\n"),
                     N_("Deleted: %s messages\n"), N_("%s of them are about to be delivered: what goes out at this moment is held, not deleted\n"),
                     N_("%s are being delivered at this moment: held, not deleted; who receives one now has it. When that has ended: the same command again\n")},
};

struct from {
    struct str name;
    bool account;
    uint64_t messages;
};

struct moving {
    struct queue_call *q;
    const struct way *way;
    const struct spool_instance *spool; /* of the message that is read */
    LIST(struct move_item) items;
    LIST(size_t) ends;                  /* of each spool: where its items end */
    LIST(struct from) from;
    struct buf samples;
    LIST(struct str) keep;
    uint64_t shared, held;              /* messages for which kept recipients wait, too; of these, those that are dealt with */
    uint64_t bytes, recipients, others, in_active, unfit, maildrop;
    bool full;
    uint64_t results[MOVE_RESULTS];
    int code;                           /* of the first that failed */
    LIST(size_t) strange;               /* items that are someone else's now */
};

static const char *state_of(const struct moving *m, const struct message *msg)
{
    return spool_kinds[m->spool->kind]->states[msg->state];
}

static void count_from(struct moving *m, const struct message *msg)
{
    bool account = msg->account.n > 0;
    struct str name = account ? msg->account : msg->sender;
    for (size_t i = 0; i < m->from.n; i++)
        if (m->from.v[i].account == account && str_eq(m->from.v[i].name, name)) {
            m->from.v[i].messages++;
            return;
        }
    if (m->from.n == SENDERS)
        m->others++;
    else
        *list_push(m->q->arena, &m->from) = (struct from){str_span(arena_dup(m->q->arena, name), name.n), account, 1};
}

enum share { SHARE_NONE, SHARE_SOME, SHARE_ALL };

/* How many of those who wait are kept. */
static enum share share_of(const struct moving *m, const struct message *msg)
{
    const struct kept keep = {m->keep.v, m->keep.n};
    size_t n = 0;
    for (size_t i = 0; keep.n && i < msg->to.n; i++)
        n += kept_has(&keep, msg->to.v[i]);
    return n == 0 ? SHARE_NONE : n == msg->recipients ? SHARE_ALL : SHARE_SOME;
}

static int on_message(void *arg, const struct message *msg)
{
    struct moving *m = arg;
    if (msg->state >= spool_count_states(m->spool->kind))
        return -EBADMSG;
    bool held = strcmp(state_of(m, msg), "hold") == 0;
    if ((m->way->kind == MOVE_HOLD && held) || (m->way->kind == MOVE_RELEASE && !held))
        return 0;
    if (strcmp(state_of(m, msg), "maildrop") == 0) {
        m->maildrop++;
        return 0;
    }
    if (msg->condition != MESSAGE_SOUND || (m->keep.n && msg->to.n < msg->recipients)) {
        m->unfit++;
        return 0;
    }
    enum share share = share_of(m, msg);
    if (share == SHARE_ALL)
        return 0;
    if (m->items.n == MOVE_MAX) {
        m->full = true;
        return 1;
    }
    struct move_item item = {.inode = msg->inode, .arrival = msg->arrival, .shared = share == SHARE_SOME};
    m->shared += item.shared;
    memcpy(item.id, msg->id, sizeof item.id);
    struct str last = m->items.n ? m->items.v[m->items.n - 1].sender : (struct str){0};
    item.sender = last.p && str_eq(last, msg->sender) ? last : str_span(arena_dup(m->q->arena, msg->sender), msg->sender.n);
    *list_push(m->q->arena, &m->items) = item;
    m->recipients += item.shared ? 0 : msg->recipients;
    if (__builtin_add_overflow(m->bytes, item.shared ? 0 : msg->size, &m->bytes))
        m->bytes = INT64_MAX;
    m->in_active += strcmp(state_of(m, msg), "active") == 0;
    count_from(m, msg);
    if (m->items.n <= SAMPLES)
        queue_row(m->q, m->spool, msg, &m->samples);
    return 0;
}

/* false: something could not be read; what is not known is not acted on. */
static bool collect_one(struct moving *m, const char *id)
{
    struct looked l;
    struct look_options o = {.id = id, .everyone = m->keep.n > 0};
    return queue_look(m->q, m->spool, &o, on_message, m, &l) >= 0;
}

static bool collect(struct moving *m)
{
    struct queue_call *q = m->q;
    bool read = true;
    for (size_t i = 0; i < q->spools.n; i++) {
        m->spool = &q->spools.v[i];
        if (m->spool->kind == SPOOL_POSTFIX) {
            for (size_t k = 1; k < q->call->args_n && read; k++)
                read = collect_one(m, q->call->args[k]);
            if (q->call->args_n == 1)
                read = read && collect_one(m, NULL);
        } else if (m->spool->instance && m->spool->instance->wanted) {
            complainf(_("%s: only the queues of Postfix can be changed by this version"), queue_name(q, m->spool));
            q->unknown = true;
        }
        *list_push(q->arena, &m->ends) = m->items.n;
    }
    return read;
}

static int more_messages(const void *a, const void *b)
{
    const struct from *x = a, *y = b;
    return (x->messages < y->messages) - (x->messages > y->messages);
}

static void show(struct moving *m, struct buf *b)
{
    struct arena *a = m->q->arena;
    term_colour(&m->q->term, b, COLOUR_BOLD);
    buf_printf(b, _(m->way->meant), queue_number(a, m->items.n - m->shared), queue_size_text(a, m->bytes), queue_number(a, m->recipients));
    term_colour(&m->q->term, b, COLOUR_NONE);
    qsort(m->from.v, m->from.n, sizeof *m->from.v, more_messages);
    for (size_t i = 0; i < m->from.n && i < SENDERS_SHOWN; i++) {
        buf_printf(b, m->from.v[i].account ? _("%12s  account ") : _("%12s  sender "), queue_number(a, m->from.v[i].messages));
        text_escape(b, m->from.v[i].name.n ? m->from.v[i].name : STR("<>"));
        buf_addc(b, '\n');
    }
    if (m->from.n > SENDERS_SHOWN || m->others)
        buf_printf(b, _("              and others\n"));
    buf_addz(b, _("for example:\n"));
    buf_adds(b, buf_str(&m->samples));
    if (m->way->active && m->in_active)
        buf_printf(b, _(m->way->active), queue_number(a, m->in_active));
    if (m->shared)
        buf_printf(b, m->way->kind == MOVE_DELETE ? _("%s further messages go to kept recipients, too: they are held, and their other recipients are crossed out for good\n")
                                                  : _("%s further messages go to kept recipients, too: they are held as they are; to cross out the others for good: --now\n"), queue_number(a, m->shared));
    if (m->unfit)
        buf_printf(b, _("%s further messages are still being written or are damaged: they are left alone\n"), queue_number(a, m->unfit));
    if (m->maildrop)
        buf_printf(b, _("%s further messages wait in maildrop: Postfix has not taken them yet, they are left alone\n"), queue_number(a, m->maildrop));
    if (m->full)
        buf_printf(b, _("There are more than %s: the others need a second call\n"), queue_number(a, MOVE_MAX));
    buf_addz(b, _(m->way->note));
}

static void on_result(void *arg, size_t item, enum move_result result, int code)
{
    struct moving *m = arg;
    bool kept = m->items.v[item].shared && result == MOVE_DONE;
    m->held += kept;
    m->results[result] += !kept;
    if (result == MOVE_FAILED && m->code == 0)
        m->code = code;
    if (result == MOVE_CHANGED && m->strange.n < 10)
        *list_push(m->q->arena, &m->strange) = item;
}

static bool named(const char *list, const char *queue)
{
    struct str rest = str_of(list), word;
    while (str_word(&rest, ", \t\n", &word))
        if (str_eq(word, str_of(queue)))
            return true;
    return false;
}

static int move_spool(struct moving *m, const struct spool_instance *s, const struct move_item *items, size_t n, struct err *err)
{
    const char *names = setting_value(s->instance, "", "hash_queue_names", NULL), *depth = setting_value(s->instance, "", "hash_queue_depth", NULL);
    struct move_spool target = {.place = spool_queue_of(&m->q->root, s, m->q->arena), .batch = s->batch};
    char batch[QUARANTINE_NAME];
    uint64_t levels;
    if (!names || !depth || !str_u64(str_of(depth), 16, &levels))
        return err_set(err, -ENODATA, _("%s: how its directories are hashed (hash_queue_names, hash_queue_depth) is not known: nothing was moved"), queue_name(m->q, s));
    target.hashed_deferred = named(names, "deferred");
    target.hashed_hold = named(names, "hold");
    for (size_t i = 0; i < MOVE_LOGS; i++)
        target.hashed_logs[i] = named(names, move_logs[i]);
    target.depth = (unsigned)levels;
    target.keep = (struct kept){m->keep.v, m->keep.n};
    if (m->way->kind == MOVE_QUARANTINE) {
        int r = quarantine_begin(&target.place, (int64_t)time(NULL), batch, err);
        if (r < 0)
            return r;
        target.batch = batch;
    }
    int r = spool_move(&target, m->way->kind, items, n, on_result, m, err);
    if (target.batch)
        quarantine_end(&target.place, target.batch);
    return r;
}

static int move_all(struct moving *m, struct act_desk *desk, struct err *err)
{
    const struct act *act = m->way->act;
    size_t from = 0;
    int r = 0;
    for (size_t i = 0; r == 0 && i < m->q->spools.n; i++) {
        const struct spool_instance *s = &m->q->spools.v[i];
        size_t n = m->ends.v[i] - from;
        const char *object = arena_printf(m->q->arena, "%s (%zu)", queue_name(m->q, s), n);
        if (n) {
            r = desk->permit(desk->arg, act, object, err);
            if (r < 0)
                return r;
            r = move_spool(m, s, m->items.v + from, n, err);
            desk->done(desk->arg, act, object, r);
        }
        from = m->ends.v[i];
    }
    return r;
}

static void tell(const struct moving *m, struct buf *b)
{
    struct arena *a = m->q->arena;
    const uint64_t *n = m->results;
    buf_printf(b, _(m->way->done), queue_number(a, n[MOVE_DONE] + (m->way->kind <= MOVE_RELEASE ? n[MOVE_PENDING] : 0)));
    if (n[MOVE_PENDING] && m->way->pending)
        buf_printf(b, _(m->way->pending), queue_number(a, n[MOVE_PENDING]));
    if (m->held)
        buf_printf(b, _("Held for those who are kept: %s messages; to send them: bansho queue release\n"), queue_number(a, m->held));
    if (n[MOVE_GONE])
        buf_printf(b, _("%s were gone before: delivered, returned or deleted meanwhile\n"), queue_number(a, n[MOVE_GONE]));
    if (n[MOVE_CHANGED])
        buf_printf(b, _("%s have become other messages meanwhile (the same id was used again): left alone\n"), queue_number(a, n[MOVE_CHANGED]));
    for (size_t i = 0; i < m->strange.n; i++)
        buf_printf(b, "  %s\n", m->items.v[m->strange.v[i]].id);
    if (n[MOVE_FAILED])
        buf_printf(b, _("%s could not be moved (the first: %s); they are where they were\n"), queue_number(a, n[MOVE_FAILED]), err_name(-m->code));
}

static void tell_json(const struct moving *m, const char *result, const struct err *err)
{
    static const char *const keys[MOVE_RESULTS] = {"done", "pending", "gone", "changed", "failed"};
    struct emit j = emit_to(stdout);
    j.one_line = true;
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.queue-move/1");
    emit_text(&j, "act", m->way->name);
    emit_text(&j, "result", result);
    emit_int(&j, "meant", (int64_t)m->items.n);
    emit_int(&j, "bytes", (int64_t)m->bytes);
    emit_int(&j, "recipients", (int64_t)m->recipients);
    for (size_t i = 0; i < MOVE_RESULTS; i++)
        emit_int(&j, keys[i], (int64_t)m->results[i]);
    emit_int(&j, "held", (int64_t)m->held);
    emit_int(&j, "left", (int64_t)(m->unfit + m->maildrop));
    emit_text(&j, "reason", err->text[0] ? err->text : NULL);
    emit_end(&j);
    emit_done(&j);
}

static void write_out(const struct moving *m, struct buf *b)
{
    if (!m->q->json)
        fwrite(buf_str(b).p, 1, b->n, stdout);
    fflush(stdout);
    buf_reset(b);
}

static enum outcome do_it(struct moving *m, struct buf *b)
{
    struct config *config = NULL;
    struct executor executor;
    struct err err = {0};
    int r = session_config(&config, &err);
    if (r == 0)
        r = executor_open(STATE_DIR, executor_observes(config, CALLER_ADMIN), CALLER_ADMIN, session_who(m->q->arena), (int64_t)time(NULL), &executor, &err);
    if (r == 0) {
        struct act_desk desk = executor_desk(&executor);
        r = move_all(m, &desk, &err);
        executor_close(&executor);
    }
    config_free(config);
    if (r == 0 || m->results[MOVE_DONE] || m->results[MOVE_PENDING] || m->held)
        tell(m, b);
    write_out(m, b);
    if (m->q->json)
        tell_json(m, r < 0 ? "failed" : "done", &err);
    if (r < 0)
        return m->q->json ? OUTCOME_USAGE : complain(&err);
    return m->results[MOVE_FAILED] ? OUTCOME_WRONG : queue_outcome(m->q);
}

static enum outcome move(struct queue_call *q, enum move_kind kind)
{
    struct moving m = {.q = q, .way = &ways[kind], .samples = BUF(1u << 20)};
    _cleanup_(buf_free) struct buf b = BUF(4u << 20);
    const struct err none = {0};
    enum outcome outcome;
    if (q->shown)
        return complainf("%s", _("a queue in --spool is only read"));
    if ((kind <= MOVE_RELEASE || kind == MOVE_REQUEUE) && call_option(q->call, "quarantine"))
        return complainf(_("queue %s: what is in the quarantine must be brought back first: bansho queue restore"), q->call->args[0]);
    if (q->call->args_n == 1 && !q->wanted.rules.n && !call_option(q->call, "quarantine"))
        return complainf(_("queue %s: say which messages are meant, by their ids or by options; all of a state: --state deferred"), q->call->args[0]);
    if (geteuid() != 0)
        return complainf("%s", _("only root may change the mail queue"));
    for (size_t i = 0; i < q->call->given_n; i++)
        if (strcmp(q->call->given[i]->name, "keep") == 0)
            *list_push(q->arena, &m.keep) = str_of(q->call->values[i]);
    if (m.keep.n && (call_option(q->call, "quarantine") || (kind != MOVE_QUARANTINE && kind != MOVE_DELETE)))
        return complainf("%s", _("--keep belongs to delete, of messages that are in the queue"));
    if (!collect(&m) || q->unknown) {
        complainf("%s", _("what is meant is not known completely: nothing was changed"));
        outcome = OUTCOME_UNKNOWN;
    } else if (!m.items.n) {
        buf_addz(&b, _("0 messages are meant\n"));
        write_out(&m, &b);
        if (q->json)
            tell_json(&m, "nothing", &none);
        outcome = OUTCOME_FINE;
    } else {
        show(&m, &b);
        write_out(&m, &b);
        if (call_option(q->call, "yes") || desk_confirm(q->json)) {
            outcome = do_it(&m, &b);
        } else {
            if (q->json)
                tell_json(&m, "asked", &none);
            else
                complainf("%s", _("nothing was changed; without a question: -y"));
            outcome = OUTCOME_REFUSED;
        }
    }
    buf_free(&m.samples);
    return outcome;
}

enum outcome queue_hold(struct queue_call *q) { return move(q, MOVE_HOLD); }
enum outcome queue_release(struct queue_call *q) { return move(q, MOVE_RELEASE); }
enum outcome queue_restore(struct queue_call *q) { return move(q, MOVE_RESTORE); }
enum outcome queue_requeue(struct queue_call *q) { return move(q, MOVE_REQUEUE); }

enum outcome queue_delete(struct queue_call *q)
{
    bool now = call_option(q->call, "now");
    if (call_option(q->call, "quarantine") && !now)
        return complainf("%s", _("they are in the quarantine already; to delete them for good: --now"));
    return move(q, now ? MOVE_DELETE : MOVE_QUARANTINE);
}
