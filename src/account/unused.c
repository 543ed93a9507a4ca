#include "account/unused.h"
#include "account/past_logins.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "base/shell.h"
#include "config/config.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_ACCOUNTS 5000

static void lock_step(const struct use *u, struct findings *out, struct finding *f)
{
    if (!u->lock)
        return;
    finding_next(out, f, "%s", u->lock);
    finding_next_note(out, f, "%s", u->lock_note);
}

static void horizon_evidence(const struct use *u, struct findings *out, struct finding *f)
{
    if (u->since)
        finding_evidence(out, f, NULL, 0, _("records of every way to log in go back to %s"), clock_text(out->arena, u->since, CLOCK_DAY));
    else
        finding_evidence(out, f, NULL, 0, "%s", _("there are no records of every way to log in (terminals: wtmp, lastlog; SSH: the journal)"));
}

void use_judge(const struct use *u, int64_t limit, int64_t now, struct findings *out)
{
    long long days = (long long)(limit / DAY);
    struct finding *f;
    if (u->last && now - u->last <= limit) {
        f = finding_add(out, STATE_OK, u->name, _("%s: last login on %s"), u->name, clock_text(out->arena, u->last, CLOCK_DAY));
    } else if (u->created && now - u->created < limit) {
        f = finding_add(out, STATE_OK, u->name, _("%s: younger than %lld days"), u->name, days);
        finding_evidence(out, f, NULL, 0, _("made on %s"), clock_text(out->arena, u->created, CLOCK_DAY));
    } else if (!u->since || now - u->since < limit) {
        f = finding_add(out, STATE_UNKNOWN, u->name, _("%s: no login seen, but the records are shorter than %lld days"), u->name, days);
        horizon_evidence(u, out, f);
    } else {
        f = u->last ? finding_add(out, STATE_WARN, u->name, _("%s: no login since %s"), u->name, clock_text(out->arena, u->last, CLOCK_DAY))
                    : finding_add(out, STATE_WARN, u->name, _("%s: no login was ever seen"), u->name);
        horizon_evidence(u, out, f);
        finding_impact(out, f, "%s", _("an account that nobody misses can be used by an intruder unnoticed"));
        lock_step(u, out, f);
    }
    if (u->last)
        finding_evidence(out, f, u->from, 0, _("last login on %s"), clock_text(out->arena, u->last, CLOCK_DAY));
    finding_evidence(out, f, u->file, u->line, _("can log in: %s"), u->why);
}

static int64_t born(const struct root *root, const char *path)
{
    struct statx sx;
    int fd = root_openat(root, path, O_PATH);
    int64_t when = 0;
    if (fd >= 0 && statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &sx) == 0 && sx.stx_mask & STATX_BTIME && root->live)
        when = sx.stx_btime.tv_sec;
    if (fd >= 0)
        close(fd);
    return when;
}

