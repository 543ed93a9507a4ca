/* watchdog_fix.c: a drop-in for each service that nothing brings back. What was stopped, fails or is paused is told: only its owner knows what is meant. */
#include "base/i18n.h"
#include "change/plan.h"
#include "service/watchdog.h"

#define DIRECTORY "/etc/systemd/system"
/* Drop-ins are read in the order of their names, whatever directory they are in: this one comes last. */
#define DROP_IN "zz-bansho-restart.conf"

static const char text[] = "# bansho: brought back when it dies (bansho explain service.watchdog)\n[Service]\nRestart=on-failure\nRestartSec=5\n";

static int drop_in(struct plan *p, const char *unit, struct err *err)
{
    const char *dir = arena_printf(p->arena, DIRECTORY "/%s.d", unit);
    int r = plan_directory(p, dir, 0755, 0, 0, err);
    if (r == 0)
        r = plan_write(p, arena_printf(p->arena, "%s/" DROP_IN, dir), str_of(text), 0644, err);
    return r;
}

int service_watchdog_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    bool planned = false;
    int r = 0;
    plan_title(out, N_("Services are to be brought back when they die"));
    for (size_t i = 0; r == 0 && i < wrong->list.n; i++) {
        const char *name = wrong->list.v[i].object;
        const struct unit *u = host_unit(ctx->server->host, name);
        if (u && watchdog_wants_drop_in(u)) {
            r = drop_in(out, u->name, err);
            planned = true;
        } else
            plan_cannot(out, name, _("%s; next: %s"), wrong->list.v[i].title, wrong->list.v[i].next ? wrong->list.v[i].next : "bansho explain service.watchdog");
    }
    if (planned)
        plan_manager(out); /* also where the drop-in lies there already: then systemd was not told */
    plan_unchanged(out, "%s", _("the services go on running; nothing is restarted now"));
    plan_untested(out, "%s", _("whether systemd really starts it again: for that it would have to die"));
    return r;
}
