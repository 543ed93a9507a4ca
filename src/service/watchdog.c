#include "service/watchdog.h"
#include "base/clock.h"
#include "base/child.h"
#include "base/i18n.h"
#include "service/units.h"
#include "unit/lease.h"
#include "unit/monit.h"
#include <errno.h>
#include <stdio.h>
#include <time.h>

#define OFTEN 3      /* restarts by itself within a day that are worth a look */
#define OVERDUE 300  /* seconds that systemd may take to bring back what was paused */
#define SCHEDULED_RESTART "MESSAGE_ID=5eb03494b6584870a536b337290809b3" /* sd-messages.h: SD_MESSAGE_UNIT_RESTART_SCHEDULED */

enum brought_back watchdog_restart(const char *restart)
{
    static const struct { const char *name; enum brought_back is; } table[] = {
        {"always", BACK_ALWAYS}, {"on-failure", BACK_ALWAYS}, {"on-abnormal", BACK_ALWAYS}, {"on-abort", BACK_PARTLY}};
    for (size_t i = 0; restart && i < ARRAY_SIZE(table); i++)
        if (strcmp(table[i].name, restart) == 0)
            return table[i].is;
    return BACK_NEVER;
}

static bool is(const char *value, const char *name)
{
    return value && strcmp(value, name) == 0;
}

bool watchdog_wants_drop_in(const struct unit *u)
{
    return u->active == UNIT_ACTIVE && u->restart && u->restart[0] && watchdog_restart(u->restart) != BACK_ALWAYS && !u->triggered && !is(u->type, "oneshot");
}

struct look {
    const struct probe_ctx *ctx;
    struct findings *out;
    struct leases leases;
    struct monit_services monit;
    struct buf restarts; /* a unit's name in a line for each time that systemd restarted it within a day */
    bool restarts_seen;
};

static void see_restarts(struct look *l)
{
    char since[40];
    snprintf(since, sizeof since, "--since=@%lld", (long long)(l->ctx->now - DAY));
    const char *const argv[] = {"journalctl", "-q", "--no-pager", "-o", "cat", "--output-fields=UNIT", since, "_PID=1", SCHEDULED_RESTART, NULL};
    struct child_options o = {.timeout_ms = 5000, .max_output = 1u << 20};
    struct child_result res = {0};
    struct err ignored = {0};
    if (child_run(argv, &o, &res, &ignored) == 0) {
        l->restarts_seen = res.status == 0 || res.out.n; /* 1: nothing was found, on some versions */
        buf_adds(&l->restarts, buf_str(&res.out));
    }
    child_result_free(&res);
}

static unsigned restarts_of(const struct look *l, const struct unit *u)
{
    struct str rest = buf_str(&l->restarts), line;
    unsigned n = 0;
    while (str_line(&rest, &line))
        n += str_eq(line, str_of(u->name));
    return n;
}

static const struct monit_service *watched(const struct look *l, const struct unit *u)
{
    for (size_t i = 0; i < l->monit.list.n; i++)
        if (l->monit.list.v[i].start[0] && monit_watches(&l->monit.list.v[i], l->ctx->server->host->root, u->name, u->main_pid))
            return &l->monit.list.v[i];
    return NULL;
}

/* What a pause says of its service: it has an end, or the end has passed. */
static void say_paused(struct look *l, const struct lease *p)
{
    struct arena *a = l->out->arena;
    bool over = p->until + OVERDUE < l->ctx->now;
    struct finding *f;
    if (over)
        f = finding_add(l->out, STATE_FAIL, p->unit, _("%s was paused until %s and was not brought back"), p->unit, clock_text(a, p->until, CLOCK_MINUTE));
    else
        f = finding_add(l->out, STATE_OK, p->unit, _("%s is paused until %s and is brought back then"), p->unit, clock_text(a, p->until, CLOCK_MINUTE));
    finding_evidence(l->out, f, arena_printf(a, LEASE_DIR "/%s", p->unit), 0, _("since %s, by %s: %s"), clock_text(a, p->since, CLOCK_MINUTE), p->who, p->why);
    if (over) {
        finding_by_hand(l->out, f);
        finding_next(l->out, f, "bansho service resume %s", p->unit);
        finding_next_note(l->out, f, _("ends the pause and starts the service"));
    }
}

static void add_state(struct look *l, struct finding *f, const struct unit *u)
{
    if (u->restart && u->restart[0])
        finding_evidence(l->out, f, u->file, 0, "%s: %s (%s), Restart=%s", u->name, unit_active_text(u->active), u->sub, u->restart);
    else
        finding_evidence(l->out, f, u->file, 0, "%s: %s", u->name, unit_active_text(u->active));
}

static void add_start(struct look *l, struct finding *f, const struct unit *u)
{
    finding_by_hand(l->out, f);
    finding_next(l->out, f, "journalctl -u %s -n 50 --no-pager; bansho service start %s", u->name, u->name);
    finding_next_note(l->out, f, _("shows its last messages, then starts it"));
}

