/* verb_queue_expire.c: `bansho queue expire`: what was in the quarantine for too long is deleted for good. */
#include "act/executor.h"
#include "bin/desk.h"
#include "bin/queue_call.h"
#include "bin/session.h"
#include "queue/move.h"
#include "queue/quarantine.h"
#include "queue/queue_acts.h"
#include <time.h>
#include <unistd.h>

struct expiring {
    struct queue_call *q;
    struct act_desk *desk;
    uint64_t messages;
    int code;
};

static void on_result(void *arg, size_t item, enum move_result result, int code)
{
    struct expiring *x = arg;
    (void)item;
    x->code = result == MOVE_DONE ? 0 : code;
}

static int expire_batch(struct expiring *x, const struct spool_instance *s, struct err *err)
{
    const struct move_spool target = {.place = spool_queue_of(&x->q->root, s, x->q->arena), .batch = s->batch};
    struct spool_count n = {0};
    (void)!queue_names(x->q, s, &n);
    const char *object = arena_printf(x->q->arena, "%s (%llu)", queue_name(x->q, s), (unsigned long long)n.total);
    int r = x->desk->permit(x->desk->arg, &act_queue_purge, object, err);
    if (r < 0)
        return r;
    x->code = 0;
    r = spool_move(&target, MOVE_EMPTY, NULL, 1, on_result, x, err);
    if (r == 0 && x->code < 0)
        r = err_set(err, x->code, "%s: %s", queue_name(x->q, s), err_name(-x->code));
    quarantine_end(&target.place, s->batch);
    x->desk->done(x->desk->arg, &act_queue_purge, object, r);
    x->messages += r == 0 ? n.total : 0;
    return r;
}

static int expire_all(struct expiring *x, struct err *err)
{
    int r = spools_quarantined(&x->q->root, &x->q->spools, x->q->arena, err);
    for (size_t i = 0; r == 0 && i < x->q->spools.n; i++) {
        const struct spool_instance *s = &x->q->spools.v[i];
        const struct spool_place queue = spool_queue_of(&x->q->root, s, x->q->arena);
        if (quarantine_over(&queue, s->made, (int64_t)time(NULL)))
            r = expire_batch(x, s, err);
    }
    return r;
}

static void tell(const struct expiring *x)
{
    if (!x->q->json) {
        printf(ngettext("%s message was deleted for good\n", "%s messages were deleted for good\n", x->messages), queue_number(x->q->arena, x->messages));
        return;
    }
    struct emit j = emit_to(stdout);
    j.one_line = true;
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.queue-expire/1");
    emit_int(&j, "deleted", (int64_t)x->messages);
    emit_end(&j);
    emit_done(&j);
}

enum outcome queue_expire(struct queue_call *q)
{
    struct config *config = NULL;
    struct executor executor;
    struct err err = {0};
    struct expiring x = {.q = q};
    if (q->shown)
        return complainf("%s", _("a queue in --spool is only read"));
    if (geteuid() != 0)
        return complainf("%s", _("only root may change the mail queue"));
    int r = session_config(&config, &err);
    if (r == 0)
        r = executor_open(STATE_DIR, executor_observes(config, CALLER_ADMIN), CALLER_ADMIN, session_who(q->arena), (int64_t)time(NULL), &executor, &err);
    if (r == 0) {
        struct act_desk desk = executor_desk(&executor);
        x.desk = &desk;
        r = expire_all(&x, &err);
        executor_close(&executor);
    }
    config_free(config);
    tell(&x);
    return r < 0 ? complain(&err) : OUTCOME_FINE;
}
