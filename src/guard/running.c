#include "guard/running.h"
#include "base/i18n.h"
#include "guard/attempts.h"
#include "guard/blind.h"
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <strings.h>

/* The services where people log in, by the products that offer them. */
static const struct login {
    const char *service, *title;
    const char *products[4];
} logins[] = {
    {"ssh", N_("SSH"), {"openssh"}},
    {"submission", N_("mail submission"), {"postfix", "exim", "qmail"}},
    {"imap", N_("IMAP"), {"dovecot", "courier"}},
    {"pop3", N_("POP3"), {"dovecot", "courier"}},
    {"ftp", N_("FTP"), {"proftpd", "vsftpd", "pure-ftpd"}},
    {"panel", N_("control panel"), {"plesk"}},
};

/* What a guard calls the watching of a service: fail2ban's filters and jails, csf's settings, CrowdSec's collections. Patterns as fnmatch(3). */
static const struct watch {
    const char *guard, *name;
    const char *services[4];
} watches[] = {
    {"fail2ban", "sshd*", {"ssh"}},
    {"fail2ban", "ssh", {"ssh"}},
    {"fail2ban", "postfix*", {"submission"}},
    {"fail2ban", "exim*", {"submission"}},
    {"fail2ban", "qmail", {"submission"}},
    {"fail2ban", "dovecot*", {"imap", "pop3"}},
    {"fail2ban", "courier*", {"imap", "pop3"}},
    {"fail2ban", "proftpd", {"ftp"}},
    {"fail2ban", "vsftpd", {"ftp"}},
    {"fail2ban", "pure-ftpd", {"ftp"}},
    {"fail2ban", "plesk-dovecot", {"imap", "pop3"}},
    {"fail2ban", "plesk-courierimap", {"imap", "pop3"}},
    {"fail2ban", "plesk-postfix", {"submission"}},
    {"fail2ban", "plesk-qmail", {"submission"}},
    {"fail2ban", "plesk-proftpd", {"ftp"}},
    {"fail2ban", "plesk-panel", {"panel"}},
    {"csf", "LF_SSHD", {"ssh"}},
    {"csf", "LF_FTPD", {"ftp"}},
    {"csf", "LF_SMTPAUTH", {"submission"}},
    {"csf", "LF_POP3D", {"pop3"}},
    {"csf", "LF_IMAPD", {"imap"}},
    {"crowdsec", "sshd.yaml", {"ssh"}},
    {"crowdsec", "linux.yaml", {"ssh"}},
    {"crowdsec", "postfix.yaml", {"submission"}},
    {"crowdsec", "exim.yaml", {"submission"}},
    {"crowdsec", "dovecot.yaml", {"imap", "pop3"}},
    {"crowdsec", "proftpd.yaml", {"ftp"}},
    {"crowdsec", "vsftpd.yaml", {"ftp"}},
    {"crowdsec", "pureftpd.yaml", {"ftp"}},
    {"sshguard", "*", {"ssh"}},
};

struct watched {
    const char *guard, *name, *file;
    const char *jail; /* fail2ban's; NULL */
    unsigned line;
};

/* A part of a guard that is here and does not run, or that is missing. */
struct resting {
    const char *name; /* "fail2ban", "crowdsec-firewall-bouncer" */
    bool absent;
};

struct look {
    const struct probe_ctx *ctx;
    struct findings *out;
    LIST(struct watched) all;
    LIST(struct resting) resting;
    LIST(const char *) running; /* guards of which every part runs */
    bool any_guard;
    struct seen_logs logs;
    struct attempts attempts;
};

/* csf and CrowdSec have a daemon that sees and another part that acts; without both nobody is shut out. Where systemd does not run the processes tell:
   by their executable, or, where that is only Python or Perl, by the file with the number and the words of the command line. */
static const struct guard {
    const char *id;
    struct part {
        const char *name;    /* its unit, without ".service" */
        const char *program; /* basename of its executable; NULL: a script */
        const char *number, *script;
    } parts[2];
} guards[] = {
    {"fail2ban", {{"fail2ban", NULL, "/run/fail2ban/fail2ban.pid", "fail2ban-server"}}},
    {"csf", {{"lfd", NULL, "/run/lfd.pid", "lfd"}}},
    {"crowdsec", {{"crowdsec", "crowdsec", NULL, NULL}, {"crowdsec-firewall-bouncer", "crowdsec-firewall-bouncer", NULL, NULL}}},
    {"sshguard", {{"sshguard", "sshg-blocker", NULL, NULL}}},
};

