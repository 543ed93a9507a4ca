#include "mail/tls_tell.h"
#include "base/i18n.h"
#include "mail/postfix_next.h"
#include "server/dovecot.h"
#include <time.h>

/* In this order: the first one that applies gives the title. */
static const struct row {
    enum tls_fault fault;
    enum state state;
    const char *title, *impact;
} rows[] = {
    {TLS_CLEAR_TEXT, STATE_FAIL, N_("Port %u takes passwords in clear text"), N_("Whoever listens on the way, for example in a public wireless network, reads the password.")},
    {TLS_EXPIRED, STATE_FAIL, N_("The certificate on port %u has expired"), N_("Mail programs warn or refuse to connect, and people learn to click warnings away.")},
    {TLS_NOT_YET, STATE_FAIL, N_("The certificate on port %u is not valid yet"), N_("Mail programs warn or refuse to connect, and people learn to click warnings away.")},
    {TLS_UNTRUSTED, STATE_FAIL, N_("The certificate on port %u is not from a known authority"), N_("Mail programs warn or refuse to connect, and people learn to click warnings away.")},
    {TLS_OTHER_NAME, STATE_FAIL, N_("The certificate on port %u is for another name"), N_("Mail programs warn or refuse to connect, and people learn to click warnings away.")},
    {TLS_OLD, STATE_FAIL, N_("Port %u still takes old TLS versions (1.0, 1.1)"), N_("Old versions of TLS can be broken; no mail program of the last ten years needs them.")},
    {TLS_UNSEEN, STATE_UNKNOWN, N_("The encryption on port %u could not be looked at"), NULL},
    {TLS_NONE, STATE_WARN, N_("Port %u offers no TLS"), N_("Mail programs either cannot log in there, or send the password in clear text.")},
    {TLS_SOON, STATE_WARN, N_("The certificate on port %u expires soon"), N_("Once it has expired, mail programs warn or refuse to connect.")},
};

static bool is(const struct mail_port *p, const char *product)
{
    return p->instance && strcmp(p->instance->product->id, product) == 0;
}

static const char *date(struct arena *a, int64_t t)
{
    time_t seconds = (time_t)t;
    struct tm tm;
    return gmtime_r(&seconds, &tm) ? arena_printf(a, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) : "?";
}

static void tell_setting(struct findings *out, struct finding *f, const struct setting *s)
{
    if (s)
        finding_evidence(out, f, s->file, s->line, "%s = %.300s", s->key, s->value);
}

static const struct setting *setting_of(const struct mail_port *p, const char *postfix_key, const char *dovecot_key, const char *newer_key)
{
    if (is(p, "postfix"))
        return postfix_effective(p->instance, p->endpoint->label, postfix_key);
    if (!is(p, "dovecot"))
        return NULL;
    const struct setting *s = setting_get(p->instance, "", dovecot_key);
    return s || !newer_key ? s : setting_get(p->instance, "", newer_key);
}

/* A Dovecot setting by hand: where it stands, or at the end of the main file. */
static void dovecot_next_step(struct findings *out, struct finding *f, const struct mail_port *p, const struct setting *s, const char *key, const char *value)
{
    const char *config = p->instance->config && strstr(p->instance->config, ".conf") ? p->instance->config : "/etc/dovecot/dovecot.conf";
    if (s && s->file)
        finding_next(out, f, "sed -i 's/^[[:space:]]*%s[[:space:]]*=.*/%s = %s/' %s && doveadm reload", key, key, value, s->file);
    else
        finding_next(out, f, "echo '%s = %s' >> %s && doveadm reload", key, value, config);
}

static void fix_clear_text(const struct mail_port *p, struct findings *out, struct finding *f)
{
    if (is(p, "postfix")) {
        const struct setting *s = postfix_effective(p->instance, p->endpoint->label, "smtpd_tls_auth_only");
        postfix_tell(out, f, s);
        postfix_next(out, f, p->instance, s, "smtpd_tls_auth_only", "yes");
    } else if (is(p, "dovecot")) {
        const struct setting *s = NULL;
        bool newer = dovecot_version(p->instance) >= 204;
        dovecot_cleartext(p->instance, &s);
        tell_setting(out, f, s);
        tell_setting(out, f, setting_get(p->instance, "", "ssl"));
        dovecot_next_step(out, f, p, s, newer ? "auth_allow_cleartext" : "disable_plaintext_auth", newer ? "no" : "yes");
    }
    finding_next_note(out, f, _("mail programs that are set to no encryption must be set to TLS first"));
}

