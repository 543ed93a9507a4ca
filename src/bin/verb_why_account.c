/* verb_why_account.c: `bansho why ACCOUNT`: "why can't taro log in or send?" */
#include "base/clock.h"
#include "base/shell.h"
#include "base/when.h"
#include "bin/session.h"
#include "bin/why_account.h"
#include <errno.h>
#include <stdio.h>

#define ARENA_MAX (256u << 20)
#define SINCE "3d"

/* --- the sentence at the top */

/* It can log in somewhere, by what its places say. */
static bool open_somewhere(const struct account_story *s)
{
    for (size_t i = 0; i < s->known.list.n; i++)
        if (s->known.list.v[i].login && s->known.list.v[i].knows == KNOWN_YES)
            return true;
    for (size_t i = 0; i < s->places.list.n; i++) {
        bool shut = false;
        for (size_t k = 0; k < s->places.list.n; k++)
            shut |= strcmp(s->places.list.v[k].kind, s->places.list.v[i].kind) == 0 && s->places.list.v[k].state == STANDING_SHUT;
        if (!shut)
            return true;
    }
    return false;
}

static const struct standing *obstacle(const struct account_story *s, enum standing_state state)
{
    for (size_t i = 0; i < s->places.list.n; i++)
        if (s->places.list.v[i].state == state)
            return &s->places.list.v[i];
    return NULL;
}

static const char *shut_text(const struct account_story *s, const struct standing *x)
{
    const char *next = x->next ? x->next : x->set;
    if (next)
        return arena_printf(s->arena, _("%s cannot log in: %s (%s). To change that: %s"), s->account, x->text, account_place(s, x), next);
    return arena_printf(s->arena, _("%s cannot log in: %s (%s)."), s->account, x->text, account_place(s, x));
}

/* The address of its newest login that is turned away; else that of a failure. */
static const struct why_use *turned_away(const struct account_story *s)
{
    for (size_t i = 0; i < s->seen.uses.n; i++)
        if (s->seen.uses.v[i].banned && (s->seen.uses.v[i].success || s->seen.uses.v[i].last >= s->seen.last_success))
            return &s->seen.uses.v[i];
    return NULL;
}

static const char *banned_text(const struct account_story *s, const struct why_use *u)
{
    const char *next = u->next ? u->next : arena_printf(s->arena, "bansho why %s", u->address), *until = u->until ? why_until(s->arena, u->until) : _("without an end that is known");
    if (u->success)
        return arena_printf(s->arena, _("%s cannot reach this server from %s, from where it logged in before: that address is shut out by %s, %s: %s. To let it in: %s"), s->account, u->address, u->by, until, u->why, next);
    return arena_printf(s->arena, _("%s failed to log in from %s, and that address is shut out by %s, %s: %s. To let it in: %s"), s->account, u->address, u->by, until, u->why, next);
}

static const struct why_use *newest(const struct account_story *s, bool success)
{
    for (size_t i = 0; i < s->seen.uses.n; i++)
        if (s->seen.uses.v[i].success == success)
            return &s->seen.uses.v[i];
    return NULL;
}

static const char *new_password(const struct account_story *s)
{
    for (size_t i = 0; i < s->places.list.n; i++)
        if (s->places.list.v[i].set)
            return s->places.list.v[i].set;
    return arena_printf(s->arena, "bansho log search --account %s", s->word);
}

static const char *wrong_password_text(const struct account_story *s)
{
    const struct why_use *f = newest(s, false);
    const char *last = s->seen.last_success ? arena_printf(s->arena, _("the last login: %s"), clock_text(s->arena, s->seen.last_success, CLOCK_MINUTE)) : _("no login is known");
    return arena_printf(s->arena, ngettext("%s: the password that is given is wrong, %llu time, last at %s from %s (%s); %s. If it is the owner who tries: %s",
                                           "%s: the password that is given is wrong, %llu times, last at %s from %s (%s); %s. If it is the owner who tries: %s", s->seen.failures), s->account,
                        (unsigned long long)s->seen.failures, clock_text(s->arena, f->last, CLOCK_MINUTE), f->address[0] ? f->address : "?", f->service, last, new_password(s));
}

static const char *not_let_in_text(const struct account_story *s, const struct why_use *f)
{
    return arena_printf(s->arena, _("%s: a login was refused before its password was looked at, last at %s from %s (%s). What was said: bansho log search --account %s"), s->account,
                        clock_text(s->arena, f->last, CLOCK_MINUTE), f->address[0] ? f->address : "?", f->service, s->word);
}

static const char *all_lines(const struct account_story *s)
{
    return arena_printf(s->arena, _("All lines that name it: bansho log search --account %s"), s->word);
}

static const char *fine_text(const struct account_story *s, const char **ret_next)
{
    const struct why_use *u = newest(s, true);
    if (u)
        return arena_printf(s->arena, _("Nothing keeps %s out: it logged in at %s from %s (%s)."), s->account, clock_text(s->arena, u->last, CLOCK_MINUTE), u->address[0] ? u->address : "?", u->service);
    *ret_next = all_lines(s);
    return arena_printf(s->arena, _("Nothing was found that keeps %s out, and no attempt of it is known."), s->account);
}