/* "/usr/bin/python3", "/usr/bin/fail2ban-server", "-xf": one of the first three words is the script. lfd calls itself "lfd - sleeping". */
static bool is_script(struct str cmdline, const char *script)
{
    struct str word;
    for (int i = 0; i < 3 && str_field(&cmdline, 0, &word); i++) {
        const char *slash = memrchr(word.p, '/', word.n);
        struct str name = slash ? str_from(word, (size_t)(slash - word.p) + 1) : word;
        ptrdiff_t blank = str_find(name, ' ');
        if (str_eq(blank >= 0 ? str_span(name.p, (size_t)blank) : name, str_of(script)))
            return true;
    }
    return false;
}

static bool process_of(const struct look *l, const struct part *p)
{
    const struct root *root = l->ctx->server->host->root;
    _cleanup_(buf_free) struct buf number = BUF(32), cmdline = BUF(65536);
    uint64_t pid;
    if (p->program)
        return server_process(l->ctx->server, p->program);
    if (root_read(root, p->number, &number) < 0 || !str_u64(str_trim(buf_str(&number)), 1u << 22, &pid))
        return false;
    int r = root_read(root, arena_printf(l->out->arena, "/proc/%llu/cmdline", (unsigned long long)pid), &cmdline);
    return (r == 0 || r == -EFBIG) && is_script(buf_str(&cmdline), p->script);
}

static bool part_runs(const struct look *l, const struct part *p, const struct unit *u)
{
    const struct host *h = l->ctx->server->host;
    if (!l->ctx->live)
        return u && u->enabled == UNIT_ENABLED; /* would run after a start */
    return (u && h->active_seen.code == 0 && u->active == UNIT_ACTIVE) || process_of(l, p);
}

/* 1: runs; 0: here, but not running (l->resting tells what of it); -1: not here. */
static int runs(struct look *l, const struct guard *g)
{
    const struct host *h = l->ctx->server->host;
    int all = -1;
    for (size_t i = 0; i < ARRAY_SIZE(g->parts) && g->parts[i].name; i++) {
        const struct part *p = &g->parts[i];
        const struct unit *u = host_unit(h, arena_printf(l->out->arena, "%s.service", p->name));
        bool on = part_runs(l, p, u), here = on || u || (i == 0 && server_instance(l->ctx->server, g->id, 0));
        if (i == 0 && !here)
            return -1;
        if (!on)
            *list_push(l->out->arena, &l->resting) = (struct resting){p->name, !here};
        all = on && all != 0;
    }
    return all;
}

static void add(struct look *l, const char *guard, const char *name, const char *file, unsigned line)
{
    *list_push(l->out->arena, &l->all) = (struct watched){guard, arena_dupz(l->out->arena, name), file, NULL, line};
}

static void fail2ban_jails(struct look *l)
{
    const struct instance *i = server_instance(l->ctx->server, "fail2ban", 0);
    for (size_t k = 0; i && k < i->settings.n; k++) {
        const struct setting *s = &i->settings.v[k];
        if (strcasecmp(s->key, "enabled") != 0 || setting_get(i, s->section, "enabled") != s || !setting_bool(i, s->section, "enabled", false))
            continue;
        const char *filter = setting_value(i, s->section, "filter", s->section);
        add(l, "fail2ban", filter[0] && filter[0] != '%' ? filter : s->section, s->file, s->line);
        l->all.v[l->all.n - 1].jail = s->section;
    }
}

static void csf_settings(struct look *l)
{
    const struct instance *i = server_instance(l->ctx->server, "csf", 0);
    if (!i || strcmp(setting_value(i, "", "TESTING", "1"), "0") != 0)
        return; /* TESTING = "1" empties its rules every few minutes */
    for (size_t k = 0; k < i->settings.n; k++)
        if (strncmp(i->settings.v[k].key, "LF_", 3) == 0 && strcmp(i->settings.v[k].value, "0") != 0)
            add(l, "csf", i->settings.v[k].key, i->settings.v[k].file, i->settings.v[k].line);
}

