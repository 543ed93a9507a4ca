/* unused_mail.c: mail accounts that stand in a file of the mail server, against the successful logins in the journal. Accounts that are kept elsewhere
   (SQL, LDAP, a panel's database) cannot be listed without asking it: that is said. */
#include "account/unused.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "base/shell.h"
#include "server/dovecot.h"
#include <strings.h>

static const char *kept_elsewhere(const struct server *s)
{
    static const char *const drivers[] = {"sql", "ldap", "pam", "checkpassword", "lua", "bsdauth"};
    const struct instance *i = server_instance(s, "dovecot", 0);
    struct dovecot_db db;
    for (size_t k = 0; i && i->wanted && dovecot_db(i, "passdb", k, &db); k++)
        for (size_t d = 0; d < ARRAY_SIZE(drivers); d++)
            if (strcasecmp(db.driver, drivers[d]) == 0 && strcmp(drivers[d], "pam") != 0)
                return drivers[d];
    return NULL;
}

static void judge_all(const struct credentials *c, const struct log_uses *l, int64_t limit, int64_t now, struct findings *out)
{
    size_t used = 0, total = 0, unseen = 0;
    bool reaches = log_since(l) && now - log_since(l) >= limit;
    for (size_t i = 0; i < c->list.n; i++) {
        const struct credential *x = &c->list.v[i];
        int64_t last = log_last(l, x->name);
        total++;
        used += last && now - last <= limit;
        unseen += !last || now - last > limit;
        if (!reaches || (last && now - last <= limit))
            continue;
        struct use u = {.name = x->name, .why = _("mail"), .file = x->file, .line = x->line, .last = last, .from = "journal", .since = log_since(l)};
        u.lock = arena_printf(out->arena, "sed -i '%us/^/#/' %s", x->line, shell_word(out->arena, x->file));
        u.lock_note = arena_printf(out->arena, _("takes line %u out of the list of accounts (mail to it is then refused); to bring it back take the # away"), x->line);
        use_judge(&u, limit, now, out);
    }
    if (unseen && !reaches) {
        struct finding *f = finding_add(out, STATE_UNKNOWN, "mail", _("%zu of %zu mail accounts: no login seen, but the log is shorter than %lld days"), unseen, total, (long long)(limit / DAY));
        if (l->logins->since)
            finding_evidence(out, f, "journal", 0, _("the log goes back to %s"), clock_text(out->arena, l->logins->since, CLOCK_DAY));
        else
            finding_evidence(out, f, "journal", 0, "%s", _("the log has no entries"));
        if (!l->logins->complete)
            finding_evidence(out, f, "journal", 0, "%s", _("not all of the log could be read in time"));
    } else if (total && !unseen) {
        finding_add(out, STATE_OK, "mail", ngettext("%zu mail account, used in the last %lld days", "%zu mail accounts, all used in the last %lld days", total), total, (long long)(limit / DAY));
    }
}

void unused_mail(const struct probe_ctx *ctx, const struct log_uses *l, int64_t limit, struct findings *out)
{
    struct credentials c = {0};
    const char *elsewhere = kept_elsewhere(ctx->server);
    c.complete = true;
    userfiles_load(ctx->server, &c);
    size_t kept = 0;
    for (size_t i = 0; i < c.list.n; i++)
        if (c.list.v[i].kind == CREDENTIAL_MAIL && (hash_lets_in(c.list.v[i].hash) || str_search(c.list.v[i].extra, STR("nopassword")) >= 0))
            c.list.v[kept++] = c.list.v[i];
    c.list.n = kept;
    if (c.list.n && !l->logins)
        finding_add(out, STATE_UNKNOWN, "mail", _("When mail accounts last logged in could not be read: %s"), l->why);
    else if (c.list.n)
        judge_all(&c, l, limit, ctx->now, out);
    for (size_t i = 0; i < c.unread.n; i++)
        finding_add(out, STATE_UNKNOWN, c.unread.v[i], _("The list of mail accounts could not be read: %s"), c.unread.v[i]);
    if (elsewhere) {
        struct finding *f = finding_add(out, STATE_UNKNOWN, arena_printf(out->arena, "mail (%s)", elsewhere), "%s", _("Mail accounts are kept in a database that was not asked"));
        finding_evidence(out, f, NULL, 0, "passdb %s", elsewhere);
    }
    credentials_done(&c);
}
