/* verb_service.c: `bansho service list|pause|resume|start|stop|restart`: the services of this server, and pauses that end by themselves. */
#include "act/executor.h"
#include "base/clock.h"
#include "bin/desk.h"
#include "bin/session.h"
#include "bin/verbs.h"
#include "change/change_acts.h"
#include "config/config.h"
#include "service/units.h"
#include "term/emit.h"
#include "unit/lease.h"
#include "unit/unit.h"
#include "unit/unit_acts.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_USUAL 3600
#define WHY_MAX 500

/* "90s" "30m" "2h" "1d"; a bare number means minutes. false: none of these. */
static bool duration(struct str text, int64_t *ret)
{
    static const struct { char unit; int64_t seconds; } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    int64_t factor = 60;
    uint64_t n;
    for (size_t i = 0; text.n && i < ARRAY_SIZE(units); i++)
        if (text.p[text.n - 1] == units[i].unit) {
            factor = units[i].seconds;
            text.n--;
            break;
        }
    if (!text.n || !str_u64(text, 1000000, &n) || n == 0)
        return false;
    *ret = (int64_t)n * factor;
    return true;
}

/* --- list --- */
struct shown {
    const char *unit, *product;
    const struct lease *lease;   /* NULL: not paused */
    const struct unit *seen;     /* NULL: systemd knows no such unit any more */
};

struct listing {
    struct arena *a;
    struct host *host;
    struct server *server;
    struct leases leases;
    bool blind; /* pauses could not be seen */
    LIST(struct shown) list;
};

static void listing_done(struct listing *l)
{
    server_free(l->server);
    host_free(l->host);
}

static int by_unit(const void *a, const void *b)
{
    return strcmp(((const struct shown *)a)->unit, ((const struct shown *)b)->unit);
}

static int look(struct listing *l, const struct root *root, struct err *err)
{
    struct clock clock = clock_system();
    struct service_units units = {0};
    struct err unseen = {0};
    int r = unit_leases(root, l->a, &l->leases, &unseen);
    l->blind = r == -EACCES; /* only root may see pauses: it is said */
    if (l->blind)
        r = 0;
    else if (r < 0)
        return err_set(err, r, "%s", unseen.text);
    if (r == 0)
        r = host_new(root, &clock, &l->host, err);
    if (r == 0)
        r = server_new(l->host, &l->server, err);
    if (r < 0)
        return r;
    service_units_collect(l->server, l->a, &units);
    for (size_t i = 0; i < units.list.n; i++) {
        const struct service_unit *u = &units.list.v[i];
        *list_push(l->a, &l->list) = (struct shown){u->unit->name, u->by ? u->by->product->title : "", leases_holding(&l->leases, u->unit->name), u->unit};
    }
    for (size_t i = 0; i < l->leases.list.n; i++) {
        const struct lease *p = &l->leases.list.v[i];
        bool known = false;
        for (size_t k = 0; k < l->list.n; k++)
            known |= l->list.v[k].lease == p;
        if (!known)
            *list_push(l->a, &l->list) = (struct shown){p->unit, "", p, host_unit(l->host, p->unit)};
    }
    if (l->list.n)
        qsort(l->list.v, l->list.n, sizeof l->list.v[0], by_unit);
    return 0;
}

static const char *state_word(const struct shown *s)
{
    static const char *const words[] = {"unknown", "running", "stopped", "failed", "changing"};
    return s->lease ? "paused" : words[s->seen ? s->seen->active : UNIT_ACTIVE_UNKNOWN];
}

static const char *state_text(const struct shown *s)
{
    return s->lease ? _("paused") : unit_active_text(s->seen ? s->seen->active : UNIT_ACTIVE_UNKNOWN);
}

static bool at_boot(const struct shown *s)
{
    return s->seen && (s->seen->enabled == UNIT_ENABLED || s->seen->enabled == UNIT_GENERATED);
}

static void print_json(const struct listing *l)
{
    struct emit j = emit_to(stdout);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.service/1");
    emit_bool(&j, "pauses_seen", !l->blind);
    emit_list(&j, "services");
    for (size_t i = 0; i < l->list.n; i++) {
        const struct shown *s = &l->list.v[i];
        emit_object(&j, NULL);
        emit_text(&j, "unit", s->unit);
        emit_text(&j, "product", s->product[0] ? s->product : NULL);
        emit_text(&j, "state", state_word(s));
        emit_bool(&j, "at_boot", at_boot(s));
        emit_time(&j, "paused_since", s->lease ? s->lease->since : 0);
        emit_time(&j, "paused_until", s->lease ? s->lease->until : 0);
        emit_text(&j, "who", s->lease ? s->lease->who : NULL);
        emit_text(&j, "why", s->lease ? s->lease->why : NULL);
        emit_end(&j);
    }
    emit_end(&j);
    emit_end(&j);
    emit_done(&j);
}

