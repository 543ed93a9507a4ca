#include "unit/bus.h"
#include "base/clock.h"
#include "base/i18n.h"
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define MANAGER "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"
#define CALL_US 25000000ULL
#define RELOAD_US 180000000ULL /* a generator may take its time */

/* The functions of libsystemd that are used, found by name. */
#define FUNCTIONS(X) \
    X(sd_bus_new) X(sd_bus_set_address) X(sd_bus_start) X(sd_bus_open_system) X(sd_bus_flush_close_unref) X(sd_bus_set_method_call_timeout) \
    X(sd_bus_match_signal) X(sd_bus_call) X(sd_bus_call_method) X(sd_bus_process) X(sd_bus_wait) X(sd_bus_error_free) X(sd_bus_slot_unref) \
    X(sd_bus_message_new_method_call) X(sd_bus_message_append) X(sd_bus_message_read) X(sd_bus_message_unref) X(sd_bus_message_skip) \
    X(sd_bus_message_enter_container) X(sd_bus_message_exit_container)

struct bus {
    void *library;
    sd_bus *b;
    bool direct; /* the private socket: its messages name no sender */
#define FIELD(f) __typeof__(f) *f;
    FUNCTIONS(FIELD)
};

static int find_functions(struct bus *bus, struct err *err)
{
    bus->library = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!bus->library)
        return err_set(err, -ENOTSUP, _("systemd's library (libsystemd.so.0) is not installed"));
#define FIND(f) *(void **)&bus->f = dlsym(bus->library, #f); if (!bus->f) return err_set(err, -ENOTSUP, "libsystemd.so.0: %s", #f);
    FUNCTIONS(FIND)
    return 0;
}

static int connect_direct(struct bus *bus)
{
    if (geteuid() != 0 || access("/run/systemd/private", F_OK) < 0)
        return -ENOENT;
    int r = bus->sd_bus_new(&bus->b);
    if (r >= 0)
        r = bus->sd_bus_set_address(bus->b, "unix:path=/run/systemd/private");
    if (r >= 0)
        r = bus->sd_bus_start(bus->b);
    if (r < 0 && bus->b)
        bus->b = bus->sd_bus_flush_close_unref(bus->b);
    bus->direct = r >= 0;
    return r;
}

int bus_open(struct bus **ret, struct err *err)
{
    _cleanup_(bus_closep) struct bus *bus = NULL;
    if (access("/run/systemd/system", F_OK) < 0) /* as sd_booted(3) asks */
        return err_set(err, -ENOTSUP, _("systemd does not run this machine: services cannot be started and stopped through it"));
    bus = calloc(1, sizeof *bus);
    if (!bus)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    int r = find_functions(bus, err);
    if (r < 0)
        return r;
    r = connect_direct(bus);
    if (r < 0)
        r = bus->sd_bus_open_system(&bus->b);
    if (r < 0)
        return err_set(err, r, _("systemd cannot be reached: %s"), err_name(r));
    bus->sd_bus_set_method_call_timeout(bus->b, CALL_US);
    *ret = bus;
    bus = NULL;
    return 0;
}

void bus_closep(struct bus **p)
{
    struct bus *bus = *p;
    if (!bus)
        return;
    if (bus->b)
        bus->sd_bus_flush_close_unref(bus->b);
    if (bus->library)
        dlclose(bus->library);
    free(bus);
    *p = NULL;
}

/* What systemd answered instead, in its own words. Frees the error. */
static int refused(struct bus *bus, sd_bus_error *e, int r, const char *unit, struct err *err)
{
    static const struct { const char *name; int code; } names[] = {
        {"org.freedesktop.systemd1.NoSuchUnit", -ENOENT}, {"org.freedesktop.systemd1.LoadFailed", -ENOENT},
        {"org.freedesktop.DBus.Error.AccessDenied", -EACCES}, {"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", -EACCES},
        {"org.freedesktop.DBus.Error.NoReply", -ETIME}, {"org.freedesktop.DBus.Error.Timeout", -ETIME},
    };
    int code = r == -ETIMEDOUT ? -ETIME : -EIO;
    for (size_t i = 0; e->name && i < ARRAY_SIZE(names); i++)
        if (strcmp(e->name, names[i].name) == 0)
            code = names[i].code;
    err_set(err, code, _("%s: systemd refuses: %s"), unit, e->message && *e->message ? e->message : err_name(r));
    bus->sd_bus_error_free(e);
    return code;
}

