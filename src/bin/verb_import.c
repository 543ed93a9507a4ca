/* verb_import.c: `bansho import fail2ban`: what stands in fail2ban's files and memory goes into bansho.conf (as one change) and to bansho-wall. fail2ban itself is left as it is. */
#include "bin/conf_change.h"
#include "bin/import_bans.h"
#include "import/fail2ban.h"
#include <errno.h>
#include <stdio.h>
#include <time.h>

#define FAIL2BAN "/etc/fail2ban"
#define SOURCE "fail2ban"

struct importing {
    struct import_fail2ban jails;
    struct import_bans bans;
    struct import_handed handed; /* what became of the bans */
};

/* One section of bansho.conf after the other; what its parser refuses is told like all else that is left. */
static void put(struct conf_change *c, struct importing *i, const char *section, const char *instance, const char *name, const char *text)
{
    struct err err = {0};
    if (conf_change_set(c, section, instance, name, text, &err) < 0)
        *list_push(c->arena, &i->jails.left) = (struct import_left){.what = text, .why = arena_dupz(c->arena, err.text)};
}

static void put_never(struct conf_change *c, struct importing *i)
{
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    for (size_t k = 0; k < i->jails.never.n; k++) {
        char text[ADDR_TEXT + 4];
        buf_printf(&b, "%s%s", k ? ", " : "", prefix_text(&i->jails.never.v[k], text));
    }
    if (b.n)
        put(c, i, "source", SOURCE, "prefixes", arena_dup(c->arena, buf_str(&b)));
    for (size_t k = 0; k < i->jails.never_names.n; k++)
        put(c, i, "source", arena_printf(c->arena, SOURCE "-%zu", k + 1), "host", i->jails.never_names.v[k]);
}

static void put_guard(struct conf_change *c, struct importing *i)
{
    const struct import_fail2ban *f = &i->jails;
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    if (!f->jails.n)
        return;
    for (size_t k = 0; k < f->filters.n; k++)
        buf_printf(&b, "%s%s", k ? ", " : "", f->filters.v[k]);
    put(c, i, "guard", "", "filters", arena_dup(c->arena, buf_str(&b)));
    put(c, i, "guard", "", "find-time", duration_text(c->arena, f->find_time));
    put(c, i, "guard", "", "max-retry", arena_printf(c->arena, "%u", f->max_retry));
    if (f->ban_time_max) /* the greater first: at no moment does one contradict the other */
        put(c, i, "guard", "", "ban-time-max", duration_text(c->arena, f->ban_time_max));
    put(c, i, "guard", "", "ban-time", duration_text(c->arena, f->ban_time));
}

static const char *place(struct arena *a, const struct import_left *l)
{
    return l->file ? arena_printf(a, "%s:%u", l->file, l->line) : "";
}

/* Untrusted: names of jails and files come from a configuration that a stranger may have written. */
static void add_escaped(struct buf *b, const char *text)
{
    text_escape(b, str_of(text));
}

