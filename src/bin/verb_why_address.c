/* verb_why_address.c: `bansho why ADDRESS`: is it banned, what else names it here, what was concluded of it, what it did. */
#include "base/clock.h"
#include "bin/why.h"
#include "firewall/foreign.h"
#include "import/fail2ban.h"
#include "nft/ruleset.h"
#include <errno.h>
#include <stdio.h>

#define ARENA_MAX (256u << 20)

static void ban_line(struct buf *b, const json_t *ban, struct arena *a)
{
    const char *services = why_services(a, ban);
    why_put(b, ban, "network");
    buf_printf(b, "  %s  ", why_until(a, why_number(ban, "until")));
    why_put(b, ban, "why");
    if (services) {
        buf_addz(b, " [");
        text_escape(b, str_of(services));
        buf_addc(b, ']');
    }
}

static void verdict_line(struct buf *b, const json_t *v, struct arena *a)
{
    buf_printf(b, "%s  ", clock_text(a, why_number(v, "time_us") / 1000000, CLOCK_SECOND));
    why_put(b, v, "network");
    buf_printf(b, "  %s", why_number(v, "until") ? why_until(a, why_number(v, "until")) : _("not shut out"));
    buf_printf(b, "  %s: %lld, ", _("failures"), (long long)why_number(v, "count"));
    why_put(b, v, "looks");
    buf_addz(b, ", ");
    why_put(b, v, "filter");
    if (json_is_string(json_object_get(v, "state"))) {
        buf_addz(b, " [");
        why_put(b, v, "state");
        if (json_is_string(json_object_get(v, "reason"))) {
            buf_addz(b, ": ");
            why_put(b, v, "reason");
        }
        buf_addz(b, "]");
    }
}

static void event_line(struct buf *b, const json_t *e, struct arena *a)
{
    buf_printf(b, "%s  ", clock_text(a, why_number(e, "time_us") / 1000000, CLOCK_SECOND));
    why_put(b, e, "kind");
    buf_addz(b, "  ");
    why_put(b, e, "account");
    if (why_number(e, "attempts") > 1)
        buf_printf(b, " (%lld)", (long long)why_number(e, "attempts"));
    buf_addz(b, "  ");
    why_put(b, e, "filter");
    buf_addz(b, "  ");
    why_put(b, e, "log");
    if (json_is_true(json_object_get(e, "probe")))
        buf_printf(b, "  %s", _("a probe of bansho"));
}

enum { BANS, VERDICTS, EVENTS, QUESTIONS };
static const struct chapter {
    struct question question;
    const char *parameter, *title, *none;
    void (*line)(struct buf *b, const json_t *of, struct arena *a);
} chapters[QUESTIONS] = {
    [BANS] = {{.peer = &peer_wall, .method = "List", .list = "bans"}, "network", N_("Bans"), N_("not banned"), ban_line},
    [VERDICTS] = {{.peer = &peer_watch, .method = "Verdicts", .list = "verdicts"}, "address", N_("What was concluded"), N_("nothing"), verdict_line},
    [EVENTS] = {{.peer = &peer_watch, .method = "Events", .list = "events", .more = true}, "address", N_("What it did"), N_("nothing that is known"), event_line},
};

struct story {
    const struct call *call;
    const struct addr *of;
    struct arena *arena;
    struct host *host;
    struct question asked[QUESTIONS];
    struct foreigns foreign;
};

/* --- others */

