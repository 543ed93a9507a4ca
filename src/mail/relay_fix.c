/* relay_fix.c: strangers are to be refused: the list that lets them in is put in order, or the networks that are trusted too widely. */
#include "base/i18n.h"
#include "mail/fixes.h"
#include "mail/mail_log.h"
#include "mail/postfix_change.h"
#include "mail/relay.h"
#include "mail/relay_cause.h"
#include "mail/trusted.h"
#include <stdio.h>

/* On a port for people nobody sends without a login. On port 25 what stands in the list stays, but behind what refuses: it can only refuse more then. */
static const char *ordered(struct arena *a, const char *list, bool for_people)
{
    static const char *const ours[] = {"permit_mynetworks", "permit_sasl_authenticated", "reject_unauth_destination", "defer_unauth_destination", "permit"};
    _cleanup_(buf_free) struct buf b = BUF(8000);
    struct str rest = str_of(list), word;
    if (for_people)
        return "permit_sasl_authenticated,reject";
    buf_addz(&b, "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination");
    for (bool argument = false; str_word(&rest, ", \t", &word); argument = str_starts(word, STR("check_"))) {
        bool known = false;
        for (size_t k = 0; !argument && k < ARRAY_SIZE(ours); k++)
            known |= str_eq(word, str_of(ours[k]));
        if (!known)
            buf_printf(&b, "%s%.*s", argument ? " " : ", ", (int)word.n, word.p);
    }
    return arena_dup(a, buf_str(&b));
}

static void tell_senders(const struct probe_ctx *ctx, const struct mail_port *port, struct plan *out)
{
    struct mail_uses uses;
    struct mail_names_said clients = {.arena = out->arena};
    const char *name = mail_log_name(port->instance, port->endpoint->label);
    unsigned mails = 0;
    if (!mail_log(ctx, out, &uses))
        return;
    for (size_t k = 0; k < uses.list.n; k++) {
        const struct mail_use *u = &uses.list.v[k];
        struct prefix own = {0};
        if (*u->account || !u->relayed || strcmp(u->service, name) != 0)
            continue;
        if (prefix_parse(str_of(u->client), false, &own) && mail_network_is_own(ctx, &own))
            continue;
        mail_name_add(&clients, u->client);
        mails += u->relayed;
    }
    if (clients.list.n)
        plan_harmed(out, _("who sent to other servers without a password through port %u in the last %d days (%u times), most of them surely strangers: %s"), port->port, MAIL_LOG_DAYS, mails,
                    mail_names_text(&clients));
}

static void one(const struct probe_ctx *ctx, const struct mail_port *port, const char *object, struct plan *out)
{
    const struct instance *i = port->instance;
    const char *label = port->endpoint->label;
    const struct setting *relay = postfix_effective(i, label, "smtpd_relay_restrictions"), *recipient = postfix_effective(i, label, "smtpd_recipient_restrictions");
    const struct setting *networks = postfix_effective(i, label, "mynetworks");
    struct trusted_narrow narrow = {0};
    if (!postfix_accepts(out, i, object))
        return;
    if (networks)
        trusted_narrowed(ctx, networks->value, out->arena, &narrow);
    if (narrow.out.n && trusted_are_used(i, label)) {
        if (trusted_narrow_plan(ctx, i, networks, object, out) < 0)
            return;
        plan_verify(out, mail_check("mail.trusted-networks"));
    }
    if (!relay_list_refuses(relay) && !relay_list_refuses(recipient)) {
        if (postfix_change_at(out, i, object, relay, "smtpd_relay_restrictions", ordered(out->arena, relay ? relay->value : "", port->port != 25)) > 0)
            tell_senders(ctx, port, out);
    } else if (!narrow.out.n && !postfix_tell_again(out, i)) {
        plan_cannot(out, object, "%s", _("the lists refuse strangers already. Either the running Postfix was not told (postfix reload), or relay_domains, mydestination or virtual_alias_domains name a domain that is not this server's"));
    }
}

int relay_plan_fix(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    struct mail_ports ports;
    (void)err;
    mail_ports(ctx->server, "smtp", true, out->arena, &ports);
    plan_title(out, N_("Strangers are no longer to send mail to other servers without a password"));
    for (size_t k = 0; k < ports.list.n; k++) {
        const struct mail_port *port = &ports.list.v[k];
        const char *object = arena_printf(out->arena, "port %u", port->port);
        if (!mail_is_wrong(wrong, object))
            continue;
        if (port->instance && strcmp(port->instance->product->id, "postfix") == 0)
            one(ctx, port, object, out);
        else
            mail_by_hand(out, object, port->instance ? port->instance->product->title : _("this mail server"));
    }
    if (plan_empty(out))
        return 0;
    plan_unchanged(out, "%s", _("sending with a password, and receiving mail for this server's own domains"));
    plan_untested(out, "%s", _("sending with a right password: bansho has no account to try it with; the settings permit it"));
    plan_note(out, "%s", _("mail of strangers that waits already is still sent: bansho queue list shows it, bansho queue hold stops it"));
    return 0;
}
