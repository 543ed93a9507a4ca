/* verb_why_account_page.c: what is known of an account, as text and as JSON (why_account.h). */
#include "base/clock.h"
#include "bin/why_account.h"
#include <stdio.h>

#define USES_SHOWN 12 /* of each */

bool account_exists(const struct account_story *s)
{
    bool any = s->places.list.n > 0;
    for (size_t i = 0; i < s->known.list.n; i++)
        any |= s->known.list.v[i].knows == KNOWN_YES;
    return any;
}

const char *account_place(const struct account_story *s, const struct standing *x)
{
    return x->line ? arena_printf(s->arena, "%s:%u", x->file, x->line) : x->file;
}

static void print_places(const struct account_story *s)
{
    why_title(_("Where it is"));
    for (size_t i = 0; i < s->places.list.n; i++) {
        const struct standing *x = &s->places.list.v[i];
        _cleanup_(buf_free) struct buf b = BUF(65536);
        text_pad(&b, str_of(x->kind), 8);
        text_escape(&b, str_of(account_place(s, x)));
        buf_addz(&b, "  ");
        text_escape(&b, str_of(x->text));
        if (x->changed)
            buf_printf(&b, _(" (since %s)"), clock_text(s->arena, x->changed, CLOCK_DAY));
        why_line(buf_str(&b));
    }
    for (size_t i = 0; i < s->known.list.n; i++) {
        const struct account_known *k = &s->known.list.v[i];
        _cleanup_(buf_free) struct buf b = BUF(65536);
        if (k->knows == KNOWN_UNASKED)
            continue; /* told below */
        text_pad(&b, STR("mail"), 8);
        text_escape(&b, str_of(k->who));
        buf_printf(&b, "  %s", k->knows == KNOWN_YES ? _("knows it") : _("does not know it"));
        if (k->why) {
            buf_addz(&b, ": ");
            text_escape(&b, str_of(k->why));
        }
        why_line(buf_str(&b));
    }
    if (!account_exists(s))
        why_line(str_of(_("nowhere that could be seen")));
}

static void use_line(const struct account_story *s, const struct why_use *u)
{
    _cleanup_(buf_free) struct buf b = BUF(65536), address = BUF(4096);
    buf_printf(&b, "%s  ", clock_text(s->arena, u->last, CLOCK_SECOND));
    text_escape(&address, str_of(u->address[0] ? u->address : "-"));
    text_pad(&b, buf_str(&address), address.n > 15 ? address.n : 15);
    buf_addz(&b, "  ");
    text_escape(&b, str_of(u->service));
    if (u->n > 1)
        buf_printf(&b, ngettext("  %llu time since %s", "  %llu times since %s", u->n), (unsigned long long)u->n, clock_text(s->arena, u->first, CLOCK_MINUTE));
    if (u->banned) {
        buf_printf(&b, _("  [shut out now by %s: "), u->by);
        text_escape(&b, str_of(u->why ? u->why : ""));
        buf_addc(&b, ']');
    }
    why_line(buf_str(&b));
}

static void print_uses(const struct account_story *s, bool success)
{
    const char *from = s->seen.watched ? _("as bansho-watch keeps them: since its first start, at most eight days") : arena_printf(s->arena, _("by the logs since %s"), clock_text(s->arena, s->seen.since, CLOCK_MINUTE));
    size_t n = 0;
    why_title(arena_printf(s->arena, success ? _("Logins (%s)") : _("Failures (%s)"), from));
    for (size_t i = 0; i < s->seen.uses.n; i++)
        if (s->seen.uses.v[i].success == success && n++ < USES_SHOWN)
            use_line(s, &s->seen.uses.v[i]);
    if (n > USES_SHOWN || s->seen.cut)
        printf("  %s bansho log search --account %s\n", _("and older ones, or from further addresses:"), s->word);
    if (!n)
        why_line(str_of(_("none that is known")));
}

static void print_sending(const struct account_story *s)
{
    typedef unsigned long long ull;
    why_title(arena_printf(s->arena, _("Mail that it sent (by the logs since %s)"), clock_text(s->arena, s->seen.since, CLOCK_MINUTE)));
    printf(_("  taken: %llu, refused: %llu; recipients put off: %llu, refused by their servers: %llu\n"), (ull)s->seen.accepted, (ull)s->seen.refused, (ull)s->seen.deferred, (ull)s->seen.bounced);
    if (s->seen.in_its_name)
        printf(_("  also refused, in its name from where it never logged in (anybody can write that name): %llu\n"), (ull)s->seen.in_its_name);
    for (size_t i = 0; i < s->seen.refusals.n; i++) {
        const struct why_refusal *r = &s->seen.refusals.v[i];
        _cleanup_(buf_free) struct buf b = BUF(65536);
        buf_printf(&b, "%s  ", clock_text(s->arena, r->time, CLOCK_SECOND));
        text_escape(&b, str_of(r->address));
        buf_addz(&b, "  ");
        text_escape(&b, str_of(r->rcpt));
        buf_addz(&b, "  ");
        text_escape(&b, str_of(r->said));
        why_line(buf_str(&b));
    }
}

