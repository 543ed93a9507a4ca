#include "unit/unit.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "unit/bus.h"
#include "unit/lease.h"
#include "unit/names.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TIMEOUT_MS 90000
#define WATCH_MS 700 /* daemons that die of their configuration are mostly dead by then; later looks (a dialogue) catch the rest */
#define LOOK_MS 40
#define ARENA (8u << 20)

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static void put(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

static void to_state(const struct unit_view *v, struct unit_state *s)
{
    put(s->active, sizeof s->active, v->active);
    put(s->sub, sizeof s->sub, v->sub);
    put(s->load, sizeof s->load, v->load);
    put(s->file, sizeof s->file, v->file);
    put(s->result, sizeof s->result, v->result);
    put(s->restart, sizeof s->restart, v->restart);
    s->restarts = v->restarts;
    s->main_pid = v->main_pid;
    s->can_reload = v->can_reload;
    s->since_us = v->since_us;
}

/* A unit that runs although its file was removed is there. */
static int not_there(const char *unit, const struct unit_view *v, struct err *err)
{
    if (strcmp(v->load, "not-found") == 0 && strcmp(v->active, "inactive") == 0)
        return err_set(err, -ENOENT, _("there is no service %s"), unit);
    return 0;
}

int unit_state(const char *unit, struct unit_state *ret, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(ARENA);
    _cleanup_(bus_closep) struct bus *bus = NULL;
    char name[UNIT_NAME_MAX];
    struct unit_view v;
    int r = unit_name(unit, name, err);
    if (r == 0)
        r = bus_open(&bus, err);
    if (r == 0)
        r = bus_view(bus, name, a, &v, err);
    if (r == 0)
        r = not_there(name, &v, err);
    if (r < 0)
        return r;
    *ret = (struct unit_state){0};
    to_state(&v, ret);
    return 0;
}

#define LAST_LINES 4

/* The newest lines come first (with a beginning given, journalctl -n alone would print the oldest): turned round. */
static void add_lines(const char *const argv[], struct buf *b)
{
    struct child_options o = {.timeout_ms = 3000, .max_output = 65536};
    struct child_result res = {0};
    struct err ignored = {0};
    struct str lines[LAST_LINES];
    size_t n = 0;
    if (child_run(argv, &o, &res, &ignored) == 0) {
        struct str rest = buf_str(&res.out), line;
        while (n < LAST_LINES && str_line(&rest, &line))
            if (str_trim(line).n)
                lines[n++] = str_trim(line);
        while (n) {
            buf_addz(b, b->n ? " / " : "");
            buf_adds(b, lines[--n]);
        }
    }
    child_result_free(&res);
}

/* The unit's last lines since then, in one, " / " between them: its own processes' words, or else what systemd says of it. They are others' text: raw,
   escaped where they leave. */
static void last_words(const char *unit, time_t since, struct buf *b)
{
    char from[32], own[UNIT_NAME_MAX + 20];
    snprintf(from, sizeof from, "--since=@%lld", (long long)since);
    snprintf(own, sizeof own, "_SYSTEMD_UNIT=%s", unit);
    add_lines((const char *const[]){"journalctl", "--sync", NULL}, b); /* what was just said is on its way to journald */
    add_lines((const char *const[]){"journalctl", "-q", "--no-pager", "-o", "cat", "-r", "-n", "4", from, own, NULL}, b);
    if (!b->n)
        add_lines((const char *const[]){"journalctl", "-q", "--no-pager", "-o", "cat", "-r", "-n", "4", from, "-u", unit, NULL}, b);
}

static int failed(const char *unit, const char *result, time_t since, struct err *err)
{
    _cleanup_(buf_free) struct buf words = BUF(400);
    last_words(unit, since, &words);
    if (words.n)
        return err_set(err, -EIO, _("%s: %s. Its last messages: %s"), unit, unit_result_words(result), words.p);
    return err_set(err, -EIO, _("%s: %s"), unit, unit_result_words(result));
}

/* A unit of this job: the one that was asked for, and those to which systemd hands it on (Debian's postfix.service is an empty shell of postfix@-.service). */
struct member {
    const char *name;
    uint32_t restarts;
};

struct job {
    struct bus *bus;
    struct arena *a;
    enum unit_verb verb;
    int64_t deadline;
    time_t since;
    LIST(struct member) members;
};

static bool runs(const struct unit_view *v)
{
    return strcmp(v->active, "active") == 0 || strcmp(v->active, "reloading") == 0 || strcmp(v->active, "activating") == 0;
}

static int add_members(struct job *j, const struct unit_names *names, struct err *err)
{
    for (size_t i = 0; i < names->list.n; i++) {
        struct unit_view v;
        int r = str_ends(str_of(names->list.v[i]), STR(".service")) ? bus_view(j->bus, names->list.v[i], j->a, &v, err) : -ENOENT;
        if (r == -ENOENT)
            continue;
        if (r < 0)
            return r;
        if (runs(&v))
            *list_push(j->a, &j->members) = (struct member){names->list.v[i], j->verb == UNIT_RELOAD ? v.restarts : 0};
    }
    return 0;
}

/* Looks at a member until its own job has ended and it is up, or dead. ret_watch: it may still die. */
static int look_at(struct job *j, const struct member *m, bool *ret_watch, struct err *err)
{
    for (;;) {
        _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20); /* of this look: there may be thousands */
        struct unit_view v;
        int r = bus_view(j->bus, m->name, a, &v, err);
        if (r < 0)
            return r;
        enum unit_fate fate = unit_fate(j->verb, &v, m->restarts);
        if (fate == FATE_CONDITION)
            return failed(m->name, "condition", j->since, err);
        if (fate == FATE_DEAD && !v.job)
            return failed(m->name, v.result, j->since, err);
        if (fate == FATE_FINE && !v.job) {
            *ret_watch |= unit_may_die_later(j->verb, &v);
            return 0;
        }
        if (clock_monotonic_ms() > j->deadline)
            return err_set(err, -ETIME, _("%s: the job did not end in time; systemd goes on with it"), m->name);
        pause_ms(LOOK_MS);
    }
}

