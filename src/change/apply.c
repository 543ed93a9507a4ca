#include "change/apply.h"
#include "base/i18n.h"
#include "change/keeper.h"
#include "change/node.h"
#include "change/rollback.h"
#include "change/steps.h"
#include <errno.h>
#include <time.h>

static bool is_state(const struct step *s)
{
    return s->type < STEP_TEST;
}

/* Everything that the plan saw must still be so. */
static int still_so(const struct plan *p, struct err *err)
{
    int r = 0;
    struct arena *a = arena_new(64u << 20);
    for (size_t i = 0; r == 0 && i < p->steps.n; i++) {
        const struct step *s = &p->steps.v[i];
        struct node now;
        if (!s->path)
            continue;
        r = node_read(s->path, a, &now);
        if (r == 0 && !node_same(&now, &s->before))
            r = -ESTALE;
        if (r == -ESTALE)
            err_set(err, r, _("%s was changed by somebody else since the plan was made. Nothing was done; look again: %s"), s->path, plan_again(p, " --plan"));
        else if (r < 0)
            err_set(err, r, "%s: %s", s->path, err_name(-r));
        else if (s->type != STEP_DIRECTORY)
            r = keeper_refuses(s->path, &now, err);
    }
    arena_free(a);
    return r;
}

/* All acts are asked for before the first one is done; where they are only observed, all are recorded. */
static int ask_permits(const struct plan *p, const struct change_desk *d, struct err *err)
{
    int r = 0;
    for (size_t i = 0; i < p->steps.n; i++) {
        const struct step *s = &p->steps.v[i];
        if (!s->act || (s->type == STEP_SETTLE && !step_settles(s)))
            continue;
        int one = d->acts.permit(d->acts.arg, s->act, step_object(s), r ? NULL : err);
        if (one < 0 && one != -EPERM)
            return one;
        r = r ? r : one;
    }
    return r;
}

/* What was permitted and will not be done. Those that have an end already keep it. */
static void never_begun(const struct plan *p, const struct change_desk *d)
{
    for (size_t i = 0; i < p->steps.n; i++)
        if (p->steps.v[i].act)
            d->acts.done(d->acts.arg, p->steps.v[i].act, step_object(&p->steps.v[i]), ACT_NEVER_BEGUN);
}

static int do_state(struct journal *j, unsigned id, const struct step *s, size_t at, const struct change_desk *d, struct err *err)
{
    struct timespec parent = {0};
    struct step_place place = {.change = id, .at = at, .desk = d};
    bool timed = s->path && node_parent_time(s->path, &parent) == 0;
    int r = journal_add(j, id, EVENT_STEP, (unsigned)at, timed ? &parent : NULL, NULL, err);
    if (r < 0)
        return r;
    r = step_do(s, &place, err);
    d->acts.done(d->acts.arg, s->act, step_object(s), r);
    if (r < 0)
        return r;
    return journal_add(j, id, EVENT_DONE, (unsigned)at, NULL, NULL, err);
}

static int do_steps(struct journal *j, unsigned id, const struct plan *p, const struct change_desk *d, struct watches *watches, struct err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < p->steps.n; i++) {
        const struct step *s = &p->steps.v[i];
        if (!is_state(s) && !step_settles(s))
            continue;
        if (d->progress)
            d->progress(d->arg, s, false, i, p->steps.n);
        if (is_state(s)) {
            r = do_state(j, id, s, i, d, err);
            continue;
        }
        r = step_do(s, &(struct step_place){.change = id, .at = i, .desk = d, .watches = watches}, err);
        if (s->act)
            d->acts.done(d->acts.arg, s->act, step_object(s), r);
    }
    return r;
}

static int watch_all(const struct watches *w, int (*how)(struct unit_watch *, struct err *), struct err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < w->list.n; i++)
        r = how(w->list.v[i], err);
    return r;
}

static void watches_done(struct watches *w)
{
    for (size_t i = 0; i < w->list.n; i++)
        unit_watch_freep(&w->list.v[i]);
    arena_free(w->a);
}

/* Looks, and again after a moment where it did not help: a reload is done when the service was told, not when each of its processes and sockets has followed. For a
   moment a port may refuse, or answer as before. A service that died of the change is not waited for, and says more than what came of it. */
static int verify(const struct change_desk *d, const struct watches *watches, struct err *err)
{
    const struct timespec moment = {.tv_sec = 1};
    for (unsigned looks = 1;; looks++) {
        struct err why = {0}, dead = {0};
        int r = d->verify ? d->verify(d->arg, &why) : 0;
        if (r == 0)
            return watch_all(watches, unit_watch_end, err);
        if (watch_all(watches, unit_watch_look, &dead) < 0)
            return err_set(err, -EIO, "%s", dead.text);
        if (r != -ECANCELED || looks >= d->looks)
            return err_set(err, r, "%s", why.text);
        nanosleep(&moment, NULL);
    }
}

int change_apply(struct journal *j, const struct plan *p, const struct change_desk *d, unsigned *ret_id, struct err *err)
{
    unsigned id = 0;
    struct err cause = {0}, back = {0};
    int r = keeper_packages(err);
    if (r == 0)
        r = still_so(p, err);
    if (r < 0)
        return r;
    r = ask_permits(p, d, err);
    if (r == 0)
        r = journal_begin(j, p, d->who, d->from, &id, err);
    if (r < 0) {
        never_begun(p, d);
        return r;
    }
    *ret_id = id;
    struct watches watches = {.a = arena_new(1u << 20)};
    r = do_steps(j, id, p, d, &watches, &cause);
    if (r == 0)
        r = verify(d, &watches, &cause);
    watches_done(&watches);
    if (r == 0)
        r = journal_add(j, id, EVENT_APPLIED, NO_STEP, NULL, NULL, &cause);
    if (r == 0)
        return 0;
    never_begun(p, d);
    int undone = rollback(j, id, cause.text, d, &back);
    if (undone < 0)
        return err_set(err, -EUCLEAN, _("%s. Going back did not work either: %s. Next: bansho undo"), cause.text, back.text);
    *err = cause;
    return undone ? -ENOTRECOVERABLE : -ECANCELED;
}