static void show(const struct conf_change *c, const struct importing *i)
{
    const struct import_fail2ban *f = &i->jails;
    _cleanup_(buf_free) struct buf b = BUF(16u << 20);
    term_colour(&c->term, &b, COLOUR_BOLD);
    buf_printf(&b, _("Taken over: %zu jails, %zu networks and names that are never shut out, %zu bans\n"), f->jails.n, f->never.n + f->never_names.n, i->bans.list.n);
    term_colour(&c->term, &b, COLOUR_NONE);
    for (size_t k = 0; k < f->jails.n; k++) {
        _cleanup_(buf_free) struct buf jail = BUF(65536);
        add_escaped(&jail, f->jails.v[k].name);
        buf_addz(&b, "  ");
        text_pad(&b, buf_str(&jail), 24);
        buf_printf(&b, _("filter %s\n"), f->jails.v[k].ours);
    }
    if (f->left.n) {
        term_colour(&c->term, &b, COLOUR_BOLD);
        buf_printf(&b, _("Not taken over: %zu\n"), f->left.n);
        term_colour(&c->term, &b, COLOUR_NONE);
    }
    for (size_t k = 0; k < f->left.n; k++) {
        _cleanup_(buf_free) struct buf line = BUF(65536);
        add_escaped(&line, f->left.v[k].what);
        buf_addz(&line, ": ");
        add_escaped(&line, f->left.v[k].why);
        if (f->left.v[k].file) {
            buf_addz(&line, " (");
            add_escaped(&line, place(c->arena, &f->left.v[k]));
            buf_addz(&line, ")");
        }
        buf_addz(&b, "  ");
        text_wrap(&b, buf_str(&line), c->term.columns - 2, 4);
        buf_addz(&b, "\n");
    }
    if (i->bans.unread)
        buf_printf(&b, _("%zu of fail2ban's bans hold no address and are left out\n"), i->bans.unread);
    buf_addz(&b, "\n");
    fwrite(b.p, 1, b.n, stdout);
    fflush(stdout);
}

static void say(const struct conf_change *c, struct emit *j)
{
    const struct importing *i = c->arg;
    const struct import_fail2ban *f = &i->jails;
    emit_list(j, "jails");
    for (size_t k = 0; k < f->jails.n; k++) {
        emit_object(j, NULL);
        emit_text(j, "jail", f->jails.v[k].name);
        emit_text(j, "filter", f->jails.v[k].filter);
        emit_text(j, "ours", f->jails.v[k].ours);
        emit_end(j);
    }
    emit_end(j);
    emit_list(j, "never");
    for (size_t k = 0; k < f->never.n; k++) {
        char text[ADDR_TEXT + 4];
        emit_text(j, NULL, prefix_text(&f->never.v[k], text));
    }
    for (size_t k = 0; k < f->never_names.n; k++)
        emit_text(j, NULL, f->never_names.v[k]);
    emit_end(j);
    emit_list(j, "left");
    for (size_t k = 0; k < f->left.n; k++) {
        emit_object(j, NULL);
        emit_text(j, "what", f->left.v[k].what);
        emit_text(j, "where", f->left.v[k].file ? place(c->arena, &f->left.v[k]) : NULL);
        emit_text(j, "why", f->left.v[k].why);
        emit_end(j);
    }
    emit_end(j);
    emit_object(j, "bans");
    emit_int(j, "found", (int64_t)i->bans.list.n);
    emit_int(j, "unread", (int64_t)i->bans.unread);
    emit_int(j, "handed", (int64_t)i->handed.taken);
    emit_int(j, "known", (int64_t)i->handed.known);
    emit_int(j, "refused", (int64_t)i->handed.refused);
    emit_text(j, "reason", i->handed.reason);
    emit_end(j);
}

static void after(struct conf_change *c)
{
    struct importing *i = c->arg;
    import_hand_over(c->call, &i->bans, c->arena, &i->handed);
    if (c->json)
        return;
    _cleanup_(buf_free) struct buf b = BUF(65536);
    buf_printf(&b, _("Bans: %zu handed to bansho-wall, %zu it had already, %zu refused\n"), i->handed.taken, i->handed.known, i->handed.refused);
    if (i->handed.reason)
        text_escape(&b, str_of(i->handed.reason));
    buf_addz(&b, i->handed.reason ? "\n" : "");
    if (i->handed.taken + i->handed.known + i->handed.refused < i->bans.list.n)
        buf_addz(&b, _("The others are not taken over yet; when bansho-wall runs: bansho import fail2ban -y\n"));
    fwrite(b.p, 1, b.n, stdout);
}

static void bans_left(struct conf_change *c, struct importing *i, const char *why)
{
    *list_push(c->arena, &i->jails.left) = (struct import_left){.what = _("fail2ban's bans"), .why = why};
}

