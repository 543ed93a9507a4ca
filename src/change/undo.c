#include "base/i18n.h"
#include "change/apply.h"
#include "change/keeper.h"
#include "change/node.h"
#include "change/parents.h"
#include "change/rollback.h"
#include "change/steps.h"
#include <errno.h>

static void tell(const struct change_desk *d, const char *format, ...) _printf_(2, 3);
static void tell(const struct change_desk *d, const char *format, ...)
{
    _cleanup_(buf_free) struct buf b = BUF(8192);
    va_list ap;
    va_start(ap, format);
    buf_vprintf(&b, format, ap);
    va_end(ap);
    if (d->tell && b.p)
        d->tell(d->arg, b.p);
}

/* Is there anything of this step to be taken back? */
static bool stands(const struct change *c, size_t i)
{
    return c->steps.v[i].type < STEP_TEST && c->records.v[i].begun && !c->records.v[i].reverted;
}

/* The state steps that stand, last one first. Everything that can be put back is put back: the first failure is returned, and does not end it. 1: something
   stays, which was told. */
static int take_back(struct journal *j, const struct change *c, const struct change_desk *d, struct err *err)
{
    int result = 0;
    bool stays = false;
    for (size_t i = c->steps.n; i-- > 0;) {
        const struct step *s = &c->steps.v[i];
        struct step_place place = {.change = c->id, .at = i, .record = &c->records.v[i], .desk = d, .back = true};
        struct err one = {0};
        if (!stands(c, i))
            continue;
        if (d->progress)
            d->progress(d->arg, s, true, i, c->steps.n);
        int r = step_back(s, &place, &one);
        if (s->act)
            d->acts.done(d->acts.arg, s->act, step_object(s), r == 1 ? ACT_NEVER_BEGUN : r);
        stays = stays || r == 1 || r == -EOPNOTSUPP;
        if (r == 1 && s->type == STEP_DIRECTORY)
            tell(d, _("%s stays: others have put something into it meanwhile"), s->path);
        else if (r == 1)
            tell(d, _("%s was changed by somebody else meanwhile and is left as it is"), s->path);
        else if (r == -EOPNOTSUPP)
            tell(d, "%s", one.text);
        else if (r < 0 && result == 0)
            result = err_set(err, r, "%s", one.text);
        if (r >= 0 && journal_add(j, c->id, EVENT_REVERTED, (unsigned)i, NULL, NULL, result == 0 ? err : NULL) < 0 && result == 0)
            result = -EIO;
    }
    parents_restore(c);
    return result < 0 ? result : stays;
}

/* The services follow their files again. */
static int settle(const struct change *c, const struct change_desk *d, struct err *err)
{
    int result = 0;
    for (size_t i = 0; i < c->steps.n; i++) {
        const struct step *s = &c->steps.v[i];
        struct err one = {0};
        if (s->type < STEP_TEST || !step_settles(s))
            continue;
        if (d->progress)
            d->progress(d->arg, s, true, i, c->steps.n);
        int r = step_do(s, &(struct step_place){.change = c->id, .at = i, .desk = d, .back = true}, &one);
        if (r < 0 && result == 0)
            result = err_set(err, r, "%s", one.text);
    }
    return result;
}

static bool any_begun(const struct change *c)
{
    for (size_t i = 0; i < c->steps.n; i++)
        if (c->records.v[i].begun)
            return true;
    return false;
}

/* What became of the acts of a change that was killed: its own process can no longer say so. Those that have an end already keep it. */
static void tell_ends(const struct change *c, const struct change_desk *d)
{
    bool all_done = true;
    for (size_t i = 0; i < c->steps.n; i++) {
        const struct step *s = &c->steps.v[i];
        const struct step_record *r = &c->records.v[i];
        const struct act *act = s->act_name ? d->acts.by_name(d->acts.arg, s->act_name) : NULL;
        bool state = s->type < STEP_TEST;
        all_done = all_done && (!state || r->done);
        if (act)
            d->acts.done(d->acts.arg, act, step_object(s), state && r->done ? 0 : (state ? r->begun : all_done) ? ACT_INTERRUPTED : ACT_NEVER_BEGUN);
    }
}

