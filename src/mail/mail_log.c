#include "mail/mail_log.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "server/postfix.h"
#include <time.h>

#define NAMES_SAID 5
#define LOG_MS 20000
#define DAY 86400

bool mail_log(const struct probe_ctx *ctx, struct plan *p, struct mail_uses *ret)
{
    LIST(const char *) units = {0};
    const struct instance *i;
    struct err err = {0};
    *list_push(p->arena, &units) = "postfix@-.service";
    *list_push(p->arena, &units) = "postfix.service";
    for (size_t n = 0; (i = server_instance(ctx->server, "postfix", n)); n++)
        if (i->unit && i->unit[0])
            *list_push(p->arena, &units) = i->unit;
    *list_push(p->arena, &units) = NULL;
    *ret = (struct mail_uses){0};
    if (journal_mail_uses(p->root, units.v, ctx->now - (int64_t)MAIL_LOG_DAYS * DAY, LOG_MS, p->arena, ret, &err) < 0) {
        plan_untested(p, _("who would be hurt: the mail log could not be read (%s)"), err.text);
        return false;
    }
    if (!ret->since)
        plan_untested(p, "%s", _("who would be hurt: there is no mail log in the journal"));
    else if (ret->since > ctx->now - (int64_t)MAIL_LOG_DAYS * DAY)
        plan_untested(p, _("who would be hurt before %s: the journal begins then"), clock_text(p->arena, ret->since, CLOCK_MINUTE));
    if (!ret->complete)
        plan_untested(p, "%s", _("who else would be hurt: the mail log is too long to be read completely"));
    return ret->since != 0;
}

const char *mail_log_name(const struct instance *i, const char *service)
{
    return postfix_value(i, service, "syslog_name", "postfix");
}

bool mail_log_name_is_shared(const struct instance *i, const char *service)
{
    for (size_t e = 0; e < i->endpoints.n; e++)
        if (strcmp(i->endpoints.v[e].label, service) != 0 && strcmp(mail_log_name(i, i->endpoints.v[e].label), mail_log_name(i, service)) == 0)
            return true;
    return false;
}

void mail_name_add(struct mail_names_said *s, const char *name)
{
    for (size_t k = 0; k < s->list.n; k++)
        if (strcmp(s->list.v[k], name) == 0)
            return;
    *list_push(s->arena, &s->list) = name;
}

const char *mail_names_text(const struct mail_names_said *s)
{
    _cleanup_(buf_free) struct buf b = BUF(4000);
    for (size_t k = 0; k < s->list.n && k < NAMES_SAID; k++)
        buf_printf(&b, "%s%s", k ? ", " : "", s->list.v[k]);
    if (s->list.n > NAMES_SAID)
        buf_printf(&b, _(" and %zu more"), s->list.n - NAMES_SAID);
    return arena_dup(s->arena, buf_str(&b));
}
