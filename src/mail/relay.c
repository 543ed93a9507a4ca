#include "mail/relay.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "dialogue/crowd.h"
#include "dialogue/stranger.h"
#include "mail/networks.h"
#include "mail/ports.h"
#include "mail/relay_cause.h"
#include <errno.h>
#include <stdio.h>

#define MAX_PORTS 12 /* times RELAY_SESSIONS: the stranger has at most 64 addresses */
#define DIALOGUE_MS 14000 /* postscreen lets a new client wait for 6 s; names are looked up that nobody may answer for */
#define CONNECT_MS 2500
/* Our own questions look like an attack: a guard here (fail2ban's postfix jail) may have shut out the addresses that an earlier run had. Others are tried before a port counts as
   silent, and these say nothing ahead of an answer. */
#define STRANGERS 2
#define SEEDS_APART 377 /* half of all IPv4 addresses that a stranger may have */
#define TOGETHER_MS 32000 /* of all strangers; the check itself is ended after 35 s (mail_checks.c), with all that was seen */

/* One connection that is to be made. */
struct job {
    struct endpoint_at at;
    struct smtp_plan plan;
};

struct round {
    const struct probe_ctx *ctx;
    struct findings *out;
    struct mail_ports ports;
    struct relay_form forms[2][RELAY_FORMS];
    size_t forms_n;
    const struct stranger *stranger;
    unsigned nth;                   /* which stranger it is */
    int64_t deadline;
    bool has_from[2];
    const char *why_not[2];
    bool ask[MAX_PORTS][2];
    struct relay_answer answer[MAX_PORTS][2];
    struct addr from[MAX_PORTS][2]; /* who asked in the session that decided */
    int64_t lived_ms;
};

static bool wants_tls(const struct smtp_seen *seen)
{
    return seen->rcpt_code[0] == 530 && seen->starttls_offered;
}

/* TLS costs both sides much: port 25 is asked without it, unless it insists, and the others by sessions that are resumed most cheaply. A broken certificate
   must not hide the rest. */
static void ask_one(void *arg, size_t i, void *ret)
{
    struct job *j = &((struct job *)arg)[i];
    struct smtp_seen *seen = ret;
    bool turned = false;
    j->plan.starttls = j->at.port != 25;
    j->at.tls_max = TLS_1_2;
    for (;;) {
        struct err err = {0};
        if (smtp_ask(&j->at, &j->plan, seen, &err) < 0)
            seen->trouble = TROUBLE_WORKER;
        if (seen->trouble == TROUBLE_TLS && j->at.tls_max) {
            j->at.tls_max = 0; /* it may speak TLS 1.3 only */
            continue;
        }
        if (turned || j->at.tls || (j->plan.starttls ? seen->trouble != TROUBLE_TLS : !wants_tls(seen)))
            return;
        j->plan.starttls = !j->plan.starttls;
        turned = true;
    }
}

static const char *helo_of(struct arena *a, const struct addr *from)
{
    char text[ADDR_TEXT];
    return arena_printf(a, "[%s%s]", from->v6 ? "IPv6:" : "", addr_text(from, text));
}

/* Each connection has an address of its own. */
static struct addr stranger_of(const struct round *r, size_t port, bool v6, unsigned session)
{
    struct addr a = {0};
    const char *why;
    stranger_addr(r->stranger, v6, (unsigned)port * RELAY_SESSIONS + session, &a, &why);
    return a;
}

/* All connections at once: each port and family that is asked, and session. */
static int ask_all(struct round *r, struct err *err)
{
    struct arena *a = r->out->arena;
    size_t n = 0, max = r->ports.list.n * 2 * RELAY_SESSIONS;
    int64_t left = r->deadline - clock_monotonic_ms();
    struct job *jobs = arena_zalloc(a, max * sizeof *jobs + 1);
    struct smtp_seen *seen = arena_zalloc(a, max * sizeof *seen + 1);
    for (size_t p = 0; p < r->ports.list.n; p++)
        for (int v6 = 0; v6 < 2; v6++)
            for (unsigned s = 0; r->ask[p][v6] && s < RELAY_SESSIONS; s++) {
                const struct mail_port *port = &r->ports.list.v[p];
                struct addr from = stranger_of(r, p, v6, s);
                jobs[n].at = (struct endpoint_at){.addr = port->to[v6], .port = port->port, .tls = port->tls, .timeout_ms = DIALOGUE_MS, .connect_ms = CONNECT_MS, .netns = stranger_netns(r->stranger), .from = from, .from_set = true,
                                               .alike = (unsigned)p + 1};
                relay_plan(r->forms[v6], r->forms_n, s, helo_of(a, &from), &jobs[n].plan);
                jobs[n++].plan.in_turn = r->nth > 0;
            }
    struct crowd_seen crowd = {ask_one, jobs, n, &smtp_fields, sizeof *seen, 0, stranger_netns(r->stranger), left < 2 * DIALOGUE_MS ? (int)left : 2 * DIALOGUE_MS};
    int code = crowd_see(&crowd, seen, err);
    if (code < 0)
        return code;
    n = 0;
    for (size_t p = 0; p < r->ports.list.n; p++)
        for (int v6 = 0; v6 < 2; v6++) {
            if (!r->ask[p][v6])
                continue;
            relay_judge(r->forms[v6], r->forms_n, &seen[n], &r->answer[p][v6]);
            r->from[p][v6] = stranger_of(r, p, v6, r->answer[p][v6].session);
            n += RELAY_SESSIONS;
        }
    return 0;
}