static enum outcome read_all(struct conf_change *c, struct importing *i, const char *dir)
{
    struct err err = {0};
    int r = import_fail2ban(c->arena, &c->root, dir, &i->jails, &err);
    if (r == -ENOENT)
        return complainf(_("there is no fail2ban configuration in %s"), dir);
    if (r < 0)
        return complain(&err);
    r = import_fail2ban_bans(c->arena, FAIL2BAN_MEMORY, (int64_t)time(NULL), &i->bans, &err);
    if (r < 0)
        bans_left(c, i, arena_dupz(c->arena, err.text));
    if (i->bans.cut)
        bans_left(c, i, arena_printf(c->arena, _("there are more than %d"), IMPORT_BANS_MAX));
    return OUTCOME_FINE;
}

static enum outcome import(const struct call *call)
{
    struct importing i = {0};
    _cleanup_(conf_change_done) struct conf_change c = {.call = call, .arena = arena_new(1024u << 20), .json = call_option(call, "json"), .schema = "bansho.import/1", .say = say, .arg = &i,
                                                     .next = _("Who would have been shut out: bansho replay"), .root = {.fd = -1}, .term = term_of(stdout)};
    const char *dir = call_option(call, "dir") ? call_option(call, "dir") : FAIL2BAN;
    struct err err = {0};
    if (strcmp(call->args[0], "fail2ban") != 0)
        return complainf(_("\"%s\" cannot be imported; possible: fail2ban"), call->args[0]);
    enum outcome o = conf_change_begin(&c, "guard.running", "bansho import fail2ban");
    if (o == OUTCOME_FINE)
        o = read_all(&c, &i, dir);
    if (o != OUTCOME_FINE)
        return o;
    c.after = i.bans.list.n ? after : NULL;
    put_never(&c, &i);
    put_guard(&c, &i);
    plan_title(c.plan, N_("what fail2ban's configuration says goes into bansho.conf"));
    plan_unchanged(c.plan, "%s", _("fail2ban itself and its bans: nothing of it is stopped or flushed; and what else stands in bansho.conf"));
    if (i.jails.never.n || i.jails.never_names.n)
        plan_note(c.plan, "%s", _("a source counts as one of your own networks in every check, not in the guard alone; take out what is not yours"));
    if (i.bans.list.n)
        plan_note(c.plan, "%s", _("the bans in force are handed to bansho-wall; bansho undo does not lift them: bansho unban NETWORK"));
    if (conf_change_plan(&c, &err) < 0)
        return complain(&err);
    if (!c.json)
        show(&c, &i);
    return conf_change_decide(&c);
}

static const struct verb_option import_options[] = {
    {"dir", 0, ARGUMENT_DIR, "DIR", NULL, N_("the configuration, where it is not in /etc/fail2ban")},
    {"plan", 0, ARGUMENT_NONE, NULL, NULL, N_("only show what would be taken over")},
    {"yes", 'y', ARGUMENT_NONE, NULL, NULL, N_("do it without asking")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("what was found, the plan and what came of it as JSON (schema bansho.import/1); asks nothing")},
    {0},
};

const struct verb verb_import = {
    .name = "import",
    .usage = "fail2ban [--dir DIR] [--plan] [-y] [--json]",
    .summary = N_("takes over fail2ban's jails, exceptions and bans"),
    .help = N_("The jails in use become the filters and limits of `guard` in bansho.conf, the networks and names of ignoreip become sources, and the bans in force are handed to "
               "bansho-wall with the time that is left. Files are read in fail2ban's own order, with every include. What has no counterpart is listed with its file and line: other "
               "actions, jails with filters of their own, limits that differ from jail to jail.\n\n"
               "fail2ban is neither asked nor changed. It may go on beside bansho; when you no longer want it: bansho service stop fail2ban."),
    .options = import_options,
    .argument = ARGUMENT_WORDS,
    .words = "fail2ban",
    .min = 1,
    .max = 1,
    .run = import,
};