/* Between looks no connection to systemd is held: whoever watches may fork meanwhile, and a confined child must not inherit it. */
struct unit_watch {
    struct arena *a;
    struct job job;
    int64_t end;
    bool over;
};

void unit_watch_freep(struct unit_watch **w)
{
    if (*w)
        arena_free((*w)->a);
    *w = NULL;
}

/* All members once. */
static int look_at_all(struct unit_watch *w, struct err *err)
{
    bool watch = false;
    for (size_t i = 0; i < w->job.members.n; i++) {
        int r = look_at(&w->job, &w->job.members.v[i], &watch, err);
        if (r < 0)
            return r;
    }
    w->over = !watch || clock_monotonic_ms() > w->end;
    return 0;
}

static int look_on(struct unit_watch *w, bool to_the_end, struct err *err)
{
    _cleanup_(bus_closep) struct bus *bus = NULL;
    int r = w->over ? 0 : bus_open(&bus, err);
    w->job.bus = bus;
    w->job.deadline = clock_monotonic_ms() + TIMEOUT_MS;
    while (r == 0 && !w->over) {
        r = look_at_all(w, err);
        if (!to_the_end)
            break;
        if (r == 0 && !w->over)
            pause_ms(LOOK_MS);
    }
    w->job.bus = NULL;
    return r;
}

int unit_watch_look(struct unit_watch *w, struct err *err)
{
    return look_on(w, false, err);
}

int unit_watch_end(struct unit_watch *w, struct err *err)
{
    return look_on(w, true, err);
}

static int run_job(struct job *j, const char *name, const struct unit_view *before, struct err *err)
{
    static const char *const methods[] = {[UNIT_START] = "StartUnit", [UNIT_STOP] = "StopUnit", [UNIT_RESTART] = "RestartUnit", [UNIT_RELOAD] = "ReloadUnit"};
    char result[24];
    if (j->verb == UNIT_RELOAD && !before->can_reload)
        j->verb = UNIT_RESTART;
    *list_push(j->a, &j->members) = (struct member){name, j->verb == UNIT_RELOAD ? before->restarts : 0};
    int r = 0;
    if (j->verb == UNIT_RESTART || j->verb == UNIT_STOP)
        r = add_members(j, &before->consists_of, err);
    else if (j->verb == UNIT_RELOAD)
        r = add_members(j, &before->reloads, err);
    if (r == 0)
        r = bus_job(j->bus, methods[j->verb], name, j->deadline, result, err);
    if (r < 0)
        return r;
    struct unit_view after;
    if (strcmp(result, "failed") == 0 && bus_view(j->bus, name, j->a, &after, NULL) == 0 && *after.result && strcmp(after.result, "success") != 0)
        return failed(name, after.result, j->since, err); /* why the unit failed says more than that the job did */
    if (strcmp(result, "done") != 0)
        return failed(name, result, j->since, err);
    return 0;
}

