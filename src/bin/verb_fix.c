/* verb_fix.c: `bansho fix ID [OBJECT...]`: what a check found is put right: planned, shown, confirmed, applied, looked at again; or rolled back. */
#include "base/clock.h"
#include "base/nearest.h"
#include "bin/desk.h"
#include "bin/session.h"
#include "bin/verbs.h"
#include "change/show.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define PLAN_MAX (512u << 20)
#define OBJECTS_MAX 1000
#define CHECKS_MAX 16 /* the check itself and those that must not become worse */
#define LOOKS 3       /* afterwards, until it is right: processes and sockets follow a reload one after the other */
#define FRESH_MS 30000 /* as old as the answers of the others may be */

static const struct verb_option fix_options[] = {
    {"plan", 0, ARGUMENT_NONE, NULL, NULL, N_("only show what would be done; changes nothing")},
    {"yes", 'y', ARGUMENT_NONE, NULL, NULL, N_("do it without asking")},
    {"now", 0, ARGUMENT_NONE, NULL, NULL, N_("do it although the plan advises to wait")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("the plan and what came of it as JSON (schema bansho.fix/1)")},
    {0},
};

struct fix {
    const struct call *call;
    const struct check *check;
    struct session before; /* the check, and how those stand that must not become worse, before anything is done */
    int64_t looked;        /* when that was */
    struct run others;     /* the same of those that only the plan named, or of all of them where a person thought for long */
    struct findings wrong;
    struct plan *plan;
    struct arena *arena;
    struct term term;
    size_t unknown, seen;  /* of the objects that are meant */
    bool open;             /* afterwards an object is not right that the plan expected so */
    bool json;
};

static void fix_done(struct fix *f)
{
    session_done(&f->before);
    arena_free(f->others.arena);
    arena_free(f->arena);
}

static bool is_wrong(const struct finding *f)
{
    return f->state == STATE_WARN || f->state == STATE_FAIL;
}

static bool is_meant(const struct fix *f, const struct finding *x)
{
    for (size_t i = 1; i < f->call->args_n; i++)
        if (strcmp(f->call->args[i], x->object) == 0)
            return true;
    return f->call->args_n == 1;
}

static enum outcome choose(struct fix *f)
{
    const char *id = f->call->args[0];
    f->check = check_by_id(str_of(id));
    if (!f->check) {
        const char *near = check_nearest(str_of(id));
        return near ? complainf(_("there is no check \"%s\". Did you mean: bansho fix %s"), id, near) : complainf(_("there is no check \"%s\""), id);
    }
    if (!f->check->plan)
        return complainf(_("%s: bansho cannot put this right; what to do by hand: bansho explain %s"), id, id);
    return OUTCOME_FINE;
}

static bool is_there(const struct fix *f, const char *object)
{
    for (size_t i = 0; i < f->before.run.findings.n; i++)
        if (f->before.run.findings.v[i].check == f->check && strcmp(f->before.run.findings.v[i].object, object) == 0)
            return true;
    return false;
}

/* A name that was mistyped must not end as "nothing is wrong". */
static enum outcome no_such_object(const struct fix *f, const char *object)
{
    const char *names[OBJECTS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < f->before.run.findings.n && n < OBJECTS_MAX; i++)
        if (f->before.run.findings.v[i].check == f->check)
            names[n++] = f->before.run.findings.v[i].object;
    const char *near = nearest(str_of(object), names, n);
    if (near && *near)
        return complainf(_("%s: there is no \"%s\" here. Did you mean \"%s\"?"), f->check->id, object, near);
    return complainf(_("%s: there is no \"%s\" here. What there is: bansho check %s --all"), f->check->id, object, f->check->id);
}

/* The check itself, and those beside it: they are run side by side with it, since each may wait for a server's delay after a wrong password. Where only the plan is
   to be shown, or nothing can be done, they are not needed. */
static size_t checks_before(const struct fix *f, const struct check *list[CHECKS_MAX])
{
    struct str rest = str_of(f->check->beside), id;
    size_t n = 0;
    list[n++] = f->check;
    while (!call_option(f->call, "plan") && geteuid() == 0 && n < CHECKS_MAX && str_word(&rest, " ", &id))
        if ((list[n] = check_by_id(id)))
            n++;
    return n;
}