static void crowdsec_collections(struct look *l)
{
    struct names names = {0};
    if (root_list(l->ctx->server->host->root, "/etc/crowdsec/collections", 1000, l->out->arena, &names) == 0)
        for (size_t i = 0; i < names.list.n; i++)
            add(l, "crowdsec", names.list.v[i], "/etc/crowdsec/collections", 0);
}

static void collect(struct look *l)
{
    for (size_t i = 0; i < ARRAY_SIZE(guards); i++) {
        int state = runs(l, &guards[i]);
        l->any_guard |= state >= 0;
        if (state != 1)
            continue;
        *list_push(l->out->arena, &l->running) = guards[i].id;
        if (strcmp(guards[i].id, "fail2ban") == 0)
            fail2ban_jails(l);
        else if (strcmp(guards[i].id, "csf") == 0)
            csf_settings(l);
        else if (strcmp(guards[i].id, "crowdsec") == 0)
            crowdsec_collections(l);
        else
            add(l, guards[i].id, guards[i].id, NULL, 0);
    }
}

/* What watches the service, from *at on, which goes behind it. NULL: nothing more. */
static const struct watched *watcher(const struct look *l, const char *service, size_t *at)
{
    for (size_t i = *at; i < l->all.n; i++)
        for (size_t k = 0; k < ARRAY_SIZE(watches); k++) {
            const struct watch *w = &watches[k];
            if (strcmp(w->guard, l->all.v[i].guard) != 0)
                continue;
            /* "sshd[mode=aggressive]": options are not part of the name */
            const char *name = arena_dup(l->out->arena, str_span(l->all.v[i].name, strcspn(l->all.v[i].name, "[ ")));
            for (size_t s = 0; s < ARRAY_SIZE(w->services) && w->services[s]; s++)
                if (strcmp(w->services[s], service) == 0 && fnmatch(w->name, name, 0) == 0) {
                    *at = i + 1;
                    return &l->all.v[i];
                }
        }
    return NULL;
}

static const struct instance *offered(const struct look *l, const struct login *login)
{
    for (size_t i = 0; i < ARRAY_SIZE(login->products) && login->products[i]; i++) {
        const struct instance *inst = server_instance(l->ctx->server, login->products[i], 0);
        if (inst && inst->wanted)
            return inst;
    }
    return NULL;
}

static void next_step(const struct look *l, struct finding *f)
{
    const struct resting *r = l->resting.n ? &l->resting.v[0] : NULL;
    const struct host *h = l->ctx->server->host;
    if (!r)
        finding_next(l->out, f, "%s", l->any_guard ? "fail2ban-client status" : "apt install fail2ban");
    else if (r->absent)
        finding_next(l->out, f, "apt install %s", r->name);
    else
        finding_next(l->out, f, h->live && !h->systemd ? "service %s start" : "systemctl enable --now %s", r->name);
}

/* By which of its logs fail2ban cannot see the service; NULL: nothing speaks against it. *ret_untold: which log it reads could not be found out. */
static const char *blind(struct look *l, const struct watched *w, const struct instance *service, bool *ret_untold)
{
    const struct instance *fail2ban = server_instance(l->ctx->server, "fail2ban", 0);
    *ret_untold = false;
    if (!w->jail || !fail2ban)
        return NULL;
    return guard_blind(l->ctx->server->host->root, fail2ban, w->jail, &l->logs, service->product->id, l->out->arena, ret_untold);
}

/* A guard that reads what it does not understand, or what nobody writes, shuts nobody out. */
static struct finding *judge_source(struct look *l, const struct login *login, enum source_state state, bool untold)
{
    switch (state) {
    case SOURCE_UNPARSED:
        return finding_add(l->out, STATE_WARN, login->service, _("It is watched, but no filter knows what stands in its log: %s"), _(login->title));
    case SOURCE_QUIET:
        return finding_add(l->out, STATE_UNKNOWN, login->service, _("It is watched, but whether its log is written is not known: %s"), _(login->title));
    case SOURCE_UNREAD:
        return finding_add(l->out, STATE_UNKNOWN, login->service, _("It is watched, but its log could not be looked at: %s"), _(login->title));
    default:
        if (untold)
            return finding_add(l->out, STATE_UNKNOWN, login->service, _("It is watched, but whether the guard reads the right log is not known: %s"), _(login->title));
        return finding_add(l->out, STATE_OK, login->service, _("Password guessing is watched and shut out: %s"), _(login->title));
    }
}

