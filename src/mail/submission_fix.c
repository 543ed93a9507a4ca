/* submission_fix.c: port 587 as people need it: a login, under TLS only. A service that is missing is added; one that is there gets what it lacks. */
#include "base/i18n.h"
#include "mail/fixes.h"
#include "mail/postfix_change.h"
#include "mail/submission.h"

static bool has_certificate(const struct instance *i, const char *service)
{
    return *postfix_value(i, service, "smtpd_tls_cert_file", "") || *postfix_value(i, service, "smtpd_tls_chain_files", "") || *postfix_value(i, service, "smtpd_tls_eccert_file", "");
}

/* Is there somebody whom Postfix can ask about passwords? */
static bool can_ask(const struct instance *i, const char *service, struct plan *out, const char *object)
{
    const char *path = postfix_value(i, service, "smtpd_sasl_path", "smtpd");
    if (strcmp(postfix_value(i, service, "smtpd_sasl_type", "cyrus"), "dovecot") != 0) {
        if (setting_get(i, "", "smtpd_sasl_auth_enable") && postfix_bool(i, "", "smtpd_sasl_auth_enable", false))
            return true; /* it serves another port already */
        plan_cannot(out, object, "%s", _("Postfix does not know whom to ask about passwords: smtpd_sasl_type and smtpd_sasl_path come first (with Dovecot: dovecot and private/auth)"));
        return false;
    }
    const char *socket = *path == '/' || strncmp(path, "inet:", 5) == 0 ? path : arena_printf(out->arena, "%s/%s", setting_value(i, "", "queue_directory", "/var/spool/postfix"), path);
    if (*socket == '/' && !root_exists(out->root, socket)) {
        plan_cannot(out, object, _("Dovecot does not offer %s, where Postfix asks about passwords: service auth { unix_listener %s { ... } } comes first"), socket, socket);
        return false;
    }
    return true;
}

static bool ready(const struct instance *i, const char *service, struct plan *out, const char *object)
{
    if (!has_certificate(i, service)) {
        plan_cannot(out, object, "%s", _("Postfix has no certificate (smtpd_tls_cert_file): without one there is no TLS, and without TLS no login"));
        return false;
    }
    return can_ask(i, service, out, object);
}

static void add_missing(const struct probe_ctx *ctx, struct plan *out)
{
    const struct instance *i = server_instance(ctx->server, "postfix", 0);
    static const char *const options[] = {"syslog_name", "postfix/submission", "smtpd_tls_security_level", "encrypt", "smtpd_sasl_auth_enable", "yes", "smtpd_tls_auth_only", "yes",
                                          "smtpd_relay_restrictions", "permit_sasl_authenticated,reject", "smtpd_recipient_restrictions", "", NULL};
    if (!i) {
        const struct instance *other = server_kind(ctx->server, KIND_MTA, 0);
        mail_by_hand(out, "submission", other ? other->product->title : _("this mail server"));
        return;
    }
    if (postfix_service_on(i, 587) && postfix_accepts(out, i, "submission") && postfix_tell_again(out, i))
        return;
    if (!postfix_accepts(out, i, "submission") || !ready(i, "", out, "submission"))
        return;
    const char *smtp = postfix_service_on(i, 25), *chroot = smtp ? setting_value(i, smtp, "master.chroot", "n") : "n";
    if (postfix_change_service(out, i, "submission", "submission", arena_printf(out->arena, "inet n - %s - - smtpd", chroot), options) > 0)
        plan_note(out, "%s", _("the packet filter must let port 587 through: bansho does not open it here"));
}

/* What the service lacks. Returns how much was planned, or negative. */
static int complete(const struct mail_port *p, struct plan *out)
{
    const struct instance *i = p->instance;
    const char *service = p->endpoint->label, *level = postfix_value(i, service, "smtpd_tls_security_level", "");
    int n = 0, r = 0;
    if (!p->tls && strcmp(level, "encrypt") != 0 && strcmp(level, "may") != 0)
        r = postfix_change(out, i, p->name, service, "smtpd_tls_security_level", "encrypt");
    n += r > 0;
    if (r >= 0 && !postfix_bool(i, service, "smtpd_sasl_auth_enable", false))
        r = postfix_change(out, i, p->name, service, "smtpd_sasl_auth_enable", "yes");
    n += r > 0;
    if (r >= 0 && !p->tls && !postfix_bool(i, service, "smtpd_tls_auth_only", false) && strcmp(level, "encrypt") != 0)
        r = postfix_change(out, i, p->name, service, "smtpd_tls_auth_only", "yes");
    n += r > 0;
    return r < 0 ? r : n;
}

int submission_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    struct mail_ports ports;
    bool has_587 = false;
    (void)err;
    mail_ports(ctx->server, "smtp", false, out->arena, &ports);
    plan_title(out, N_("Mail is to be sent through port 587, with a login under TLS"));
    for (size_t k = 0; k < ports.list.n; k++) {
        const struct mail_port *p = &ports.list.v[k];
        has_587 |= p->port == 587;
        if ((p->port != 587 && p->port != 465) || !mail_is_wrong(wrong, p->name))
            continue;
        if (!p->instance || strcmp(p->instance->product->id, "postfix") != 0)
            mail_by_hand(out, p->name, p->instance ? p->instance->product->title : _("this mail server"));
        else if (postfix_accepts(out, p->instance, p->name) && ready(p->instance, p->endpoint->label, out, p->name) && complete(p, out) == 0 && !postfix_tell_again(out, p->instance))
            plan_cannot(out, p->name, "%s", _("Postfix' settings are right. Either the running one was not told (postfix reload), or whoever it asks about passwords takes any: look at the passdb of Dovecot"));
    }
    if (!has_587 && mail_is_wrong(wrong, "submission"))
        add_missing(ctx, out);
    if (plan_empty(out))
        return 0;
    plan_harmed(out, "%s", _("whose mail program sends through port 587 or 465 with no encryption: it must be set to TLS. The log does not tell who that is"));
    plan_unchanged(out, "%s", _("whoever logs in under TLS, and receiving mail"));
    plan_untested(out, "%s", _("sending with a right password: bansho has no account to try it with; the settings permit it"));
    return 0;
}