/* Runs the check and keeps what is wrong among the objects that were asked for. */
static enum outcome look(struct fix *f)
{
    struct err err = {0};
    const struct check *list[CHECKS_MAX];
    size_t n = checks_before(f, list);
    f->looked = clock_monotonic_ms();
    if (session_look(&f->before, "/", f->call->language, &err) < 0 || session_run(&f->before, list, n, &err) < 0)
        return complain(&err);
    f->wrong = (struct findings){.arena = f->arena, .check = f->check};
    for (size_t i = 1; i < f->call->args_n; i++)
        if (!is_there(f, f->call->args[i]))
            return no_such_object(f, f->call->args[i]);
    for (size_t i = 0; i < f->before.run.findings.n; i++) {
        const struct finding *x = &f->before.run.findings.v[i];
        if (x->check != f->check)
            continue;
        if (is_meant(f, x))
            (*(x->state == STATE_UNKNOWN ? &f->unknown : &f->seen))++;
        if (is_wrong(x) && is_meant(f, x))
            *list_push(f->arena, &f->wrong.list) = *x;
    }
    return OUTCOME_FINE;
}

static void say_json(const struct fix *f, const char *result, unsigned id, const struct err *err)
{
    struct emit j = emit_to(stdout);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.fix/1");
    emit_text(&j, "check", f->check->id);
    desk_json_end(&j, f->plan, result, id, err);
}

/* Nothing is wrong, or nothing that could be told. */
static enum outcome nothing_to_do(const struct fix *f)
{
    if (f->json)
        say_json(f, f->unknown ? "unknown" : "nothing-to-do", 0, NULL);
    else if (f->unknown && f->seen)
        printf(ngettext("%s: nothing to do: what was seen is right, but %zu object could not be looked at. Why: bansho check %s\n",
                        "%s: nothing to do: what was seen is right, but %zu objects could not be looked at. Why: bansho check %s\n", f->unknown), f->check->id, f->unknown, f->check->id);
    else if (f->unknown)
        printf(_("%s: could not be looked at, so nothing is changed. Why: bansho check %s\n"), f->check->id, f->check->id);
    else
        printf(_("%s: nothing to do, nothing is wrong\n"), f->check->id);
    return f->unknown ? OUTCOME_UNKNOWN : OUTCOME_FINE;
}

static enum outcome make_plan(struct fix *f)
{
    struct err err = {0};
    struct probe_ctx ctx = session_ctx(&f->before);
    f->plan = plan_new(f->arena, &f->before.root, f->check, f->before.host->now);
    for (size_t i = 0; i < f->wrong.list.n; i++)
        *list_push(f->arena, &f->plan->objects) = f->wrong.list.v[i].object;
    for (size_t i = 1; i < f->call->args_n; i++)
        *list_push(f->arena, &f->plan->asked) = f->call->args[i];
    int r = f->check->plan(&ctx, &f->wrong, f->plan, &err);
    struct str beside = str_of(f->check->beside), id;
    while (str_word(&beside, " ", &id))
        plan_verify(f->plan, check_by_id(id));
    for (size_t i = 0; i < f->plan->verify_ids.n; i++)
        plan_verify(f->plan, check_by_id(str_of(f->plan->verify_ids.v[i])));
    return r < 0 ? complain(&err) : OUTCOME_FINE;
}

static void show(const struct fix *f, bool only)
{
    _cleanup_(buf_free) struct buf b = BUF(16u << 20);
    if (only)
        buf_printf(&b, "%s\n", _("This is the plan. Nothing has been changed."));
    plan_show(f->plan, &f->term, only, &b);
    fwrite(b.p, 1, b.n, stdout);
    fflush(stdout);
}

/* --- looking again --- */

static const struct finding *find_in(const struct run *run, const struct finding *like)
{
    for (size_t i = 0; i < run->findings.n; i++)
        if (run->findings.v[i].check == like->check && strcmp(run->findings.v[i].object, like->object) == 0)
            return &run->findings.v[i];
    return NULL;
}

