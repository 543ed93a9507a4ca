#include "host/host.h"
#include <unistd.h>

#define ARENA_MAX (64u << 20)

int host_new(const struct root *root, const struct clock *clock, struct host **ret, struct err *err)
{
    (void)err;
    struct arena *a = arena_new(ARENA_MAX);
    struct host *h = arena_zalloc(a, sizeof *h);
    char name[256] = "";
    gethostname(name, sizeof name - 1);
    *h = (struct host){.arena = a, .root = root, .live = root->live, .privileged = geteuid() == 0, .now = clock_now(clock), .name = arena_dupz(a, name),
                       .os = {"", "", "", "", ""}};
    *ret = h;
    return 0;
}

void host_free(struct host *h)
{
    if (h)
        arena_free(h->arena);
}

const struct package *host_package(const struct host *h, const char *name)
{
    for (size_t i = 0; i < h->packages.n; i++)
        if (strcmp(h->packages.v[i].name, name) == 0)
            return &h->packages.v[i];
    return NULL;
}

const struct unit *host_unit(const struct host *h, const char *name)
{
    for (size_t i = 0; i < h->units.n; i++)
        if (strcmp(h->units.v[i].name, name) == 0)
            return &h->units.v[i];
    return NULL;
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
