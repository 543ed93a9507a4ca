/* clock_fix.c: the program that keeps the clock is started, now and at every boot, where one is installed. */
#include "base/i18n.h"
#include "change/plan.h"
#include "log/clock.h"

int log_clock_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    const char *keeper = clock_keeper(ctx->server->host);
    const struct unit *u = keeper ? host_unit(ctx->server->host, keeper) : NULL;
    const char *next = wrong->list.n && wrong->list.v[0].next ? wrong->list.v[0].next : "bansho explain log.clock";
    plan_title(out, N_("The clock is to be kept right, from now on and after every boot"));
    int r = 0;
    if (clock_keepers_run(ctx->server->host) > 1)
        plan_cannot(out, "", _("which of them is meant only you know; next: %s"), next);
    else if (!u)
        plan_cannot(out, "", _("no program for it is installed; next: %s"), next);
    else {
        r = plan_unit(out, keeper, UNIT_ENABLE, err);
        if (r == 0)
            r = plan_unit(out, keeper, UNIT_START, err);
        if (r == 0 && plan_empty(out))
            plan_cannot(out, "", _("%s runs already; next: %s"), keeper, next);
    }
    if (!plan_empty(out)) {
        plan_expected(out, "");
        plan_untested(out, "%s", _("whether the time servers answer: that shows within minutes (bansho check log.clock)"));
    }
    plan_unchanged(out, "%s", _("time servers: those that its settings name"));
    plan_note(out, "%s", _("A clock that is far off jumps once. Databases and mail servers take that well; jobs at a fixed time may run twice or not at all."));
    return r;
}
