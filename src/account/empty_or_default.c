#include "account/empty_or_default.h"
#include "account/database.h"
#include "account/guess.h"
#include "base/i18n.h"
#include "base/shell.h"
#include <errno.h>
#include <strings.h>

/* CPU for guesses. One among all checks, it spends a tenth of what they all do; what is left is for the next runs, the night, or whoever asks for this check. */
#define BUDGET_US 30000
#define FIRST_TIMES 10 /* see first_us */
#define BUDGET_ASKED_US 1000000
#define BUDGET_NIGHT_US 5000000 /* nobody waits for it */
#define ROUNDS 16
#define UNTRIED_TOLD 5

static const char *kind_title(enum credential_kind k)
{
    static const char *const titles[] = {N_("system account"), N_("mail account"), N_("FTP account")};
    return _(titles[k]);
}

static void next_step(const struct credential *c, struct findings *out, struct finding *f)
{
    const char *name = shell_word(out->arena, c->name);
    if (c->set) {
        finding_next(out, f, "%s", c->set);
    } else if (c->kind == CREDENTIAL_SYSTEM) {
        finding_next(out, f, "passwd %s", name);
        finding_next_note(out, f, _("sets a new password; where nobody needs the account: usermod --lock %s"), name);
    } else if (c->kind == CREDENTIAL_MAIL) {
        finding_next(out, f, "doveadm pw -s SHA512-CRYPT -u %s", name);
        finding_next_note(out, f, _("makes a new entry for %s, line %u; put it in the place of the old one"), c->file, c->line);
    } else {
        finding_next(out, f, "ftpasswd --passwd --change-password --name %s --file %s", name, shell_word(out->arena, c->file));
    }
}

enum emptiness { FILLED, OPEN, CLOSED };

/* Nothing behind a scheme lets in where the scheme is the password itself; a hash of nothing fits nothing. */
static enum emptiness emptiness(const struct credential *c)
{
    static const char *const plain[] = {"{PLAIN}", "{CLEARTEXT}", "{CLEAR}"};
    if (str_search(c->extra, STR("nopassword")) >= 0)
        return OPEN;
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
        if (str_ieq(c->hash, str_of(plain[i])))
            return OPEN;
    if (!c->hash.n)
        return c->empty_refused ? CLOSED : OPEN;
    return c->hash.p[0] == '{' && c->hash.p[c->hash.n - 1] == '}' ? CLOSED : FILLED;
}

static void tell_closed(const struct credential *c, struct findings *out)
{
    struct finding *f = finding_add(out, STATE_WARN, c->name, _("%s: the %s has an empty password field"), c->name, kind_title(c->kind));
    f->severity = SEVERITY_NORMAL;
    finding_evidence(out, f, c->file, c->line, "%s", _("the server refuses it as it is set now; with another scheme, or after an upgrade, an empty password would do"));
    next_step(c, out, f);
}

static void tell_empty(const struct credential *c, struct findings *out)
{
    struct finding *f = finding_add(out, STATE_FAIL, c->name, _("%s: the %s has no password"), c->name, kind_title(c->kind));
    finding_evidence(out, f, c->file, c->line, "%s", c->hash.n || !c->extra.n ? _("the password field is empty") : _("nopassword: any password will do"));
    if (c->user)
        finding_evidence(out, f, "/etc/passwd", c->user->line, login_shell(c->user->shell) ? _("it has a login shell: %s") : _("it has no login shell: %s"), c->user->shell);
    finding_impact(out, f, "%s", _("anybody who knows the name can log in"));
    next_step(c, out, f);
}

static void tell_default(const struct credential *c, struct findings *out)
{
    struct finding *f = finding_add(out, STATE_FAIL, c->name, _("%s: the %s has a password that everybody tries first"), c->name, kind_title(c->kind));
    finding_evidence(out, f, c->file, c->line, "%s", _("the stored password fits one of the first guesses (which one is not shown)"));
    finding_impact(out, f, "%s", _("programs that try passwords get in within minutes"));
    next_step(c, out, f);
}

