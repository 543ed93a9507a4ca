#include "mail/submission.h"
#include "base/i18n.h"
#include "config/config.h"
#include "dialogue/crowd.h"
#include "mail/postfix_next.h"
#include <stdio.h>

#define DIALOGUE_MS 14000

bool sends_password(const char *mechanisms)
{
    struct str rest = str_of(mechanisms), word;
    while (str_word(&rest, " ", &word))
        if (str_ieq(word, STR("PLAIN")) || str_ieq(word, STR("LOGIN")))
            return true;
    return false;
}

/* 535: it looked at the password. Anything else before TLS is a refusal to look. */
static bool considered(int code)
{
    return code == 535 || code == 235;
}

enum submission_fault submission_judge(bool tls_first, const struct smtp_seen *seen)
{
    if (seen->auth_code == 235 || seen->auth_code_plain == 235)
        return SUBMISSION_ANY_PASSWORD;
    if (!tls_first && (considered(seen->auth_code_plain) || (seen->auth_offered_plain && sends_password(seen->auth_plain))))
        return SUBMISSION_CLEAR_TEXT;
    if (seen->trouble != TROUBLE_NONE || seen->greeting != 220)
        return SUBMISSION_UNCLEAR;
    if (!tls_first && !seen->starttls_offered)
        return SUBMISSION_NO_TLS;
    if (!seen->tls.done)
        return SUBMISSION_UNCLEAR;
    if (!seen->auth_offered_tls)
        return SUBMISSION_NO_LOGIN;
    return seen->auth_code >= 500 ? SUBMISSION_SOUND : SUBMISSION_UNCLEAR;
}

struct round {
    const struct probe_ctx *ctx;
    struct mail_ports ports;
};

static void ask(void *arg, size_t i, void *ret)
{
    const struct round *r = arg;
    struct endpoint_at at = mail_port_at(&r->ports.list.v[i], r->ctx->run, (unsigned)i);
    struct smtp_seen *seen = ret;
    struct err err = {0};
    char user[64];
    snprintf(user, sizeof user, "bansho-probe-%s-%s", r->ctx->run, r->ports.list.v[i].name);
    struct smtp_plan plan = {.starttls = true, .user = user, .password = r->ctx->run, .auth_before_tls = true};
    at.timeout_ms = DIALOGUE_MS;
    at.alike = (unsigned)i + 1; /* mail.tls looks at the certificate */
    if (smtp_ask(&at, &plan, seen, &err) < 0)
        seen->trouble = TROUBLE_WORKER;
}

static void tell_fix(const struct mail_port *p, enum submission_fault fault, struct findings *out, struct finding *f)
{
    static const struct { const char *key, *value; } by_fault[] = {
        [SUBMISSION_CLEAR_TEXT] = {"smtpd_tls_auth_only", "yes"},
        [SUBMISSION_NO_TLS] = {"smtpd_tls_security_level", "encrypt"},
        [SUBMISSION_NO_LOGIN] = {"smtpd_sasl_auth_enable", "yes"},
    };
    if (!p->instance || strcmp(p->instance->product->id, "postfix") != 0 || fault >= ARRAY_SIZE(by_fault) || !by_fault[fault].key) {
        finding_by_hand(out, f);
        return;
    }
    const struct setting *s = postfix_effective(p->instance, p->endpoint->label, by_fault[fault].key);
    struct setting here = {.section = p->endpoint->label};
    postfix_tell(out, f, s);
    postfix_next(out, f, p->instance, &here, by_fault[fault].key, by_fault[fault].value);
}

