/* lock_guard.c: whom bansho never locks: root, whoever sits at the keyboard or is logged in, the last one who can become root. */
#include "account/lock.h"
#include "account/unused.h"
#include "base/i18n.h"
#include "base/shell.h"
#include <stdio.h>
#include <stdlib.h>
#include <utmpx.h>

#define MAX_FILE (1u << 20)

bool lock_group_text(struct str text, const char *user, unsigned gid)
{
    static const char *const groups[] = {"sudo", "wheel", "admin"};
    struct str line, f[4], one;
    while (str_line(&text, &line)) {
        size_t n = 0;
        while (n < ARRAY_SIZE(f) && str_field(&line, ':', &f[n]))
            n++;
        bool counts = false;
        for (size_t i = 0; n >= 3 && i < ARRAY_SIZE(groups); i++)
            counts |= str_eq(f[0], str_of(groups[i]));
        if (!counts)
            continue;
        uint64_t number;
        if (str_u64(f[2], UINT32_MAX, &number) && number == gid)
            return true;
        for (struct str members = n > 3 ? f[3] : (struct str){0}; str_word(&members, ",", &one);)
            if (str_eq(one, str_of(user)))
                return true;
    }
    return false;
}

static bool named_in(const struct root *root, const char *file, const char *user)
{
    _cleanup_(buf_free) struct buf b = BUF(MAX_FILE);
    struct str text, line, first;
    if (root_read(root, file, &b) < 0)
        return false;
    for (text = buf_str(&b); str_line(&text, &line);)
        if (str_word(&line, " \t", &first) && str_eq(first, str_of(user)))
            return true;
    return false;
}

bool lock_may_become_root(const struct host *h, const struct user *u)
{
    _cleanup_(buf_free) struct buf b = BUF(MAX_FILE);
    if (root_read(h->root, "/etc/group", &b) == 0 && lock_group_text(buf_str(&b), u->name, u->gid))
        return true;
    struct names files = {0};
    if (named_in(h->root, "/etc/sudoers", u->name))
        return true;
    (void)!root_glob(h->root, "/etc/sudoers.d/*", 200, h->arena, &files);
    for (size_t i = 0; i < files.list.n; i++)
        if (named_in(h->root, files.list.v[i], u->name))
            return true;
    return false;
}

static bool usable(const struct probe_ctx *ctx, const struct credentials *c, const struct user *u, struct arena *a)
{
    for (size_t i = 0; i < c->list.n; i++) {
        const struct credential *x = &c->list.v[i];
        if (strcmp(x->name, u->name) == 0)
            return !credential_expired(x, ctx->now) && (hash_usable(x->hash) || account_has_key(ctx->server->host->root, a, u->home));
    }
    return false;
}

static bool is_locked(const struct lock_names *locked, const char *name)
{
    for (size_t i = 0; i < locked->list.n; i++)
        if (strcmp(locked->list.v[i], name) == 0)
            return true;
    return false;
}

static bool last_root(const struct probe_ctx *ctx, const struct credentials *c, const struct user *u, const struct lock_names *locked, struct arena *a)
{
    const struct host *h = ctx->server->host;
    if (!lock_may_become_root(h, u))
        return false;
    for (size_t i = 0; i < h->users.n; i++) {
        const struct user *o = &h->users.v[i];
        if (o->uid != 0 && strcmp(o->name, u->name) != 0 && !is_locked(locked, o->name) && login_shell(o->shell) && lock_may_become_root(h, o) && usable(ctx, c, o, a))
            return false;
    }
    return true;
}

/* utmp(5), or systemd-logind where there is none any more. */
static bool logged_in(const struct root *root, const struct user *u, struct arena *a)
{
    _cleanup_(buf_free) struct buf b = BUF(65536);
    const struct utmpx *x;
    bool found = false;
    setutxent();
    while (!found && (x = getutxent()))
        found = x->ut_type == USER_PROCESS && strncmp(x->ut_user, u->name, sizeof x->ut_user) == 0;
    endutxent();
    if (found)
        return true;
    return root_read(root, arena_printf(a, "/run/systemd/users/%u", u->uid), &b) == 0 && str_search(buf_str(&b), STR("\nSTATE=active")) >= 0;
}

/* sudo's caller, and the one who opened the session that this process belongs to. */
static bool at_keyboard(const struct root *root, const struct user *u)
{
    _cleanup_(buf_free) struct buf b = BUF(64);
    const char *sudo = getenv("SUDO_USER");
    uint64_t uid;
    if (sudo && strcmp(sudo, u->name) == 0)
        return true;
    return root_read(root, "/proc/self/loginuid", &b) == 0 && str_u64(str_trim(buf_str(&b)), UINT32_MAX - 1, &uid) && uid == u->uid;
}

const char *lock_refused(const struct probe_ctx *ctx, const struct credentials *c, const struct user *u, const struct lock_names *locked, struct arena *a)
{
    const struct root *root = ctx->server->host->root;
    if (u->uid == 0)
        return _("it is root: give it a good password, and find out who made it if nobody knows");
    if (at_keyboard(root, u))
        return arena_printf(a, _("you are logged in with it yourself; give it a good password: passwd %s"), shell_word(a, u->name));
    if (logged_in(root, u, a))
        return arena_printf(a, _("somebody is logged in with it now; see who and ask first: loginctl user-status %s"), shell_word(a, u->name));
    if (last_root(ctx, c, u, locked, a))
        return arena_printf(a, _("it is the last account that can become root; give it a good password: passwd %s"), shell_word(a, u->name));
    return NULL;
}
