/* port25_fix.c: switches the login off on port 25, unless somebody still uses it. */
#include "base/i18n.h"
#include "mail/fixes.h"
#include "mail/mail_log.h"
#include "mail/postfix_change.h"
#include "mail/submission.h"

/* Those who logged in there. Where another port has the same name in the log, these too: better wait for nothing than lock somebody out. */
static void wait_for_users(const struct probe_ctx *ctx, const struct instance *i, const char *service, struct plan *out)
{
    struct mail_uses uses;
    struct mail_names_said accounts = {.arena = out->arena};
    const char *name = mail_log_name(i, service);
    bool seen = mail_log(ctx, out, &uses);
    if (!seen || !uses.complete) /* who cannot be seen must not be locked out */
        plan_wait(out, "%s", _("whether somebody still sends through port 25 could not be seen in the log: ask first"));
    if (!seen)
        return;
    for (size_t k = 0; k < uses.list.n; k++)
        if (*uses.list.v[k].account && strcmp(uses.list.v[k].service, name) == 0)
            mail_name_add(&accounts, uses.list.v[k].account);
    if (!accounts.list.n)
        return;
    plan_harmed(out, _("these logged in there in the last %d days and must set their mail programs to port 587 first: %s"), MAIL_LOG_DAYS, mail_names_text(&accounts));
    plan_wait(out, _("%zu accounts still send through port 25: they would not be able to send any more"), accounts.list.n);
    if (mail_log_name_is_shared(i, service))
        plan_note(out, "%s", _("the log calls port 25 and another port the same (syslog_name), so some of these may use the other one"));
}

/* Is there another port to log in to? */
static bool has_other_port(const struct probe_ctx *ctx)
{
    struct arena *a = ctx->server->arena;
    struct mail_ports ports;
    mail_ports(ctx->server, "smtp", false, a, &ports);
    for (size_t k = 0; k < ports.list.n; k++) {
        const struct mail_port *p = &ports.list.v[k];
        bool login = !p->instance || strcmp(p->instance->product->id, "postfix") != 0 || postfix_bool(p->instance, p->endpoint->label, "smtpd_sasl_auth_enable", false);
        if ((p->port == 587 || p->port == 465) && login)
            return true;
    }
    return false;
}

int port25_auth_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    struct mail_ports ports;
    (void)wrong;
    (void)err;
    mail_ports(ctx->server, "smtp", false, out->arena, &ports);
    const struct mail_port *p = ports.list.n && ports.list.v[0].port == 25 ? &ports.list.v[0] : NULL;
    plan_title(out, N_("Port 25 is to take no logins; mail is sent through port 587"));
    if (!p || !p->instance || strcmp(p->instance->product->id, "postfix") != 0) {
        mail_by_hand(out, "", p && p->instance ? p->instance->product->title : _("this mail server"));
        return 0;
    }
    const char *service = p->endpoint->label;
    if (!postfix_accepts(out, p->instance, ""))
        return 0;
    if (postfix_change(out, p->instance, "", service, "smtpd_sasl_auth_enable", "no") == 0)
        plan_cannot(out, "", "%s", _("the file says so already, but the running Postfix was not told: postfix reload"));
    wait_for_users(ctx, p->instance, service, out);
    if (!has_other_port(ctx))
        plan_wait(out, "%s", _("no other port takes logins: nobody could send any more. First: bansho fix mail.submission"));
    plan_unchanged(out, "%s", _("receiving mail from other servers, and sending through the other ports"));
    return 0;
}