void account_text(const struct account_story *s, const char *verdict, enum colour colour)
{
    why_verdict(colour, verdict);
    print_places(s);
    print_uses(s, true);
    print_uses(s, false);
    print_sending(s);
    if (s->not_seen.n)
        why_title(_("Not known"));
    for (size_t i = 0; i < s->not_seen.n; i++) {
        _cleanup_(buf_free) struct buf b = BUF(65536);
        text_escape(&b, str_of(s->not_seen.v[i]));
        why_line(buf_str(&b));
    }
}

/* --- as JSON */

static void emit_places(struct emit *j, const struct account_story *s)
{
    static const char *const states[] = {"fine", "partly", "shut"}, *const knows[] = {"no", "yes", "unknown"};
    emit_list(j, "places");
    for (size_t i = 0; i < s->places.list.n; i++) {
        const struct standing *x = &s->places.list.v[i];
        emit_object(j, NULL);
        emit_text(j, "kind", x->kind);
        emit_text(j, "file", x->file);
        emit_int(j, "line", x->line);
        emit_text(j, "state", states[x->state]);
        emit_text(j, "text", x->text);
        emit_text(j, "next", x->next);
        emit_time(j, "password_since", x->changed);
        emit_end(j);
    }
    emit_end(j);
    emit_list(j, "known_by");
    for (size_t i = 0; i < s->known.list.n; i++) {
        const struct account_known *k = &s->known.list.v[i];
        emit_object(j, NULL);
        emit_text(j, "who", k->who);
        emit_bool(j, "login", k->login);
        emit_text(j, "knows", knows[k->knows]);
        emit_text(j, "said", k->why);
        emit_end(j);
    }
    emit_end(j);
}

static void emit_uses(struct emit *j, const struct account_story *s)
{
    emit_text(j, "logins_from", s->seen.watched ? "watch" : "logs");
    emit_list(j, "logins");
    for (size_t i = 0; i < s->seen.uses.n; i++) {
        const struct why_use *u = &s->seen.uses.v[i];
        emit_object(j, NULL);
        emit_bool(j, "success", u->success);
        emit_text(j, "address", u->address[0] ? u->address : NULL);
        emit_text(j, "service", u->service);
        emit_int(j, "times", (int64_t)u->n);
        emit_time(j, "first", u->first);
        emit_time(j, "last", u->last);
        emit_bool(j, "shut_out", u->banned);
        emit_text(j, "by", u->by);
        emit_text(j, "why", u->why);
        emit_time(j, "until", u->until);
        emit_text(j, "next", u->next);
        emit_end(j);
    }
    emit_end(j);
    emit_bool(j, "more", s->seen.cut);
}

void account_json(const struct account_story *s, const char *verdict, enum outcome o)
{
    struct emit j = emit_to(stdout);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.why/1");
    emit_text(&j, "language", s->call->language);
    emit_text(&j, "account", s->account);
    emit_text(&j, "verdict", verdict);
    emit_bool(&j, "kept_out", o == OUTCOME_WRONG);
    emit_places(&j, s);
    emit_uses(&j, s);
    emit_object(&j, "sending");
    emit_time(&j, "since", s->seen.since);
    emit_int(&j, "accepted", (int64_t)s->seen.accepted);
    emit_int(&j, "refused", (int64_t)s->seen.refused);
    emit_int(&j, "in_its_name", (int64_t)s->seen.in_its_name);
    emit_int(&j, "deferred", (int64_t)s->seen.deferred);
    emit_int(&j, "bounced", (int64_t)s->seen.bounced);
    emit_list(&j, "refusals");
    for (size_t i = 0; i < s->seen.refusals.n; i++) {
        emit_object(&j, NULL);
        emit_time(&j, "time", s->seen.refusals.v[i].time);
        emit_text(&j, "address", s->seen.refusals.v[i].address);
        emit_text(&j, "recipient", s->seen.refusals.v[i].rcpt);
        emit_text(&j, "said", s->seen.refusals.v[i].said);
        emit_end(&j);
    }
    emit_end(&j);
    emit_end(&j);
    emit_list(&j, "similar");
    for (size_t i = 0; i < s->places.similar.n; i++)
        emit_text(&j, NULL, s->places.similar.v[i]);
    emit_end(&j);
    emit_list(&j, "not_seen");
    for (size_t i = 0; i < s->not_seen.n; i++)
        emit_text(&j, NULL, s->not_seen.v[i]);
    emit_end(&j);
    emit_done(&j);
}