static void print_row(const struct listing *l, const struct shown *s, size_t width)
{
    _cleanup_(buf_free) struct buf b = BUF(65536), name = BUF(4096);
    text_escape(&name, str_of(s->unit));
    text_pad(&b, buf_str(&name), width);
    buf_addz(&b, "  ");
    text_pad(&b, str_of(state_text(s)), 16);
    buf_addz(&b, "  ");
    buf_addz(&b, at_boot(s) ? _("at boot") : _("not at boot"));
    if (s->product[0])
        buf_printf(&b, "  %s", s->product);
    if (s->lease) {
        buf_addz(&b, "\n    ");
        if (s->lease->until <= (int64_t)time(NULL))
            buf_printf(&b, _("its pause ended at %s, but it was not brought back: bansho service resume %s"), clock_text(l->a, s->lease->until, CLOCK_SECOND), name.p);
        else
            buf_printf(&b, _("until %s, by "), clock_text(l->a, s->lease->until, CLOCK_SECOND));
        if (s->lease->until > (int64_t)time(NULL))
            text_escape(&b, str_of(s->lease->who));
        if (s->lease->why[0]) {
            buf_addz(&b, ": ");
            text_escape(&b, str_of(s->lease->why));
        }
    }
    printf("%s\n", b.p);
}

static enum outcome list(const struct call *c, struct arena *a)
{
    _cleanup_(listing_done) struct listing l = {.a = a};
    struct root root;
    struct err err = {0};
    int r = root_open("/", &root, &err);
    if (r == 0) {
        r = look(&l, &root, &err);
        if (r == 0 && call_option(c, "json"))
            print_json(&l);
        size_t width = 0;
        for (size_t i = 0; i < l.list.n; i++)
            width = strlen(l.list.v[i].unit) > width ? strlen(l.list.v[i].unit) : width;
        for (size_t i = 0; r == 0 && !call_option(c, "json") && i < l.list.n; i++)
            print_row(&l, &l.list.v[i], width);
        if (r == 0 && !call_option(c, "json") && !l.list.n)
            printf("%s\n", _("no services were found"));
        if (r == 0 && !call_option(c, "json") && l.blind)
            complainf("%s", _("pauses are not shown: only root can see them (sudo bansho service list)"));
        root_close(&root);
    }
    return r < 0 ? complain(&err) : OUTCOME_FINE;
}

/* --- changing --- */

/* What is ordered passes the executor: permitted, recorded, its end too. */
struct order {
    const struct call *call;
    struct arena *a;
    const struct act *act;
    struct config *config;
    struct executor executor;
    bool open;
};

static void order_done(struct order *o)
{
    if (o->open)
        executor_close(&o->executor);
    config_free(o->config);
}

static int permitted(struct order *o, struct err *err)
{
    int r = session_config(&o->config, err);
    if (r < 0)
        return r;
    r = executor_open(STATE_DIR, executor_observes(o->config, CALLER_ADMIN), CALLER_ADMIN, session_who(o->a), (int64_t)time(NULL), &o->executor, err);
    if (r < 0)
        return r;
    o->open = true;
    struct act_desk desk = executor_desk(&o->executor);
    return desk.permit(desk.arg, o->act, o->call->args[1], err);
}

/* Ends the order with what came of it. */
static enum outcome ended(struct order *o, int r, const struct err *err)
{
    struct act_desk desk = executor_desk(&o->executor);
    desk.done(desk.arg, o->act, o->call->args[1], r);
    return r < 0 ? complain(err) : OUTCOME_FINE;
}

static enum outcome pause_service(const struct call *c, struct arena *a)
{
    _cleanup_(order_done) struct order o = {.call = c, .a = a, .act = &act_unit_pause};
    const char *why = call_option(c, "why"), *length = call_option(c, "for");
    int64_t seconds = PAUSE_USUAL, now = (int64_t)time(NULL), until = 0;
    struct err err = {0};
    if (length && !duration(str_of(length), &seconds))
        return complainf(_("service pause: \"%s\" is no duration; write 30m, 2h or 1d"), length);
    if (why && strlen(why) > WHY_MAX)
        return complainf(_("service pause: --why is longer than %d bytes"), WHY_MAX);
    if (permitted(&o, &err) < 0)
        return complain(&err), OUTCOME_REFUSED;
    enum outcome outcome = ended(&o, unit_pause(c->args[1], now, now + seconds, why ? why : "", session_who(a), &until, &err), &err);
    if (outcome != OUTCOME_FINE)
        return outcome;
    printf(_("%s is paused until %s and is brought back then, also after a restart of the server.\n"), c->args[1], clock_text(a, until, CLOCK_SECOND));
    if (until > now + seconds)
        printf("%s\n", _("It was paused longer already: the later end holds."));
    printf(_("To end the pause now: bansho service resume %s\n"), c->args[1]);
    return OUTCOME_FINE;
}

