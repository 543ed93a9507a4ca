#include "change/show.h"
#include "base/diff.h"
#include "base/i18n.h"
#include <time.h>

#define DIFF_SHOWN (64u << 10)
#define COMMAND_SHOWN 200

static void line(const struct term *t, struct buf *out, const char *label, const char *text)
{
    static const size_t width = 14;
    _cleanup_(buf_free) struct buf safe = BUF(64u << 10);
    text_escape(&safe, str_of(text));
    text_pad(out, str_of(label), width);
    text_wrap(out, buf_str(&safe), t->columns > width + 20 ? t->columns - width : t->columns, width);
    buf_addc(out, '\n');
}

/* The label stands before the first text only. */
static void lines(const struct term *t, struct buf *out, const char *label, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        line(t, out, i ? "" : label, texts[i]);
}

/* --- steps --- */

static const char *mode_text(const struct node *before, const struct node *after, const char *path, struct arena *a)
{
    if (before->uid == after->uid && before->gid == after->gid)
        return arena_printf(a, _("mode %04o instead of %04o for %s"), after->mode, before->mode, path);
    return arena_printf(a, _("mode %04o, owner %u:%u instead of %04o, %u:%u for %s"), after->mode, after->uid, after->gid, before->mode, before->uid, before->gid, path);
}

static const char *path_text(const struct step *s, const struct node *from, const struct node *to, struct arena *a)
{
    if (to->type == NODE_ABSENT)
        return arena_printf(a, _("remove %s"), s->path);
    if (s->type == STEP_MODE)
        return mode_text(from, to, s->path, a);
    if (to->type == NODE_LINK)
        return arena_printf(a, _("link %s to %.*s"), s->path, (int)to->content.n, to->content.p);
    if (to->type == NODE_DIRECTORY)
        return arena_printf(a, _("make the directory %s (mode %04o)"), s->path, to->mode);
    if (from->type == NODE_ABSENT)
        return arena_printf(a, _("make %s (mode %04o)"), s->path, to->mode);
    return arena_printf(a, _("replace %s (owner and mode stay)"), s->path);
}

static const char *argv_text(const char *const *argv, struct arena *a)
{
    const char *s = "";
    for (; *argv; argv++)
        s = arena_printf(a, "%s%s%s", s, *s ? " " : "", *argv);
    return s;
}

static const char *unit_text(const struct step *s, bool back, struct arena *a)
{
    static const char *const texts[UNIT_VERB_COUNT] = {
        [UNIT_START] = N_("start %s"),   [UNIT_STOP] = N_("stop %s"),     [UNIT_RESTART] = N_("restart %s"),
        [UNIT_RELOAD] = N_("reload %s"), [UNIT_ENABLE] = N_("start %s at boot"), [UNIT_DISABLE] = N_("do not start %s at boot"),
    };
    if (back && s->verb == UNIT_RESTART)
        return arena_printf(a, _("%s was only restarted: nothing to take back"), s->unit);
    return arena_printf(a, _(texts[back ? unit_verb_inverse(s->verb) : s->verb]), s->unit);
}

/* One with hundreds of packages is told by what it is for; all of it stands in change.json. */
static const char *command_text(const struct step *s, bool back, struct arena *a)
{
    const char *what = s->what ? s->what : "", *argv = argv_text(back ? s->inverse : s->argv, a);
    if (strlen(argv) > COMMAND_SHOWN && *what)
        return back ? arena_printf(a, _("take back: %s"), what) : what;
    return back ? argv : arena_printf(a, "%s (%s)", what, argv);
}

static bool only_looks(const struct step *s)
{
    return s->type == STEP_SETTLE && s->verb == UNIT_START;
}

