#include "host/parts.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/i18n.h"

#define ARENA_MAX (256u << 20)

const char *host_why(struct host *h, int code, const char *what)
{
    if (code == -ENOTSUP && !h->live)
        return _("only the running machine could tell");
    return arena_printf(h->arena, "%s: %s", what, err_name(code));
}

int host_new(const struct root *root, const struct clock *clock, struct host **ret, struct err *err)
{
    if (!root_exists(root, "/"))
        return err_set(err, -ENOENT, _("%s is not a directory that can be read"), root->path);
    struct arena *a = arena_new(ARENA_MAX);
    struct host *h = arena_zalloc(a, sizeof *h);
    *h = (struct host){.arena = a, .root = root, .live = root->live, .privileged = geteuid() == 0, .now = clock_now(clock), .name = "",
                       .installed_from = "", .os = {"", "", "", "", ""}};
    h->systemd = h->live && root_exists(root, "/run/systemd/system");
    host_see_identity(h);
    host_see_packages(h);
    host_see_users(h);
    host_see_units(h);
    host_see_unit_states(h);
    host_see_addrs(h);
    host_see_listeners(h);
    host_see_owners(h);
    *ret = h;
    return 0;
}

void host_free(struct host *h)
{
    if (h)
        arena_free(h->arena);
}

static int package_cmp(const void *key, const void *row)
{
    return strcmp(key, ((const struct package *)row)->name);
}

const struct package *host_package(const struct host *h, const char *name)
{
    return h->packages.n ? bsearch(name, h->packages.v, h->packages.n, sizeof h->packages.v[0], package_cmp) : NULL;
}

static int unit_cmp(const void *key, const void *row)
{
    return strcmp(key, ((const struct unit *)row)->name);
}

const struct unit *host_unit(const struct host *h, const char *name)
{
    return h->units.n ? bsearch(name, h->units.v, h->units.n, sizeof h->units.v[0], unit_cmp) : NULL;
}

const struct user *host_user(const struct host *h, const char *name)
{
    for (size_t i = 0; i < h->users.n; i++)
        if (strcmp(h->users.v[i].name, name) == 0)
            return &h->users.v[i];
    return NULL;
}

const struct listener *host_listener(const struct host *h, uint16_t port, bool udp)
{
    for (size_t i = 0; i < h->listeners.n; i++)
        if (h->listeners.v[i].port == port && h->listeners.v[i].udp == udp)
            return &h->listeners.v[i];
    return NULL;
}

bool host_listens_beyond_loopback(const struct listener *l)
{
    return !addr_is_loopback(&l->addr);
}
