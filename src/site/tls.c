#include "site/tls.h"
#include "base/i18n.h"
#include "site/tls_questions.h"
#include <time.h>

#define SOON_DAYS 14
#define ASK_ALL_MS 15000
#define SHOWN 12 /* answers that are told as evidence */

/* From harmless to bad: a group is judged by its worst answer. */
enum verdict { FINE, SILENT, SOON, ALIAS, NO_TLS, OTHER_NAME, UNTRUSTED, NOT_YET, EXPIRED };

static enum verdict judge(const struct tls_answer *a, const struct tls_group *g, bool alias, int64_t now)
{
    const struct tls_seen *t = &a->tls;
    if (!t->done)
        return a->trouble == TROUBLE_TLS || a->trouble == TROUBLE_CLOSED || a->trouble == TROUBLE_GARBAGE ? NO_TLS : SILENT;
    if (t->not_after && t->not_after < now)
        return EXPIRED;
    if (t->not_before > now)
        return NOT_YET;
    if (!t->trusted)
        return UNTRUSTED;
    if (g->name[0] && !t->name_matches)
        return alias ? ALIAS : OTHER_NAME;
    return t->not_after && t->not_after < now + SOON_DAYS * DAY ? SOON : FINE;
}

static const char *day(int64_t t, char ret[static 16])
{
    struct tm tm;
    time_t seconds = (time_t)t;
    if (!t || !gmtime_r(&seconds, &tm) || !strftime(ret, 16, "%Y-%m-%d", &tm))
        return "?";
    return ret;
}

static struct finding *say(struct findings *out, enum verdict v, const struct tls_group *g, const struct tls_answer *a, const struct endpoint_at *at, int64_t now)
{
    char d[16];
    switch (v) {
    case FINE: return finding_add(out, STATE_OK, g->object, _("The certificate of %s is valid until %s"), g->label, day(a->tls.not_after, d));
    case SILENT: return finding_add(out, STATE_UNKNOWN, g->object, _("The certificate of %s could not be seen: %s"), g->label, trouble_text(a->trouble));
    case SOON: return finding_add(out, STATE_WARN, g->object, _("The certificate of %s expires in %d days (%s)"), g->label, (int)((a->tls.not_after - now) / DAY), day(a->tls.not_after, d));
    case ALIAS: return finding_add(out, STATE_WARN, g->object, _("The certificate of %s is not made for its other name %s"), g->label, at->name ? at->name : "");
    case NO_TLS: return finding_add(out, STATE_FAIL, g->object, _("No TLS connection can be made to %s"), g->label);
    case OTHER_NAME: return finding_add(out, STATE_FAIL, g->object, _("%s shows a certificate that is made for another name"), g->label);
    case UNTRUSTED:
        if (a->tls.self_signed)
            return finding_add(out, STATE_FAIL, g->object, _("%s shows a certificate that it signed itself"), g->label);
        return finding_add(out, STATE_FAIL, g->object, _("The certificate of %s comes from nobody that browsers trust"), g->label);
    case NOT_YET: return finding_add(out, STATE_FAIL, g->object, _("The certificate of %s is valid only from %s on"), g->label, day(a->tls.not_before, d));
    case EXPIRED: break;
    }
    return finding_add(out, STATE_FAIL, g->object, _("The certificate of %s expired on %s"), g->label, day(a->tls.not_after, d));
}

static void add_answer(struct findings *out, struct finding *f, const struct tls_answer *a, const struct endpoint_at *at)
{
    char where[ADDR_TEXT], from[16], to[16];
    const char *name = at->name ? at->name : _("no name");
    addr_text(&at->addr, where);
    if (!a->tls.done) {
        finding_evidence(out, f, NULL, 0, _("%s port %u, asked for %s: %s %s"), where, at->port, name, trouble_text(a->trouble), a->tls.problem);
        return;
    }
    finding_evidence(out, f, NULL, 0, _("%s port %u, asked for %s: %s, issued by %s, valid %s to %s, for %s"), where, at->port, name, a->tls.subject, a->tls.issuer,
        day(a->tls.not_before, from), day(a->tls.not_after, to), a->tls.names[0] ? a->tls.names : _("no name"));
    if (a->tls.problem[0])
        finding_evidence(out, f, NULL, 0, "%s", a->tls.problem);
}