static void tell_watched(struct look *l, const struct login *login, const struct watched *w, bool untold, const char *product)
{
    const struct source_look *source = attempts_of(&l->attempts, product);
    enum source_state state = attempts_state(l->ctx, &l->attempts, product);
    struct finding *f = judge_source(l, login, state, untold);
    finding_evidence(l->out, f, w->file, w->line, "%s: %s", w->guard, w->name);
    if (untold)
        finding_evidence(l->out, f, w->file, w->line, "%s", _("which log it reads could not be found out"));
    attempts_tell_health(state, source, l->out, f);
    attempts_tell(&l->attempts, source, l->out, f);
    f->basis = l->ctx->live && !untold ? BASIS_EFFECTIVE : BASIS_FILES;
}

/* It is watched by nobody who sees: `why` tells of the one that does not see. */
static void tell_unwatched(struct look *l, const struct login *login, const struct watched *w, const char *why, const char *product)
{
    struct findings *out = l->out;
    struct finding *f = finding_add(out, STATE_FAIL, login->service, w ? _("The guard runs, but does not see who guesses passwords: %s") : _("Nobody shuts out those who guess passwords: %s"), _(login->title));
    finding_impact(out, f, "%s", _("An attacker can try passwords day and night until one fits; a mailbox taken over sends spam in the owner's name."));
    if (w)
        finding_evidence(out, f, w->file, w->line, "%s", why);
    for (size_t i = 0; !w && i < l->resting.n; i++)
        finding_evidence(out, f, NULL, 0, l->resting.v[i].absent ? _("%s is not here: attacks are seen, but nobody is shut out") : _("%s is installed but does not run"), l->resting.v[i].name);
    if (!w && !l->any_guard)
        finding_evidence(out, f, NULL, 0, "%s", _("none of fail2ban, csf, CrowdSec, sshguard is here"));
    for (size_t i = 0; !w && i < l->running.n; i++)
        finding_evidence(out, f, NULL, 0, _("%s runs, but nothing in it watches this service"), l->running.v[i]);
    attempts_tell(&l->attempts, attempts_of(&l->attempts, product), out, f);
    if (w)
        finding_next(out, f, "fail2ban-client status %s", w->jail);
    else
        next_step(l, f);
}

/* One that sees is enough; where none does, the first says why. */
static void judge(struct look *l, const struct login *login)
{
    const struct instance *offers = offered(l, login);
    const struct watched *w, *first = NULL;
    const char *why = NULL;
    bool untold;
    for (size_t at = 0; (w = watcher(l, login->service, &at));) {
        const char *reason = blind(l, w, offers, &untold);
        if (!reason) {
            tell_watched(l, login, w, untold, offers->product->id);
            return;
        }
        first = first ? first : w;
        why = why ? why : reason;
    }
    tell_unwatched(l, login, first, why, offers->product->id);
}

int guard_running(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)err;
    struct look l = {.ctx = ctx, .out = out};
    const struct host *h = ctx->server->host;
    /* Without systemd the processes tell, and only root sees them all. */
    const struct seen *blind = !ctx->live && h->units_seen.code < 0 ? &h->units_seen : ctx->live && h->active_seen.code < 0 && !h->privileged ? &h->active_seen : NULL;
    if (blind) {
        finding_add(out, STATE_UNKNOWN, "", _("Whether anything shuts out password guessing could not be seen: %s"), blind->why);
        return 0;
    }
    collect(&l);
    struct findings scratch = {.arena = out->arena, .check = out->check};
    logs_see(ctx, &scratch, &l.logs);
    attempts_see(ctx, &scratch, &l.logs, &l.attempts);
    for (size_t i = 0; i < ARRAY_SIZE(logins); i++)
        if (offered(&l, &logins[i]))
            judge(&l, &logins[i]);
    return 0;
}