static void tell(const struct mail_port *p, const struct smtp_seen *seen, struct findings *out)
{
    enum submission_fault fault = submission_judge(p->tls, seen);
    struct finding *f = NULL;
    switch (fault) {
    case SUBMISSION_SOUND:
        f = finding_add(out, STATE_OK, p->name, _("Port %u takes logins under TLS only, and refuses a wrong password"), p->port);
        finding_evidence(out, f, NULL, 0, _("%s; AUTH %s; the wrong password got %d"), seen->tls.version, seen->auth_tls, seen->auth_code);
        return;
    case SUBMISSION_ANY_PASSWORD:
        f = finding_add(out, STATE_FAIL, p->name, _("Port %u lets an unknown account in with any password"), p->port);
        finding_evidence(out, f, NULL, 0, _("a name that nobody has and a wrong password got 235"));
        finding_impact(out, f, _("Anybody can send through this server."));
        break;
    case SUBMISSION_CLEAR_TEXT:
        f = finding_add(out, STATE_FAIL, p->name, _("Port %u takes passwords in clear text"), p->port);
        if (seen->auth_offered_plain)
            finding_evidence(out, f, NULL, 0, _("before TLS it offers: AUTH %s"), seen->auth_plain);
        if (seen->auth_code_plain)
            finding_evidence(out, f, NULL, 0, _("a login in clear text was looked at: %d"), seen->auth_code_plain);
        finding_impact(out, f, _("Whoever listens on the way reads the password and can send in that person's name."));
        break;
    case SUBMISSION_NO_TLS:
        f = finding_add(out, STATE_FAIL, p->name, _("Port %u offers no TLS"), p->port);
        finding_impact(out, f, _("Mail programs either cannot log in there, or send the password in clear text."));
        break;
    case SUBMISSION_NO_LOGIN:
        f = finding_add(out, STATE_FAIL, p->name, _("Nobody can log in to port %u to send mail"), p->port);
        finding_evidence(out, f, NULL, 0, _("AUTH is not offered, with or without TLS"));
        finding_impact(out, f, _("People then send through port 25, or not at all."));
        break;
    case SUBMISSION_UNCLEAR:
        f = finding_add(out, STATE_UNKNOWN, p->name, _("The login on port %u could not be tried"), p->port);
        if (seen->trouble != TROUBLE_NONE)
            finding_evidence(out, f, NULL, 0, "%s", trouble_text(seen->trouble));
        else
            finding_evidence(out, f, NULL, 0, _("the greeting was %d %s; the login got %d"), seen->greeting, seen->banner, seen->auth_code);
        break;
    }
    if (fault == SUBMISSION_NO_TLS || fault == SUBMISSION_NO_LOGIN)
        f->severity = SEVERITY_NORMAL;
    tell_fix(p, fault, out, f);
}

/* Mailboxes whose owners send through this machine? A machine that only sends its own reports needs no submission. */
static bool has_mailboxes(const struct server *s)
{
    return server_kind(s, KIND_MAILBOX, 0) && server_kind(s, KIND_MTA, 0);
}

static void tell_missing(const struct round *r, struct findings *out)
{
    bool by_tls = r->ports.list.n > 0;
    if (!has_mailboxes(r->ctx->server))
        return;
    struct finding *f = finding_add(out, by_tls ? STATE_WARN : STATE_FAIL, "submission", _("Port 587 for sending mail is not offered"));
    f->severity = SEVERITY_NORMAL;
    if (by_tls)
        finding_evidence(out, f, NULL, 0, _("port 465 is, but not every mail program and provider knows it"));
    finding_impact(out, f, _("Mail programs are to send through port 587 with a login. Without it people need port 25, which many providers block and which strangers use too."));
    if (!server_instance(r->ctx->server, "postfix", 0))
        finding_by_hand(out, f);
    else
        finding_next(out, f, "postconf -M submission/inet='submission inet n - y - - smtpd -o syslog_name=postfix/submission -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes "
                             "-o smtpd_relay_restrictions=permit_sasl_authenticated,reject'; postfix reload");
}

