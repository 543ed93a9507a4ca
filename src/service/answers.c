#include "service/answers.h"
#include "base/i18n.h"
#include "dialogue/dialogue.h"
#include "service/subjects.h"

#define ASK_MS 5000      /* each, */
#define ASK_ALL_MS 15000 /* and all of them one after the other in each of the processes that ask */
#define NOT_ASKED_MAX 40 /* findings about ports of which nothing is known */

static const struct { const char *protocol, *impact; } impacts[] = {
    {"smtp", N_("Until it answers again, mail cannot be sent through it or does not arrive.")},
    {"imap", N_("Until it answers again, nobody can read mail through it.")},
    {"pop3", N_("Until it answers again, nobody can read mail through it.")},
    {"ftp", N_("Until it answers again, nobody can transfer files through it.")},
    {"http", N_("Until it answers again, what is served there cannot be opened by anybody.")},
    {"ssh", N_("Until it answers again, the server cannot be managed through SSH.")},
    {"dns", N_("Until it answers again, names that are looked up through it are not found.")},
    {"mysql", N_("Until it answers again, programs that keep their data in it (most web programs) stop working.")},
    {"postgresql", N_("Until it answers again, programs that keep their data in it (most web programs) stop working.")},
};

static void add_impact(struct findings *out, struct finding *f, const struct subject *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(impacts); i++)
        if (strcmp(impacts[i].protocol, s->protocol) == 0)
            finding_impact(out, f, "%s", _(impacts[i].impact));
}

static void add_unit(const struct probe_ctx *ctx, struct findings *out, struct finding *f, const char *name)
{
    static const char *const active[] = {N_("state not known"), N_("runs"), N_("does not run"), N_("failed"), N_("is being started or stopped")};
    const struct unit *u = name[0] ? host_unit(ctx->server->host, name) : NULL;
    if (u && u->restarts)
        finding_evidence(out, f, u->file, 0, _("%s: %s (%s); restarted %u times"), u->name, _(active[u->active]), u->sub, u->restarts);
    else if (u)
        finding_evidence(out, f, u->file, 0, "%s: %s (%s)", u->name, _(active[u->active]), u->sub);
}

/* What to type: the unit's restart and its last words; without a unit, who has the port. */
static void add_next(const struct probe_ctx *ctx, struct findings *out, struct finding *f, const struct subject *s)
{
    const char *unit = subject_unit(s);
    if (unit[0] && ctx->server->host->systemd) {
        finding_next(out, f, "bansho fix service.answers %s --plan", s->object);
        finding_next_note(out, f, _("collects the cause and restarts it (connections that are open are ended); --plan only shows"));
    } else if (s->by && s->by->product->units && s->by->product->units[0]) {
        finding_next(out, f, "service %s restart", s->by->product->units[0]);
        finding_next_note(out, f, _("starts it anew (connections that are open are ended)"));
    } else {
        finding_next(out, f, "ss -%slnp 'sport = :%u'", s->udp ? "u" : "t", s->port);
        finding_next_note(out, f, _("shows which program has the port; changes nothing"));
    }
}

static void say_missing(const struct probe_ctx *ctx, struct findings *out, const struct subject *s)
{
    struct finding *f;
    if (s->by && !s->by->running)
        f = finding_add(out, STATE_FAIL, s->object, _("%s does not answer: %s does not run"), s->label, s->by->product->title);
    else if (s->by)
        f = finding_add(out, STATE_FAIL, s->object, _("%s does not answer: %s is configured for it, but nothing listens there"), s->label, s->by->product->title);
    else
        f = finding_add(out, STATE_FAIL, s->object, _("%s is meant to be offered, but nothing listens there"), s->label);
    f->basis = BASIS_EFFECTIVE;
    if (s->endpoint && s->endpoint->file)
        finding_evidence(out, f, s->endpoint->file, s->endpoint->line, _("configured to listen: %s"), s->endpoint->label);
    if (s->declared_in)
        finding_evidence(out, f, s->declared_in, s->declared_line, "service %s", s->object);
    add_unit(ctx, out, f, subject_unit(s));
    add_impact(out, f, s);
    add_next(ctx, out, f, s);
}

