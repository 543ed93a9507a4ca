/* sender_login_fix.c: a logged-in account may send as itself, and as the addresses that lead to it: a table of patterns says that a name owns its address, joined
   with virtual_alias_maps, and reject_authenticated_sender_login_mismatch comes first among the restrictions of the sender. */
#include "base/i18n.h"
#include "config/config.h"
#include "mail/fixes.h"
#include "mail/mail_log.h"
#include "mail/postfix_change.h"
#include "mail/sender_login.h"

#define TABLE "bansho-sender-login"
#define WORD "reject_authenticated_sender_login_mismatch"

/* "lab.example" -> "lab\.example"; false: not a plain name. */
static bool pattern_of(struct str domain, struct buf *out)
{
    if (!domain.n || str_find(domain, '$') >= 0 || str_find(domain, '/') >= 0 || str_find(domain, ':') >= 0)
        return false;
    for (size_t k = 0; k < domain.n; k++)
        buf_printf(out, "%s%c", domain.p[k] == '.' ? "\\" : "", domain.p[k]);
    return true;
}

/* regexp_table(5): the first pattern that fits counts; case is ignored. */
static const char *table_text(const struct instance *i, struct arena *a)
{
    _cleanup_(buf_free) struct buf b = BUF(64000), domain = BUF(400);
    struct str rest = str_of(setting_value(i, "", "mydestination", "")), word;
    buf_addz(&b, "# bansho: who may send as whom (bansho explain mail.sender-login)\n");
    if (strchr(setting_value(i, "", "recipient_delimiter", ""), '+'))
        buf_addz(&b, "/^([^+@]+)\\+[^@]*@(.+)$/ $1@$2\n");
    while (str_word(&rest, ", \t", &word)) {
        buf_reset(&domain);
        if (pattern_of(word, &domain))
            buf_printf(&b, "/^([^@]+)@(%.*s)$/ $1, $1@$2\n", (int)domain.n, domain.p);
    }
    buf_addz(&b, "/^(.+)$/ $1\n");
    return arena_dup(a, buf_str(&b));
}

static const char *maps_value(const struct instance *i, const char *table, struct arena *a)
{
    _cleanup_(buf_free) struct buf b = BUF(8000);
    struct str rest = str_of(setting_value(i, "", "virtual_alias_maps", "")), word;
    buf_printf(&b, "unionmap:{regexp:%s", table);
    while (str_word(&rest, ", \t", &word))
        buf_printf(&b, ", %.*s", (int)word.n, word.p);
    buf_addc(&b, '}');
    return arena_dup(a, buf_str(&b));
}

static bool is_new_enough(const struct instance *i)
{
    uint64_t major;
    struct str version = str_of(i->version), word;
    return str_word(&version, ".", &word) && str_u64(word, 99, &major) && major >= 3;
}

static const char *with_word(struct arena *a, const struct setting *s)
{
    return s && s->value[0] ? arena_printf(a, WORD ", %s", s->value) : WORD;
}

static void one(const struct mail_port *p, struct plan *out)
{
    const struct instance *i = p->instance;
    const char *service = p->endpoint->label, *path;
    const struct setting *maps = postfix_effective(i, service, "smtpd_sender_login_maps"), *list = postfix_effective(i, service, "smtpd_sender_restrictions");
    if (!postfix_accepts(out, i, p->name))
        return;
    if (!maps || !maps->value[0]) {
        if (!is_new_enough(i)) {
            plan_cannot(out, p->name, "%s", _("this needs Postfix 3.0 or newer (unionmap): write smtpd_sender_login_maps by hand"));
            return;
        }
        if (postfix_change_file(out, i, p->name, TABLE, table_text(i, out->arena), &path) < 0)
            return;
        (void)postfix_change_at(out, i, p->name, maps, "smtpd_sender_login_maps", maps_value(i, path, out->arena));
    } else {
        plan_note(out, _("who owns which address is what %s says now; bansho does not change it"), maps->value);
    }
    if (!sender_login_checked(i, service))
        (void)postfix_change_at(out, i, p->name, list, "smtpd_sender_restrictions", with_word(out->arena, list));
}

static void tell_senders(const struct probe_ctx *ctx, struct plan *out)
{
    struct mail_uses uses;
    struct mail_names_said said = {.arena = out->arena};
    if (!mail_log(ctx, out, &uses))
        return;
    for (size_t k = 0; k < uses.list.n; k++)
        if (*uses.list.v[k].other)
            mail_name_add(&said, arena_printf(out->arena, _("%s as %s"), uses.list.v[k].account, uses.list.v[k].other));
    if (said.list.n)
        plan_harmed(out, _("these sent as another address in the last %d days; refused from then on, unless the address is an alias that leads to them: %s"), MAIL_LOG_DAYS, mail_names_text(&said));
}

int sender_login_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    struct mail_ports ports;
    (void)err;
    mail_ports(ctx->server, "smtp", false, out->arena, &ports);
    plan_title(out, N_("An account that has logged in is to send in its own name only"));
    for (size_t k = 0; k < ports.list.n; k++)
        if (ports.list.v[k].instance && strcmp(ports.list.v[k].instance->product->id, "postfix") == 0 && mail_is_wrong(wrong, ports.list.v[k].name))
            one(&ports.list.v[k], out);
    if (plan_empty(out))
        return 0;
    tell_senders(ctx, out);
    plan_unchanged(out, "%s", _("sending as oneself and as one's own aliases, and receiving mail"));
    if (!ctx->config || !config_text(ctx->config, "probe", "account", NULL))
        plan_untested(out, "%s", _("a real login that sends as another one: bansho has no account to try it with (probe in bansho.conf)"));
    return 0;
}
