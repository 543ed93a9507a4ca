#include "account/standing.h"
#include "account/unused.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "base/shell.h"
#include "server/dovecot.h"
#include <errno.h>
#include <fnmatch.h>
#include <grp.h>
#include <stdio.h>
#include <strings.h>

#define GROUPS_MAX 256

struct looking {
    const struct server *server;
    const char *name, *word; /* word: as an argument of a shell */
    struct arena *arena;
    struct standings *out;
};

static void add(struct looking *l, struct standing s)
{
    *list_push(l->arena, &l->out->list) = s;
}

/* --- system accounts */

static const char *key_too(bool key, const char *with, const char *without)
{
    return key ? with : without;
}

static void password_of(struct looking *l, const struct credential *c, bool key)
{
    struct standing s = {.kind = "system", .file = c->file, .line = c->line, .set = arena_printf(l->arena, "passwd %s", l->word)};
    struct str behind = c->hash.n ? str_from(c->hash, 1) : c->hash;
    if (!c->hash.n) {
        s.text = _("it has no password: anybody gets in who may log in without one");
    } else if (hash_usable(c->hash)) {
        s.changed = c->changed > 0 ? c->changed * DAY : 0;
        s.text = key_too(key, _("a password and a key are set"), _("a password is set"));
    } else if (c->hash.p[0] == '!' && hash_usable(behind)) {
        s.text = key_too(key, _("its password is locked; a key lets it in by SSH"), _("its password is locked"));
        s.state = key ? STANDING_PARTLY : STANDING_SHUT;
        s.next = arena_printf(l->arena, "usermod --unlock %s", l->word);
    } else {
        s.text = key_too(key, _("no password was ever set; a key lets it in by SSH"), _("no password was ever set"));
        s.state = key ? STANDING_PARTLY : STANDING_SHUT;
        s.next = s.set;
    }
    if (c->user && c->user->uid != 0 && c->user->uid < 1000) /* a program's: nobody is to log in */
        s.next = s.set = NULL;
    add(l, s);
}

/* shadow(5): the time of the account, and of its password. */
static void times_of(struct looking *l, const struct credential *c, int64_t now)
{
    struct standing s = {.kind = "system", .file = c->file, .line = c->line};
    int64_t today = now / DAY;
    if (credential_expired(c, now)) {
        s.state = STANDING_SHUT;
        s.text = arena_printf(l->arena, _("its time is over since %s"), clock_text(l->arena, c->expires * DAY, CLOCK_DAY));
        s.next = arena_printf(l->arena, "chage --expiredate -1 %s", l->word);
        add(l, s);
    }
    if (c->changed == 0 || (c->changed > 0 && c->max >= 0 && c->changed + c->max < today)) {
        bool over = c->changed > 0 && c->inactive >= 0 && c->changed + c->max + c->inactive < today;
        s.state = over ? STANDING_SHUT : STANDING_PARTLY;
        s.text = over ? _("its password is too old, and the time to change it is over") : _("its password has to be changed at the next login: mail and FTP programs cannot do that");
        s.next = arena_printf(l->arena, "passwd %s", l->word);
        add(l, s);
    }
}

static void system_account(struct looking *l)
{
    const struct host *h = l->server->host;
    const struct user *u = host_user(h, l->name);
    struct credentials c = {0};
    int r = u ? shadow_load(h, &c) : 0;
    if (u) {
        bool shell = login_shell(u->shell);
        add(l, (struct standing){.kind = "system", .file = "/etc/passwd", .line = u->line, .state = shell ? STANDING_FINE : STANDING_PARTLY,
                                 .text = arena_printf(l->arena, shell ? _("shell %s") : _("no login by SSH: its shell is %s"), u->shell[0] ? u->shell : "/bin/sh")});
    }
    if (r < 0)
        *list_push(l->arena, &l->out->not_seen) = arena_printf(l->arena, "/etc/shadow: %s", err_name(r));
    for (size_t i = 0; u && i < c.list.n; i++)
        if (strcmp(c.list.v[i].name, l->name) == 0) {
            password_of(l, &c.list.v[i], account_has_key(h->root, l->arena, u->home));
            times_of(l, &c.list.v[i], h->now);
        }
    credentials_done(&c);
}

/* --- what stands before all of them */

