/* upgrade_users.c: which services use files of packages. */
#include "base/i18n.h"
#include "update/upgrade.h"
#include <stdlib.h>

#define MAX_LIST (32u << 20)
#define MUST_RUN_MAX 100

static const struct {
    const char *unit; /* ends with *: begins so */
    bool reboot;
} never[] = {
    {"dbus.service", true},          {"dbus-broker.service", true}, {"systemd-logind.service", true}, {"user@*", true},        {"getty@*", true},
    {"serial-getty@*", true},        {"console-getty.service", true}, {"networking.service", false}, {"NetworkManager.service", false},
    {"docker.service", false},       {"containerd.service", false}, {"libvirtd.service", false},      {"openvpn@*", false},    {"wg-quick@*", false},
};

const char *upgrade_never_restart(struct arena *a, const char *unit)
{
    for (size_t i = 0; i < ARRAY_SIZE(never); i++) {
        struct str name = str_of(never[i].unit);
        bool all = str_ends(name, STR("*"));
        name.n -= all;
        if (all ? !str_starts(str_of(unit), name) : !str_eq(str_of(unit), name))
            continue;
        if (never[i].reboot)
            return arena_printf(a, _("%s can only be renewed by a restart of the machine: systemctl reboot"), unit);
        return arena_printf(a, _("%s is not restarted by bansho, since others go down with it: systemctl restart %s"), unit, unit);
    }
    return NULL;
}

/* --- files of the packages --- */

struct files {
    LIST(struct str) list; /* sorted; without a merged /usr's /usr */
};

static struct str short_path(struct str path)
{
    return str_starts(path, STR("/usr/")) ? str_from(path, 4) : path;
}

static int by_bytes(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    size_t n = x->n < y->n ? x->n : y->n;
    int r = n ? memcmp(x->p, y->p, n) : 0;
    return r ? r : (x->n > y->n) - (x->n < y->n);
}

static void read_list(const struct upgrade *u, const char *path, struct files *into)
{
    _cleanup_(buf_free) struct buf b = BUF(MAX_LIST);
    struct str text, line;
    if (root_read(u->host->root, path, &b) < 0)
        return;
    for (text = buf_str(&b); str_line(&text, &line);) {
        line = short_path(line);
        if (str_starts(line, STR("/lib")) || str_starts(line, STR("/bin/")) || str_starts(line, STR("/sbin/")) || str_starts(line, STR("/opt/")))
            *list_push(u->arena, &into->list) = str_span(arena_dup(u->arena, line), line.n);
    }
}

static void see_files(const struct upgrade *u, struct files *into)
{
    for (size_t i = 0; i < u->list.n; i++) {
        const char *name = u->list.v[i].qualified;
        read_list(u, arena_printf(u->arena, "/var/lib/dpkg/info/%s.list", name), into);
        read_list(u, arena_printf(u->arena, "/var/lib/dpkg/info/%.*s.list", (int)strcspn(name, ":"), name), into);
    }
    if (into->list.n)
        qsort(into->list.v, into->list.n, sizeof *into->list.v, by_bytes);
}

static bool is_theirs(const struct files *f, struct str path)
{
    path = short_path(path);
    return f->list.n && bsearch(&path, f->list.v, f->list.n, sizeof *f->list.v, by_bytes);
}

/* The first of their files that a /proc/PID/maps text has mapped for execution. */
static struct str first_of_theirs(const void *arg, struct str maps)
{
    struct str line, skip, perms;
    while (str_line(&maps, &line)) {
        if (!str_word(&line, " ", &skip) || !str_word(&line, " ", &perms) || perms.n < 3 || perms.p[2] != 'x')
            continue;
        ptrdiff_t slash = str_find(line, '/');
        if (slash >= 0 && is_theirs(arg, str_from(line, (size_t)slash)))
            return str_from(line, (size_t)slash);
    }
    return str_span("", 0);
}

/* --- services --- */

/* " (25, 587)": where it listens; "" where it does not. */
static const char *ports_of(const struct upgrade *u, const char *unit)
{
    const struct host *h = u->host;
    const char *ports = "";
    unsigned last = 0;
    for (size_t i = 0; i < h->listeners.n; i++) {
        const struct listener *l = &h->listeners.v[i];
        if (strcmp(l->unit, unit) != 0 || l->port == last)
            continue;
        ports = arena_printf(u->arena, "%s%s%u", ports, *ports ? ", " : "", l->port);
        last = l->port;
        if (strlen(ports) > 60)
            break;
    }
    return *ports ? arena_printf(u->arena, " (%s)", ports) : ports;
}

static bool is_active(const struct unit *x)
{
    return x && x->active == UNIT_ACTIVE && strcmp(x->sub, "running") == 0 && str_ends(str_of(x->name), STR(".service"));
}

static void restarted(const struct upgrade *u, struct plan *p, const char *unit)
{
    const char *why = upgrade_never_restart(u->arena, unit);
    if (why) {
        plan_note(p, "%s", why);
        return;
    }
    plan_harmed(p, _("whoever is connected to %s%s: cut off for a moment, it is restarted"), unit, ports_of(u, unit));
    plan_renew(p, unit);
}

/* Daemons in a script: no file of theirs is mapped; their package restarts them. */
static void owned(const struct upgrade *u, struct plan *p, const struct files *f, const struct stale_units *known)
{
    for (size_t i = 0; i < u->host->units.n; i++) {
        const struct unit *x = &u->host->units.v[i];
        bool told = false;
        if (!is_active(x) || !is_theirs(f, str_of(x->file)))
            continue;
        for (size_t k = 0; k < known->list.n; k++)
            told |= strcmp(known->list.v[k], x->name) == 0;
        if (!told)
            plan_harmed(p, _("whoever is connected to %s%s: its package may restart it"), x->name, ports_of(u, x->name));
        plan_must_run(p, x->name);
    }
}

static void listening(const struct upgrade *u, struct plan *p)
{
    for (size_t i = 0, n = 0; i < u->host->listeners.n && n < MUST_RUN_MAX; i++) {
        const struct unit *x = u->host->listeners.v[i].unit[0] ? host_unit(u->host, u->host->listeners.v[i].unit) : NULL;
        if (!is_active(x))
            continue;
        plan_must_run(p, x->name);
        n++;
    }
}

void upgrade_users(const struct upgrade *u, struct plan *p)
{
    struct files f = {0};
    struct stale_units users = {0};
    see_files(u, &f);
    pending_mapped(u->host, u->arena, first_of_theirs, &f, &users);
    for (size_t i = 0; i < users.list.n; i++)
        restarted(u, p, users.list.v[i]);
    owned(u, p, &f, &users);
    listening(u, p);
}
