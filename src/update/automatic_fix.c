/* automatic_fix.c: switches automatic security updates on: a drop-in file that wins over what stands elsewhere, and the timers. */
#include "base/i18n.h"
#include "change/plan.h"
#include "update/automatic.h"
#include "update/update_acts.h"

/* apt reads apt.conf.d in the order of names: this one comes last. */
#define DROP_IN "/etc/apt/apt.conf.d/zzz-bansho-automatic"

static int settings(const struct automatic_facts *x, struct plan *p, struct err *err)
{
    _cleanup_(buf_free) struct buf b = BUF(4096);
    struct str old = STR("");
    size_t on = 0;
    for (size_t i = 0; i < x->settings_n; i++)
        on += automatic_is_on(&x->settings[i]);
    if (on == x->settings_n && x->security)
        return 0;
    int r = root_exists(p->root, DROP_IN) ? plan_read(p, DROP_IN, &old, err) : 0;
    if (r < 0)
        return r;
    buf_addz(&b, "// bansho: automatic security updates (bansho explain update.automatic)\n");
    /* All of them: what an earlier change of ours holds must not be lost. */
    for (size_t i = 0; i < x->settings_n; i++)
        buf_printf(&b, "%s \"%s\";\n", x->settings[i].key, automatic_is_on(&x->settings[i]) ? x->settings[i].value : "1");
    if ((!x->security && x->installed) || str_search(old, STR("Origins-Pattern")) >= 0)
        buf_addz(&b, "Unattended-Upgrade::Origins-Pattern { \"origin=Debian,codename=${distro_codename}-security,label=Debian-Security\"; };\n");
    return plan_write(p, DROP_IN, buf_str(&b), 0644, err);
}

static int timers(const struct automatic_facts *x, struct plan *p, struct err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < x->starters_n; i++) {
        if (x->starters[i].runs != RUNS_NOT || !str_ends(str_of(x->starters[i].name), STR(".timer")))
            continue;
        r = plan_unit(p, x->starters[i].name, UNIT_ENABLE, err);
        if (r == 0)
            r = plan_unit(p, x->starters[i].name, UNIT_START, err);
    }
    return r;
}

static int install(const struct automatic_facts *x, struct plan *p, struct err *err)
{
    static const char *const argv[] = {APT_GET, "-y", "-q", "--no-install-recommends", "install", "unattended-upgrades", NULL};
    static const char *const inverse[] = {APT_GET, "-y", "-q", "purge", "unattended-upgrades", NULL};
    return x->installed ? 0 : plan_command(p, &act_package_install, argv, inverse, _("install unattended-upgrades"), err);
}

int update_automatic_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    struct automatic_facts x = {.now = ctx->now};
    (void)wrong;
    if (!automatic_is_apt(ctx->server->host)) {
        plan_cannot(out, "", "%s", _("bansho switches on unattended-upgrades only; here dnf-automatic does it: dnf install dnf-automatic && systemctl enable --now dnf-automatic-install.timer"));
        return 0;
    }
    automatic_apt(ctx->server->host, out->arena, &x);
    plan_title(out, N_("Security updates are to come by themselves, every day"));
    int r = install(&x, out, err);
    if (r == 0)
        r = settings(&x, out, err);
    if (r == 0)
        r = timers(&x, out, err);
    if (plan_empty(out))
        plan_cannot(out, "", "%s", _("they are switched on but do not run: look at journalctl -u apt-daily-upgrade.service and unattended-upgrade --dry-run --debug"));
    plan_harmed(out, "%s", _("services may restart briefly when their updates are installed (at about 06:00)"));
    plan_unchanged(out, "%s", _("which updates are taken: only those that the settings of unattended-upgrades allow (the security updates)"));
    plan_untested(out, "%s", _("a real run: it comes within a day"));
    return r;
}