static enum outcome resume_service(const struct call *c, struct arena *a)
{
    _cleanup_(order_done) struct order o = {.call = c, .a = a, .act = &act_unit_resume};
    struct err err = {0};
    if (permitted(&o, &err) < 0)
        return complain(&err), OUTCOME_REFUSED;
    enum outcome outcome = ended(&o, unit_resume(c->args[1], &err), &err);
    if (outcome == OUTCOME_FINE)
        printf(_("the pause of %s is over; it runs\n"), c->args[1]);
    return outcome;
}

static enum outcome do_service(const struct call *c, struct arena *a, enum unit_verb verb, const char *done)
{
    _cleanup_(order_done) struct order o = {.call = c, .a = a, .act = change_unit_act(verb)};
    struct unit_state now;
    struct err err = {0};
    if (unit_state(c->args[1], &now, &err) < 0)
        return complain(&err); /* a name that is mistyped is no failure of the act */
    if (permitted(&o, &err) < 0)
        return complain(&err), OUTCOME_REFUSED;
    enum outcome outcome = ended(&o, unit_do(c->args[1], verb, 0, &err), &err);
    if (outcome == OUTCOME_FINE)
        printf(done, c->args[1]);
    return outcome;
}

static enum outcome start_service(const struct call *c, struct arena *a)
{
    return do_service(c, a, UNIT_START, _("%s runs\n"));
}

static enum outcome restart_service(const struct call *c, struct arena *a)
{
    return do_service(c, a, UNIT_RESTART, _("%s was restarted and runs\n"));
}

static enum outcome stop_service(const struct call *c, struct arena *a)
{
    struct err err = {0};
    _cleanup_(buf_free) struct buf name = BUF(512);
    buf_addz(&name, c->args[1]);
    buf_addz(&name, strchr(c->args[1], '.') ? "" : ".service");
    if (unit_may_stop(name.p, &err) < 0)
        return complain(&err);
    return do_service(c, a, UNIT_STOP, _("%s is stopped, without an end. Until a time that you name: bansho service pause\n"));
}

static enum outcome service(const struct call *c)
{
    static const struct {
        const char *name;
        enum outcome (*run)(const struct call *c, struct arena *a);
        bool changes;
    } acts[] = {
        {"list", list, false}, {"pause", pause_service, true}, {"resume", resume_service, true},
        {"start", start_service, true}, {"stop", stop_service, true}, {"restart", restart_service, true},
    };
    _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
    for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
        if (strcmp(acts[i].name, c->args[0]) != 0)
            continue;
        if (acts[i].changes && c->args_n != 2)
            return complainf(_("service %s: name the service, as systemd calls it"), c->args[0]);
        if (!acts[i].changes && c->args_n != 1)
            return complainf(_("%s: too many arguments. Usage: bansho %s %s"), c->verb->name, c->verb->name, c->verb->usage);
        if (acts[i].changes && geteuid() != 0)
            return complainf("%s", _("only root can do that"));
        return acts[i].run(c, a);
    }
    return OUTCOME_USAGE; /* the row lists the same words */
}

static const struct verb_option service_options[] = {
    {"for", 0, ARGUMENT_TEXT, "TIME", NULL, N_("how long a pause lasts: 30m, 2h, 1d; one hour otherwise, seven days at most")},
    {"why", 0, ARGUMENT_TEXT, "TEXT", NULL, N_("the reason of a pause; shown in the list")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("the list as JSON (schema bansho.service/1)")},
    {0},
};

const struct verb verb_service = {
    .name = "service",
    .usage = "list [--json] | pause SERVICE [--for TIME] [--why TEXT] | resume|start|stop|restart SERVICE",
    .summary = N_("shows, starts, stops and pauses services"),
    .help = N_("A pause stops a service until a time and brings it back then, by itself: also after a restart of the server, also when bansho is gone. Until "
               "then nothing starts it: no restart of the server, no update, no monit and no Watchdog of Plesk, which are told to look away and to look "
               "again. Pausing it again prolongs the pause; resume ends it.\n\n"
               "Starting and restarting end well only when the service really runs a moment later; otherwise its last messages are shown. What is needed "
               "to log in to this server is never stopped."),
    .options = service_options,
    .argument = ARGUMENT_WORDS,
    .words = "list|pause|resume|start|stop|restart",
    .min = 1,
    .max = 2,
    .run = service,
};