static const char *outcome(const struct hello_seen *h)
{
    return h->right ? h->banner : h->trouble != TROUBLE_NONE ? trouble_text(h->trouble) : h->banner;
}

static void add_answers(struct findings *out, struct finding *f, const struct subject *s, const struct hello_seen *h)
{
    char text[ADDR_TEXT];
    for (size_t i = 0; i < s->addrs; i++) {
        finding_evidence(out, f, NULL, 0, _("%s port %u: %s (%d ms)"), addr_text(&s->addr[i], text), s->port, outcome(&h[i]), h[i].ms);
        if (!h[i].right && h[i].trouble != TROUBLE_NONE && h[i].banner[0])
            finding_evidence(out, f, NULL, 0, _("%s port %u said: %s"), text, s->port, h[i].banner);
    }
}

/* Something that nobody knows sits on a well-known port: no service of ours has failed. */
static bool foreign(const struct subject *s, const struct hello_seen *h)
{
    return !s->by && (h->trouble == TROUBLE_GARBAGE || h->trouble == TROUBLE_TLS || h->trouble == TROUBLE_CLOSED);
}

static struct finding *say_bad(const struct probe_ctx *ctx, struct findings *out, const struct subject *s, const struct hello_seen *h, const struct hello_seen *bad, const struct addr *where)
{
    char text[ADDR_TEXT];
    struct finding *f;
    addr_text(where, text);
    if (bad->trouble == TROUBLE_WORKER) {
        f = finding_add(out, STATE_UNKNOWN, s->object, _("%s could not be asked"), s->label);
    } else if (foreign(s, bad)) {
        f = finding_add(out, STATE_WARN, s->object, _("%s belongs to a program that does not speak this protocol: %s"), s->label, s->listener->program[0] ? s->listener->program : "?");
        f->severity = SEVERITY_NORMAL;
        finding_next(out, f, "ss -%slnp 'sport = :%u'", s->udp ? "u" : "t", s->port);
        finding_next_note(out, f, _("shows which program has the port; changes nothing"));
    } else if (h[0].right && !addr_is_loopback(where)) {
        f = finding_add(out, STATE_FAIL, s->object, _("%s answers on this machine, but not by its address %s: %s"), s->label, text, outcome(bad));
        finding_next(out, f, "nft list ruleset; journalctl -u %s -n 50 --no-pager", subject_unit(s)[0] ? subject_unit(s) : "SERVICE");
        finding_next_note(out, f, _("shows what the firewall lets in and the service's last messages; changes nothing"));
        add_impact(out, f, s);
    } else {
        if (bad->trouble != TROUBLE_NONE)
            f = finding_add(out, STATE_FAIL, s->object, _("%s does not answer: %s"), s->label, trouble_text(bad->trouble));
        else
            f = finding_add(out, STATE_FAIL, s->object, _("%s answers, but refuses to serve"), s->label);
        add_unit(ctx, out, f, subject_unit(s));
        add_impact(out, f, s);
        add_next(ctx, out, f, s);
    }
    return f;
}

/* One finding for the subject, by the worst of its answers (the first bad one). */
static void say(const struct probe_ctx *ctx, struct findings *out, const struct subject *s, const struct hello_seen *h)
{
    for (size_t i = 0; i < s->addrs; i++)
        if (!h[i].right) {
            struct finding *f = say_bad(ctx, out, s, h, &h[i], &s->addr[i]);
            add_answers(out, f, s, h);
            return;
        }
    struct finding *f = finding_add(out, STATE_OK, s->object, _("%s answers"), s->label);
    add_answers(out, f, s, h);
}