static enum state state_of(const struct round *r, size_t p)
{
    bool closed = false, unknown = false;
    for (int v6 = 0; v6 < 2; v6++) {
        const struct relay_answer *x = &r->answer[p][v6];
        if (x->verdict == RELAY_OPEN)
            return STATE_FAIL;
        closed |= x->verdict == RELAY_CLOSED;
        unknown |= x->verdict == RELAY_UNCLEAR || x->verdict == RELAY_SILENT || (r->ports.list.v[p].has[v6] && x->verdict == RELAY_NOT_ASKED);
    }
    return closed && !unknown ? STATE_OK : STATE_UNKNOWN;
}

static void tell_answer(const struct round *r, size_t p, int v6, struct finding *f)
{
    const struct relay_answer *x = &r->answer[p][v6];
    const char *family = v6 ? "IPv6" : "IPv4";
    char from[ADDR_TEXT] = "";
    if (r->has_from[v6])
        addr_text(&r->from[p][v6], from);
    switch (x->verdict) {
    case RELAY_OPEN:
        finding_evidence(r->out, f, NULL, 0, _("%s: as the stranger %s, MAIL FROM:<%s> RCPT TO:<%s> was taken: %d %s"), family, from, x->from, x->to, x->code, x->text);
        break;
    case RELAY_CLOSED:
        finding_evidence(r->out, f, NULL, 0, _("%s: the stranger %s was refused with all %u forms of address; RCPT TO:<%s>: %d %s"), family, from, x->refused, x->to, x->code, x->text);
        break;
    case RELAY_UNCLEAR:
        finding_evidence(r->out, f, NULL, 0, _("%s: the stranger %s was refused, but for another reason than relaying: %d %s %s"), family, from, x->code, x->text, trouble_text(x->trouble));
        break;
    case RELAY_SILENT:
        finding_evidence(r->out, f, NULL, 0, _("%s: the stranger %s got no answer (%s). A packet filter may let only some addresses in, or the service may not work."), family, from, trouble_text(x->trouble));
        break;
    default:
        if (r->ports.list.v[p].has[v6])
            finding_evidence(r->out, f, NULL, 0, _("%s: not asked: %s"), family, r->why_not[v6] ? r->why_not[v6] : _("there is no address to ask from"));
    }
}

static void tell(const struct round *r, size_t p)
{
    const struct mail_port *port = &r->ports.list.v[p];
    enum state state = state_of(r, p);
    const char *object = arena_printf(r->out->arena, "port %u", port->port);
    struct finding *f;
    if (state == STATE_FAIL)
        f = finding_add(r->out, state, object, _("Port %u sends mail to other servers for anybody, without a password"), port->port);
    else if (state == STATE_OK)
        f = finding_add(r->out, state, object, _("Port %u refuses to send mail to other servers for strangers"), port->port);
    else
        f = finding_add(r->out, state, object, _("It could not be found out whether port %u sends mail for strangers"), port->port);
    for (int v6 = 0; v6 < 2; v6++)
        tell_answer(r, p, v6, f);
    if (r->lived_ms)
        finding_evidence(r->out, f, NULL, 0, _("for this a network interface existed for %.1f s; no setting was changed"), (double)r->lived_ms / 1000);
    if (state == STATE_FAIL) {
        finding_impact(r->out, f, _("Whoever finds it sends bulk mail through this server. Soon it is on the block lists and nobody's mail arrives any more."));
        relay_tell_cause(r->ctx, port, &r->from[p][r->answer[p][0].verdict != RELAY_OPEN], r->out, f);
    } else if (state == STATE_UNKNOWN) {
        relay_tell_settings(port, r->out, f);
        if (!r->ctx->server->host->privileged)
            finding_next(r->out, f, "sudo bansho check mail.relay");
    }
}

static uint32_t run_number(const char *run)
{
    uint32_t n = 0;
    for (; *run; run++)
        n = n * 31 + (unsigned char)*run;
    return n;
}

