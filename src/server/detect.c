/* detect.c: is a product here, does it run, is it meant to run? In three worlds: a machine with systemd, a container or old system without, a foreign root. */
#include "server/server.h"
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>

static bool matches(const char *pattern, const char *name)
{
    return strpbrk(pattern, "*?[") ? fnmatch(pattern, name, 0) == 0 : strcmp(pattern, name) == 0;
}

static bool program_is(const char *path, const char *const *programs)
{
    const char *slash = strrchr(path, '/');
    for (; programs && *programs; programs++)
        if (matches(*programs, slash ? slash + 1 : path))
            return true;
    return false;
}

static bool by_package(const struct host *h, struct instance *i)
{
    for (const char *const *name = i->product->packages; name && *name; name++) {
        const struct package *p = strpbrk(*name, "*?[") ? NULL : host_package(h, *name);
        for (size_t k = 0; !p && strpbrk(*name, "*?[") && k < h->packages.n; k++)
            if (matches(*name, h->packages.v[k].name))
                p = host_package(h, h->packages.v[k].name); /* installed ones only */
        if (p) {
            i->package = p->name;
            i->version = p->version;
            return true;
        }
    }
    return false;
}

/* "postfix" is postfix.service or postfix.socket: the unit's name without its suffix. */
static bool unit_is(const struct unit *u, const char *pattern, bool *ret_socket)
{
    const char *dot = strrchr(u->name, '.');
    char stem[256];
    if (!dot || (size_t)(dot - u->name) >= sizeof stem || (strcmp(dot, ".service") != 0 && strcmp(dot, ".socket") != 0))
        return false;
    memcpy(stem, u->name, (size_t)(dot - u->name));
    stem[dot - u->name] = 0;
    *ret_socket = strcmp(dot, ".socket") == 0;
    return matches(pattern, stem);
}

static bool boots_with(const struct unit *u)
{
    return u->enabled == UNIT_ENABLED || u->enabled == UNIT_GENERATED;
}

/* A unit that only starts another and has "exited" (Debian 12's postfix.service) does not tell that something runs. */
static bool runs(const struct unit *u)
{
    return u->active == UNIT_ACTIVE && strcmp(u->sub, "exited") != 0;
}

/* How well a unit stands for the product: what runs, what an administrator would restart (instances of a template rather than their wrapper), what is enabled. */
static int rank(const struct unit *u, bool socket)
{
    return (runs(u) ? 8 : 0) + (u->enabled == UNIT_GENERATED && strchr(u->name, '@') ? 4 : 0) + (socket ? 0 : 2) + (boots_with(u) ? 1 : 0);
}

static bool by_unit(const struct host *h, struct instance *i)
{
    const struct unit *best = NULL;
    int best_rank = -1;
    bool boots = false, running = false, socket;
    for (const char *const *name = i->product->units; name && *name; name++)
        for (size_t k = 0; k < h->units.n; k++) {
            const struct unit *u = &h->units.v[k];
            const char *dot = strrchr(u->name, '.');
            bool template = dot && dot > u->name && dot[-1] == '@'; /* cannot run itself */
            if (!unit_is(u, *name, &socket) || template)
                continue;
            boots |= boots_with(u);
            running |= runs(u);
            if (rank(u, socket) > best_rank) {
                best = u;
                best_rank = rank(u, socket);
            }
        }
    if (!best)
        return false;
    i->unit = best->name;
    i->running |= running;
    /* Links below /etc/systemd mean nothing where something else is PID 1. */
    i->wanted |= running || (boots && (h->systemd || !h->live));
    return true;
}

/* Systems from before systemd (Plesk 11 on CentOS 6), seen below a root or booted: S links of the run levels 2 to 5. */
static void by_rc_link(const struct server *s, struct instance *i)
{
    static const char *const levels[] = {"/etc/rc2.d", "/etc/rc3.d", "/etc/rc5.d", "/etc/rc.d/rc3.d"};
    const struct host *h = s->host;
    if (h->systemd || root_exists(h->root, "/usr/lib/systemd/systemd") || root_exists(h->root, "/lib/systemd/systemd") || !root_exists(h->root, "/sbin/init"))
        return;
    for (size_t l = 0; l < ARRAY_SIZE(levels); l++) {
        struct names names = {0};
        if (root_list(h->root, levels[l], 1000, s->arena, &names) < 0)
            continue;
        for (size_t k = 0; k < names.list.n; k++)
            for (const char *const *unit = i->product->units; unit && *unit; unit++)
                if (fnmatch("S[0-9][0-9]*", names.list.v[k], 0) == 0 && matches(*unit, names.list.v[k] + 3))
                    i->wanted = true;
    }
}

static bool by_sight(const struct server *s, struct instance *i)
{
    const char *const *programs = i->product->programs;
    bool found = false;
    for (size_t k = 0; k < s->host->listeners.n; k++)
        found |= program_is(s->host->listeners.v[k].program, programs);
    for (size_t k = 0; !found && k < s->processes.n; k++)
        found |= program_is(s->processes.v[k], programs);
    i->running |= found;
    i->wanted |= found;
    return found;
}

static bool names_program(const struct superserver *x, const char *const *programs)
{
    struct str args = str_of(x->args), word;
    char path[256];
    if (program_is(x->server, programs))
        return true;
    while (str_word(&args, " \t", &word))
        if (word.n && word.p[0] == '/' && word.n < sizeof path) {
            memcpy(path, word.p, word.n);
            path[word.n] = 0;
            if (program_is(path, programs))
                return true;
        }
    return false;
}

static bool by_superserver(const struct server *s, struct instance *i)
{
    static const char *const supers[] = {"xinetd", "inetd", "openbsd-inetd", "inetutils-inetd", NULL};
    bool found = false;
    for (size_t k = 0; k < s->superservers.n; k++) {
        const struct superserver *x = &s->superservers.v[k];
        if (!names_program(x, i->product->programs))
            continue;
        found = true;
        i->wanted |= x->enabled;
        for (size_t l = 0; x->enabled && x->port && l < s->host->listeners.n; l++)
            i->running |= s->host->listeners.v[l].port == x->port && program_is(s->host->listeners.v[l].program, supers);
    }
    return found;
}

static bool by_executable(const struct server *s, const struct instance *i)
{
    static const char *const dirs[] = {"/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"};
    const struct product *p = i->product;
    for (const char *const *path = p->paths; path && *path; path++)
        if (root_exists(s->host->root, *path))
            return true;
    char path[512];
    for (const char *const *name = p->paths ? NULL : p->programs; name && *name; name++)
        for (size_t d = 0; d < ARRAY_SIZE(dirs); d++)
            if (!strpbrk(*name, "*?[") && snprintf(path, sizeof path, "%s/%s", dirs[d], *name) < (int)sizeof path && root_exists(s->host->root, path))
                return true;
    return false;
}

bool instance_detect(struct server *s, struct instance *i)
{
    bool found = by_package(s->host, i);
    found |= by_unit(s->host, i);
    found |= by_sight(s, i);
    found |= by_superserver(s, i);
    if (!found && !by_executable(s, i))
        return false;
    by_rc_link(s, i);
    return true;
}

bool server_process(const struct server *s, const char *program)
{
    const char *const one[] = {program, NULL};
    for (size_t k = 0; k < s->processes.n; k++)
        if (program_is(s->processes.v[k], one))
            return true;
    return false;
}