/* One account's way through the list of guesses. */
struct trial {
    char key[GUESS_KEY]; /* "": nothing is remembered of it */
    size_t withstood;    /* so many guesses, from the first on, do not fit */
    size_t fits;         /* this one does (1: the first), 0: none is known. It is of the hash that stands there now, so it need not be tried again. */
    bool over;           /* one fits, or it is not to be tried */
};

static struct trial trial_of(const struct credential *c, const struct memo *memos, size_t memos_n, const struct findings *out)
{
    struct trial t = {.over = !hash_usable(c->hash) || emptiness(c) != FILLED};
    int64_t known = 0;
    if (t.over || guess_key(c, t.key) < 0)
        t.key[0] = 0;
    else if (memo_find(memos, memos_n, out->check->id, t.key, &known) && known >= -ROUNDS && known <= ROUNDS)
        *(known < 0 ? &t.fits : &t.withstood) = (size_t)(known < 0 ? -known : known);
    t.over |= t.fits > 0;
    return t;
}

static bool guess_fits(struct guesses *g, const struct credential *c, struct trial *t, size_t round)
{
    if (round < t->withstood) {
        g->planned++;
        g->tried++;
        return false;
    }
    int r = guess_one(g, c, round);
    g->unguessed += r == -EAGAIN && round == 0;
    t->withstood += r == 0 && t->withstood == round;
    t->over |= r == 1 || r == -ENOENT || r == -EOPNOTSUPP;
    if (r == 1)
        t->fits = round + 1;
    return r == 1;
}

/* One guess for each account, those whose hashes are quickly tried before the others: the budget then reaches more of them. */
static size_t guess_round(const struct credentials *c, struct guesses *g, struct trial *trials, size_t round, struct findings *out)
{
    size_t n = 0;
    for (int dear = 0; dear < 2; dear++)
        for (size_t i = 0; i < c->list.n; i++)
            if (hash_is_dear(c->list.v[i].hash) == dear && !trials[i].over && guess_fits(g, &c->list.v[i], &trials[i], round)) {
                tell_default(&c->list.v[i], out);
                n++;
            }
    return n;
}

/* Round by round, so that every account gets its first guess before any gets its second. */
static size_t guess_all(const struct credentials *c, struct guesses *g, const struct memo *memos, size_t memos_n, struct findings *out)
{
    struct trial *trials = arena_zalloc(out->arena, (c->list.n + 1) * sizeof *trials);
    size_t n = 0;
    for (size_t i = 0; i < c->list.n; i++) {
        trials[i] = trial_of(&c->list.v[i], memos, memos_n, out);
        if (trials[i].fits) {
            tell_default(&c->list.v[i], out);
            n++;
        }
    }
    for (size_t round = 0; round < ROUNDS; round++)
        n += guess_round(c, g, trials, round, out);
    for (size_t i = 0; i < c->list.n; i++)
        if (trials[i].key[0] && (trials[i].withstood || trials[i].fits))
            memo_leave(out, trials[i].key, trials[i].fits ? -(int64_t)trials[i].fits : (int64_t)trials[i].withstood);
    return n;
}

/* Argon2 and what else crypt(3) does not know, and what would take seconds a guess: of these accounts nothing is known but that a password is there. */
static void tell_untried(const struct credentials *c, struct findings *out)
{
    size_t n = 0;
    _cleanup_(buf_free) struct buf names = BUF(2000);
    for (size_t i = 0; i < c->list.n; i++)
        if (guess_never(&c->list.v[i]) && n++ < UNTRIED_TOLD)
            buf_printf(&names, "%s%s", n > 1 ? ", " : "", c->list.v[i].name);
    if (!n)
        return;
    struct finding *f = finding_add(out, STATE_UNKNOWN, "hashes", ngettext("%zu account whose kind of hash is not tried: %s", "%zu accounts whose kind of hash is not tried: %s", n), n,
                                    arena_printf(out->arena, n > UNTRIED_TOLD ? "%s ..." : "%s", names.p ? names.p : ""));
    finding_evidence(out, f, NULL, 0, "%s", _("they have a password; whether it is one that everybody tries first is not known"));
}