/* Its memory says who is out; its rules, that they are. */
static void fail2ban(struct story *s)
{
    struct import_bans bans;
    struct err err = {0};
    const struct unit *unit = host_unit(s->host, "fail2ban.service");
    int r = import_fail2ban_bans(s->arena, FAIL2BAN_MEMORY, s->host->now, &bans, &err);
    if (r < 0 && r != -ENOENT)
        *list_push(s->arena, &s->foreign.not_seen) = arena_printf(s->arena, "fail2ban: %s", err.text);
    for (size_t i = 0; r == 0 && i < bans.list.n; i++) {
        const struct import_ban *b = &bans.list.v[i];
        if (!prefix_has(&b->who, s->of))
            continue;
        *list_push(s->arena, &s->foreign.list) = (struct foreign){.kind = "fail2ban", .does = "ban", .owner = "fail2ban", .file = FAIL2BAN_MEMORY, .until = b->until == INT64_MAX ? 0 : b->until,
            .place = arena_printf(s->arena, _("jail %s"), b->jail), .next = arena_printf(s->arena, "fail2ban-client unban %s", s->call->args[0]),
            .note = unit && unit->active != UNIT_ACTIVE && unit->active != UNIT_ACTIVE_UNKNOWN ? _("fail2ban does not run: it bans again when it starts") : NULL};
    }
}

static void look(struct story *s)
{
    struct root root = {.fd = -1};
    struct clock clock = clock_system();
    struct err err = {0};
    int r = root_open("/", &root, &err);
    if (r == 0)
        r = host_new(&root, &clock, &s->host, &err);
    if (r == 0) {
        foreign_find(s->host, s->of, s->asked[BANS].all == NULL, s->arena, &s->foreign);
        fail2ban(s);
    } else {
        *list_push(s->arena, &s->foreign.not_seen) = arena_dupz(s->arena, err.text);
    }
    host_free(s->host);
    s->host = NULL;
    root_close(&root);
}

static void foreign_text(const struct story *s, const struct foreign *f)
{
    _cleanup_(buf_free) struct buf b = BUF(65536);
    text_escape(&b, str_of(f->does));
    buf_addz(&b, "  ");
    text_escape(&b, str_of(f->place));
    if (f->until)
        buf_printf(&b, "  %s", why_until(s->arena, f->until));
    if (f->owner)
        buf_printf(&b, "  [%s]", f->owner);
    if (f->note)
        buf_printf(&b, "  (%s)", f->note);
    why_line(buf_str(&b));
}

static void print_foreign(const struct story *s)
{
    why_title(_("What others have here that names it"));
    for (size_t i = 0; i < s->foreign.list.n; i++)
        foreign_text(s, &s->foreign.list.v[i]);
    for (size_t i = 0; i < s->foreign.not_seen.n; i++) {
        _cleanup_(buf_free) struct buf safe = BUF(8192);
        text_escape(&safe, str_of(s->foreign.not_seen.v[i]));
        printf(_("  not known: %s\n"), safe.p);
    }
    if (!s->foreign.list.n && !s->foreign.not_seen.n)
        why_line(str_of(_("nothing")));
}

/* "ssh (22), 8081"; NULL: none has this fate. rule: NULL, or only those that a rule of its chain stops. */
static const char *port_names(const struct story *s, unsigned may, const struct foreign *rule)
{
    const char *text = NULL, *chain = rule && rule->chain ? arena_printf(s->arena, "%.60s %.60s,", rule->table, rule->chain) : NULL;
    for (size_t i = 0; i < s->foreign.ports.n; i++) {
        const struct foreign_port *p = &s->foreign.ports.v[i];
        if (p->may != may || (rule && (!chain || !str_starts(str_of(p->by), str_of(chain)))))
            continue;
        const char *one = p->service[0] ? arena_printf(s->arena, "%s (%u)", p->service, p->port) : arena_printf(s->arena, "%u", p->port);
        text = text ? arena_printf(s->arena, "%s, %s", text, one) : one;
    }
    return text;
}