int submission_probe(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    const struct host *h = ctx->server->host;
    if (h->listeners_seen.code < 0)
        return err_set(err, h->listeners_seen.code, "%s", h->listeners_seen.why ? h->listeners_seen.why : "");
    struct round r = {.ctx = ctx};
    struct mail_ports all;
    bool has_587 = false;
    mail_ports(ctx->server, "smtp", false, out->arena, &all);
    for (size_t i = 0; i < all.list.n; i++) {
        if (all.list.v[i].port != 587 && all.list.v[i].port != 465)
            continue;
        *list_push(out->arena, &r.ports.list) = all.list.v[i];
        has_587 |= all.list.v[i].port == 587;
    }
    if (!has_587)
        tell_missing(&r, out);
    struct smtp_seen *seen = arena_zalloc(out->arena, r.ports.list.n * sizeof *seen + 1);
    struct crowd_seen crowd = {ask, &r, r.ports.list.n, &smtp_fields, sizeof *seen, 0, 0, DIALOGUE_MS + 2000};
    int code = crowd_see(&crowd, seen, err);
    for (size_t i = 0; code == 0 && i < r.ports.list.n; i++)
        tell(&r.ports.list.v[i], &seen[i], out);
    return code;
}

int port25_auth_probe(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    const struct host *h = ctx->server->host;
    struct mail_ports all;
    struct smtp_seen *seen = arena_zalloc(out->arena, sizeof *seen);
    struct smtp_plan plan = {.starttls = true};
    if (h->listeners_seen.code < 0)
        return err_set(err, h->listeners_seen.code, "%s", h->listeners_seen.why ? h->listeners_seen.why : "");
    mail_ports(ctx->server, "smtp", false, out->arena, &all);
    if (!all.list.n || all.list.v[0].port != 25)
        return 0;
    const struct mail_port *p = &all.list.v[0];
    struct endpoint_at at = mail_port_at(p, ctx->run, 0);
    at.timeout_ms = DIALOGUE_MS;
    at.alike = 1;
    if (smtp_ask(&at, &plan, seen, err) < 0)
        seen->trouble = TROUBLE_WORKER;
    bool offered = seen->auth_offered_plain || seen->auth_offered_tls;
    bool closed = ctx->config && strcmp(config_text(ctx->config, "mail", "relay", "authenticated"), "closed") == 0;
    struct finding *f;
    if (!offered && (seen->trouble != TROUBLE_NONE || seen->greeting != 220)) {
        f = finding_add(out, STATE_UNKNOWN, "", _("It could not be found out whether port 25 takes logins"));
        finding_evidence(out, f, NULL, 0, "%d %s %s", seen->greeting, seen->banner, trouble_text(seen->trouble));
        return 0;
    }
    if (!offered) {
        f = finding_add(out, STATE_OK, "", _("Port 25 takes no logins"));
        finding_evidence(out, f, NULL, 0, seen->tls.done ? _("AUTH is not offered, with or without TLS") : _("AUTH is not offered; there is no TLS"));
        return 0;
    }
    f = finding_add(out, closed ? STATE_FAIL : STATE_WARN, "", _("Port 25 takes logins to send mail"));
    finding_evidence(out, f, NULL, 0, seen->auth_offered_plain ? _("before TLS it offers: AUTH %s") : _("under TLS it offers: AUTH %s"), seen->auth_offered_plain ? seen->auth_plain : seen->auth_tls);
    if (closed)
        finding_evidence(out, f, CONFIG_PATH, config_value(ctx->config, "mail", "", "relay")->line, "relay = closed");
    finding_impact(out, f, _("Passwords are guessed there day and night, and port 25 cannot be limited to your own networks. Mail programs are to send through port 587."));
    if (p->instance && strcmp(p->instance->product->id, "postfix") == 0) {
        struct setting here = {.section = p->endpoint->label};
        postfix_tell(out, f, postfix_effective(p->instance, p->endpoint->label, "smtpd_sasl_auth_enable"));
        postfix_next(out, f, p->instance, &here, "smtpd_sasl_auth_enable", "no");
        finding_next_note(out, f, _("mail programs that still send through port 25 must be set to port 587 first"));
    } else {
        finding_by_hand(out, f);
    }
    return 0;
}
