/* verb_changes.c: `bansho changes` lists what bansho changed, `bansho undo` takes it back. */
#include "base/clock.h"
#include "bin/desk.h"
#include "bin/session.h"
#include "change/show.h"
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LIST_MAX_BYTES (256u << 20)
#define ACTS_SHOWN 200
#define REPORTED 100 /* changes on a page for people */

static enum outcome read_list(struct arena *a, struct changes *ret)
{
    struct err err = {0};
    struct journal j;
    int r = journal_open(JOURNAL_DIR, false, &j, &err);
    if (r == -ENOENT)
        return OUTCOME_FINE;
    if (r == 0) {
        r = journal_list(&j, a, ret, &err);
        journal_close(&j);
    }
    return r < 0 ? complain(&err) : OUTCOME_FINE;
}

void changes_into(struct report *r)
{
    struct journal j;
    struct changes all = {0};
    if (journal_open(JOURNAL_DIR, false, &j, NULL) < 0)
        return; /* nothing was changed, or not root: then the report says so already */
    if (journal_list(&j, r->arena, &all, NULL) == 0)
        for (size_t i = 0; i < all.list.n && i < REPORTED; i++) {
            const struct change *c = &all.list.v[i];
            struct change_made *m = list_push(r->arena, &r->changes);
            *m = (struct change_made){.id = arena_printf(r->arena, "%u", c->id), .when = c->time, .what = *c->title ? in_words(c->title) : c->check, .state = change_status_text(c->status)};
            if (c->status == CHANGE_APPLIED)
                m->undo = arena_printf(r->arena, "bansho undo %u", c->id);
        }
    journal_close(&j);
}

static void acts_text(const struct act_records *all, const struct term *t, struct arena *a, struct buf *out)
{
    if (!all->list.n)
        buf_printf(out, "%s\n", _("no act was asked for yet"));
    for (size_t i = 0; i < all->list.n; i++) {
        const struct act_record *x = &all->list.v[i];
        buf_printf(out, "%s  ", clock_text(a, x->time, CLOCK_MINUTE));
        term_colour(t, out, x->outcome >= ACT_FAILED && x->outcome != ACT_UNREACHED ? COLOUR_WARN : COLOUR_NONE);
        text_pad(out, str_of(act_outcome_name(x->outcome)), 12);
        term_colour(t, out, COLOUR_NONE);
        text_pad(out, str_of(x->act), 18);
        text_escape(out, str_of(x->who));
        buf_addz(out, "  ");
        text_escape(out, str_of(x->object));
        buf_addc(out, '\n');
    }
}

static void acts_json(const struct act_records *all)
{
    struct emit j = emit_to(stdout);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.acts/1");
    emit_list(&j, "acts");
    for (size_t i = 0; i < all->list.n; i++) {
        const struct act_record *x = &all->list.v[i];
        emit_object(&j, NULL);
        emit_time(&j, "time", x->time);
        emit_text(&j, "act", x->act);
        emit_text(&j, "object", x->object);
        emit_text(&j, "who", x->who);
        emit_text(&j, "outcome", act_outcome_name(x->outcome));
        emit_end(&j);
    }
    emit_end(&j);
    emit_end(&j);
    emit_done(&j);
}

static enum outcome acts(const struct call *c, struct arena *a, const struct term *t, struct buf *out)
{
    struct err err = {0};
    struct act_records all = {0};
    const char *dir = check_store_dir(a);
    if (executor_records(dir ? dir : "", ACTS_SHOWN, a, &all, &err) < 0)
        return complain(&err);
    if (call_option(c, "json"))
        acts_json(&all);
    else
        acts_text(&all, t, a, out);
    return OUTCOME_FINE;
}

static enum outcome changes(const struct call *c)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(LIST_MAX_BYTES);
    _cleanup_(buf_free) struct buf out = BUF(64u << 20);
    struct changes all = {0};
    struct term t = term_of(stdout);
    enum outcome o = OUTCOME_FINE;
    if (call_option(c, "acts"))
        o = acts(c, a, &t, &out);
    else if ((o = read_list(a, &all)) == OUTCOME_FINE) {
        if (call_option(c, "json"))
            changes_json(&all, stdout);
        else
            changes_show(&all, &t, &out);
    }
    fwrite(out.p ? out.p : "", 1, out.n, stdout);
    return o;
}

static const struct verb_option changes_options[] = {
    {"acts", 0, ARGUMENT_NONE, NULL, NULL, N_("every privileged act instead, with those that were refused or only observed")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("as JSON (schema bansho.changes/1, bansho.acts/1)")},
    {0},
};

const struct verb verb_changes = {
    .name = "changes",
    .usage = "[--acts] [--json]",
    .summary = N_("lists what bansho changed on this server, newest first"),
    .help = N_("Each change has a number for: bansho undo NUMBER. What is kept of it lies below /var/lib/bansho/changes, with a script that takes it back when bansho "
               "itself is broken."),
    .options = changes_options,
    .run = changes,
};

/* --- undo --- */

