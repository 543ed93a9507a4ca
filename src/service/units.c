#include "service/units.h"
#include <stdlib.h>

#define UNITS_MAX 200

static struct service_unit *find(struct service_units *all, const struct unit *u)
{
    for (size_t i = 0; i < all->list.n; i++)
        if (all->list.v[i].unit == u)
            return &all->list.v[i];
    return NULL;
}

static struct service_unit *add(struct service_units *all, struct arena *a, const struct unit *u)
{
    struct service_unit *known = find(all, u);
    if (known || all->list.n >= UNITS_MAX)
        return known;
    struct service_unit *n = list_push(a, &all->list);
    *n = (struct service_unit){.unit = u};
    return n;
}

/* What nobody declares as a service of this server. */
static bool is_helper(const char *name)
{
    static const char *const prefixes[] = {"systemd-", "dbus", "user@", "session-", "docker-", "init.scope"};
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
        if (str_starts(str_of(name), str_of(prefixes[i])))
            return true;
    return !str_ends(str_of(name), STR(".service"));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct service_unit *)a)->unit->name, ((const struct service_unit *)b)->unit->name);
}

void service_units_collect(const struct server *s, struct arena *a, struct service_units *ret)
{
    const struct host *h = s->host;
    struct service_units all = {0};
    for (size_t i = 0; i < s->instances.n; i++) {
        const struct instance *in = &s->instances.v[i];
        const struct unit *u = in->wanted && in->unit[0] && !is_helper(in->unit) ? host_unit(h, in->unit) : NULL;
        struct service_unit *n = u ? add(&all, a, u) : NULL;
        if (n && !n->by)
            n->by = in;
    }
    for (size_t i = 0; i < h->listeners.n; i++) {
        const struct unit *u = h->listeners.v[i].unit[0] && !is_helper(h->listeners.v[i].unit) ? host_unit(h, h->listeners.v[i].unit) : NULL;
        struct service_unit *n = u ? add(&all, a, u) : NULL;
        if (n)
            n->ports++;
    }
    if (all.list.n)
        qsort(all.list.v, all.list.n, sizeof all.list.v[0], by_name);
    *ret = all;
}
