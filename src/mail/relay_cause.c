#include "mail/relay_cause.h"
#include "base/i18n.h"
#include "mail/networks.h"
#include "mail/postfix_next.h"

static bool is_postfix(const struct mail_port *p)
{
    return p->instance && strcmp(p->instance->product->id, "postfix") == 0;
}

static const struct setting *effective(const struct mail_port *p, const char *key)
{
    return postfix_effective(p->instance, p->endpoint->label, key);
}

static bool trusts(const struct probe_ctx *ctx, const struct setting *s, const struct addr *from, struct arena *a)
{
    struct mail_networks n = {0};
    if (s)
        mail_networks_add(&n, a, ctx->server->host->root, s->value);
    for (size_t i = 0; i < n.list.n; i++)
        if (!n.list.v[i].unread && prefix_has(&n.list.v[i].prefix, from))
            return !n.list.v[i].excluded; /* the first match decides */
    return false;
}

static bool has_word(const struct setting *s, const char *word)
{
    struct str rest = str_of(s ? s->value : ""), w;
    while (str_word(&rest, ", \t", &w))
        if (str_eq(w, str_of(word)))
            return true;
    return false;
}

/* Does a list of restrictions refuse a stranger's recipient elsewhere, before anything in it could permit it? A table (check_client_access and the like)
   can permit everybody. */
bool relay_list_refuses(const struct setting *s)
{
    static const char *const words[] = {"reject_unauth_destination", "defer_unauth_destination", "reject", "defer"};
    struct str rest = str_of(s ? s->value : ""), w;
    while (str_word(&rest, ", \t", &w)) {
        if (str_eq(w, STR("permit")) || (str_starts(w, STR("check_")) && str_ends(w, STR("_access"))))
            return false;
        for (size_t i = 0; i < ARRAY_SIZE(words); i++)
            if (str_eq(w, str_of(words[i])))
                return true;
    }
    return false;
}

void relay_tell_cause(const struct probe_ctx *ctx, const struct mail_port *p, const struct addr *from, struct findings *out, struct finding *f)
{
    if (!is_postfix(p)) {
        finding_by_hand(out, f);
        if (p->instance && strcmp(p->instance->product->id, "qmail") == 0)
            finding_next(out, f, "cat /var/qmail/control/rcpthosts /etc/xinetd.d/smtp_psa");
        return;
    }
    const struct setting *networks = effective(p, "mynetworks"), *relay = effective(p, "smtpd_relay_restrictions"), *recipient = effective(p, "smtpd_recipient_restrictions");
    const struct setting *domains = effective(p, "relay_domains");
    if (trusts(ctx, networks, from, out->arena) && (has_word(relay, "permit_mynetworks") || has_word(recipient, "permit_mynetworks"))) {
        postfix_tell(out, f, networks);
        postfix_next(out, f, p->instance, networks, "mynetworks", "127.0.0.0/8 [::1]/128");
        finding_next_note(out, f, _("from then on only this machine itself may send without a password; other machines of yours need one"));
        return;
    }
    bool mua = p->port != 25;
    postfix_tell(out, f, relay);
    if (recipient && recipient->value[0])
        postfix_tell(out, f, recipient);
    if (relay_list_refuses(relay) || relay_list_refuses(recipient)) {
        finding_by_hand(out, f);
        /* The lists look right: perhaps another server's domain counts as ours, or the files are right and nobody told the running Postfix. */
        if (domains && domains->value[0])
            postfix_tell(out, f, domains);
        finding_next(out, f, "postfix%s reload; postconf%s relay_domains mydestination virtual_alias_domains", postfix_dir_option(out->arena, p->instance), postfix_dir_option(out->arena, p->instance));
        finding_next_note(out, f, _("the running Postfix may still have older settings; these three name the domains that it takes for its own"));
        return;
    }
    postfix_next(out, f, p->instance, relay, "smtpd_relay_restrictions", mua ? "permit_sasl_authenticated,reject" : "permit_mynetworks,permit_sasl_authenticated,reject_unauth_destination");
    finding_next_note(out, f, _("sending with a password and receiving go on as before"));
}

void relay_tell_settings(const struct mail_port *p, struct findings *out, struct finding *f)
{
    static const char *const keys[] = {"smtpd_relay_restrictions", "smtpd_recipient_restrictions", "mynetworks"};
    f->basis = BASIS_FILES;
    if (!is_postfix(p))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        const struct setting *s = effective(p, keys[i]);
        if (!s || !s->value[0])
            continue;
        postfix_tell(out, f, s);
        if (s->from == FROM_PROGRAM)
            f->basis = BASIS_EFFECTIVE;
    }
}