static bool was_run(const struct run *run, const struct check *check)
{
    for (size_t i = 0; i < run->costs.n; i++)
        if (run->costs.v[i].check == check)
            return true;
    return false;
}

static const struct finding *find_before(const struct fix *f, const struct finding *like)
{
    bool again = like->check != f->check && was_run(&f->others, like->check);
    return find_in(again ? &f->others : &f->before.run, like);
}

static bool was_to_be_fixed(const struct plan *p, const struct finding *x)
{
    for (size_t i = 0; x->check == p->check && i < p->objects.n; i++)
        if (strcmp(p->objects.v[i], x->object) == 0)
            return true;
    return false;
}

static bool was_expected(const struct plan *p, const struct finding *x)
{
    for (size_t i = 0; x->check == p->check && i < p->expected.n; i++)
        if (strcmp(p->expected.v[i], x->object) == 0)
            return true;
    return false;
}

/* How bad an answer is: one that cannot be had any more is as bad as a wrong one. */
static int badness(const struct finding *x)
{
    static const int by_state[STATE_COUNT] = {[STATE_OK] = 0, [STATE_NA] = 0, [STATE_WARN] = 1, [STATE_UNKNOWN] = 2, [STATE_FAIL] = 3};
    return x ? by_state[x->state] : 0;
}

static int judge(struct fix *f, const struct run *now, struct err *err)
{
    f->open = false;
    for (size_t i = 0; i < now->findings.n; i++) {
        const struct finding *x = &now->findings.v[i], *old = find_before(f, x);
        if (was_expected(f->plan, x)) {
            f->open |= badness(x) > 0;
            continue;
        }
        const char *why = x->evidence.n ? x->evidence.v[0].text : "";
        if (was_to_be_fixed(f->plan, x) && badness(x))
            return err_set(err, -ECANCELED, _("it did not help: %s %s: %s. %s"), x->check->id, x->object, x->title, why);
        if (badness(x) > badness(old))
            return err_set(err, -ECANCELED, _("it made something worse: %s %s: %s. %s"), x->check->id, x->object, x->title, why);
    }
    return 0;
}

static size_t checks_of(const struct fix *f, const struct check *list[CHECKS_MAX])
{
    size_t n = 0;
    list[n++] = f->check;
    for (size_t i = 0; i < f->plan->verify.n && n < CHECKS_MAX; i++)
        list[n++] = f->plan->verify.v[i];
    return n;
}

static int look_again(void *arg, struct err *err)
{
    struct fix *f = arg;
    const struct check *list[CHECKS_MAX];
    _cleanup_(session_done) struct session after = {.root = {.fd = -1}, .asked = true};
    int r = session_look(&after, "/", f->call->language, err);
    if (r == 0)
        r = session_run(&after, list, checks_of(f, list), err);
    return r < 0 ? r : judge(f, &after.run, err);
}

/* What was asked a moment ago is not asked again. */
static int baseline(struct fix *f, struct err *err)
{
    const struct check *all[CHECKS_MAX], *list[CHECKS_MAX];
    size_t all_n = checks_of(f, all), n = 0;
    bool long_ago = clock_monotonic_ms() - f->looked > FRESH_MS;
    for (size_t i = 1; i < all_n; i++)
        if (long_ago || !was_run(&f->before.run, all[i]))
            list[n++] = all[i];
    return n ? session_run_more(&f->before, list, n, &f->others, err) : 0;
}

/* --- doing it --- */

static enum outcome refused(const struct fix *f, const char *why)
{
    struct err err = {0};
    err_set(&err, -EPERM, "%s", why);
    if (f->json)
        say_json(f, "refused", 0, &err);
    else
        complain(&err);
    return OUTCOME_REFUSED;
}