enum kind { KIND_TEXT, KIND_NUMBER, KIND_TIME, KIND_FLAG, KIND_LIST, KIND_JOB };
static const struct row {
    const char *name;
    enum kind kind;
    size_t at;
} rows[] = {
#define ROW(name, kind, member) {name, kind, offsetof(struct unit_view, member)}
    ROW("LoadState", KIND_TEXT, load), ROW("ActiveState", KIND_TEXT, active), ROW("SubState", KIND_TEXT, sub), ROW("UnitFileState", KIND_TEXT, file),
    ROW("Result", KIND_TEXT, result), ROW("Restart", KIND_TEXT, restart), ROW("Type", KIND_TEXT, type), ROW("SourcePath", KIND_TEXT, source),
    ROW("NRestarts", KIND_NUMBER, restarts), ROW("MainPID", KIND_NUMBER, main_pid), ROW("CanReload", KIND_FLAG, can_reload),
    ROW("ConditionResult", KIND_FLAG, condition), ROW("StateChangeTimestamp", KIND_TIME, since_us), ROW("ConditionTimestamp", KIND_TIME, condition_us),
    ROW("TriggeredBy", KIND_LIST, triggered_by), ROW("ConsistsOf", KIND_LIST, consists_of), ROW("PropagatesReloadTo", KIND_LIST, reloads),
    ROW("RequiredBy", KIND_LIST, required_by), ROW("BoundBy", KIND_LIST, bound_by), ROW("PropagatesStopTo", KIND_LIST, stops), ROW("Job", KIND_JOB, job),
};

static int read_text(struct bus *bus, sd_bus_message *m, struct arena *a, void *to)
{
    const char *s = NULL;
    int r = bus->sd_bus_message_read(m, "s", &s);
    if (r >= 0)
        *(const char **)to = arena_dupz(a, s);
    return r;
}

static int read_number(struct bus *bus, sd_bus_message *m, struct arena *a, void *to)
{
    (void)a;
    return bus->sd_bus_message_read(m, "u", (uint32_t *)to);
}

static int read_time(struct bus *bus, sd_bus_message *m, struct arena *a, void *to)
{
    (void)a;
    return bus->sd_bus_message_read(m, "t", (uint64_t *)to);
}

static int read_flag(struct bus *bus, sd_bus_message *m, struct arena *a, void *to)
{
    int v = 0;
    (void)a;
    int r = bus->sd_bus_message_read(m, "b", &v);
    *(bool *)to = v;
    return r;
}

static int read_list(struct bus *bus, sd_bus_message *m, struct arena *a, void *to)
{
    struct unit_names *names = to;
    const char *s;
    int r = bus->sd_bus_message_enter_container(m, 'a', "s");
    while (r >= 0 && (r = bus->sd_bus_message_read(m, "s", &s)) > 0)
        *list_push(a, &names->list) = arena_dupz(a, s);
    return r < 0 ? r : bus->sd_bus_message_exit_container(m);
}

static int read_job(struct bus *bus, sd_bus_message *m, struct arena *a, void *to)
{
    uint32_t id = 0;
    const char *path;
    (void)a;
    int r = bus->sd_bus_message_read(m, "(uo)", &id, &path);
    *(bool *)to = id != 0;
    return r;
}

/* One value of the answer, into its member; others are skipped. */
static int read_value(struct bus *bus, sd_bus_message *m, const char *name, struct arena *a, struct unit_view *v)
{
    static const struct {
        const char *type;
        int (*read)(struct bus *bus, sd_bus_message *m, struct arena *a, void *to);
    } kinds[] = {[KIND_TEXT] = {"s", read_text}, [KIND_NUMBER] = {"u", read_number}, [KIND_TIME] = {"t", read_time},
                 [KIND_FLAG] = {"b", read_flag}, [KIND_LIST] = {"as", read_list}, [KIND_JOB] = {"(uo)", read_job}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (strcmp(rows[i].name, name) != 0)
            continue;
        int r = bus->sd_bus_message_enter_container(m, 'v', kinds[rows[i].kind].type);
        if (r > 0)
            r = kinds[rows[i].kind].read(bus, m, a, (char *)v + rows[i].at);
        return r < 0 ? r : bus->sd_bus_message_exit_container(m);
    }
    return bus->sd_bus_message_skip(m, "v");
}

