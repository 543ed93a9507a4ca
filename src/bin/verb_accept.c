/* verb_accept.c: `bansho accept ID [OBJECT] --why TEXT --until DATE`: a finding that somebody answers for until a day. It stays visible and no longer counts.
   Without a check the list of them, with --withdraw the way back (verb_accepted.c). */
#include "base/clock.h"
#include "bin/verb_accepted.h"
#include "bin/session.h"
#include "bin/verbs.h"
#include "check/registry.h"
#include "store/check_store.h"
#include <pwd.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define LONGEST (366 * (int64_t)DAY)
#define WHY_MAX 1000

/* YYYY-MM-DD: the moment at which that day ends here. false: no such day. */
static bool end_of_day(struct str text, int64_t *ret)
{
    struct str rest = text, field[3];
    uint64_t y, m, d;
    for (size_t i = 0; i < 3; i++)
        if (!str_field(&rest, '-', &field[i]))
            return false;
    if (rest.n || text.n != 10 || !str_u64(field[0], 9999, &y) || !str_u64(field[1], 12, &m) || !str_u64(field[2], 31, &d) || y < 1970)
        return false;
    struct tm tm = {.tm_year = (int)y - 1900, .tm_mon = (int)m - 1, .tm_mday = (int)d, .tm_hour = 12, .tm_isdst = -1};
    time_t noon = mktime(&tm);
    if (noon == -1 || tm.tm_mon != (int)m - 1 || tm.tm_mday != (int)d)
        return false;
    struct tm next = {.tm_year = (int)y - 1900, .tm_mon = (int)m - 1, .tm_mday = (int)d + 1, .tm_isdst = -1};
    *ret = (int64_t)mktime(&next);
    return true;
}

static bool is_wrong(const struct past_finding *f)
{
    return f->state == STATE_WARN || f->state == STATE_FAIL;
}

/* What is wrong with a check's objects, as stored, for whoever named none or another. */
static void list_objects(const struct past *past, const char *id)
{
    for (size_t i = 0; i < past->findings.n; i++) {
        const struct past_finding *f = &past->findings.v[i];
        if (strcmp(f->id, id) != 0 || !is_wrong(f))
            continue;
        _cleanup_(buf_free) struct buf b = BUF(65536);
        text_escape(&b, str_of(*f->object ? f->object : "\"\""));
        buf_addz(&b, "  ");
        text_escape(&b, str_of(f->title));
        fprintf(stderr, "  %s\n", b.p);
    }
}

/* The finding that is meant: the named object's, or the only wrong one. NULL: complained. */
static const struct past_finding *meant(const struct past *past, const char *id, const char *object)
{
    if (object) {
        const struct past_finding *f = past_finding(past, id, object);
        if (f && is_wrong(f))
            return f;
        complainf(_("%s: nothing wrong is stored for \"%s\". What is:"), id, object);
        list_objects(past, id);
        return NULL;
    }
    const struct past_finding *only = NULL;
    size_t n = 0;
    for (size_t i = 0; i < past->findings.n; i++)
        if (strcmp(past->findings.v[i].id, id) == 0 && is_wrong(&past->findings.v[i])) {
            only = &past->findings.v[i];
            n++;
        }
    if (n == 1)
        return only;
    if (n == 0)
        complainf(_("%s: nothing wrong is stored. First look: bansho check %s"), id, id);
    else
        complainf(_("%s: several things are wrong. Name one of them:"), id);
    list_objects(past, id);
    return NULL;
}

static enum outcome understand(const struct call *c, int64_t now, struct acceptance *ret)
{
    const char *why = call_option(c, "why"), *until = call_option(c, "until");
    if (!check_by_id(str_of(c->args[0])))
        return complainf(_("there is no check \"%s\". All checks: bansho explain"), c->args[0]);
    if (!why || str_trim(str_of(why)).n == 0)
        return complainf("%s", _("accept: tell why: --why TEXT"));
    if (strlen(why) > WHY_MAX)
        return complainf(_("accept: --why is longer than %d bytes"), WHY_MAX);
    if (!until)
        return complainf("%s", _("accept: tell until when: --until YYYY-MM-DD"));
    if (!end_of_day(str_of(until), &ret->until))
        return complainf(_("accept: \"%s\" is no day; write it as YYYY-MM-DD"), until);
    if (ret->until <= now)
        return complainf(_("accept: %s has passed"), until);
    if (ret->until > now + LONGEST)
        return complainf(_("accept: %s is more than a year away; look at it again before that"), until);
    ret->why = why;
    ret->made = now;
    return OUTCOME_FINE;
}