const char *step_text(const struct step *s, bool back, struct arena *a)
{
    switch (s->type) {
    case STEP_FILE:
    case STEP_MODE:
    case STEP_LINK:
    case STEP_DIRECTORY: return path_text(s, back ? &s->after : &s->before, back ? &s->before : &s->after, a);
    case STEP_COMMAND: return back && !s->inverse ? _("cannot be taken back") : command_text(s, back, a);
    case STEP_MANAGER: return _("systemd reads its unit files again");
    case STEP_TEST: return arena_printf(a, _("must say yes: %s"), argv_text(s->argv, a));
    default: return only_looks(s) ? arena_printf(a, _("%s must still run"), s->unit) : unit_text(s, back && s->type == STEP_UNIT, a);
    }
}

/* --- the plan --- */

/* Of a file that holds passwords only its name: a plan is shown, sent and kept in terminals' memories. */
static void difference(const struct term *t, struct buf *out, const struct step *s, struct str from, struct str to)
{
    const char *path = s->path;
    _cleanup_(buf_free) struct buf diff = BUF(DIFF_SHOWN);
    _cleanup_(buf_free) struct buf safe = BUF(4 * DIFF_SHOWN);
    buf_addz(out, "  ");
    text_escape(out, str_of(path));
    buf_addc(out, '\n');
    if (s->secret) {
        buf_printf(out, "    %s\n", _("(passwords stand in it: what differs is not shown)"));
        return;
    }
    int r = diff_unified(from, to, path, path, &diff);
    struct str rest = buf_str(&diff), one;
    for (int i = 0; i < 2; i++)
        if (!str_line(&rest, &one))
            return; /* the names: the path stands above */
    while (str_line(&rest, &one)) {
        enum colour c = one.n && one.p[0] == '+' ? COLOUR_GOOD : one.n && one.p[0] == '-' ? COLOUR_BAD : COLOUR_DIM;
        buf_reset(&safe);
        text_escape(&safe, one);
        buf_addz(out, "    ");
        term_colour(t, out, c);
        buf_adds(out, buf_str(&safe));
        term_colour(t, out, COLOUR_NONE);
        buf_addc(out, '\n');
    }
    if (r < 0 || diff.full)
        buf_printf(out, "    %s\n", _("(more differs than is shown here)"));
}

static bool is_shown(const struct step *s)
{
    return s->type == STEP_FILE && (s->before.type != NODE_ABSENT || s->after.content.n);
}

static struct str text_of(const struct node *n)
{
    return n->type == NODE_FILE ? n->content : STR("");
}

static void steps(const struct plan *p, const struct term *t, struct buf *out)
{
    size_t n = 1;
    line(t, out, _("steps"), arena_printf(p->arena, _("%zu  keep a copy of everything in /var/lib/bansho/changes"), n++));
    const char *running = "";
    for (size_t i = 0; i < p->steps.n; i++) {
        const struct step *s = &p->steps.v[i];
        if (only_looks(s))
            running = arena_printf(p->arena, "%s%s%s", running, *running ? ", " : "", s->unit);
        else if (s->type != STEP_SETTLE || strcmp(s->unit_before.active, "active") == 0)
            line(t, out, "", arena_printf(p->arena, "%zu  %s", n++, step_text(s, false, p->arena)));
    }
    if (*running)
        line(t, out, "", arena_printf(p->arena, _("%zu  look whether these still run: %s"), n++, running));
    const char *ids = p->verified_by ? p->verified_by : p->check ? p->check->id : "";
    for (size_t i = 0; i < p->verify.n; i++)
        ids = arena_printf(p->arena, "%s, %s", ids, p->verify.v[i]->id);
    line(t, out, "", arena_printf(p->arena, _("%zu  look again: %s. If it is not right, everything goes back by itself"), n, ids));
}