/* The number that is meant: the argument's, else the newest change that is in force. 0: complained. */
static unsigned meant(const struct call *c, const struct changes *all)
{
    uint64_t n;
    if (c->args_n) {
        if (str_u64(str_of(c->args[0]), 999999, &n) && n)
            return (unsigned)n;
        complainf(_("\"%s\" is no change's number. All changes: bansho changes"), c->args[0]);
        return 0;
    }
    for (size_t i = 0; i < all->list.n; i++)
        if (all->list.v[i].status == CHANGE_APPLIED || all->list.v[i].status == CHANGE_UNDOING)
            return all->list.v[i].id;
    complainf("%s", _("there is no change that could be taken back. All changes: bansho changes"));
    return 0;
}

static void show_undo(const struct change *c, bool ask, struct arena *a)
{
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    text_escape(&b, str_of(arena_printf(a, _("change %u of %s by %s (%s): %s"), c->id, clock_text(a, c->time, CLOCK_MINUTE), c->who, c->check, in_words(c->title))));
    buf_addc(&b, '\n');
    for (size_t i = c->steps.n; ask && i-- > 0;) /* otherwise they are told as they are done */
        if (c->steps.v[i].type < STEP_TEST && c->records.v[i].begun) {
            buf_addz(&b, "  < ");
            text_escape(&b, str_of(step_text(&c->steps.v[i], true, a)));
            buf_addc(&b, '\n');
        }
    fwrite(b.p, 1, b.n, stdout);
    fflush(stdout);
}

static void show_conflicts(const struct desk *d, const struct change *c, struct arena *a)
{
    struct conflicts all = {0};
    _cleanup_(buf_free) struct buf b = BUF(16u << 20);
    if (change_conflicts(&d->journal, c, a, &all, NULL) < 0 || !all.list.n)
        return;
    conflicts_show(c, &all, d->term, &b);
    fwrite(b.p, 1, b.n, stdout);
}

static enum outcome say(const struct call *c, const struct change *x, int r, const struct err *err)
{
    if (!call_option(c, "json")) {
        if (r == 0)
            printf(_("Change %u is undone: everything is as it was before it.\n"), x->id);
        else if (r > 0)
            printf(_("Change %u is undone, except for what is named above.\n"), x->id);
        else
            complain(err);
        return desk_outcome(r);
    }
    struct emit j = emit_to(stdout);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.undo/1");
    emit_int(&j, "change", x->id);
    emit_text(&j, "result", r >= 0 ? "undone" : r == -EALREADY ? "nothing-to-do" : desk_outcome(r) == OUTCOME_REFUSED ? "refused" : "failed");
    emit_text(&j, "reason", r == 0 ? NULL : r > 0 ? _("some of it has no way back, or is somebody else's now, and stays") : err->text);
    emit_end(&j);
    emit_done(&j);
    return desk_outcome(r);
}

static enum outcome undo_with(const struct call *c, struct desk *d, struct arena *a)
{
    struct err err = {0};
    struct changes all = {0};
    struct change x;
    if (!c->args_n && journal_list(&d->journal, a, &all, &err) < 0)
        return complain(&err);
    unsigned id = meant(c, &all);
    if (!id)
        return OUTCOME_USAGE;
    if (journal_read(&d->journal, id, a, &x, &err) < 0)
        return complain(&err);
    bool json = call_option(c, "json");
    if (x.status == CHANGE_APPLIED) {
        if (!json)
            show_undo(&x, !call_option(c, "yes"), a);
        if (!call_option(c, "yes") && !desk_confirm(json)) {
            complainf("%s", _("not confirmed; nothing was changed. To do it without being asked: -y"));
            return OUTCOME_REFUSED;
        }
    }
    desk_hold(true);
    int r = change_undo(&d->journal, &x, &d->change, &err);
    desk_hold(false);
    if (r == -ESTALE && !json)
        show_conflicts(d, &x, a);
    return say(c, &x, r, &err);
}

static enum outcome undo(const struct call *c)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(LIST_MAX_BYTES);
    struct err err = {0};
    struct config *config = NULL;
    struct term t = term_of(stdout);
    struct desk d = {.term = &t, .quiet = call_option(c, "json")};
    if (geteuid() != 0)
        return complainf("%s", _("changing the server needs root: sudo bansho undo ..."));
    int r = session_config(&config, &err); /* it decides whether acts are only observed */
    if (r == 0)
        r = desk_open(&d, config, a, &err);
    enum outcome o = r == 0 ? undo_with(c, &d, a) : (complain(&err), desk_outcome(r));
    desk_close(&d);
    config_free(config);
    return o;
}

static const struct verb_option undo_options[] = {
    {"yes", 'y', ARGUMENT_NONE, NULL, NULL, N_("do it without asking")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("what came of it as JSON (schema bansho.undo/1)")},
    {0},
};

const struct verb verb_undo = {
    .name = "undo",
    .usage = "[CHANGE] [-y] [--json]",
    .summary = N_("takes a change back: files byte for byte, services as they were"),
    .help = N_("Without a number the newest change is meant; whose it is and what would be done is shown before it asks. What somebody edited since is never "
               "overwritten: the three versions are shown, and nothing is done."),
    .options = undo_options,
    .argument = ARGUMENT_TEXT,
    .max = 1,
    .run = undo,
};
