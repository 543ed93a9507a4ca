/* trusted_fix.c: takes the networks that are not this machine's and not declared off the list of those who send without a password. */
#include "base/i18n.h"
#include "mail/fixes.h"
#include "mail/mail_log.h"
#include "mail/postfix_change.h"
#include "mail/trusted.h"

static bool was_in(const struct trusted_narrow *n, const char *client)
{
    struct addr at;
    bool in = false;
    if (!addr_parse(str_of(client), &at))
        return false;
    for (size_t k = 0; k < n->out.n; k++)
        in |= prefix_has(&n->out.v[k], &at);
    return in;
}

static void tell_senders(const struct probe_ctx *ctx, const struct trusted_narrow *n, struct plan *out)
{
    struct mail_uses uses;
    struct mail_names_said clients = {.arena = out->arena};
    unsigned mails = 0;
    if (!mail_log(ctx, out, &uses))
        return;
    for (size_t k = 0; k < uses.list.n; k++) {
        const struct mail_use *u = &uses.list.v[k];
        if (*u->account || !u->relayed || !was_in(n, u->client))
            continue;
        mail_name_add(&clients, u->client);
        mails += u->relayed;
    }
    if (clients.list.n)
        plan_harmed(out, _("these sent to other servers without a password in the last %d days (%u times) and need one from then on: %s"), MAIL_LOG_DAYS, mails, mail_names_text(&clients));
}

int trusted_narrow_plan(const struct probe_ctx *ctx, const struct instance *i, const struct setting *s, const char *object, struct plan *out)
{
    struct trusted_narrow n;
    trusted_narrowed(ctx, s->value, out->arena, &n);
    if (n.unread) {
        plan_cannot(out, object, "%s", _("the list names a table that bansho cannot read: what is in it must be looked at by hand"));
        return -1;
    }
    if (!n.out.n || !postfix_accepts(out, i, object))
        return n.out.n ? -1 : 0;
    int r = postfix_change_at(out, i, object, s, "mynetworks", n.value);
    if (r <= 0)
        return r;
    tell_senders(ctx, &n, out);
    struct mail_names_said networks = {.arena = out->arena};
    for (size_t k = 0; k < n.out_text.n; k++)
        mail_name_add(&networks, n.out_text.v[k]);
    plan_note(out, _("no longer trusted: %s. A network that is yours and is to stay is declared as a source in /etc/bansho/bansho.conf first"), mail_names_text(&networks));
    return r;
}

static void one(const struct probe_ctx *ctx, const struct findings *wrong, const struct instance *i, const char *section, struct plan *out)
{
    const struct setting *s = setting_get(i, section, "mynetworks");
    const char *object = trusted_object(i, section, out->arena);
    if (s && mail_is_wrong(wrong, object))
        trusted_narrow_plan(ctx, i, s, object, out);
}

int trusted_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    const struct instance *i;
    (void)err;
    plan_title(out, N_("Only this machine and your declared networks are to send without a password"));
    for (size_t n = 0; (i = server_instance(ctx->server, "postfix", n)); n++) {
        one(ctx, wrong, i, "", out);
        for (size_t e = 0; e < i->endpoints.n; e++)
            if (i->endpoints.v[e].label[0])
                one(ctx, wrong, i, i->endpoints.v[e].label, out);
    }
    plan_unchanged(out, "%s", _("sending with a password, receiving, and this machine's own programs"));
    return 0;
}
