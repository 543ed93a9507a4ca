#include "account/password_age.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "base/shell.h"
#include "config/config.h"
#include <errno.h>

static void judge_one(const struct credential *c, int64_t limit, int64_t now, struct findings *out)
{
    int64_t today = now / DAY, age = today - c->changed;
    struct finding *f;
    if (!c->hash.n)
        f = finding_add(out, STATE_WARN, c->name, _("%s has no password at all"), c->name);
    else if (c->changed < 0)
        f = finding_add(out, STATE_UNKNOWN, c->name, _("%s: when the password was changed is not recorded"), c->name);
    else if (c->changed == 0)
        f = finding_add(out, STATE_WARN, c->name, _("%s: the password must be changed at the next login, and that has not happened"), c->name);
    else if (age < -1)
        f = finding_add(out, STATE_UNKNOWN, c->name, _("%s: the recorded change of the password lies in the future"), c->name);
    else if (age * DAY > limit)
        f = finding_add(out, STATE_WARN, c->name, _("%s: the password is %lld days old"), c->name, (long long)age);
    else
        f = finding_add(out, STATE_OK, c->name, _("%s: the password is %lld days old"), c->name, (long long)(age < 0 ? 0 : age));
    if (!c->hash.n)
        finding_evidence(out, f, c->file, c->line, "%s", _("the password field is empty: how long ago it was changed protects nobody"));
    else if (c->changed > 0)
        finding_evidence(out, f, c->file, c->line, _("last change on %s (limit: %lld days)"), clock_text(out->arena, c->changed * DAY, CLOCK_DAY), (long long)(limit / DAY));
    else
        finding_evidence(out, f, c->file, c->line, c->changed == 0 ? _("the day of the last change is 0") : _("the day of the last change is empty"));
    if (f->state != STATE_OK) {
        finding_next(out, f, "passwd %s", shell_word(out->arena, c->name));
        finding_next_note(out, f, _("sets a new password for %s; logins with a key go on"), c->name);
    }
    if (f->state == STATE_WARN)
        finding_impact(out, f, "%s", !c->hash.n ? _("anybody who knows the name can log in") : _("a password that leaked at some time stays good"));
}

void password_age_judge(const struct credentials *c, int64_t limit, int64_t now, struct findings *out)
{
    size_t judged = 0;
    for (size_t i = 0; i < c->list.n; i++) {
        const struct credential *x = &c->list.v[i];
        if (x->kind != CREDENTIAL_SYSTEM || !hash_lets_in(x->hash) || !x->user || !login_shell(x->user->shell))
            continue;
        judge_one(x, limit, now, out);
        judged++;
    }
    if (!c->complete)
        finding_add(out, STATE_UNKNOWN, "", _("only the first %zu accounts were read"), c->list.n);
    else if (!judged)
        finding_add(out, STATE_OK, "", "%s", _("No system account has both a password and a login shell"));
}

int account_password_age(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    struct credentials c = {0};
    int r = shadow_load(ctx->server->host, &c);
    if (r == 0)
        password_age_judge(&c, config_number(ctx->config, "account", "password-age"), ctx->now, out);
    credentials_done(&c);
    if (r == -EACCES || r == -EPERM)
        return err_set(err, r, "%s", _("only root may read the stored passwords"));
    return r < 0 ? err_set(err, r, "/etc/shadow: %s", err_name(r)) : 0;
}