static void print_ports(const struct story *s)
{
    static const struct { unsigned may; const char *text; } rows[] = {{FATE_STOP, N_("shut: ")}, {FATE_PASS, N_("open: ")}, {FATE_STOP | FATE_PASS, N_("depends on more than the address: ")}};
    bool all_open = true;
    for (size_t i = 0; i < s->foreign.ports.n; i++)
        all_open &= s->foreign.ports.v[i].may == FATE_PASS;
    if (all_open)
        return;
    why_title(_("Services here, as the packet filter treats it"));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *names = port_names(s, rows[i].may, NULL);
        if (names)
            printf("  %s%s\n", _(rows[i].text), names);
    }
}

/* --- the sentence at the top */

/* A rule of nftables that names the address counts where the whole filter stops it somewhere. Rather one that names the way back. */
static const struct foreign *stopper(const struct story *s)
{
    const struct foreign *found = NULL;
    bool stopped = !s->foreign.ports.n;
    for (size_t i = 0; i < s->foreign.ports.n; i++)
        stopped |= s->foreign.ports.v[i].may & FATE_STOP;
    for (size_t i = 0; i < s->foreign.list.n; i++) {
        const struct foreign *f = &s->foreign.list.v[i];
        if (f->stops && (stopped || strcmp(f->kind, "nft") != 0) && (!found || (!found->next && f->next)))
            found = f;
    }
    return found;
}

static const char *banned_text(const struct story *s, const char *address)
{
    const json_t *ban = why_widest(s->asked[BANS].all);
    const char *network = why_string(ban, "network"), *until = why_until(s->arena, why_number(ban, "until")), *why = why_string(ban, "why"), *only = why_services(s->arena, ban);
    if (only)
        return arena_printf(s->arena, _("%s is shut out of %s by bansho, %s: %s. To let it in: bansho unban %s"), address, only, until, why, network);
    return arena_printf(s->arena, _("%s is shut out by bansho, %s: %s. To let it in: bansho unban %s"), address, until, why, network);
}

static enum outcome judge(const struct story *s, const char **ret, enum colour *ret_colour)
{
    const char *address = s->call->args[0];
    const struct foreign *f = stopper(s);
    *ret_colour = COLOUR_BAD;
    if (json_array_size(s->asked[BANS].all)) {
        *ret = banned_text(s, address);
        return OUTCOME_WRONG;
    }
    if (f) {
        const char *shut = port_names(s, FATE_STOP, f), *passes = port_names(s, FATE_PASS, NULL);
        if (shut && passes)
            address = arena_printf(s->arena, _("%s, at %s,"), address, shut);
        const char *whose = f->owner ? f->owner : _("a rule of this machine");
        if (f->next)
            *ret = arena_printf(s->arena, _("%s is turned away by %s (%s), not by bansho. To let it in: %s"), address, whose, f->place, f->next);
        else
            *ret = arena_printf(s->arena, _("%s is turned away by %s (%s), not by bansho."), address, whose, f->place);
        if (f->owner && strcmp(f->owner, "bansho") == 0)
            *ret = arena_printf(s->arena, _("%s is shut out by bansho (%s), which does not answer now. %s"), address, f->place, why_not_known(&s->asked[BANS], s->arena));
        return OUTCOME_WRONG;
    }
    if (!s->asked[BANS].all || s->foreign.not_seen.n) {
        *ret_colour = COLOUR_WARN;
        *ret = arena_printf(s->arena, _("Nothing was found that shuts %s out, but not everything could be seen: %s"), address,
                            s->foreign.not_seen.n ? s->foreign.not_seen.v[0] : why_not_known(&s->asked[BANS], s->arena));
        return OUTCOME_UNKNOWN;
    }
    *ret_colour = COLOUR_GOOD;
    *ret = arena_printf(s->arena, _("%s is not shut out."), address);
    return s->asked[VERDICTS].all && s->asked[EVENTS].all ? OUTCOME_FINE : OUTCOME_UNKNOWN;
}

/* --- as text, as JSON */