static enum outcome store(struct acceptance *a, const struct call *c, struct arena *arena)
{
    _cleanup_(store_closep) struct store *s = NULL;
    struct past past = {0};
    struct err err = {0};
    const char *dir = check_store_dir(arena);
    if (!dir)
        return complainf("%s", _("there is no home directory for it"));
    int r = check_store_open(dir, &s, &err);
    if (r == 0)
        r = store_begin(s, &err);
    if (r == 0)
        r = check_store_load(s, arena, &past, &err);
    const struct past_finding *f = r == 0 ? meant(&past, c->args[0], c->args_n > 1 ? c->args[1] : NULL) : NULL;
    if (r == 0 && !f)
        return OUTCOME_USAGE;
    if (r == 0) {
        a->id = f->id;
        a->object = f->object;
        a->who = session_who(arena);
        r = check_store_accept(s, a, &err);
    }
    if (r == 0)
        r = store_commit(s, &err);
    return r < 0 ? complain(&err) : OUTCOME_FINE;
}

static enum outcome accept_one(const struct call *c)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(64u << 20);
    struct acceptance a = {0};
    enum outcome o = understand(c, (int64_t)time(NULL), &a);
    if (o == OUTCOME_FINE)
        o = store(&a, c, arena);
    if (o != OUTCOME_FINE)
        return o;
    if (call_option(c, "json"))
        return accepted_list(c);
    _cleanup_(buf_free) struct buf b = BUF(65536);
    buf_addz(&b, a.id);
    buf_addz(&b, *a.object ? " " : "");
    text_escape(&b, str_of(a.object));
    printf(_("%s is accepted until %s. It stays visible in: bansho check --all\n"), b.p, call_option(c, "until"));
    return OUTCOME_FINE;
}

static enum outcome accept_finding(const struct call *c)
{
    bool withdraw = call_option(c, "withdraw") != NULL, accept = call_option(c, "why") || call_option(c, "until");
    if (withdraw && accept)
        return complainf("%s", _("accept: --withdraw takes back; it goes with neither --why nor --until"));
    if (call_option(c, "yes") && !withdraw)
        return complainf("%s", _("accept: -y goes with --withdraw only"));
    if (!c->args_n)
        return withdraw || accept ? complainf(_("accept: name a check. Usage: bansho %s %s"), c->verb->name, c->verb->usage) : accepted_list(c);
    return withdraw ? accepted_withdraw(c) : accept_one(c);
}

static const struct verb_option accept_options[] = {
    {"why", 0, ARGUMENT_TEXT, "TEXT", NULL, N_("the reason; shown with the finding")},
    {"until", 0, ARGUMENT_TEXT, "DATE", NULL, N_("the last day on which it holds (YYYY-MM-DD, at most a year ahead); afterwards the finding counts again")},
    {"withdraw", 0, ARGUMENT_NONE, NULL, NULL, N_("take the acceptance back: the finding counts again")},
    {"yes", 'y', ARGUMENT_NONE, NULL, NULL, N_("with --withdraw and no OBJECT: take back all that is accepted of this check")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("print what is then accepted as JSON (schema bansho.accept/1)")},
    {0},
};

const struct verb verb_accept = {
    .name = "accept",
    .usage = "[ID [OBJECT] --why TEXT --until DATE | --withdraw ID [OBJECT] [-y]] [--json]",
    .summary = N_("lets a finding rest until a day that you name; without ID: what rests, until when and why"),
    .help = N_("The finding is still looked at, stored and shown by --all with the reason, the day and who accepted it, but it no longer counts as wrong. "
               "Without OBJECT the only thing that is wrong with this check is meant. Accepting it again replaces reason and day.\n\n"
               "Without ID everything that is accepted is listed, with its day, its reason and who accepted it.\n\n"
               "With --withdraw it is taken back. Where several objects of a check are accepted and none is named, nothing is done without -y."),
    .options = accept_options,
    .argument = ARGUMENT_CHECK,
    .max = 2,
    .run = accept_finding,
};
