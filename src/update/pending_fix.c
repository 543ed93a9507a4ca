/* pending_fix.c: the plan of update.pending: what waits is installed, services that still run replaced files are restarted. */
#include "base/i18n.h"
#include "update/upgrade.h"

/* Is it restarted already, after the packages were installed? */
static bool renewed(const struct plan *p, const char *unit)
{
    for (size_t i = 0; i < p->steps.n; i++)
        if (p->steps.v[i].type == STEP_SETTLE && p->steps.v[i].verb == UNIT_RESTART && strcmp(p->steps.v[i].unit, unit) == 0)
            return true;
    return false;
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
        const char *why = upgrade_never_restart(p->arena, s.list.v[i]);
        if (why)
            plan_cannot(p, "services", "%s", why);
        else if (!renewed(p, s.list.v[i]))
            r = restart(p, s.list.v[i], err);
    }
    for (size_t i = 0; i < s.others.n; i++)
        plan_cannot(p, "services", _("%s belongs to no service: whoever started it has to start it again"), s.others.v[i]);
    return r;
}

static bool names(const struct findings *wrong, const char *object)
{
    for (size_t i = 0; i < wrong->list.n; i++)
        if (strcmp(wrong->list.v[i].object, object) == 0)
            return true;
    return false;
}

int update_pending_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    bool packages = names(wrong, "");
    plan_title(out, packages ? N_("Waiting updates are to be installed, and nothing is to run an old version") : N_("Services that still run the old version of updated files are to be restarted"));
    int r = packages ? upgrade_plan(ctx, out, err) : 0;
    if (r == 0 && names(wrong, "services"))
        r = services(ctx, out, err);
    if (names(wrong, "kernel"))
        plan_cannot(out, "kernel", "%s", _("the machine has to be restarted: systemctl reboot"));
    if (!packages)
        plan_unchanged(out, "%s", _("packages, files and settings"));
    return r;
}