bool account_has_key(const struct root *root, struct arena *a, const char *home)
{
    static const char *const files[] = {"authorized_keys", "authorized_keys2"};
    struct stat st;
    for (size_t i = 0; home[0] == '/' && i < ARRAY_SIZE(files); i++)
        if (root_stat(root, arena_printf(a, "%s/.ssh/%s", home, files[i]), &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
            return true;
    return false;
}

static const struct credential *credential_of(const struct credentials *c, const char *name)
{
    for (size_t i = 0; i < c->list.n; i++)
        if (strcmp(c->list.v[i].name, name) == 0)
            return &c->list.v[i];
    return NULL;
}

static int past_cmp(const void *a, const void *b)
{
    return strcmp(((const struct past_login *)a)->name, ((const struct past_login *)b)->name);
}

/* "password and key, shell /bin/bash" */
static const char *ways_in(struct arena *a, bool password, bool empty, bool key, const char *shell)
{
    if (empty)
        return arena_printf(a, key ? _("without a password or with a key, shell %s") : _("without a password, shell %s"), shell);
    return arena_printf(a, password && key ? _("password and key, shell %s") : password ? _("password, shell %s") : _("key, shell %s"), shell);
}

/* Accounts that can work in a shell: with a password, even an empty one, or a key. root is left out: it cannot be given up. */
static bool of_interest(const struct host *h, const struct credentials *c, bool shadow, const struct user *u, struct arena *a, struct use *ret)
{
    const struct credential *x = credential_of(c, u->name);
    bool password = shadow ? x && hash_lets_in(x->hash) : u->uid >= 1000, key = account_has_key(h->root, a, u->home);
    if (u->uid == 0 || !login_shell(u->shell) || (!password && !key) || (x && credential_expired(x, h->now)))
        return false;
    const char *shell = u->shell[0] ? u->shell : "/bin/sh";
    *ret = (struct use){.name = u->name, .file = "/etc/passwd", .line = u->line, .created = born(h->root, u->home)};
    if (!shadow && !key)
        ret->why = arena_printf(a, _("shell %s (only root sees whether it has a password)"), shell);
    else
        ret->why = ways_in(a, password, shadow && x && !x->hash.n, key, shell);
    /* The password may be set later than the account was made, never earlier. */
    if (x && x->changed > 0 && (!ret->created || x->changed * DAY < ret->created))
        ret->created = x->changed * DAY;
    const char *word = shell_word(a, u->name);
    ret->lock = arena_printf(a, "usermod --lock --expiredate 1 %s", word);
    ret->lock_note = arena_printf(a, _("%s can no longer log in; its files stay. Back: usermod --unlock --expiredate '' %s"), u->name, word);
    return true;
}

struct uses {
    LIST(struct use) list;
};

/* A line "session ... pam_lastlog.so" (or its successors): then SSH without a terminal (SFTP, scp) leaves a record as well. Else only its log tells. */
static bool pam_records(const struct root *root)
{
    static const char *const files[] = {"/etc/pam.d/sshd", "/etc/pam.d/postlogin", "/etc/pam.d/common-session"};
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        _cleanup_(buf_free) struct buf b = BUF(65536);
        struct str text, line;
        if (root_read(root, files[i], &b) < 0)
            continue;
        for (text = buf_str(&b); str_line(&text, &line);)
            if (str_istarts(str_trim(line), STR("session")) && (str_search(line, STR("pam_lastlog")) >= 0 || str_search(line, STR("pam_wtmpdb")) >= 0))
                return true;
    }
    return false;
}

/* How far back it is certain that a login would have been seen: the shortest of the records that any way to log in depends on. */
static int64_t certain_since(const struct probe_ctx *ctx, const struct past_logins *past, const struct log_uses *log)
{
    const struct host *h = ctx->server->host;
    /* lastlog keeps the last login for good: its records begin with the system. FTP servers write wtmp only. */
    int64_t since = past->lastlog && h->installed && !server_kind(ctx->server, KIND_FTP, 0) ? h->installed : past->since;
    if (pam_records(h->root))
        return since;
    return log_since(log) && since ? (log_since(log) > since ? log_since(log) : since) : 0;
}

static void judge_system(const struct probe_ctx *ctx, struct uses *uses, struct past_logins *past, const struct log_uses *log, int64_t limit, struct findings *out)
{
    int64_t since = certain_since(ctx, past, log);
    for (size_t i = 0; i < uses->list.n; i++) {
        struct use *u = &uses->list.v[i];
        struct past_login key = {.name = u->name};
        const struct past_login *p = bsearch(&key, past->list.v, past->list.n, sizeof key, past_cmp);
        int64_t logged = log_last(log, u->name);
        u->last = p && p->last > logged ? p->last : logged;
        u->from = p && p->last > logged ? p->from : logged ? "journal" : NULL;
        u->since = since;
        use_judge(u, limit, ctx->now, out);
    }
}

static int system_accounts(const struct probe_ctx *ctx, const struct log_uses *log, int64_t limit, struct findings *out, struct err *err)
{
    const struct host *h = ctx->server->host;
    struct credentials c = {0};
    struct past_logins past = {.now = ctx->now};
    struct uses uses = {0};
    struct use u;
    bool shadow = shadow_load(h, &c) == 0;
    for (size_t i = 0; i < h->users.n && uses.list.n < MAX_ACCOUNTS; i++)
        if (of_interest(h, &c, shadow, &h->users.v[i], out->arena, &u)) {
            *list_push(out->arena, &uses.list) = u;
            *list_push(out->arena, &past.list) = (struct past_login){.name = u.name, .uid = h->users.v[i].uid};
        }
    credentials_done(&c);
    if (!uses.list.n) {
        finding_add(out, STATE_OK, "", "%s", _("No account besides root can log in to a shell"));
        return 0;
    }
    qsort(past.list.v, past.list.n, sizeof past.list.v[0], past_cmp);
    int r = past_logins_read(h->root, out->arena, &past, err);
    if (r == 0)
        judge_system(ctx, &uses, &past, log, limit, out);
    return r;
}

int account_unused(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    int64_t limit = config_number(ctx->config, "account", "unused-after");
    struct log_uses log = {0};
    log_uses_read(ctx, out->arena, &log);
    int r = system_accounts(ctx, &log, limit, out, err);
    if (r == 0)
        unused_mail(ctx, &log, limit, out);
    return r;
}