static void fix_old(const struct mail_port *p, struct findings *out, struct finding *f)
{
    const struct setting *s = setting_of(p, p->tls ? "smtpd_tls_mandatory_protocols" : "smtpd_tls_protocols", "ssl_min_protocol", "ssl_protocols");
    tell_setting(out, f, s);
    if (is(p, "postfix") && s && s->section[0]) {
        postfix_next(out, f, p->instance, s, s->key, "!SSLv2,!SSLv3,!TLSv1,!TLSv1.1");
    } else if (is(p, "postfix")) {
        const char *dir = postfix_dir_option(out->arena, p->instance);
        finding_next(out, f, "postconf%s -e 'smtpd_tls_protocols = !SSLv2,!SSLv3,!TLSv1,!TLSv1.1' 'smtpd_tls_mandatory_protocols = !SSLv2,!SSLv3,!TLSv1,!TLSv1.1'; postfix%s reload", dir, dir);
    } else if (is(p, "dovecot")) {
        dovecot_next_step(out, f, p, s && strcmp(s->key, "ssl_min_protocol") == 0 ? s : NULL, "ssl_min_protocol", "TLSv1.2");
    }
}

static void fix_certificate(const struct probe_ctx *ctx, const struct mail_port *p, unsigned faults, struct findings *out, struct finding *f)
{
    const struct setting *s = setting_of(p, "smtpd_tls_cert_file", "ssl_cert", "ssl_server_cert_file");
    tell_setting(out, f, s && s->value[0] ? s : setting_of(p, "smtpd_tls_chain_files", "ssl_cert", NULL));
    const char *reload = is(p, "postfix") ? "postfix reload" : is(p, "dovecot") ? "doveadm reload" : NULL;
    if ((faults & (TLS_EXPIRED | TLS_SOON)) && host_package(ctx->server->host, "certbot") && reload)
        finding_next(out, f, "certbot renew && %s", reload);
    else if (reload && s && s->value[0])
        finding_next(out, f, "openssl x509 -noout -subject -ext subjectAltName -dates -in %s && %s", s->value[0] == '<' ? s->value + 1 : s->value, reload);
    finding_next_note(out, f, _("if the file is right already, the service only has to read it again"));
}

static void tell_certificate(const struct tls_seen *t, struct findings *out, struct finding *f)
{
    finding_evidence(out, f, NULL, 0, _("certificate for %s, issued by %s, valid until %s"), t->names[0] ? t->names : t->subject, t->issuer, date(out->arena, t->not_after));
    if (t->problem[0])
        finding_evidence(out, f, NULL, 0, "OpenSSL: %s", t->problem);
}

static void tell_seen(const struct mail_port *p, const struct tls_look *look, unsigned faults, struct findings *out, struct finding *f)
{
    if (look->clear)
        finding_evidence(out, f, NULL, 0, _("without TLS: %s"), look->words);
    if (look->tls.done && p->port != 25)
        tell_certificate(&look->tls, out, f);
    if (look->old_taken)
        finding_evidence(out, f, NULL, 0, _("a client that knows nothing newer was served with %s"), look->old_version);
    if (faults & TLS_UNSEEN)
        finding_evidence(out, f, NULL, 0, "%s", trouble_text(look->trouble != TROUBLE_NONE ? look->trouble : look->old_trouble));
}

static void tell_sound(const struct mail_port *p, const struct tls_look *look, struct findings *out)
{
    struct finding *f = finding_add(out, STATE_OK, p->name, p->port == 25 ? _("Port %u takes no passwords in clear text") : _("Port %u takes passwords under sound encryption only"), p->port);
    if (look->tls.done && p->port != 25) {
        finding_evidence(out, f, NULL, 0, _("%s; TLS 1.1 and older are refused"), look->tls.version);
        tell_certificate(&look->tls, out, f);
    }
}

void tls_tell(const struct probe_ctx *ctx, const struct mail_port *p, const struct tls_look *look, unsigned faults, struct findings *out)
{
    const struct row *row = NULL;
    for (size_t i = 0; !row && i < ARRAY_SIZE(rows); i++)
        if (faults & rows[i].fault)
            row = &rows[i];
    if (!row) {
        tell_sound(p, look, out);
        return;
    }
    struct finding *f = finding_add(out, row->state, p->name, _(row->title), p->port);
    tell_seen(p, look, faults, out, f);
    if (row->impact)
        finding_impact(out, f, "%s", _(row->impact));
    /* Its fix ends clear text alone: with something else wrong beside it, the port would still not be right. */
    if (faults & ~(unsigned)TLS_CLEAR_TEXT || (!is(p, "postfix") && !is(p, "dovecot")))
        finding_by_hand(out, f);
    if (row->fault == TLS_CLEAR_TEXT)
        fix_clear_text(p, out, f);
    else if (row->fault == TLS_OLD)
        fix_old(p, out, f);
    else if (row->fault != TLS_NONE && row->fault != TLS_UNSEEN)
        fix_certificate(ctx, p, faults, out, f);
}
