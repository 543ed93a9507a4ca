/* lock_fix.c: the plans of account.empty-or-default and account.unused. */
#include "account/account_acts.h"
#include "account/lock.h"
#include "base/i18n.h"
#include <errno.h>

#define MAX_FILE (8u << 20)
#define MARK_MAIL "{CRYPT}!" /* crypt(3) never answers with it, whatever the scheme of what stands behind */
#define MARK_FTP "!"         /* as ftpasswd --lock writes it */

struct locking {
    const struct probe_ctx *ctx;
    struct plan *plan;
    struct credentials system, files;
    struct lock_names locked;
    bool keys_too;   /* nobody is to get in any more, neither with a key */
};

static const struct credential *credential_at(const struct credentials *c, const char *name, const char *file)
{
    for (size_t i = 0; i < c->list.n; i++)
        if (strcmp(c->list.v[i].name, name) == 0 && (!file || strcmp(c->list.v[i].file, file) == 0))
            return &c->list.v[i];
    return NULL;
}

/* The field of shadow(5) as it stands, for the way back. */
static const char *expiry(struct arena *a, const struct credential *c)
{
    return c->expires < 0 ? "" : arena_printf(a, "%lld", (long long)c->expires);
}

static int lock_password(struct locking *l, const struct credential *c, struct err *err)
{
    const char *const argv[] = {USERMOD, "--lock", "--", c->name, NULL};
    const char *const unlock[] = {USERMOD, "--unlock", "--", c->name, NULL}, *const empty[] = {PASSWD, "--delete", "--quiet", "--", c->name, NULL};
    return plan_command(l->plan, &act_account_lock, argv, c->hash.n ? unlock : empty, arena_printf(l->plan->arena, _("lock the password of %s"), c->name), err);
}

static int lock_expiry(struct locking *l, const struct credential *c, struct err *err)
{
    const char *const argv[] = {USERMOD, "--expiredate", "1", "--", c->name, NULL}, *const inverse[] = {USERMOD, "--expiredate", expiry(l->plan->arena, c), "--", c->name, NULL};
    return plan_command(l->plan, &act_account_lock, argv, inverse, arena_printf(l->plan->arena, _("let the account %s expire"), c->name), err);
}

static int lock_system(struct locking *l, const char *name, struct err *err)
{
    const struct user *u = host_user(l->ctx->server->host, name);
    const struct credential *c = credential_at(&l->system, name, "/etc/shadow");
    struct plan *p = l->plan;
    if (!u || !c) {
        plan_cannot(p, name, "%s", _("it does not stand in /etc/passwd and /etc/shadow"));
        return 0;
    }
    const char *why = lock_refused(l->ctx, &l->system, u, &l->locked, p->arena);
    if (why) {
        plan_cannot(p, name, "%s", why);
        return 0;
    }
    *list_push(p->arena, &l->locked.list) = c->name;
    plan_harmed(p, l->keys_too ? _("whoever uses %s: no login any more, by password or key, and its cron jobs stop") : _("whoever uses %s: no login by password any more (SSH keys still work)"), name);
    int r = hash_lets_in(c->hash) ? lock_password(l, c, err) : 0;
    return r == 0 && l->keys_too ? lock_expiry(l, c, err) : r;
}

int lock_mark(struct str text, unsigned line, const char *name, struct str mark, struct buf *out)
{
    struct str rest = text, one, first;
    for (unsigned n = 1; str_line(&rest, &one); n++) {
        if (n != line)
            continue;
        struct str fields = one;
        if (!str_field(&fields, ':', &first) || !str_eq(first, str_of(name)) || first.n == one.n)
            return -ENOENT;
        size_t at = (size_t)(one.p - text.p) + first.n + 1;
        buf_adds(out, str_span(text.p, at));
        buf_adds(out, mark);
        buf_adds(out, str_from(text, at));
        return out->full ? -EFBIG : 0;
    }
    return -ENOENT;
}