static void say_not_asked(struct findings *out, const struct subject *s, size_t *n)
{
    if ((*n)++ >= NOT_ASKED_MAX)
        return;
    struct finding *f = finding_add(out, STATE_NA, s->object, _("%s was not asked: it is not known which protocol it speaks"), s->label);
    f->basis = BASIS_EFFECTIVE;
    if (s->listener)
        finding_evidence(out, f, NULL, 0, "%s %s", s->listener->program, s->listener->unit);
}

/* Products that are to start at boot, do not run, and have no port of their own here that would tell it. */
static void say_stopped(const struct probe_ctx *ctx, struct findings *out, const struct subjects *list)
{
    const unsigned kinds = KIND_MTA | KIND_MAILBOX | KIND_FTP | KIND_SSH | KIND_WEB | KIND_DB | KIND_DNS | KIND_PANEL;
    for (size_t i = 0; i < ctx->server->instances.n; i++) {
        const struct instance *in = &ctx->server->instances.v[i];
        bool told = false;
        for (size_t k = 0; k < list->list.n; k++)
            told |= list->list.v[k].by == in && !list->list.v[k].listener;
        if (!in->wanted || in->running || told || !(in->product->kinds & kinds))
            continue;
        struct subject s = {.object = arena_printf(out->arena, "%s%s%s", in->product->id, in->name[0] ? ":" : "", in->name), .label = in->product->title, .by = in, .protocol = ""};
        struct finding *f = finding_add(out, STATE_FAIL, s.object, _("%s is to start by itself, but does not run"), s.label);
        f->basis = BASIS_EFFECTIVE;
        add_unit(ctx, out, f, in->unit);
        add_next(ctx, out, f, &s);
    }
}

static struct endpoint_at place(const struct subject *s, const struct addr *a, size_t n)
{
    int turns = (int)(n / HELLO_SIDE_BY_SIDE + 1), ms = ASK_ALL_MS / turns;
    return (struct endpoint_at){.addr = *a, .port = s->port, .tls = s->tls, .udp = s->udp, .name = s->tls ? s->name : NULL, .timeout_ms = ms < ASK_MS ? ms : ASK_MS};
}

int service_answers(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    const struct host *h = ctx->server->host;
    struct subjects list = {0};
    size_t n = 0, not_asked = 0;
    if (h->listeners_seen.code < 0) {
        finding_add(out, STATE_UNKNOWN, "", _("It could not be seen what listens: %s"), h->listeners_seen.why ? h->listeners_seen.why : "");
        return 0;
    }
    subjects_collect(ctx, out->arena, &list);
    for (size_t i = 0; i < list.list.n; i++)
        n += list.list.v[i].protocol[0] ? list.list.v[i].addrs : 0;
    size_t all = n;
    struct hello *q = arena_zalloc(out->arena, (n + 1) * sizeof *q);
    struct hello_seen *seen = arena_zalloc(out->arena, (n + 1) * sizeof *seen);
    n = 0;
    for (size_t i = 0; i < list.list.n; i++) {
        const struct subject *s = &list.list.v[i];
        for (size_t k = 0; k < s->addrs && s->protocol[0]; k++) {
            q[n] = (struct hello){place(s, &s->addr[k], all), s->protocol, s->name};
            q[n++].at.alike = (unsigned)i + 1; /* site.tls and mail.tls look at certificates */
        }
    }
    int r = hello_ask(q, n, seen, err);
    if (r < 0)
        return r;
    n = 0;
    for (size_t i = 0; i < list.list.n; i++) {
        const struct subject *s = &list.list.v[i];
        if (!s->listener)
            say_missing(ctx, out, s);
        else if (!s->protocol[0] || !s->addrs)
            say_not_asked(out, s, &not_asked);
        else
            say(ctx, out, s, seen + n);
        n += s->protocol[0] ? s->addrs : 0;
    }
    say_stopped(ctx, out, &list);
    return 0;
}