/* What the stranger's network must not touch, and what it should not be part of. */
static int make_stranger(struct round *r, struct stranger **ret, struct err *err)
{
    const struct host *h = r->ctx->server->host;
    struct arena *a = r->out->arena;
    struct mail_networks trusted = {0};
    LIST(struct addr) targets = {0};
    LIST(struct prefix) busy = {0}, avoid = {0};
    for (size_t p = 0; p < r->ports.list.n; p++)
        for (int v6 = 0; v6 < 2; v6++)
            if (r->ports.list.v[p].has[v6])
                *list_push(a, &targets) = r->ports.list.v[p].to[v6];
    for (size_t i = 0; i < h->addrs.n; i++)
        *list_push(a, &busy) = h->addrs.v[i].prefix;
    for (size_t i = 0; i < h->routes.n; i++)
        *list_push(a, &busy) = h->routes.v[i];
    mail_trusted(r->ctx, a, &trusted);
    for (size_t i = 0; i < trusted.list.n; i++)
        if (!trusted.list.v[i].unread && !trusted.list.v[i].excluded)
            *list_push(a, &avoid) = trusted.list.v[i].prefix;
    char interface[16];
    snprintf(interface, sizeof interface, "bansho-%.8s", r->ctx->run);
    struct stranger_options o = {interface, targets.v, targets.n, busy.v, busy.n, avoid.v, avoid.n, (unsigned)r->ports.list.n * RELAY_SESSIONS, run_number(r->ctx->run) + r->nth * SEEDS_APART};
    if (h->addrs_seen.code < 0)
        return err_set(err, h->addrs_seen.code, "%s", h->addrs_seen.why ? h->addrs_seen.why : err_name(h->addrs_seen.code));
    return stranger_new(&o, ret, err);
}

static void ask_as_stranger(struct round *r)
{
    _cleanup_(stranger_freep) struct stranger *s = NULL;
    struct err err = {0};
    if (make_stranger(r, &s, &err) < 0) {
        r->why_not[0] = r->why_not[1] = arena_dupz(r->out->arena, err.text);
        return;
    }
    r->stranger = s;
    for (int v6 = 0; v6 < 2; v6++) {
        struct addr first;
        r->has_from[v6] = stranger_addr(s, v6, 0, &first, &r->why_not[v6]);
        for (size_t p = 0; p < r->ports.list.n; p++)
            r->ask[p][v6] &= r->has_from[v6];
    }
    if (ask_all(r, &err) < 0)
        r->why_not[0] = r->why_not[1] = arena_dupz(r->out->arena, err.text);
    r->lived_ms += stranger_age_ms(s);
    r->stranger = NULL;
}

/* Whom a port left without an answer, wholly or half-way. */
static bool is_to_be_asked_again(struct round *r)
{
    bool any = false;
    for (size_t p = 0; p < r->ports.list.n; p++)
        for (int v6 = 0; v6 < 2; v6++) {
            const struct relay_answer *x = &r->answer[p][v6];
            r->ask[p][v6] &= x->verdict == RELAY_SILENT || (x->verdict == RELAY_UNCLEAR && x->trouble != TROUBLE_NONE);
            any |= r->ask[p][v6];
        }
    return any;
}

static void ask_as_strangers(struct round *r)
{
    for (size_t p = 0; p < r->ports.list.n; p++)
        for (int v6 = 0; v6 < 2; v6++)
            r->ask[p][v6] = r->ports.list.v[p].has[v6];
    r->deadline = clock_monotonic_ms() + TOGETHER_MS;
    for (r->nth = 0; r->nth < STRANGERS && (r->nth == 0 || (is_to_be_asked_again(r) && clock_monotonic_ms() < r->deadline)); r->nth++)
        ask_as_stranger(r);
}

/* Ports that only this machine reaches need no stranger. */
static void set_aside_local(struct round *r)
{
    size_t kept = 0;
    for (size_t p = 0; p < r->ports.list.n; p++) {
        const struct mail_port *port = &r->ports.list.v[p];
        if (port->has[0] || port->has[1]) {
            if (kept < MAX_PORTS)
                r->ports.list.v[kept++] = *port;
            continue;
        }
        finding_add(r->out, STATE_NA, arena_printf(r->out->arena, "port %u", port->port), _("Port %u can be reached from this machine only"), port->port);
    }
    r->ports.list.n = kept;
}

int relay_probe(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    const struct host *h = ctx->server->host;
    if (h->listeners_seen.code < 0)
        return err_set(err, h->listeners_seen.code, "%s", h->listeners_seen.why ? h->listeners_seen.why : "");
    struct round *r = arena_zalloc(out->arena, sizeof *r);
    r->ctx = ctx;
    r->out = out;
    mail_ports(ctx->server, "smtp", true, out->arena, &r->ports);
    set_aside_local(r);
    if (!r->ports.list.n)
        return 0;
    for (int v6 = 0; v6 < 2; v6++)
        for (size_t p = r->ports.list.n; p-- > 0;) /* the first one's address stands for the server */
            if (r->ports.list.v[p].has[v6])
                r->forms_n = relay_forms(out->arena, ctx->run, mail_local_domain(ctx->server), &r->ports.list.v[p].to[v6], r->forms[v6]);
    ask_as_strangers(r);
    for (size_t p = 0; p < r->ports.list.n; p++)
        tell(r, p);
    return 0;
}
