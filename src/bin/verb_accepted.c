/* verb_accepted.c: `bansho accept` without a check, and `bansho accept --withdraw ID [OBJECT]`. */
#include "base/clock.h"
#include "bin/verb_accepted.h"
#include "store/check_store.h"
#include "term/emit.h"
#include <time.h>

static void name_of(struct buf *b, const struct acceptance *a)
{
    buf_addz(b, a->id);
    buf_addz(b, *a->object ? " " : "");
    text_escape(b, str_of(a->object));
}

static void print_text(const struct past *past, int64_t now)
{
    struct term t = term_of(stdout);
    _cleanup_(buf_free) struct buf b = BUF(16u << 20);
    for (size_t i = 0; i < past->accepted.n; i++) {
        const struct acceptance *a = &past->accepted.v[i];
        _cleanup_(buf_free) struct buf line = BUF(65536), who = BUF(4096);
        _cleanup_(arena_freep) struct arena *times = arena_new(65536);
        const char *until = clock_text(times, a->until - 1, CLOCK_DAY), *made = clock_text(times, a->made, CLOCK_DAY);
        text_escape(&who, str_of(a->who));
        buf_printf(&line, a->until > now ? _("until %s, by %s on %s: ") : _("until %s (has passed: it counts again), by %s on %s: "), until, who.p, made);
        text_escape(&line, str_of(a->why));
        term_colour(&t, &b, COLOUR_BOLD);
        name_of(&b, a);
        term_colour(&t, &b, COLOUR_NONE);
        buf_addz(&b, "\n    ");
        text_wrap(&b, buf_str(&line), t.columns - 4, 4);
        buf_addz(&b, "\n");
    }
    buf_printf(&b, "%s\n", past->accepted.n ? _("To take one back: bansho accept --withdraw ID [OBJECT]") : _("Nothing is accepted."));
    fwrite(b.p, 1, b.n, stdout);
}

static void print_json(const struct past *past, int64_t now, const char *language)
{
    struct emit j = emit_to(stdout);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.accept/1");
    emit_text(&j, "language", language);
    emit_list(&j, "accepted");
    for (size_t i = 0; i < past->accepted.n; i++) {
        const struct acceptance *a = &past->accepted.v[i];
        const struct past_finding *f = past_finding(past, a->id, a->object);
        emit_object(&j, NULL);
        emit_text(&j, "id", a->id);
        emit_text(&j, "object", a->object);
        emit_text(&j, "why", a->why);
        emit_text(&j, "who", a->who);
        emit_time(&j, "made", a->made);
        emit_time(&j, "until", a->until);
        emit_bool(&j, "in_force", a->until > now);
        emit_text(&j, "state", f ? state_name(f->state) : NULL);
        emit_end(&j);
    }
    emit_done(&j);
}

enum outcome accepted_list(const struct call *c)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(64u << 20);
    struct past past = {0};
    struct err err = {0};
    const char *dir = check_store_dir(arena);
    if (!dir)
        return complainf("%s", _("there is no home directory for it"));
    if (check_store_peek(dir, arena, &past, &err) < 0)
        return complain(&err);
    if (call_option(c, "json"))
        print_json(&past, (int64_t)time(NULL), c->language);
    else
        print_text(&past, (int64_t)time(NULL));
    return OUTCOME_FINE;
}

static bool is_meant(const struct acceptance *a, const struct call *c)
{
    return strcmp(a->id, c->args[0]) == 0 && (c->args_n < 2 || strcmp(a->object, c->args[1]) == 0);
}

/* The accepted objects of a check, for whoever named none or another. */
static void list_objects(const struct past *past, const char *id)
{
    for (size_t i = 0; i < past->accepted.n; i++) {
        if (strcmp(past->accepted.v[i].id, id) != 0)
            continue;
        _cleanup_(buf_free) struct buf b = BUF(65536);
        text_escape(&b, str_of(*past->accepted.v[i].object ? past->accepted.v[i].object : "\"\""));
        fprintf(stderr, "  %s\n", b.p);
    }
}

/* How many the call means; fewer than one or more than it may: complained, OUTCOME_USAGE or OUTCOME_REFUSED. */
static enum outcome may_withdraw(const struct past *past, const struct call *c)
{
    const char *id = c->args[0];
    size_t meant = 0, all = 0;
    for (size_t i = 0; i < past->accepted.n; i++) {
        meant += is_meant(&past->accepted.v[i], c);
        all += strcmp(past->accepted.v[i].id, id) == 0;
    }
    if (!all)
        return complainf(_("%s: nothing is accepted. What is: bansho accept"), id);
    if (meant && (meant == 1 || call_option(c, "yes")))
        return OUTCOME_FINE;
    if (meant)
        complainf(_("%s: several are accepted. Name one of them, or take all of them back: bansho accept --withdraw %s -y"), id, id);
    else
        complainf(_("%s: \"%s\" is not accepted. What is:"), id, c->args[1]);
    list_objects(past, id);
    return meant ? OUTCOME_REFUSED : OUTCOME_USAGE;
}

static int forget(struct store *s, const struct past *past, const struct call *c, struct err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < past->accepted.n; i++)
        if (is_meant(&past->accepted.v[i], c))
            r = check_store_withdraw(s, past->accepted.v[i].id, past->accepted.v[i].object, err);
    return r;
}

static void tell(const struct past *past, const struct call *c)
{
    for (size_t i = 0; i < past->accepted.n; i++) {
        if (!is_meant(&past->accepted.v[i], c))
            continue;
        _cleanup_(buf_free) struct buf b = BUF(65536);
        name_of(&b, &past->accepted.v[i]);
        printf("%s\n", b.p);
    }
    printf("%s\n", _("These findings count again from now on."));
}

enum outcome accepted_withdraw(const struct call *c)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(64u << 20);
    _cleanup_(store_closep) struct store *s = NULL;
    struct past past = {0};
    struct err err = {0};
    const char *dir = check_store_dir(arena);
    if (!dir)
        return complainf("%s", _("there is no home directory for it"));
    if (check_store_peek(dir, arena, &past, &err) < 0)
        return complain(&err);
    enum outcome o = may_withdraw(&past, c);
    if (o != OUTCOME_FINE)
        return o;
    int r = check_store_open(dir, &s, &err);
    if (r == 0)
        r = store_begin(s, &err);
    if (r == 0)
        r = forget(s, &past, c, &err);
    if (r == 0)
        r = store_commit(s, &err);
    if (r < 0)
        return complain(&err);
    if (!call_option(c, "json"))
        tell(&past, c);
    return call_option(c, "json") ? accepted_list(c) : OUTCOME_FINE;
}