/* The name under which certbot keeps the file, or NULL. */
static const char *certbot_name(struct arena *a, const struct site *s)
{
    const struct str live = STR("/etc/letsencrypt/live/");
    if (!s || !str_starts(str_of(s->certificate), live))
        return NULL;
    struct str rest = str_from(str_of(s->certificate), live.n), name;
    if (!str_field(&rest, '/', &name) || !name.n || memchr(name.p, '\'', name.n))
        return NULL;
    return arena_dup(a, name);
}

static void add_next(struct findings *out, struct finding *f, enum verdict v, const struct tls_group *g, const struct endpoint_at *at)
{
    char where[ADDR_TEXT];
    const char *certbot = certbot_name(out->arena, g->site);
    bool v6 = at->addr.v6;
    if (certbot && (v == EXPIRED || v == SOON)) {
        finding_next(out, f, "certbot renew --cert-name '%s'", certbot);
        finding_next_note(out, f, _("fetches a new certificate; reload the web server afterwards"));
        return;
    }
    finding_next(out, f, "openssl s_client -connect %s%s%s:%u%s%s </dev/null | openssl x509 -noout -subject -issuer -dates -ext subjectAltName", v6 ? "[" : "", addr_text(&at->addr, where),
        v6 ? "]" : "", at->port, at->name ? " -servername " : "", at->name ? at->name : "");
    finding_next_note(out, f, _("shows the certificate that is served; changes nothing"));
}

/* A site without a name is reached by hardly anybody: it is told, but it is not what visitors see. */
static void soften(struct finding *f, const struct tls_group *g, enum verdict v)
{
    if (f->state == STATE_FAIL && g->site && !g->name[0])
        f->state = STATE_WARN;
    f->severity = (v == EXPIRED || v == NOT_YET) && f->state == STATE_FAIL ? SEVERITY_SERIOUS : SEVERITY_NORMAL;
}

static void conclude(struct findings *out, const struct tls_questions *q, size_t group, const struct tls_answer *answers, int64_t now)
{
    const struct tls_group *g = &q->groups.v[group];
    enum verdict worst = FINE;
    size_t at = q->list.n, shown = 0;
    for (size_t i = 0; i < q->list.n; i++) {
        if (q->list.v[i].group != group)
            continue;
        enum verdict v = judge(&answers[i], g, q->list.v[i].alias, now);
        if (at == q->list.n || v > worst) {
            worst = v;
            at = i;
        }
    }
    if (at == q->list.n)
        return;
    struct finding *f = say(out, worst, g, &answers[at], &q->at.v[at], now);
    soften(f, g, worst);
    add_answer(out, f, &answers[at], &q->at.v[at]);
    for (size_t i = 0; i < q->list.n && shown < SHOWN; i++)
        if (q->list.v[i].group == group && i != at && judge(&answers[i], g, q->list.v[i].alias, now) != FINE) {
            add_answer(out, f, &answers[i], &q->at.v[i]);
            shown++;
        }
    if (g->site && g->site->certificate[0])
        finding_evidence(out, f, g->site->file, g->site->line, _("certificate file: %s"), g->site->certificate);
    if (g->dropped)
        finding_evidence(out, f, NULL, 0, _("%u further names were not asked for"), g->dropped);
    if (worst == FINE || worst == SILENT)
        return;
    finding_impact(out, f, "%s", worst == SOON ? _("After that day visitors are shown a warning in the place of the site.") : worst == NO_TLS ? _("Nobody can open the site by https.") :
        _("Visitors are shown a warning in the place of the site."));
    add_next(out, f, worst, g, &q->at.v[at]);
}

int site_tls(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    struct tls_questions q = {0};
    tls_questions_collect(ctx, out->arena, &q);
    struct tls_answer *answers = arena_zalloc(out->arena, (q.list.n + 1) * sizeof *answers);
    int r = tls_ask(q.at.v, q.at.n, ASK_ALL_MS, answers, err);
    if (r < 0)
        return r;
    for (size_t g = 0; g < q.groups.n; g++)
        conclude(out, &q, g, answers, ctx->now);
    if (ctx->server->sites_seen.code < 0)
        finding_add(out, STATE_UNKNOWN, "", _("The list of sites could not be seen: %s"), ctx->server->sites_seen.why ? ctx->server->sites_seen.why : "");
    return 0;
}