void empty_or_default_judge(const struct credentials *c, int64_t budget_us, const struct memo *memos, size_t memos_n, struct findings *out)
{
    struct guesses g = {.budget_us = budget_us, .first_us = FIRST_TIMES * budget_us};
    size_t bad = 0, open = 0;
    for (size_t i = 0; i < c->list.n; i++) {
        open += hash_usable(c->list.v[i].hash);
        enum emptiness e = emptiness(&c->list.v[i]);
        bad += e != FILLED;
        if (e == OPEN)
            tell_empty(&c->list.v[i], out);
        else if (e == CLOSED)
            tell_closed(&c->list.v[i], out);
    }
    bad += guess_all(c, &g, memos, memos_n, out);
    guesses_done(&g);
    tell_untried(c, out);
    struct finding *f = NULL;
    if (!c->complete || c->unread.n)
        f = finding_add(out, STATE_UNKNOWN, "", "%s", _("Not all accounts could be looked at"));
    else if (g.unguessed)
        f = finding_add(out, STATE_UNKNOWN, "", _("%zu of %zu accounts with a password had no guess yet"), g.unguessed, open);
    else if (!bad && (g.tried < g.planned || g.foreign))
        f = finding_add(out, STATE_OK, "", ngettext("%zu account with a password: none is empty, and no guess so far fits", "%zu accounts with a password: none is empty, and no guess so far fits", open), open);
    else if (!bad)
        f = finding_add(out, STATE_OK, "", ngettext("%zu account with a password: none is empty, none is a known default", "%zu accounts with a password: none is empty, none is a known default", open), open);
    if (!f)
        return;
    for (size_t i = 0; i < c->unread.n; i++)
        finding_evidence(out, f, NULL, 0, _("could not be read: %s"), c->unread.v[i]);
    if (!c->complete)
        finding_evidence(out, f, NULL, 0, _("only the first %zu accounts were read"), c->list.n);
    if (g.tried < g.planned)
        finding_evidence(out, f, NULL, 0, _("%zu of %zu first guesses were tried so far: modern hashes take long, the next runs go on (at once: bansho check %s); weak passwords beyond them are not looked for here"), g.tried, g.planned, out->check->id);
    else
        finding_evidence(out, f, NULL, 0, _("all %zu first guesses were tried; weak passwords beyond them are not looked for here"), g.planned);
}

void extra_root_judge(const struct host *h, struct findings *out)
{
    for (size_t i = 0; i < h->users.n; i++) {
        const struct user *u = &h->users.v[i];
        if (u->uid != 0 || strcmp(u->name, "root") == 0)
            continue;
        struct finding *f = finding_add(out, STATE_FAIL, u->name, _("%s is a second root: its user number is 0"), u->name);
        finding_evidence(out, f, "/etc/passwd", u->line, "%s:x:0:%u:...:%s", u->name, u->gid, u->shell);
        finding_impact(out, f, "%s", _("whoever logs in with it may do everything; intruders leave such accounts behind"));
        finding_next(out, f, "grep -n '^[^:]*:[^:]*:0:' /etc/passwd");
        finding_next_note(out, f, "%s", _("find out first who made it; if nobody did, this server has been broken into"));
    }
}

int account_empty_or_default(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    const struct host *h = ctx->server->host;
    struct credentials c = {0};
    extra_root_judge(h, out);
    database_judge(ctx, out);
    int r = shadow_load(h, &c);
    if (r < 0) {
        credentials_done(&c);
        if (r == -EACCES || r == -EPERM)
            return err_set(err, r, "%s", _("only root may read the stored passwords"));
        return err_set(err, r, "/etc/shadow: %s", err_name(r));
    }
    for (size_t i = 0; i < c.unread.n; i++) /* a system without shadow keeps its hashes in passwd(5) */
        if (str_starts(str_of(c.unread.v[i]), STR("/etc/shadow:")))
            c.unread.n = 0;
    userfiles_load(ctx->server, &c);
    empty_or_default_judge(&c, ctx->unhurried ? BUDGET_NIGHT_US : ctx->asked ? BUDGET_ASKED_US : BUDGET_US, ctx->memos, ctx->memos_n, out);
    credentials_done(&c);
    return 0;
}