static int lock_in_file(struct locking *l, const struct credential *c, struct err *err)
{
    _cleanup_(buf_free) struct buf b = BUF(MAX_FILE);
    struct plan *p = l->plan;
    struct str text;
    bool mail = c->kind == CREDENTIAL_MAIL;
    if (str_search(c->extra, STR("nopassword")) >= 0) {
        plan_cannot(p, c->name, _("take nopassword out of line %u of %s and give the account a password"), c->line, c->file);
        return 0;
    }
    if (c->compiled) {
        plan_cannot(p, c->name, _("the server reads what is made of %s by a program: type it yourself: %s"), c->file, c->set);
        return 0;
    }
    int r = plan_read(p, c->file, &text, err);
    if (r == 0 && lock_mark(text, c->line, c->name, mail ? STR(MARK_MAIL) : STR(MARK_FTP), &b) < 0)
        r = err_set(err, -ESTALE, _("%s: %s no longer stands in line %u"), c->file, c->name, c->line);
    if (r == 0)
        r = plan_write(p, c->file, buf_str(&b), 0, err);
    plan_secret(p, c->file);
    explicit_bzero(b.p, b.n);
    if (r == 0)
        plan_harmed(p, mail ? _("whoever uses %s: mail can no longer be read or sent with it; it still arrives") : _("whoever uses %s: no login by FTP any more"), c->name);
    return r;
}

/* Where the account stands is in the finding's evidence: a file of the system's, or of mail or FTP. */
static const struct credential *in_files(const struct locking *l, const struct finding *f)
{
    const struct credential *c = NULL;
    for (size_t i = 0; !c && i < f->evidence.n; i++)
        c = f->evidence.v[i].file ? credential_at(&l->files, f->object, f->evidence.v[i].file) : NULL;
    return c;
}

static bool in_system(const struct finding *f)
{
    for (size_t i = 0; i < f->evidence.n; i++)
        if (f->evidence.v[i].file && (strcmp(f->evidence.v[i].file, "/etc/shadow") == 0 || strcmp(f->evidence.v[i].file, "/etc/passwd") == 0))
            return true;
    return false;
}

static int lock_one(struct locking *l, const struct finding *f, struct err *err)
{
    const struct credential *c = in_files(l, f);
    if (c)
        return lock_in_file(l, c, err);
    if (in_system(f))
        return lock_system(l, f->object, err);
    plan_cannot(l->plan, f->object, _("bansho does not lock this one: %s"), f->next ? f->next : f->title);
    return 0;
}

static int lock_all(struct locking *l, const struct findings *wrong, struct err *err)
{
    int r = shadow_load(l->ctx->server->host, &l->system);
    if (r < 0)
        r = err_set(err, r, "/etc/shadow: %s", err_name(r));
    userfiles_load(l->ctx->server, &l->files);
    for (size_t i = 0; r == 0 && i < wrong->list.n; i++)
        r = lock_one(l, &wrong->list.v[i], err);
    credentials_done(&l->system);
    credentials_done(&l->files);
    return r;
}

int account_empty_or_default_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    struct locking l = {.ctx = ctx, .plan = out, .files = {.complete = true}};
    plan_title(out, N_("Accounts that anybody can enter are to be locked"));
    plan_unchanged(out, "%s", _("files, mail and passwords of the accounts; who is logged in stays so"));
    plan_note(out, "%s", _("Whoever needs such an account gets a new password instead: passwd NAME. That also unlocks it."));
    return lock_all(&l, wrong, err);
}

int account_unused_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    struct locking l = {.ctx = ctx, .plan = out, .files = {.complete = true}, .keys_too = true};
    plan_title(out, N_("Accounts that nobody uses are to be locked"));
    plan_unchanged(out, "%s", _("files, mail and passwords of the accounts"));
    plan_untested(out, "%s", _("whether somebody misses them: ask their owners"));
    return lock_all(&l, wrong, err);
}
