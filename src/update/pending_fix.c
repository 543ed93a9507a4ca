/* pending_fix.c: the plan of update.pending: services that still run replaced files are restarted. */
#include "base/i18n.h"
#include "change/plan.h"
#include "update/pending.h"

/* Restarting these takes the sessions of everybody with them. */
static const char *const never[] = {"dbus.service", "dbus-broker.service", "systemd-logind.service"};

static bool needs_reboot(const char *unit)
{
    for (size_t i = 0; i < ARRAY_SIZE(never); i++)
        if (strcmp(unit, never[i]) == 0)
            return true;
    return str_starts(str_of(unit), STR("user@"));
}

static int restart(struct plan *p, const char *unit, struct err *err)
{
    plan_harmed(p, _("whoever is connected to %s: cut off for a moment"), unit);
    return plan_unit(p, unit, UNIT_RESTART, err);
}

static int services(const struct probe_ctx *ctx, struct plan *p, struct err *err)
{
    struct stale_units s = {0};
    int r = 0;
    pending_stale(ctx->server->host, p->arena, &s);
    for (size_t i = 0; r == 0 && i < s.list.n; i++) {
        if (needs_reboot(s.list.v[i]))
            plan_cannot(p, "services", _("%s can only be renewed by a restart of the machine: systemctl reboot"), s.list.v[i]);
        else
            r = restart(p, s.list.v[i], err);
    }
    for (size_t i = 0; i < s.others.n; i++)
        plan_cannot(p, "services", _("%s belongs to no service: whoever started it has to start it again"), s.others.v[i]);
    return r;
}

int update_pending_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    int r = 0;
    plan_title(out, "%s", _("Services that still run the old version of updated files are to be restarted"));
    for (size_t i = 0; r == 0 && i < wrong->list.n; i++) {
        const struct finding *f = &wrong->list.v[i];
        if (strcmp(f->object, "services") == 0)
            r = services(ctx, out, err);
        else if (!f->object[0])
            plan_cannot(out, "", _("updates are installed by hand at a quiet hour, since the old versions can seldom be had again: %s"), f->next ? f->next : "apt-get upgrade");
        else
            plan_cannot(out, f->object, "%s", _("the machine has to be restarted: systemctl reboot"));
    }
    plan_unchanged(out, "%s", _("packages, files and settings"));
    return r;
}
