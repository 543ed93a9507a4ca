#include "mail/trusted.h"
#include "base/i18n.h"
#include "mail/postfix_next.h"

static bool permits_networks(const struct instance *i, const char *service)
{
    static const char *const lists[] = {"smtpd_relay_restrictions", "smtpd_recipient_restrictions"};
    for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
        struct str rest = str_of(postfix_value(i, service, lists[k], "")), word;
        while (str_word(&rest, ", \t", &word))
            if (str_eq(word, STR("permit_mynetworks")))
                return true;
    }
    return false;
}

bool trusted_are_used(const struct instance *postfix, const char *service)
{
    if (service)
        return permits_networks(postfix, service);
    for (size_t e = 0; e < postfix->endpoints.n; e++)
        if (permits_networks(postfix, postfix->endpoints.v[e].label))
            return true;
    return postfix->endpoints.n == 0 && permits_networks(postfix, "");
}

void trusted_narrowed(const struct probe_ctx *ctx, const char *list, struct arena *a, struct trusted_narrow *ret)
{
    _cleanup_(buf_free) struct buf b = BUF(8000);
    struct mail_networks n = {0};
    *ret = (struct trusted_narrow){0};
    mail_networks_add(&n, a, ctx->server->host->root, list);
    for (size_t k = 0; k < n.list.n; k++) {
        const struct mail_network *m = &n.list.v[k];
        if (m->unread) {
            ret->unread = true;
        } else if (m->excluded || mail_network_is_own(ctx, &m->prefix)) {
            buf_printf(&b, "%s%s", b.n ? " " : "", m->text);
        } else {
            *list_push(a, &ret->out) = m->prefix;
            *list_push(a, &ret->out_text) = m->text;
        }
    }
    ret->value = b.n ? arena_dup(a, buf_str(&b)) : "127.0.0.0/8 [::1]/128";
}

void trusted_judge(const struct probe_ctx *ctx, const struct instance *i, const struct setting *s, const char *object, bool used, struct findings *out)
{
    struct mail_networks n = {0};
    size_t wide = 0, unread = 0;
    struct finding *f;
    mail_networks_add(&n, out->arena, ctx->server->host->root, s->value);
    for (size_t k = 0; k < n.list.n; k++) {
        unread += n.list.v[k].unread != NULL;
        wide += !n.list.v[k].unread && !n.list.v[k].excluded && !mail_network_is_own(ctx, &n.list.v[k].prefix);
    }
    if (wide && used)
        f = finding_add(out, STATE_FAIL, object, _("Mail can be sent without a password from other networks than your own"));
    else if (wide)
        f = finding_add(out, STATE_WARN, object, _("The list of trusted networks is wider than this machine, although no mail service uses it now"));
    else if (unread && used)
        f = finding_add(out, STATE_UNKNOWN, object, _("The list of networks that may send without a password could not be read completely"));
    else
        f = finding_add(out, STATE_OK, object, _("Only this machine and your declared networks may send without a password"));
    postfix_tell(out, f, s);
    for (size_t k = 0; k < n.list.n; k++) {
        const struct mail_network *m = &n.list.v[k];
        if (m->unread)
            finding_evidence(out, f, NULL, 0, "%s: %s", m->text, m->unread);
        else if (!m->excluded && !mail_network_is_own(ctx, &m->prefix))
            finding_evidence(out, f, NULL, 0, _("%s is neither this machine nor a source of bansho.conf"), m->text);
    }
    if (!wide)
        return;
    finding_impact(out, f, _("Every machine of these networks, and every virus on one of them, can send in bulk through this server without a password."));
    struct trusted_narrow narrow;
    trusted_narrowed(ctx, s->value, out->arena, &narrow);
    postfix_next(out, f, i, s, "mynetworks", narrow.value);
    if (narrow.unread)
        finding_by_hand(out, f);
    finding_next_note(out, f, _("if a network is yours and is to stay: declare it as a source in /etc/bansho/bansho.conf. Machines that are left out need a login from then on"));
}

const char *trusted_object(const struct instance *i, const char *section, struct arena *a)
{
    if (!section[0])
        return i->name;
    return i->name[0] ? arena_printf(a, "%s: %s", i->name, section) : section;
}

/* Mail servers whose lists are not judged yet: said, not passed over. */
static void tell_others(const struct probe_ctx *ctx, struct findings *out)
{
    static const struct { const char *product, *look; } others[] = {
        {"exim", "exim -bP +relay_from_hosts; exim -bh 192.0.2.1"}, {"qmail", "cat /etc/tcp.smtp /etc/tcprules.d/tcp.smtp; grep -r RELAYCLIENT /etc/xinetd.d"},
    };
    for (size_t k = 0; k < ARRAY_SIZE(others); k++) {
        const struct instance *i = server_instance(ctx->server, others[k].product, 0);
        if (!i || !i->wanted)
            continue;
        struct finding *f = finding_add(out, STATE_UNKNOWN, others[k].product, _("Which networks may send without a password could not be found out"));
        finding_evidence(out, f, i->config, 0, _("the list of %s is not read by this version; mail.relay asks as a stranger"), i->product->title);
        finding_next(out, f, "%s", others[k].look);
    }
}

int trusted_probe(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)err;
    const struct instance *i;
    for (size_t n = 0; (i = server_instance(ctx->server, "postfix", n)); n++) {
        const struct setting *all = setting_get(i, "", "mynetworks");
        if (all) {
            trusted_judge(ctx, i, all, trusted_object(i, "", out->arena), trusted_are_used(i, NULL), out);
        } else {
            struct finding *f = finding_add(out, STATE_UNKNOWN, i->name, _("Which networks may send without a password could not be found out"));
            finding_evidence(out, f, i->config, 0, _("only Postfix itself can tell, on the running machine"));
        }
        for (size_t e = 0; e < i->endpoints.n; e++) {
            const char *label = i->endpoints.v[e].label;
            const struct setting *own = setting_get(i, label, "mynetworks");
            if (own && label[0])
                trusted_judge(ctx, i, own, trusted_object(i, label, out->arena), trusted_are_used(i, label), out);
        }
    }
    tell_others(ctx, out);
    return 0;
}
