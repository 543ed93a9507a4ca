/* tls_fix.c: no password in clear text any more: Postfix' smtpd_tls_auth_only, Dovecot's disable_plaintext_auth (2.3) or auth_allow_cleartext (2.4).
   Certificates are not bansho's to make: what to do about them is told. */
#include "base/i18n.h"
#include "mail/dovecot_change.h"
#include "mail/fixes.h"
#include "mail/postfix_change.h"
#include "mail/tls.h"

static void certificate(struct plan *p, const char *object)
{
    plan_cannot(p, object, "%s", _("the certificate or the TLS versions are not in order, which is for a person to put right: what to type is in bansho check mail.tls"));
}

static void postfix(const struct mail_port *port, struct plan *p)
{
    const struct instance *i = port->instance;
    const struct setting *s = postfix_effective(i, port->endpoint->label, "smtpd_tls_auth_only");
    if (postfix_bool(i, port->endpoint->label, "smtpd_tls_auth_only", false))
        certificate(p, port->name);
    else if (postfix_accepts(p, i, port->name))
        (void)postfix_change_at(p, i, port->name, s, "smtpd_tls_auth_only", "yes");
}

static void dovecot(const struct mail_port *port, struct plan *p)
{
    const struct instance *i = port->instance;
    const struct setting *s = NULL;
    bool newer = dovecot_version(i) >= 204;
    if (!dovecot_cleartext(i, &s))
        certificate(p, port->name);
    else if (strcmp(setting_value(i, "", "ssl", "yes"), "no") == 0)
        plan_cannot(p, port->name, "%s", _("TLS is switched off (ssl = no): without it nobody could log in any more. First a certificate and ssl = required"));
    else if (dovecot_accepts(p, i, port->name))
        (void)dovecot_change(p, i, port->name, s, newer ? "auth_allow_cleartext" : "disable_plaintext_auth", newer ? "no" : "yes");
}

int mail_tls_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    struct mail_ports ports;
    (void)err;
    mail_ports(ctx->server, NULL, false, out->arena, &ports);
    plan_title(out, N_("Passwords are to be taken under TLS only"));
    for (size_t k = 0; k < ports.list.n; k++) {
        const struct mail_port *port = &ports.list.v[k];
        const char *product = port->instance ? port->instance->product->id : "";
        if (!mail_is_wrong(wrong, port->name))
            continue;
        if (mail_is_by_hand(wrong, port->name) && *product)
            certificate(out, port->name);
        else if (strcmp(product, "postfix") == 0)
            postfix(port, out);
        else if (strcmp(product, "dovecot") == 0)
            dovecot(port, out);
        else
            mail_by_hand(out, port->name, port->instance ? port->instance->product->title : _("this mail server"));
    }
    if (plan_empty(out))
        return 0;
    plan_harmed(out, "%s", _("whose mail program is set to no encryption: it can no longer log in until it is set to TLS. The log does not tell who that is"));
    plan_unchanged(out, "%s", _("whoever uses TLS already, and programs on this machine itself"));
    return 0;
}