/* What is damaged is not guessed at: a person decides with the script. Moved away afterwards, it no longer waits to be ended. */
static int by_hand(const struct journal *j, const struct change *c, struct err *err)
{
    struct buf dir = BUF(8192);
    buf_printf(&dir, "%s/%06u", j->path, c->id);
    const char *d = dir.p ? dir.p : "";
    int r = err_set(err, -EUCLEAN, _("change %u: %s, so bansho does not take it back. By hand: (cd %s && sha256sum -c sums); less %s/undo.sh; and if it may be done: sh %s/undo.sh && mv %s %s.by-hand"),
                    c->id, c->reason, d, d, d, d, d);
    buf_free(&dir);
    return r;
}

int rollback(struct journal *j, unsigned id, const char *cause, const struct change_desk *d, struct err *err)
{
    struct arena *a = arena_new(256u << 20);
    struct change c;
    int r = journal_read(j, id, a, &c, err);
    if (r == 0 && c.status == CHANGE_DAMAGED)
        r = by_hand(j, &c, err);
    if (r < 0)
        goto out;
    struct err unwritten = {0}, unsettled = {0};
    tell_ends(&c, d);
    int noted = cause ? journal_add(j, id, EVENT_BACK, NO_STEP, NULL, cause, &unwritten) : 0;
    int stays = r = take_back(j, &c, d, err);
    if (any_begun(&c) && settle(&c, d, &unsettled) < 0)
        tell(d, _("everything is as it was, but: %s"), unsettled.text);
    if (r >= 0)
        r = journal_add(j, id, EVENT_ROLLED_BACK, NO_STEP, NULL, NULL, err);
    if (r == 0 && noted < 0)
        r = err_set(err, noted, "%s", unwritten.text);
    if (r == 0)
        r = stays;
out:
    arena_free(a);
    return r;
}

/* --- undo --- */

static unsigned later_change(const struct journal *j, const struct change *c, const char *path, struct arena *a)
{
    struct changes all = {0};
    if (journal_list(j, a, &all, NULL) < 0)
        return 0;
    for (size_t i = 0; i < all.list.n && all.list.v[i].id > c->id; i++) {
        struct change other;
        if (all.list.v[i].status != CHANGE_APPLIED || journal_read(j, all.list.v[i].id, a, &other, NULL) < 0)
            continue;
        for (size_t s = 0; s < other.steps.n; s++)
            if (other.steps.v[s].path && strcmp(other.steps.v[s].path, path) == 0)
                return other.id;
    }
    return 0;
}

int change_conflicts(const struct journal *j, const struct change *c, struct arena *a, struct conflicts *ret, struct err *err)
{
    for (size_t i = 0; i < c->steps.n; i++) {
        const struct step *s = &c->steps.v[i];
        struct node now;
        if (!s->path || !stands(c, i))
            continue;
        int r = node_read(s->path, a, &now);
        if (r < 0)
            return err_set(err, r, "%s: %s", s->path, err_name(-r));
        if (node_same(&now, &s->after) || node_same(&now, &s->before))
            continue;
        *list_push(a, &ret->list) = (struct conflict){.step = s, .now = now, .later = later_change(j, c, s->path, a)};
    }
    return 0;
}

/* What no file shows: a package that was upgraded again since. */
static int ready(const struct change *c, struct err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < c->steps.n; i++)
        if (stands(c, i))
            r = step_ready(&c->steps.v[i], err);
    return r;
}

static int refuse(const struct journal *j, const struct change *c, struct err *err)
{
    static const struct {
        enum change_status status;
        int code;
        const char *text;
    } rows[] = {
        {CHANGE_ROLLED_BACK, -EALREADY, N_("change %u was rolled back when it was made: there is nothing to undo")},
        {CHANGE_UNDONE, -EALREADY, N_("change %u is undone already")},
        {CHANGE_EXPIRED, -EALREADY, N_("change %u is too old: its copies were thrown away")},
    };
    if (c->status == CHANGE_DAMAGED)
        return by_hand(j, c, err);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (c->status == rows[i].status)
            return err_set(err, rows[i].code, _(rows[i].text), c->id);
    return 0;
}