static int read_values(struct bus *bus, sd_bus_message *m, struct arena *a, struct unit_view *v)
{
    int r = bus->sd_bus_message_enter_container(m, 'a', "{sv}");
    while (r >= 0 && (r = bus->sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
        const char *name;
        r = bus->sd_bus_message_read(m, "s", &name);
        if (r >= 0)
            r = read_value(bus, m, name, a, v);
        if (r >= 0)
            r = bus->sd_bus_message_exit_container(m);
    }
    return r < 0 ? r : 0;
}

int bus_view(struct bus *bus, const char *unit, struct arena *a, struct unit_view *ret, struct err *err)
{
    sd_bus_error e = SD_BUS_ERROR_NULL;
    sd_bus_message *m = NULL, *all = NULL;
    const char *path = NULL;
    struct unit_view v = {.load = "", .active = "", .sub = "", .file = "", .result = "", .restart = "", .type = "", .source = "", .condition = true};
    int r = bus->sd_bus_call_method(bus->b, MANAGER, "LoadUnit", &e, &m, "s", unit);
    if (r >= 0)
        r = bus->sd_bus_message_read(m, "o", &path);
    if (r >= 0)
        r = bus->sd_bus_call_method(bus->b, "org.freedesktop.systemd1", path, "org.freedesktop.DBus.Properties", "GetAll", &e, &all, "s", "");
    if (r >= 0)
        r = read_values(bus, all, a, &v);
    bus->sd_bus_message_unref(all);
    bus->sd_bus_message_unref(m);
    if (r < 0)
        return refused(bus, &e, r, unit, err);
    *ret = v;
    return 0;
}

struct waiting {
    struct bus *bus;
    const char *job; /* its path; NULL until systemd has answered */
    bool ended;
    char result[24];
};

static int job_removed(sd_bus_message *m, void *data, sd_bus_error *e)
{
    struct waiting *w = data;
    uint32_t id;
    const char *job, *unit, *result;
    (void)e;
    if (w->bus->sd_bus_message_read(m, "uoss", &id, &job, &unit, &result) >= 0 && w->job && strcmp(job, w->job) == 0) {
        w->ended = true;
        snprintf(w->result, sizeof w->result, "%s", result);
    }
    return 0;
}

/* Signals that came with the answer wait in the connection's queue until here, when the job's path is known. */
static int wait_for(struct bus *bus, struct waiting *w, int64_t deadline)
{
    while (!w->ended) {
        int r = bus->sd_bus_process(bus->b, NULL);
        if (r < 0)
            return r;
        if (r > 0 || w->ended)
            continue;
        int64_t left = deadline - clock_monotonic_ms();
        if (left <= 0)
            return -ETIME;
        r = bus->sd_bus_wait(bus->b, (uint64_t)left * 1000);
        if (r < 0 && r != -EINTR)
            return r;
    }
    return 0;
}

int bus_job(struct bus *bus, const char *method, const char *unit, int64_t deadline, char ret_result[static 24], struct err *err)
{
    sd_bus_error e = SD_BUS_ERROR_NULL;
    sd_bus_message *m = NULL;
    sd_bus_slot *slot = NULL;
    struct waiting w = {.bus = bus};
    int r = bus->sd_bus_match_signal(bus->b, &slot, bus->direct ? NULL : "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                                     "org.freedesktop.systemd1.Manager", "JobRemoved", job_removed, &w);
    if (r >= 0)
        r = bus->sd_bus_call_method(bus->b, MANAGER, "Subscribe", &e, NULL, "");
    if (r < 0 && e.name && strcmp(e.name, "org.freedesktop.systemd1.AlreadySubscribed") == 0) {
        bus->sd_bus_error_free(&e);
        r = 0;
    }
    if (r >= 0)
        r = bus->sd_bus_call_method(bus->b, MANAGER, method, &e, &m, "ss", unit, "replace");
    if (r >= 0)
        r = bus->sd_bus_message_read(m, "o", &w.job);
    if (r < 0)
        r = refused(bus, &e, r, unit, err);
    else if ((r = wait_for(bus, &w, deadline)) == -ETIME)
        err_set(err, r, _("%s: the job did not end in time; systemd goes on with it"), unit);
    else if (r < 0)
        err_set(err, r, _("the connection to systemd was lost: %s"), err_name(r));
    else
        memcpy(ret_result, w.result, sizeof w.result);
    bus->sd_bus_message_unref(m);
    bus->sd_bus_slot_unref(slot);
    return r;
}

static int read_changes(struct bus *bus, sd_bus_message *m, size_t *ret)
{
    const char *kind, *file, *source;
    size_t n = 0;
    int r = bus->sd_bus_message_enter_container(m, 'a', "(sss)");
    while (r >= 0 && (r = bus->sd_bus_message_read(m, "(sss)", &kind, &file, &source)) > 0)
        n++;
    *ret = n;
    return r;
}

int bus_unit_files(struct bus *bus, bool enable, const char *unit, size_t *ret_changes, bool *ret_install, struct err *err)
{
    sd_bus_error e = SD_BUS_ERROR_NULL;
    sd_bus_message *m = NULL;
    int install = 1;
    size_t n = 0;
    int r = enable ? bus->sd_bus_call_method(bus->b, MANAGER, "EnableUnitFiles", &e, &m, "asbb", 1, unit, 0, 0)
                   : bus->sd_bus_call_method(bus->b, MANAGER, "DisableUnitFiles", &e, &m, "asb", 1, unit, 0);
    if (r >= 0 && enable)
        r = bus->sd_bus_message_read(m, "b", &install);
    if (r >= 0)
        r = read_changes(bus, m, &n);
    if (r < 0)
        r = refused(bus, &e, r, unit, err);
    bus->sd_bus_message_unref(m);
    if (r < 0)
        return r;
    *ret_changes = n;
    *ret_install = install;
    return 0;
}

int bus_reload(struct bus *bus, struct err *err)
{
    sd_bus_error e = SD_BUS_ERROR_NULL;
    sd_bus_message *m = NULL;
    int r = bus->sd_bus_message_new_method_call(bus->b, &m, MANAGER, "Reload");
    if (r >= 0)
        r = bus->sd_bus_call(bus->b, m, RELOAD_US, &e, NULL);
    if (r < 0)
        r = refused(bus, &e, r, "daemon-reload", err);
    bus->sd_bus_message_unref(m);
    return r < 0 ? r : 0;
}
