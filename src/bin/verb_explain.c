/* verb_explain.c: `bansho explain [ID]`: what a check asks, why it matters, what to do, and what it found lately. */
#include "base/clock.h"
#include "bin/verbs.h"
#include "check/registry.h"
#include "store/check_store.h"
#include "term/emit.h"
#include <time.h>

#define MARGIN 2
#define LABEL 12

static const char *basis_sentence(enum basis b)
{
    static const char *const sentences[BASIS_COUNT] = {
        [BASIS_FILES] = N_("files on the disk, as they are"),
        [BASIS_EFFECTIVE] = N_("the settings in force, as the program itself computes them, and the state of the running system"),
        [BASIS_DIALOGUE] = N_("the running service: it is connected to and asked, as a stranger would"),
    };
    return _(sentences[b]);
}

static void paragraph(struct buf *b, const struct term *t, const char *label, struct str text)
{
    for (size_t i = 0; i < MARGIN; i++)
        buf_addc(b, ' ');
    term_colour(t, b, COLOUR_DIM);
    text_pad(b, str_of(label), LABEL);
    term_colour(t, b, COLOUR_NONE);
    text_wrap(b, text, t->columns - MARGIN - LABEL, MARGIN + LABEL);
    buf_addc(b, '\n');
}

/* "fail since 2026-11-20, last looked at 2026-11-24 03:12  object: title" */
static void stored(struct buf *b, const struct term *t, const struct past *past, const struct past_finding *f, const char *label)
{
    _cleanup_(buf_free) struct buf line = BUF(32768);
    _cleanup_(arena_freep) struct arena *times = arena_new(65536);
    buf_printf(&line, _("%s since %s, last looked at %s: "), state_name(f->state), clock_text(times, f->since, CLOCK_DAY), clock_text(times, f->last_seen, CLOCK_MINUTE));
    if (*f->object) {
        text_escape(&line, str_of(f->object));
        buf_addz(&line, ": ");
    }
    text_escape(&line, str_of(f->title));
    paragraph(b, t, label, buf_str(&line));
    const struct acceptance *a = past_acceptance(past, f->id, f->object, (int64_t)time(NULL));
    if (!a)
        return;
    buf_reset(&line);
    buf_printf(&line, _("accepted until %s by "), clock_text(times, a->until - 1, CLOCK_DAY));
    text_escape(&line, str_of(a->who));
    buf_addz(&line, ": ");
    text_escape(&line, str_of(a->why));
    paragraph(b, t, "", buf_str(&line));
}

static void print_one(const struct check *c, const struct past *past, const struct term *t)
{
    _cleanup_(buf_free) struct buf b = BUF(4u << 20);
    term_colour(t, &b, COLOUR_BOLD);
    buf_printf(&b, "%s", c->id);
    term_colour(t, &b, COLOUR_NONE);
    buf_printf(&b, "  %s  [%s]\n", c->requirement, c->severity == SEVERITY_SERIOUS ? _("serious") : c->severity == SEVERITY_INFO ? _("information") : _("normal"));
    paragraph(&b, t, _("asks"), str_of(in_words(c->title)));
    paragraph(&b, t, _("why"), str_of(in_words(c->why)));
    paragraph(&b, t, _("looks at"), str_of(basis_sentence(c->basis)));
    paragraph(&b, t, _("advice"), str_of(in_words(c->advice)));
    bool first = true;
    for (size_t i = 0; i < past->findings.n; i++)
        if (strcmp(past->findings.v[i].id, c->id) == 0) {
            stored(&b, t, past, &past->findings.v[i], first ? _("found") : "");
            first = false;
        }
    if (first)
        paragraph(&b, t, _("found"), str_of(_("nothing is stored yet; look now: bansho check")));
    fwrite(b.p, 1, b.n, stdout);
}