static const char *absent_text(const struct account_story *s, const char **ret_next)
{
    if (s->places.similar.n) {
        *ret_next = arena_printf(s->arena, _("To look at that one: bansho why %s"), shell_word(s->arena, s->places.similar.v[0]));
        return arena_printf(s->arena, _("There is no account %s here, but there is %s."), s->account, s->places.similar.v[0]);
    }
    *ret_next = all_lines(s);
    return arena_printf(s->arena, _("There is no account %s here that can be seen."), s->account);
}

static const char *refused_text(const struct account_story *s)
{
    const struct why_refusal *r = &s->seen.refusals.v[s->seen.refusals.n - 1];
    return arena_printf(s->arena, _("%s logs in, but Postfix refused what it sent, last at %s to %s: %s. What it did: bansho log search --account %s --service mail"), s->account,
                        clock_text(s->arena, r->time, CLOCK_MINUTE), r->rcpt[0] ? r->rcpt : "?", r->said, s->word);
}

/* What is said of a place that could not be looked at: the account may be there. NULL: all were. */
static const char *unseen_place(const struct account_story *s)
{
    for (size_t i = 0; i < s->known.list.n; i++)
        if (s->known.list.v[i].login && s->known.list.v[i].knows == KNOWN_UNASKED)
            return arena_printf(s->arena, "%s: %s", s->known.list.v[i].who, s->known.list.v[i].why);
    return s->places.not_seen.n ? s->places.not_seen.v[0] : NULL;
}

static const char *obstacle_text(const struct account_story *s)
{
    const struct standing *shut = obstacle(s, STANDING_SHUT);
    const struct why_use *away = turned_away(s), *failed = newest(s, false);
    if (shut && !open_somewhere(s))
        return shut_text(s, shut);
    if (away)
        return banned_text(s, away);
    if (s->seen.failures && failed->last > s->seen.last_success)
        return failed->refused ? not_let_in_text(s, failed) : wrong_password_text(s);
    if (s->seen.refusals.n && s->seen.last_refused > s->seen.last_accepted)
        return refused_text(s);
    return shut ? shut_text(s, shut) : NULL;
}

enum outcome account_judge(const struct account_story *s, const char **ret, enum colour *ret_colour)
{
    const struct standing *partly = obstacle(s, STANDING_PARTLY);
    bool exists = account_exists(s), used = newest(s, true) != NULL;
    const char *text = exists || used ? obstacle_text(s) : NULL, *unseen = s->not_seen.n ? s->not_seen.v[0] : NULL, *next = NULL;
    *ret_colour = COLOUR_BAD;
    *ret = text;
    if (text)
        return OUTCOME_WRONG;
    text = exists ? fine_text(s, &next) : absent_text(s, &next);
    if (!exists)
        unseen = unseen_place(s);
    if (!exists && used) /* it was let in by something that is not looked at, or is gone since */
        unseen = arena_printf(s->arena, _("where it is that logged in at %s"), clock_text(s->arena, s->seen.last_success, CLOCK_MINUTE));
    if (partly)
        text = arena_printf(s->arena, _("%s One way is shut: %s (%s)."), text, partly->text, account_place(s, partly));
    if (unseen)
        text = arena_printf(s->arena, _("%s Not everything could be seen: %s."), text, unseen);
    *ret = next ? arena_printf(s->arena, "%s %s", text, next) : text;
    if (unseen || exists)
        *ret_colour = unseen ? COLOUR_WARN : COLOUR_GOOD;
    return unseen ? OUTCOME_UNKNOWN : exists ? OUTCOME_FINE : OUTCOME_WRONG;
}

void account_not_seen(struct account_story *s)
{
    for (size_t i = 0; i < s->places.not_seen.n; i++)
        *list_push(s->arena, &s->not_seen) = s->places.not_seen.v[i];
    for (size_t i = 0; i < s->known.list.n; i++)
        if (s->known.list.v[i].knows == KNOWN_UNASKED)
            *list_push(s->arena, &s->not_seen) = arena_printf(s->arena, "%s: %s", s->known.list.v[i].who, s->known.list.v[i].why);
    for (size_t i = 0; i < s->seen.not_seen.n; i++)
        *list_push(s->arena, &s->not_seen) = s->seen.not_seen.v[i];
}

enum outcome why_account(const struct call *c, const char *account)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(ARENA_MAX);
    _cleanup_(session_done) struct session session = {.root = {.fd = -1}};
    struct account_story s = {.call = c, .account = account, .word = shell_word(a, account), .arena = a};
    const char *since = call_option(c, "since"), *verdict;
    struct clock clock = clock_system();
    struct err err = {0};
    enum colour colour;
    s.now = clock_now(&clock);
    if (!account[0] || strchr(account, '\n') || strlen(account) > 250)
        return complainf(_("\"%s\" is no account's name"), account);
    if (!when_read(str_of(since ? since : SINCE), s.now, WHEN_BEGIN, &s.since))
        return complainf(_("--%s %s: a time is for example \"2026-11-24 10:00\", 10:00, yesterday, 2h or 3d"), "since", since);
    if (session_look(&session, "/", c->language, &err) < 0)
        return complain(&err);
    standing_find(session.server, account, a, &s.places);
    account_known(session.server, account, a, &s.known);
    why_uses(c, account, &session.root, s.now, s.since, a, &s.seen);
    why_bans(c, session.host, a, &s.seen);
    account_not_seen(&s);
    enum outcome o = account_judge(&s, &verdict, &colour);
    if (call_option(c, "json"))
        account_json(&s, verdict, o);
    else
        account_text(&s, verdict, colour);
    return o;
}
