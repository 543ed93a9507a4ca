/* full_names_fix.c: Dovecot is to know full names only: no default realm, and a user name format that keeps the domain. Which names a password database
   holds is its owner's matter: where it holds short ones, their people would be locked out, so that is told instead. */
#include "base/i18n.h"
#include "log/journal.h"
#include "mail/dovecot_change.h"
#include "mail/fixes.h"
#include "mail/full_names.h"
#include "mail/mail_log.h"
#include "mail/names.h"

#define LOG_MS 20000

static void tell_short_logins(const struct probe_ctx *ctx, struct plan *out)
{
    struct logins logins;
    struct mail_names_said names = {.arena = out->arena};
    struct err err = {0};
    const struct logins_want want = {LOGINS_MAIL, {ctx->now - MAIL_LOG_DAYS * 86400LL}, 1, LOG_MS};
    if (journal_logins(out->root, &want, 0, out->arena, &logins, &err) < 0) {
        plan_untested(out, _("who would be hurt: the mail log could not be read (%s)"), err.text);
        return;
    }
    for (size_t k = 0; k < logins.list.n; k++)
        if (!strchr(logins.list.v[k].account, '@'))
            mail_name_add(&names, logins.list.v[k].account);
    if (names.list.n)
        plan_harmed(out, _("these logged in with a short name in the last %d days and must write the full one into their mail programs: %s"), MAIL_LOG_DAYS, mail_names_text(&names));
}

static bool has_only(const struct instance *i, const char *driver)
{
    struct dovecot_db db;
    for (size_t k = 0; dovecot_db(i, "passdb", k, &db); k++)
        if (!db.deny && !db.master && strcmp(db.driver, driver) != 0)
            return false;
    return true;
}

static void realm(const struct instance *i, const struct setting *s, struct plan *out)
{
    if (dovecot_unset(out, i, i->name, s) == 0)
        plan_cannot(out, i->name, _("%s is not set at the top of %s: change it by hand where it stands"), s->key, s->file ? s->file : i->config);
    plan_untested(out, "%s", _("whose mail program sends a short name: with this setting the log shows every name in full. Who does can no longer log in until it is set to the full name"));
}

static void format(const struct probe_ctx *ctx, const struct instance *i, const struct setting *s, struct plan *out)
{
    struct mail_names names;
    mail_names_collect(ctx, out->arena, &names);
    if (!has_only(i, "passwd-file")) {
        plan_cannot(out, i->name, _("%s cuts the domain off, and bansho cannot see whether the password database holds full names: had it short ones, nobody could log in any more"), s->key);
        return;
    }
    if (names.plain.n || !names.full.n) {
        plan_cannot(out, i->name, _("the password file holds short names (\"%s\"): with full names asked for, their people could not log in any more. First rename them in the file"), names.plain.n ? names.plain.v[0] : "");
        return;
    }
    (void)dovecot_change(out, i, i->name, s, s->key, dovecot_version(i) >= 204 ? "%{user | lower}" : "%Lu");
}

static void dovecot(const struct probe_ctx *ctx, const struct instance *i, struct plan *out)
{
    const struct setting *s;
    struct dovecot_db db;
    enum names_rule rule = names_rule_of(i, &s, &db);
    if ((rule == NAMES_MADE_FULL || rule == NAMES_CUT) && s && !dovecot_accepts(out, i, i->name))
        return;
    if (rule == NAMES_MADE_FULL)
        realm(i, s, out);
    else if (rule == NAMES_CUT && s)
        format(ctx, i, s, out);
    else if (rule == NAMES_ANYBODY)
        plan_cannot(out, i->name, _("the password database in %s:%u takes every name: which one is right only its owner knows"), db.file ? db.file : i->config, db.line);
    else
        plan_cannot(out, i->name, "%s", _("the password database itself holds short names. Give their people full ones first, then remove the short ones there"));
}

int full_names_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    const struct instance *i;
    (void)err;
    plan_title(out, N_("Only full names (user@domain) are to log in to mail"));
    for (size_t n = 0; (i = server_instance(ctx->server, "dovecot", n)); n++)
        if (mail_is_wrong(wrong, i->name))
            dovecot(ctx, i, out);
    if (plan_empty(out))
        return 0;
    tell_short_logins(ctx, out);
    plan_unchanged(out, "%s", _("whoever logs in with the full name, and all mail that is there"));
    return 0;
}