static void print_list(const struct term *t)
{
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    for (unsigned chapter = 1; chapter <= CHAPTERS; chapter++) {
        bool begun = false;
        for (size_t i = 0; i < check_tables_n; i++)
            for (size_t k = 0; k < check_tables[i]->n; k++) {
                const struct check *c = &check_tables[i]->rows[k];
                if (check_chapter(c) != chapter)
                    continue;
                if (!begun)
                    buf_printf(&b, "%u %s\n", chapter, chapter_title(chapter));
                begun = true;
                buf_addz(&b, "  ");
                text_pad(&b, str_of(c->id), 26);
                text_pad(&b, str_of(c->requirement), 11);
                text_wrap(&b, str_of(in_words(c->title)), t->columns > 60 ? t->columns - 39 : 21, 39);
                buf_addc(&b, '\n');
            }
    }
    buf_printf(&b, "%s\n", _("More on one of them: bansho explain ID"));
    fwrite(b.p, 1, b.n, stdout);
}

static void json_one(struct emit *j, const struct check *c, const struct past *past)
{
    emit_object(j, NULL);
    emit_text(j, "id", c->id);
    emit_text(j, "requirement", c->requirement);
    emit_int(j, "chapter", check_chapter(c));
    emit_text(j, "severity", severity_name(c->severity));
    emit_text(j, "basis", basis_name(c->basis));
    emit_text(j, "title", in_words(c->title));
    emit_text(j, "why", in_words(c->why));
    emit_text(j, "advice", in_words(c->advice));
    emit_list(j, "stored");
    for (size_t i = 0; i < past->findings.n; i++) {
        const struct past_finding *f = &past->findings.v[i];
        if (strcmp(f->id, c->id) != 0)
            continue;
        emit_object(j, NULL);
        emit_text(j, "object", f->object);
        emit_text(j, "state", state_name(f->state));
        emit_text(j, "title", f->title);
        emit_time(j, "since", f->since);
        emit_time(j, "last_seen", f->last_seen);
        emit_end(j);
    }
    emit_end(j);
    emit_end(j);
}

static void print_json(const struct check *only, const struct past *past, const char *language)
{
    struct emit j = emit_to(stdout);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.explain/1");
    emit_text(&j, "language", language);
    emit_list(&j, "checks");
    for (size_t i = 0; i < check_tables_n; i++)
        for (size_t k = 0; k < check_tables[i]->n; k++)
            if (!only || only == &check_tables[i]->rows[k])
                json_one(&j, &check_tables[i]->rows[k], past);
    emit_done(&j);
}

static enum outcome no_such_check(const char *word)
{
    const char *near = check_nearest(str_of(word));
    if (near)
        return complainf(_("there is no check \"%s\". Did you mean: bansho explain %s"), word, near);
    return complainf(_("there is no check \"%s\". All checks: bansho explain"), word);
}

static enum outcome explain(const struct call *c)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
    const struct check *check = c->args_n ? check_by_id(str_of(c->args[0])) : NULL;
    struct past past = {0};
    struct err err = {0};
    struct term t = term_of(stdout);
    if (c->args_n && !check)
        return no_such_check(c->args[0]);
    const char *dir = check_store_dir(a);
    if (dir && check_store_peek(dir, a, &past, &err) < 0)
        complain(&err); /* the explanation holds without it */
    if (call_option(c, "json"))
        print_json(check, &past, c->language);
    else if (check)
        print_one(check, &past, &t);
    else
        print_list(&t);
    return OUTCOME_FINE;
}

static const struct verb_option explain_options[] = {
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("as JSON (schema bansho.explain/1)")},
    {0},
};

const struct verb verb_explain = {
    .name = "explain",
    .usage = "[ID] [--json]",
    .summary = N_("what a check asks, why it matters and what to do; without ID: all checks"),
    .help = N_("Tells for one check which point of the guide it belongs to, why it matters, what it looks at, what to do by hand, and what the last runs found. "
               "Without an argument every check is listed by the guide's chapters."),
    .options = explain_options,
    .argument = ARGUMENT_CHECK,
    .max = 1,
    .run = explain,
};
