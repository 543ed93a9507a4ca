#include "server/server.h"
#include "base/i18n.h"
#include <errno.h>
#include <strings.h>

#define ARENA_MAX (64u << 20)

int server_new(const struct host *host, struct server **ret, struct err *err)
{
    struct arena *a = arena_new(ARENA_MAX);
    struct server *s = arena_zalloc(a, sizeof *s);
    s->arena = a;
    s->host = host;
    for (size_t i = 0; i < products_n; i++) {
        int r = products[i]->load(products[i], s, err);
        if (r < 0) {
            arena_free(a);
            return r;
        }
    }
    *ret = s;
    return 0;
}

void server_free(struct server *s)
{
    if (s)
        arena_free(s->arena);
}

const struct instance *server_instance(const struct server *s, const char *product, size_t n)
{
    for (size_t i = 0; i < s->instances.n; i++)
        if (strcmp(s->instances.v[i].product->id, product) == 0 && n-- == 0)
            return &s->instances.v[i];
    return NULL;
}

const struct instance *server_kind(const struct server *s, unsigned kinds, size_t n)
{
    for (size_t i = 0; i < s->instances.n; i++)
        if (s->instances.v[i].product->kinds & kinds && s->instances.v[i].wanted && n-- == 0)
            return &s->instances.v[i];
    return NULL;
}

const struct setting *setting_get(const struct instance *i, const char *section, const char *key)
{
    for (size_t k = i->settings.n; k-- > 0;)
        if (strcmp(i->settings.v[k].section, section) == 0 && strcasecmp(i->settings.v[k].key, key) == 0)
            return &i->settings.v[k];
    return NULL;
}

const char *setting_value(const struct instance *i, const char *section, const char *key, const char *otherwise)
{
    const struct setting *s = setting_get(i, section, key);
    return s ? s->value : otherwise;
}

bool setting_bool(const struct instance *i, const char *section, const char *key, bool otherwise)
{
    static const char *const words[2][4] = {{"no", "false", "off", "0"}, {"yes", "true", "on", "1"}};
    const struct setting *s = setting_get(i, section, key);
    for (int b = 0; s && b < 2; b++)
        for (size_t k = 0; k < ARRAY_SIZE(words[b]); k++)
            if (strcasecmp(s->value, words[b][k]) == 0)
                return b;
    return otherwise;
}

struct instance *instance_add(struct server *s, const struct product *p, const char *name)
{
    struct instance *i = list_push(s->arena, &s->instances);
    *i = (struct instance){.product = p, .name = arena_dupz(s->arena, name), .version = "", .package = "", .config = "", .unit = ""};
    return i;
}

void setting_add(struct server *s, struct instance *i, enum setting_from from, const char *section, struct str key, struct str value, const char *file, unsigned line)
{
    *list_push(s->arena, &i->settings) = (struct setting){
        .section = arena_dupz(s->arena, section), .key = arena_dup(s->arena, key), .value = arena_dup(s->arena, value),
        .file = arena_dupz(s->arena, file), .line = line, .from = from};
}

void endpoint_add(struct server *s, struct instance *i, const char *service, const char *label, const char *address, uint16_t port, bool tls, const char *file, unsigned line)
{
    *list_push(s->arena, &i->endpoints) = (struct endpoint){
        .service = arena_dupz(s->arena, service), .label = arena_dupz(s->arena, label), .address = arena_dupz(s->arena, address),
        .port = port, .tls = tls, .file = arena_dupz(s->arena, file), .line = line};
}

/* The unit that stands for the product: a running one before an enabled one before any that exists. */
static const struct unit *best_unit(const struct host *h, const char *const *names)
{
    const struct unit *best = NULL;
    for (; names && *names; names++) {
        char name[256];
        size_t n = strlen(*names);
        if (n + sizeof ".service" > sizeof name)
            continue;
        memcpy(name, *names, n);
        memcpy(name + n, ".service", sizeof ".service");
        const struct unit *u = host_unit(h, name);
        if (u && (!best || u->active == UNIT_ACTIVE || (u->enabled == UNIT_ENABLED && best->enabled != UNIT_ENABLED && best->active != UNIT_ACTIVE)))
            best = u;
    }
    return best;
}

static bool program_is(const char *path, const char *const *programs)
{
    const char *slash = strrchr(path, '/');
    for (; programs && *programs; programs++)
        if (strcmp(slash ? slash + 1 : path, *programs) == 0)
            return true;
    return false;
}

bool instance_detect(struct server *s, struct instance *i)
{
    const struct product *p = i->product;
    bool found = false;
    for (const char *const *name = p->packages; name && *name && !found; name++) {
        const struct package *package = host_package(s->host, *name);
        if (package) {
            i->package = package->name;
            i->version = package->version;
            found = true;
        }
    }
    const struct unit *u = best_unit(s->host, p->units);
    if (u) {
        i->unit = u->name;
        i->running = u->active == UNIT_ACTIVE;
        i->wanted = i->running || u->enabled == UNIT_ENABLED || u->enabled == UNIT_GENERATED;
        found = true;
    }
    for (size_t k = 0; k < s->host->listeners.n; k++)
        if (program_is(s->host->listeners.v[k].program, p->programs))
            found = i->running = i->wanted = true;
    return found;
}