static struct unit_watch *watch_new(enum unit_verb verb, int timeout_ms)
{
    struct arena *a = arena_new(ARENA);
    struct unit_watch *w = arena_zalloc(a, sizeof *w);
    *w = (struct unit_watch){.a = a, .job = {.a = a, .verb = verb, .deadline = clock_monotonic_ms() + (timeout_ms ? timeout_ms : TIMEOUT_MS), .since = time(NULL)}, .over = true};
    return w;
}

static int run_state_job(const char *name, struct unit_watch *w, struct err *err)
{
    _cleanup_(bus_closep) struct bus *bus = NULL;
    struct unit_view before;
    int r = bus_open(&bus, err);
    w->job.bus = bus;
    if (r == 0)
        r = bus_view(bus, name, w->a, &before, err);
    if (r == 0)
        r = not_there(name, &before, err);
    if (r < 0 || (w->job.verb == UNIT_RELOAD && !runs(&before)))
        return r;
    r = run_job(&w->job, arena_dupz(w->a, name), &before, err);
    w->end = clock_monotonic_ms() + WATCH_MS;
    return r < 0 ? r : look_at_all(w, err);
}

/* A SysV script without a unit file is enabled by its own links, as systemctl does it (systemd-sysv-install). */
static int sysv_install(const char *name, bool enable, struct err *err)
{
    static const char *const tools[] = {"/lib/systemd/systemd-sysv-install", "/usr/lib/systemd/systemd-sysv-install"};
    char script[UNIT_NAME_MAX];
    snprintf(script, sizeof script, "%.*s", (int)(strlen(name) - strlen(".service")), name);
    for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
        const char *const argv[] = {tools[i], enable ? "enable" : "disable", script, NULL};
        struct child_result res = {0};
        int r = child_run(argv, NULL, &res, err);
        int status = res.status;
        if (r == 0 && status != 0)
            err_set(err, -EIO, "%s %s: %.*s", tools[i], argv[1], (int)str_trim(buf_str(&res.err)).n, res.err.p ? res.err.p : "");
        child_result_free(&res);
        if (r != -ENOENT)
            return r < 0 ? r : status ? -EIO : 0;
    }
    return err_set(err, -ENOTSUP, _("%s comes from an init script, and systemd-sysv-install is not installed"), name);
}

static int run_file_job(const char *name, bool enable, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(ARENA);
    _cleanup_(bus_closep) struct bus *bus = NULL;
    struct unit_view v;
    size_t changes = 0;
    bool install = true;
    int r = bus_open(&bus, err);
    if (r == 0)
        r = bus_view(bus, name, a, &v, err);
    if (r == 0)
        r = not_there(name, &v, err);
    if (r < 0)
        return r;
    if (strcmp(v.file, "generated") == 0 && str_starts(str_of(v.source), STR("/etc/init.d/")))
        r = sysv_install(name, enable, err);
    else
        r = bus_unit_files(bus, enable, name, &changes, &install, err);
    if (r == 0 && !install && !changes)
        return err_set(err, -EOPNOTSUPP, _("%s is not made to be enabled at boot: other units start it"), name);
    return r < 0 ? r : bus_reload(bus, err);
}

static int refuse_paused(const char *name, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(ARENA);
    struct lease l;
    struct err ignored = {0};
    if (unit_paused(name, a, &l, &ignored) != 1)
        return 0; /* none, or not to be read: then systemd answers */
    return err_set(err, -EBUSY, _("%s is paused. To end the pause: bansho service resume %s"), name, name);
}

int unit_do_watched(const char *unit, enum unit_verb verb, int timeout_ms, struct unit_watch **ret, struct err *err)
{
    _cleanup_(unit_watch_freep) struct unit_watch *w = watch_new(verb, timeout_ms);
    char name[UNIT_NAME_MAX];
    int r = unit_name(unit, name, err);
    if (r < 0)
        return r;
    if (verb == UNIT_ENABLE || verb == UNIT_DISABLE)
        r = run_file_job(name, verb == UNIT_ENABLE, err);
    else if ((r = verb == UNIT_START || verb == UNIT_RESTART ? refuse_paused(name, err) : 0) == 0)
        r = run_state_job(name, w, err);
    if (r == 0) {
        *ret = w;
        w = NULL;
    }
    return r;
}

int unit_do(const char *unit, enum unit_verb verb, int timeout_ms, struct err *err)
{
    _cleanup_(unit_watch_freep) struct unit_watch *w = NULL;
    int r = unit_do_watched(unit, verb, timeout_ms, &w, err);
    return r < 0 ? r : unit_watch_end(w, err);
}

int unit_daemon_reload(struct err *err)
{
    _cleanup_(bus_closep) struct bus *bus = NULL;
    int r = bus_open(&bus, err);
    return r < 0 ? r : bus_reload(bus, err);
}
