#include "mail/sender_login.h"
#include "base/i18n.h"
#include "mail/postfix_next.h"

bool sender_login_is_word(struct str word)
{
    return str_eq(word, STR("reject_sender_login_mismatch")) || str_eq(word, STR("reject_authenticated_sender_login_mismatch"));
}

static bool reached(const struct setting *s)
{
    static const char *const ends[] = {"permit", "permit_sasl_authenticated", "reject"};
    struct str rest = str_of(s ? s->value : ""), word;
    while (str_word(&rest, ", \t", &word)) {
        if (sender_login_is_word(word))
            return true;
        for (size_t k = 0; k < ARRAY_SIZE(ends); k++)
            if (str_eq(word, str_of(ends[k])))
                return false;
    }
    return false;
}

const struct setting *sender_login_checked(const struct instance *postfix, const char *service)
{
    /* The first two are only looked at with the sender known where smtpd_delay_reject waits for it. */
    static const char *const lists[] = {"smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions", "smtpd_relay_restrictions", "smtpd_recipient_restrictions",
                                        "smtpd_data_restrictions"};
    bool delay = postfix_bool(postfix, service, "smtpd_delay_reject", true);
    for (size_t k = delay ? 0 : 2; k < ARRAY_SIZE(lists); k++) {
        const struct setting *s = postfix_effective(postfix, service, lists[k]);
        if (reached(s))
            return s;
    }
    return NULL;
}

static void judge(const struct mail_port *p, struct findings *out)
{
    const struct instance *i = p->instance;
    const char *service = p->endpoint->label;
    const struct setting *maps = postfix_effective(i, service, "smtpd_sender_login_maps"), *list = sender_login_checked(i, service);
    bool owned = maps && maps->value[0];
    if (list && owned) {
        struct finding *f = finding_add(out, STATE_OK, p->name, _("On port %u an account sends in its own name only"), p->port);
        postfix_tell(out, f, list);
        postfix_tell(out, f, maps);
        return;
    }
    struct finding *f = finding_add(out, STATE_FAIL, p->name, _("On port %u an account can send in the name of any other"), p->port);
    if (list)
        postfix_tell(out, f, list);
    else
        finding_evidence(out, f, NULL, 0, _("no list of restrictions compares the login with the sender (reject_authenticated_sender_login_mismatch)"));
    if (owned)
        postfix_tell(out, f, maps);
    else
        finding_evidence(out, f, maps ? maps->file : NULL, maps ? maps->line : 0, _("smtpd_sender_login_maps is empty: nobody owns an address"));
    finding_impact(out, f, _("One stolen password is enough to write in everybody's name, and the sender does not tell whose password it was."));
}

static void tell_others(const struct probe_ctx *ctx, struct findings *out)
{
    static const char *const others[] = {"exim", "qmail", "courier"};
    for (size_t k = 0; k < ARRAY_SIZE(others); k++) {
        const struct instance *i = server_instance(ctx->server, others[k], 0);
        if (!i || !i->wanted || !(i->product->kinds & KIND_MTA))
            continue;
        struct finding *f = finding_add(out, STATE_UNKNOWN, others[k], _("It could not be found out whether an account can send in another one's name"));
        finding_evidence(out, f, i->config, 0, _("the settings of %s are not read for this"), i->product->title);
        finding_by_hand(out, f);
    }
}

int sender_login_probe(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    const struct host *h = ctx->server->host;
    struct mail_ports ports;
    if (h->listeners_seen.code < 0)
        return err_set(err, h->listeners_seen.code, "%s", h->listeners_seen.why ? h->listeners_seen.why : "");
    mail_ports(ctx->server, "smtp", false, out->arena, &ports);
    for (size_t k = 0; k < ports.list.n; k++) {
        const struct mail_port *p = &ports.list.v[k];
        if (p->instance && strcmp(p->instance->product->id, "postfix") == 0 && postfix_bool(p->instance, p->endpoint->label, "smtpd_sasl_auth_enable", false))
            judge(p, out);
    }
    tell_others(ctx, out);
    return 0;
}