static enum outcome say_result(const struct fix *f, int r, unsigned id, const struct err *err)
{
    static const char *const words[] = {[OUTCOME_FINE] = "applied", [OUTCOME_WRONG] = "rolled-back", [OUTCOME_USAGE] = "failed", [OUTCOME_REFUSED] = "refused"};
    enum outcome o = desk_outcome(r);
    const char *word = r == -EUCLEAN ? "stuck" : words[o];
    if (f->json)
        say_json(f, word, id, err);
    else if (r == 0 && f->open)
        printf(_("Done, and looked at again. What is still open: bansho check %s. This is change %u. To take it back: bansho undo %u\n"), f->check->id, id, id);
    else if (r == 0)
        printf(_("Done, and looked at again: it is right now. This is change %u. To take it back: bansho undo %u\n"), id, id);
    else
        complain(err);
    if (!f->json && r == -ECANCELED)
        printf("%s\n", _("Everything was rolled back: the server is as it was before."));
    if (!f->json && r == -ENOTRECOVERABLE)
        printf("%s\n", _("It was rolled back, except for what is named above."));
    return r == 0 && f->plan->cannot.n ? OUTCOME_WRONG : o;
}

static enum outcome apply(struct fix *f)
{
    struct err err = {0};
    struct desk desk = {.term = &f->term, .quiet = f->json};
    unsigned id = 0;
    int r = desk_open(&desk, f->before.config, f->arena, &err);
    if (r == 0)
        r = baseline(f, &err);
    if (r == 0) {
        desk.change.verify = look_again;
        desk.change.looks = LOOKS;
        desk.change.arg = f;
        desk_hold(true);
        r = change_apply(&desk.journal, f->plan, &desk.change, &id, &err);
        desk_hold(false);
    }
    desk_close(&desk);
    return say_result(f, r, id, &err);
}

static enum outcome decide(struct fix *f)
{
    bool only = call_option(f->call, "plan");
    const char *now = call_option(f->call, "now") ? " --now" : "";
    if (!f->json)
        show(f, only);
    if (plan_empty(f->plan))
        return f->json ? (say_json(f, "cannot", 0, NULL), OUTCOME_WRONG) : OUTCOME_WRONG;
    if (only)
        return f->json ? (say_json(f, "planned", 0, NULL), OUTCOME_FINE) : OUTCOME_FINE;
    if (geteuid() != 0)
        return refused(f, arena_printf(f->arena, _("changing the server needs root: sudo %s"), plan_again(f->plan, now)));
    if (f->plan->wait.n && !call_option(f->call, "now"))
        return refused(f, arena_printf(f->arena, _("the plan advises to wait (see above). To do it all the same: %s"), plan_again(f->plan, " --now")));
    if (!call_option(f->call, "yes") && !desk_confirm(f->json))
        return refused(f, arena_printf(f->arena, _("not confirmed; nothing was changed. To do it without being asked: %s"), plan_again(f->plan, *now ? " --now -y" : " -y")));
    return apply(f);
}

static enum outcome fix(const struct call *c)
{
    _cleanup_(fix_done) struct fix f = {.call = c, .before = {.root = {.fd = -1}, .asked = true}, .arena = arena_new(PLAN_MAX), .term = term_of(stdout), .json = call_option(c, "json")};
    enum outcome o = choose(&f);
    if (o == OUTCOME_FINE)
        o = desk_recover(&f.term, f.json);
    if (o == OUTCOME_FINE)
        o = look(&f);
    if (o != OUTCOME_FINE)
        return o;
    if (!f.wrong.list.n)
        return nothing_to_do(&f);
    o = make_plan(&f);
    return o == OUTCOME_FINE ? decide(&f) : o;
}

const struct verb verb_fix = {
    .name = "fix",
    .usage = "ID [OBJECT...] [--plan] [-y] [--now] [--json]",
    .summary = N_("puts right what a check found, after showing what would be done; can be taken back"),
    .help = N_("Looks, makes a plan and shows it: what is put right, who would be hurt, the difference of every file, every step, the way back. Then it asks. "
               "After the change the check looks again, by real dialogue; if it is not right then, or something else became worse, everything goes back by itself.\n\n"
               "Every step is written down with what was there before: bansho changes, bansho undo."),
    .options = fix_options,
    .argument = ARGUMENT_CHECK,
    .min = 1,
    .max = 64,
    .run = fix,
};