static void nologin(struct looking *l)
{
    static const struct { const char *file, *next; } files[] = {{"/etc/nologin", "rm /etc/nologin"}, {"/run/nologin", "systemctl start systemd-user-sessions"}};
    const struct user *u = host_user(l->server->host, l->name);
    for (size_t i = 0; u && u->uid != 0 && i < ARRAY_SIZE(files); i++)
        if (root_exists(l->server->host->root, files[i].file))
            add(l, (struct standing){.kind = "system", .file = files[i].file, .state = STANDING_SHUT, .text = _("logins are closed for everybody but root"), .next = files[i].next});
}

static bool among(struct looking *l, const char *patterns, bool groups, const struct user *u)
{
    struct str rest = str_of(patterns), word;
    gid_t ids[GROUPS_MAX];
    int n = GROUPS_MAX;
    if (groups && getgrouplist(u->name, u->gid, ids, &n) < 0)
        n = GROUPS_MAX;
    while (str_word(&rest, " \t", &word)) {
        ptrdiff_t at = str_find(word, '@');
        const char *pattern = arena_dup(l->arena, at > 0 && !groups ? str_head(word, (size_t)at) : word);
        if (!groups && fnmatch(pattern, u->name, 0) == 0)
            return true;
        for (int i = 0; groups && i < n; i++) {
            const struct group *g = getgrgid(ids[i]);
            if (g && fnmatch(pattern, g->gr_name, 0) == 0)
                return true;
        }
    }
    return false;
}

static void refused_by_sshd(struct looking *l, const struct setting *s, const char *text)
{
    add(l, (struct standing){.kind = "system", .file = s->file ? s->file : "sshd -T", .line = s->line, .state = STANDING_PARTLY, .text = arena_printf(l->arena, text, s->key, s->value)});
}

/* Keys of which every line counts: the account has to be in none of a Deny, and in some of an Allow. */
static void sshd_lists(struct looking *l, const struct instance *i, const struct user *u)
{
    static const struct { const char *key; bool allow, groups; } rows[] = {{"denyusers", false, false}, {"allowusers", true, false}, {"denygroups", false, true}, {"allowgroups", true, true}};
    for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
        const struct setting *last = NULL, *in = NULL;
        for (size_t n = 0; n < i->settings.n; n++) {
            const struct setting *s = &i->settings.v[n];
            if (s->section[0] || strcasecmp(s->key, rows[k].key) != 0 || !s->value[0])
                continue;
            last = s;
            in = among(l, s->value, rows[k].groups, u) ? s : in;
        }
        if (rows[k].allow ? last && !in : in != NULL)
            refused_by_sshd(l, in ? in : last, rows[k].allow ? _("no login by SSH: it is not in %s (%s)") : _("no login by SSH: %s names it (%s)"));
    }
}

/* keyboard-interactive asks PAM for the password, whatever PasswordAuthentication says; in older versions it has another name. */
static bool asks_pam(const struct instance *i)
{
    const char *on = setting_value(i, "", "kbdinteractiveauthentication", setting_value(i, "", "challengeresponseauthentication", "yes"));
    return strcasecmp(on, "yes") == 0 && strcasecmp(setting_value(i, "", "usepam", "no"), "yes") == 0;
}

static bool is(const struct setting *s, const char *value)
{
    return s && strcasecmp(s->value, value) == 0;
}

static void sshd(struct looking *l)
{
    const struct instance *i = server_instance(l->server, "openssh", 0);
    const struct user *u = host_user(l->server->host, l->name);
    if (!i || !u || !i->wanted || !login_shell(u->shell))
        return;
    const struct setting *root = u->uid == 0 ? setting_get(i, "", "permitrootlogin") : NULL, *password = setting_get(i, "", "passwordauthentication");
    sshd_lists(l, i, u);
    if (is(root, "no"))
        refused_by_sshd(l, root, _("no login by SSH: %s %s"));
    else if (is(root, "prohibit-password") || is(root, "without-password"))
        refused_by_sshd(l, root, _("SSH takes keys only: %s %s"));
    else if (is(password, "no") && !asks_pam(i))
        refused_by_sshd(l, password, _("SSH takes keys only: %s %s"));
}