static int permits(struct change *c, const struct change_desk *d, struct err *err)
{
    bool way_back = !any_begun(c); /* only services followed their files: nothing stands that could not go back */
    int r = 0;
    for (size_t i = 0; i < c->steps.n; i++) {
        struct step *s = &c->steps.v[i];
        if (!stands(c, i))
            continue;
        s->act = s->act_name ? d->acts.by_name(d->acts.arg, s->act_name) : NULL;
        if (!s->act)
            return err_set(err, -EPROTONOSUPPORT, _("change %u has a step that this bansho does not know (%s)"), c->id, s->act_name ? s->act_name : "?");
        way_back = way_back || s->type != STEP_COMMAND || s->inverse;
        if (r == 0)
            r = d->acts.permit(d->acts.arg, s->act, step_object(s), err);
    }
    if (r == 0 && !way_back)
        return err_set(err, -EOPNOTSUPP, _("change %u cannot be taken back: none of its steps has a way back"), c->id);
    return r;
}

/* From the moment that the journal says so, undo is ended by whoever comes next. */
static int finish_undo(struct journal *j, const struct change *c, const struct change_desk *d, struct err *err)
{
    struct err unsettled = {0};
    int r = take_back(j, c, d, err), stays = r;
    if (r < 0)
        return err->text[0] ? -EUCLEAN : err_set(err, -EUCLEAN, "%s", err_name(-r));
    int settled = settle(c, d, &unsettled);
    r = journal_add(j, c->id, EVENT_UNDONE, NO_STEP, NULL, NULL, err);
    if (r < 0)
        return -EUCLEAN;
    return settled < 0 ? err_set(err, -EIO, _("everything is as it was before change %u, but: %s"), c->id, unsettled.text) : stays;
}

int change_undo(struct journal *j, struct change *c, const struct change_desk *d, struct err *err)
{
    struct arena *a = arena_new(256u << 20);
    struct conflicts conflicts = {0};
    int r = refuse(j, c, err);
    if (r == 0)
        r = change_conflicts(j, c, a, &conflicts, err);
    if (r == 0 && conflicts.list.n)
        r = err_set(err, -ESTALE, _("%s was changed since; nothing was done"), conflicts.list.v[0].step->path);
    if (r == 0)
        r = keeper_packages(err);
    if (r == 0)
        r = ready(c, err);
    if (r == 0)
        r = permits(c, d, err);
    for (size_t i = 0; r < 0 && i < c->steps.n; i++)
        if (c->steps.v[i].act)
            d->acts.done(d->acts.arg, c->steps.v[i].act, step_object(&c->steps.v[i]), ACT_NEVER_BEGUN);
    if (r == 0 && !any_begun(c))
        tell(d, _("in change %u services only followed their files: there was nothing to take back"), c->id);
    if (r == 0)
        r = journal_add(j, c->id, EVENT_UNDO, NO_STEP, NULL, d->who, err);
    if (r == 0)
        r = finish_undo(j, c, d, err);
    arena_free(a);
    return r;
}

int change_recover(struct journal *j, const struct change_desk *d, struct err *err)
{
    struct arena *a = arena_new(256u << 20);
    struct changes all = {0};
    int n = 0, r = journal_list(j, a, &all, err);
    for (size_t i = 0; r >= 0 && i < all.list.n; i++) {
        const struct change *head = &all.list.v[i];
        struct change c;
        if (head->status != CHANGE_BEGUN && head->status != CHANGE_UNDOING)
            continue;
        if (head->status == CHANGE_BEGUN) {
            tell(d, _("change %u was interrupted; it is rolled back"), head->id);
            r = rollback(j, head->id, _("interrupted"), d, err);
        } else if ((r = journal_read(j, head->id, a, &c, err)) == 0) {
            tell(d, _("the undo of change %u was interrupted; it is brought to its end"), head->id);
            for (size_t s = 0; s < c.steps.n; s++)
                c.steps.v[s].act = c.steps.v[s].act_name ? d->acts.by_name(d->acts.arg, c.steps.v[s].act_name) : NULL;
            r = c.status == CHANGE_DAMAGED ? by_hand(j, &c, err) : finish_undo(j, &c, d, err);
            r = r == -EIO ? 0 : r;
        }
        n++;
    }
    arena_free(a);
    return r < 0 ? r : n;
}