/* It does not run although it starts at boot. true: told. */
static bool say_down(struct look *l, const struct unit *u)
{
    struct finding *f;
    if (strncmp(u->sub, "auto-restart", 12) == 0)
        f = finding_add(l->out, STATE_FAIL, u->name, _("%s dies again and again: systemd is just starting it anew"), u->name);
    else if (u->active == UNIT_FAILED && is(u->result, "start-limit-hit"))
        f = finding_add(l->out, STATE_FAIL, u->name, _("%s died so often that systemd no longer starts it"), u->name);
    else if (u->active == UNIT_FAILED)
        f = finding_add(l->out, STATE_FAIL, u->name, _("%s has failed, and nothing brings it back"), u->name);
    else if (u->active == UNIT_INACTIVE && !u->triggered && !is(u->type, "oneshot"))
        f = finding_add(l->out, STATE_WARN, u->name, _("%s was stopped, and nothing brings it back"), u->name);
    else
        return false;
    add_state(l, f, u);
    finding_impact(l->out, f, _("Until somebody starts it, it does not work. A pause that ends by itself: bansho service pause"));
    add_start(l, f, u);
    return true;
}

static void say_often(struct look *l, const struct unit *u, unsigned n)
{
    struct finding *f = finding_add(l->out, STATE_WARN, u->name, _("%s died %u times within a day and was restarted"), u->name, n);
    add_state(l, f, u);
    finding_impact(l->out, f, _("Whoever uses it at that moment is cut off. What kills it stays until its cause is found."));
    finding_by_hand(l->out, f);
    finding_next(l->out, f, "journalctl -u %s --since -1d --no-pager", u->name);
    finding_next_note(l->out, f, _("shows its messages of the last day; changes nothing"));
}

static void add_dropin(struct look *l, struct finding *f, const struct unit *u)
{
    finding_impact(l->out, f, _("If it dies at night, it stays down until somebody notices."));
    finding_next(l->out, f, "bansho fix service.watchdog %s --plan", u->name);
    finding_next_note(l->out, f, _("systemd is to start it again five seconds after it dies; --plan only shows"));
}

static void say_policy(struct look *l, const struct unit *u)
{
    const struct monit_service *m = watched(l, u);
    enum brought_back back = watchdog_restart(u->restart);
    struct finding *f;
    if (m) {
        f = finding_add(l->out, STATE_OK, u->name, _("%s is brought back by %s when it dies"), u->name, m->by->title);
        finding_evidence(l->out, f, m->by->conf, 0, "check process %s: start program = \"%s\"", m->name, m->start);
    } else if (back == BACK_ALWAYS)
        f = finding_add(l->out, STATE_OK, u->name, _("%s is brought back by systemd when it dies"), u->name);
    else if (u->triggered)
        f = finding_add(l->out, STATE_OK, u->name, _("%s is started again when somebody asks for it"), u->name);
    else if (back == BACK_PARTLY)
        f = finding_add(l->out, STATE_WARN, u->name, _("%s is brought back after a crash only, not when the system kills it for lack of memory"), u->name);
    else
        f = finding_add(l->out, STATE_WARN, u->name, _("nothing brings %s back when it dies"), u->name);
    add_state(l, f, u);
    if (f->state == STATE_WARN)
        add_dropin(l, f, u);
}

static void judge(struct look *l, const struct unit *u)
{
    unsigned n = restarts_of(l, u);
    if (say_down(l, u)) /* first: systemd forgets everything else about a unit that is stopped */
        return;
    if (!u->restart || !u->restart[0]) {
        finding_add(l->out, STATE_UNKNOWN, u->name, _("systemd does not say whether it brings %s back"), u->name);
        return;
    }
    if (n >= OFTEN)
        say_often(l, u, n);
    else if (!is(u->type, "oneshot"))
        say_policy(l, u);
}

static void say_unseen(struct look *l, const char *object, const char *why)
{
    finding_add(l->out, STATE_UNKNOWN, object, "%s", why);
}

int service_watchdog(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    const struct host *h = ctx->server->host;
    struct look l = {.ctx = ctx, .out = out, .restarts = BUF(1u << 20)};
    struct service_units units = {0};
    struct err why = {0};
    if (h->active_seen.code < 0)
        return err_set(err, h->active_seen.code, "%s", h->active_seen.why);
    if (unit_leases(h->root, out->arena, &l.leases, &why) < 0)
        say_unseen(&l, "pauses", why.text);
    monit_read(h->root, out->arena, &l.monit);
    service_units_collect(ctx->server, out->arena, &units);
    see_restarts(&l);
    for (size_t i = 0; i < l.leases.list.n; i++)
        say_paused(&l, &l.leases.list.v[i]);
    for (size_t i = 0; i < units.list.n; i++)
        if (!leases_holding(&l.leases, units.list.v[i].unit->name))
            judge(&l, units.list.v[i].unit);
    if (!l.restarts_seen)
        say_unseen(&l, "restarts", _("the journal does not tell how often services were restarted"));
    buf_free(&l.restarts);
    return 0;
}