/* One name a line, or one first field. */
static unsigned line_of(struct str text, const char *name)
{
    struct str line, field;
    for (unsigned n = 1; str_line(&text, &line); n++)
        if (line.n && line.p[0] != '#' && str_field(&line, ':', &field) && str_ieq(str_trim(field), str_of(name)))
            return n;
    return 0;
}

static void named_in(struct looking *l, const char *kind, const char *path, enum standing_state state, const char *text)
{
    _cleanup_(buf_free) struct buf b = BUF(TEXT_MAX);
    int r = root_read(l->server->host->root, path, &b);
    unsigned line = r == 0 ? line_of(buf_str(&b), l->name) : 0;
    if (line)
        add(l, (struct standing){.kind = kind, .file = arena_dupz(l->arena, path), .line = line, .state = state, .text = text});
    else if (r < 0 && r != -ENOENT)
        *list_push(l->arena, &l->out->not_seen) = arena_printf(l->arena, "%s: %s", path, err_name(r));
}

static void refusal_lists(struct looking *l)
{
    const struct instance *i = server_instance(l->server, "dovecot", 0);
    struct dovecot_db db;
    if (server_kind(l->server, KIND_FTP, 0) && host_user(l->server->host, l->name))
        named_in(l, "ftp", "/etc/ftpusers", STANDING_PARTLY, _("FTP refuses it by name"));
    for (size_t k = 0; i && dovecot_db(i, "passdb", k, &db); k++)
        if (db.deny && db.path[0] == '/' && !strchr(db.path, '%'))
            named_in(l, "mail", db.path, STANDING_SHUT, _("Dovecot refuses it by name (a passdb with deny)"));
}

/* --- accounts of mail and FTP servers' own files */

static bool says_nologin(struct str extra)
{
    struct str word;
    while (str_word(&extra, " \t", &word))
        if (str_eq(word, STR("nologin")) || str_starts(word, STR("nologin=y")))
            return true;
    return false;
}

static void similar(struct looking *l, const char *other)
{
    struct str mine = str_of(l->name), theirs = str_of(other), a = {0}, b = {0};
    bool one_is_short = (str_find(mine, '@') < 0) != (str_find(theirs, '@') < 0);
    if (!one_is_short || l->out->similar.n >= STANDING_SIMILAR || !str_field(&mine, '@', &a) || !str_field(&theirs, '@', &b) || !str_ieq(a, b))
        return;
    for (size_t i = 0; i < l->out->similar.n; i++)
        if (strcmp(l->out->similar.v[i], other) == 0)
            return;
    *list_push(l->arena, &l->out->similar) = arena_dupz(l->arena, other);
}

static void own_files(struct looking *l)
{
    struct credentials c = {0};
    userfiles_load(l->server, &c);
    for (size_t i = 0; i < c.list.n; i++) {
        const struct credential *x = &c.list.v[i];
        if (strcasecmp(x->name, l->name) != 0) {
            similar(l, x->name);
            continue;
        }
        struct standing s = {.kind = x->kind == CREDENTIAL_FTP ? "ftp" : "mail", .file = x->file, .line = x->line, .set = x->set, .text = _("a password is set")};
        if (!x->hash.n && !x->empty_refused) {
            s.text = _("it has no password: anybody gets in who may log in without one");
        } else if (!hash_usable(x->hash)) {
            s.state = STANDING_SHUT;
            s.text = x->hash.n ? _("its password is locked") : _("no password was ever set");
        } else if (says_nologin(x->extra)) {
            s.state = STANDING_SHUT;
            s.text = _("its line says nologin");
        }
        add(l, s);
    }
    for (size_t i = 0; i < c.unread.n; i++)
        *list_push(l->arena, &l->out->not_seen) = arena_dupz(l->arena, c.unread.v[i]);
    credentials_done(&c);
}

void standing_find(const struct server *s, const char *name, struct arena *a, struct standings *ret)
{
    struct looking l = {.server = s, .name = name, .word = shell_word(a, name), .arena = a, .out = ret};
    *ret = (struct standings){0};
    if (s->host->users_seen.code < 0)
        *list_push(a, &ret->not_seen) = arena_printf(a, "/etc/passwd: %s", s->host->users_seen.why);
    system_account(&l);
    nologin(&l);
    sshd(&l);
    refusal_lists(&l);
    own_files(&l);
    for (size_t i = 0; i < s->host->users.n; i++)
        similar(&l, s->host->users.v[i].name);
}