void plan_show(const struct plan *p, const struct term *t, bool only, struct buf *out)
{
    line(t, out, _("to be fixed"), *p->title ? in_words(p->title) : p->check ? _(p->check->title) : "");
    if (p->harmed.n)
        lines(t, out, _("who is hurt"), p->harmed.v, p->harmed.n);
    else
        line(t, out, _("who is hurt"), _("nobody that bansho knows of"));
    lines(t, out, _("stays"), p->unchanged.v, p->unchanged.n);
    for (size_t i = 0; i < p->steps.n; i++)
        if (is_shown(&p->steps.v[i]))
            difference(t, out, &p->steps.v[i], text_of(&p->steps.v[i].before), text_of(&p->steps.v[i].after));
    steps(p, t, out);
    lines(t, out, _("not tried"), p->untested.v, p->untested.n);
    lines(t, out, _("not fixed"), p->cannot.v, p->cannot.n);
    lines(t, out, _("wait"), p->wait.v, p->wait.n);
    lines(t, out, _("note"), p->notes.v, p->notes.n);
    line(t, out, _("way back"), arena_printf(p->arena, _("bansho undo (for %d days; what was edited by hand since is shown and never overwritten)"), JOURNAL_KEEP_DAYS));
    if (only)
        line(t, out, _("to do it"), plan_again(p, p->wait.n ? " --now" : ""));
}

static void texts_json(struct emit *j, const char *key, const char *const *v, size_t n)
{
    emit_list(j, key);
    for (size_t i = 0; i < n; i++)
        emit_text(j, NULL, v[i]);
    emit_end(j);
}

static void step_to_json(struct emit *j, const struct step *s, struct arena *a)
{
    emit_object(j, NULL);
    emit_text(j, "what", step_text(s, false, a));
    emit_text(j, "act", s->act ? s->act->name : NULL);
    emit_text(j, "path", s->path);
    emit_text(j, "unit", s->unit);
    if (is_shown(s) && !s->secret) {
        struct buf diff = BUF(DIFF_SHOWN);
        if (diff_unified(text_of(&s->before), text_of(&s->after), s->before.type == NODE_ABSENT ? NULL : s->path, s->after.type == NODE_ABSENT ? NULL : s->path, &diff) == 0)
            emit_str(j, "diff", buf_str(&diff));
        buf_free(&diff);
    }
    emit_end(j);
}

void plan_json(const struct plan *p, struct emit *j, const char *key)
{
    emit_object(j, key);
    emit_text(j, "check", p->check ? p->check->id : NULL);
    emit_text(j, "title", in_words(p->title));
    texts_json(j, "objects", p->objects.v, p->objects.n);
    texts_json(j, "harmed", p->harmed.v, p->harmed.n);
    texts_json(j, "unchanged", p->unchanged.v, p->unchanged.n);
    texts_json(j, "untested", p->untested.v, p->untested.n);
    texts_json(j, "wait", p->wait.v, p->wait.n);
    texts_json(j, "cannot", p->cannot.v, p->cannot.n);
    texts_json(j, "notes", p->notes.v, p->notes.n);
    emit_list(j, "steps");
    for (size_t i = 0; i < p->steps.n; i++)
        step_to_json(j, &p->steps.v[i], p->arena);
    emit_end(j);
    emit_list(j, "verify");
    for (size_t i = 0; i < p->verify.n; i++)
        emit_text(j, NULL, p->verify.v[i]->id);
    emit_end(j);
    emit_end(j);
}

/* --- conflicts --- */

void conflicts_show(const struct change *c, const struct conflicts *all, const struct term *t, struct buf *out)
{
    for (size_t i = 0; i < all->list.n; i++) {
        const struct conflict *x = &all->list.v[i];
        _cleanup_(buf_free) struct buf title = BUF(8192);
        line(t, out, _("edited since"), x->step->path);
        if (x->later)
            buf_printf(&title, _("change %u did so. Take it back first: bansho undo %u"), x->later, x->later);
        else
            buf_printf(&title, _("the versions: before and after this change in /var/lib/bansho/changes/%06u, and the file as it is now"), c->id);
        line(t, out, "", title.p);
        if (x->step->type == STEP_FILE && x->now.type != NODE_DIRECTORY) {
            line(t, out, _("bansho did"), "");
            difference(t, out, x->step, text_of(&x->step->before), text_of(&x->step->after));
            line(t, out, _("since then"), "");
            difference(t, out, x->step, text_of(&x->step->after), text_of(&x->now));
        }
    }
}