static void print_chapter(const struct story *s, const struct chapter *ch, const struct question *q)
{
    why_title(_(ch->title));
    if (!q->all) {
        _cleanup_(buf_free) struct buf safe = BUF(8192);
        text_escape(&safe, str_of(why_not_known(q, s->arena)));
        printf(_("  not known: %s\n"), safe.p);
    } else if (!json_array_size(q->all)) {
        why_line(str_of(_(ch->none)));
    }
    for (size_t i = 0; i < json_array_size(q->all); i++) {
        _cleanup_(arena_freep) struct arena *a = arena_new(65536);
        _cleanup_(buf_free) struct buf line = BUF(65536);
        ch->line(&line, json_array_get(q->all, i), a);
        why_line(buf_str(&line));
    }
}

static void emit_foreign(struct emit *j, const struct foreign *f)
{
    const struct { const char *key, *value; } texts[] = {{"kind", f->kind}, {"does", f->does}, {"owner", f->owner}, {"place", f->place}, {"note", f->note}, {"next", f->next},
        {"family", f->family}, {"table", f->table}, {"chain", f->chain}, {"set", f->set}, {"file", f->file}};
    emit_object(j, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        emit_text(j, texts[i].key, texts[i].value);
    emit_int(j, "handle", (int64_t)f->handle);
    emit_int(j, "line", f->line);
    emit_time(j, "until", f->until);
    emit_bool(j, "stops", f->stops);
    emit_end(j);
}

static void print_json(const struct story *s, const char *verdict, enum outcome o)
{
    struct emit j = emit_to(stdout);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.why/1");
    emit_text(&j, "language", s->call->language);
    emit_text(&j, "address", s->call->args[0]);
    emit_text(&j, "verdict", verdict);
    emit_bool(&j, "kept_out", o == OUTCOME_WRONG);
    for (size_t i = 0; i < ARRAY_SIZE(chapters); i++) {
        if (s->asked[i].all)
            peer_emit(&j, s->asked[i].list, s->asked[i].all);
        else
            emit_null(&j, s->asked[i].list);
    }
    emit_list(&j, "foreign");
    for (size_t i = 0; i < s->foreign.list.n; i++)
        emit_foreign(&j, &s->foreign.list.v[i]);
    emit_end(&j);
    emit_list(&j, "ports");
    for (size_t i = 0; i < s->foreign.ports.n; i++) {
        const struct foreign_port *p = &s->foreign.ports.v[i];
        emit_object(&j, NULL);
        emit_int(&j, "port", p->port);
        emit_text(&j, "service", p->service);
        emit_text(&j, "fate", p->may == FATE_STOP ? "shut" : p->may == FATE_PASS ? "open" : "unknown");
        emit_text(&j, "by", p->by);
        emit_end(&j);
    }
    emit_end(&j);
    emit_list(&j, "not_seen");
    for (size_t i = 0; i < s->foreign.not_seen.n; i++)
        emit_text(&j, NULL, s->foreign.not_seen.v[i]);
    emit_end(&j);
    emit_done(&j);
}

enum outcome why_address(const struct call *c, const struct addr *of)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(ARENA_MAX);
    struct story s = {.call = c, .of = of, .arena = a};
    enum colour colour;
    const char *verdict;
    for (size_t i = 0; i < QUESTIONS; i++) {
        s.asked[i] = chapters[i].question;
        why_ask(c, &s.asked[i], json_pack("{ss}", chapters[i].parameter, c->args[0]));
    }
    look(&s);
    enum outcome o = judge(&s, &verdict, &colour);
    if (call_option(c, "json")) {
        print_json(&s, verdict, o);
    } else {
        why_verdict(colour, verdict);
        print_chapter(&s, &chapters[BANS], &s.asked[BANS]);
        print_foreign(&s);
        print_ports(&s);
        for (size_t i = VERDICTS; i < QUESTIONS; i++)
            print_chapter(&s, &chapters[i], &s.asked[i]);
    }
    for (size_t i = 0; i < QUESTIONS; i++)
        json_decref(s.asked[i].all);
    return o;
}
