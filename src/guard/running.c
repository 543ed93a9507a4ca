#include "guard/running.h"
#include "base/i18n.h"
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
    {"ftp", N_("FTP"), {"proftpd", "vsftpd", "pureftpd"}},
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
    {"crowdsec", "pure-ftpd.yaml", {"ftp"}},
    {"sshguard", "*", {"ssh"}},
};

struct watched {
    const char *guard, *name, *file;
    unsigned line;
};

struct look {
    const struct probe_ctx *ctx;
    struct findings *out;
    LIST(struct watched) all;
    LIST(const char *) resting; /* guards that are here and do not run */
    bool any_guard;
};

/* csf and CrowdSec have a daemon that sees and another part that acts; without both nobody is shut out. */
static const struct guard {
    const char *id;
    const char *units[2];
} guards[] = {
    {"fail2ban", {"fail2ban.service"}},
    {"csf", {"lfd.service"}},
    {"crowdsec", {"crowdsec.service", "crowdsec-firewall-bouncer.service"}},
    {"sshguard", {"sshguard.service"}},
};

/* 1: runs (below --root: would run after a start); 0: here, but not running; -1: not here. */
static int runs(const struct look *l, const struct guard *g)
{
    const struct host *h = l->ctx->server->host;
    int all = 1;
    for (size_t i = 0; i < ARRAY_SIZE(g->units) && g->units[i]; i++) {
        const struct unit *u = host_unit(h, g->units[i]);
        if (!u)
            return i ? 0 : -1;
        bool on = l->ctx->live && h->active_seen.code == 0 ? u->active == UNIT_ACTIVE : u->enabled == UNIT_ENABLED;
        all = on ? all : 0;
    }
    return all;
}

static void add(struct look *l, const char *guard, const char *name, const char *file, unsigned line)
{
    *list_push(l->out->arena, &l->all) = (struct watched){guard, arena_dupz(l->out->arena, name), file, line};
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
        if (state == 0)
            *list_push(l->out->arena, &l->resting) = guards[i].id;
        if (state != 1)
            continue;
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

static const struct watched *watcher(const struct look *l, const char *service)
{
    for (size_t i = 0; i < l->all.n; i++)
        for (size_t k = 0; k < ARRAY_SIZE(watches); k++) {
            const struct watch *w = &watches[k];
            if (strcmp(w->guard, l->all.v[i].guard) != 0)
                continue;
            /* "sshd[mode=aggressive]": options are not part of the name */
            const char *name = arena_dup(l->out->arena, str_span(l->all.v[i].name, strcspn(l->all.v[i].name, "[ ")));
            for (size_t s = 0; s < ARRAY_SIZE(w->services) && w->services[s]; s++)
                if (strcmp(w->services[s], service) == 0 && fnmatch(w->name, name, 0) == 0)
                    return &l->all.v[i];
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

static void judge(struct look *l, const struct login *login)
{
    struct findings *out = l->out;
    const struct watched *w = watcher(l, login->service);
    if (w) {
        struct finding *f = finding_add(out, STATE_OK, login->service, _("Password guessing is watched and shut out: %s"), _(login->title));
        finding_evidence(out, f, w->file, w->line, "%s: %s", w->guard, w->name);
        f->basis = l->ctx->live ? BASIS_EFFECTIVE : BASIS_FILES;
        return;
    }
    struct finding *f = finding_add(out, STATE_FAIL, login->service, _("Nobody shuts out those who guess passwords: %s"), _(login->title));
    finding_impact(out, f, "%s", _("An attacker can try passwords day and night until one fits; a mailbox taken over sends spam in the owner's name."));
    for (size_t i = 0; i < l->resting.n; i++)
        finding_evidence(out, f, NULL, 0, _("%s is installed but does not run"), l->resting.v[i]);
    if (!l->any_guard)
        finding_evidence(out, f, NULL, 0, "%s", _("none of fail2ban, csf, CrowdSec, sshguard is here"));
    else if (!l->resting.n)
        finding_evidence(out, f, NULL, 0, "%s", _("a guard runs, but nothing in it watches this service"));
    if (l->resting.n)
        finding_next(out, f, "systemctl enable --now %s", strcmp(l->resting.v[0], "csf") == 0 ? "lfd" : l->resting.v[0]);
    else
        finding_next(out, f, "%s", l->any_guard ? "fail2ban-client status" : "apt install fail2ban");
}

int guard_running(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)err;
    struct look l = {.ctx = ctx, .out = out};
    const struct host *h = ctx->server->host;
    if (h->units_seen.code < 0 || (ctx->live && h->active_seen.code < 0)) {
        finding_add(out, STATE_UNKNOWN, "", _("Whether anything shuts out password guessing could not be seen: %s"), h->units_seen.code < 0 ? h->units_seen.why : h->active_seen.why);
        return 0;
    }
    collect(&l);
    for (size_t i = 0; i < ARRAY_SIZE(logins); i++)
        if (offered(&l, &logins[i]))
            judge(&l, &logins[i]);
    return 0;
}
