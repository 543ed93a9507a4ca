#include "site/exposed_targets.h"
#include "base/i18n.h"
#include "dialogue/dialogue.h"
#include "site/exposed.h"

const char *target_title(const struct target *t)
{
    return *t->name ? t->name : _("(default site)");
}

static const char *trimmed(struct arena *a, const char *path)
{
    struct str s = str_of(path);
    while (s.n > 1 && s.p[s.n - 1] == '/')
        s.n--;
    return arena_dup(a, s);
}

static size_t dir_index(struct targets *t, struct arena *a, const char *dir, bool *ret_new)
{
    dir = trimmed(a, dir);
    for (size_t i = 0; i < t->dirs.n; i++)
        if (strcmp(t->dirs.v[i], dir) == 0) {
            *ret_new = false;
            return i;
        }
    *list_push(a, &t->dirs) = dir;
    *ret_new = true;
    return t->dirs.n - 1;
}

/* A directory that every site shows (Alias of the main server) is asked for at the first one only. */
static void add_mounts(struct targets *t, struct arena *a, struct target *target, const struct site *s)
{
    for (size_t i = 0; i < s->mounts.n; i++) {
        bool is_new;
        if (!*s->mounts.v[i].dir || strcmp(s->mounts.v[i].dir, "/") == 0)
            continue;
        size_t dir = dir_index(t, a, s->mounts.v[i].dir, &is_new);
        const char *url = trimmed(a, s->mounts.v[i].url);
        if (is_new)
            *list_push(a, &target->shows) = (struct shown){strcmp(url, "/") == 0 ? "" : url, dir};
    }
}

static bool public_port(uint16_t port)
{
    return port == 80 || port == 443;
}

/* Whoever asks from outside comes in by 80 and 443: further ports of the same name stand behind these (a proxy's other side) and are asked only without them. */
static void add_ask(struct targets *t, struct arena *a, size_t target, const struct site *s, const struct server *server)
{
    size_t n = 0;
    bool better = false;
    for (size_t i = 0; i < t->asks.n; i++) {
        const struct target_ask *q = &t->asks.v[i];
        if (q->target != target)
            continue;
        n++;
        if (q->site->port == s->port && q->site->tls == s->tls)
            return;
    }
    for (size_t i = 0; i < server->sites.n; i++)
        better |= strcmp(server->sites.v[i].name, s->name) == 0 && *s->name && public_port(server->sites.v[i].port);
    if (n < TARGET_ASKS && (public_port(s->port) || !better))
        *list_push(a, &t->asks) = (struct target_ask){.target = target, .site = s};
}

static size_t target_index(struct targets *t, struct arena *a, const struct site *s)
{
    const char *dir = trimmed(a, s->document_root);
    for (size_t i = 0; i < t->list.n; i++)
        if (strcmp(t->list.v[i].name, s->name) == 0 && strcmp(t->list.v[i].dir, dir) == 0)
            return i;
    bool is_new;
    *list_push(a, &t->list) = (struct target){.name = s->name, .dir = dir};
    *list_push(a, &t->list.v[t->list.n - 1].shows) = (struct shown){"", dir_index(t, a, dir, &is_new)};
    return t->list.n - 1;
}

void targets_collect(const struct server *s, struct arena *a, struct targets *ret)
{
    for (size_t i = 0; i < s->sites.n && ret->list.n < TARGETS_MAX; i++) {
        const struct site *site = &s->sites.v[i];
        if (!*site->document_root || strcmp(site->document_root, "/") == 0 || !site->port)
            continue;
        add_ask(ret, a, target_index(ret, a, site), site, s);
    }
    for (size_t i = 0; i < s->sites.n && ret->list.n; i++)
        for (size_t k = 0; k < ret->list.n; k++)
            if (strcmp(ret->list.v[k].name, s->sites.v[i].name) == 0) {
                add_mounts(ret, a, &ret->list.v[k], &s->sites.v[i]);
                break;
            }
}

static void give(struct targets *t, struct arena *a, struct target *target, const struct shown *shown, const struct candidate *c)
{
    if (target->candidates.n >= TARGET_CANDIDATES)
        return;
    const char *dir = t->dirs.v[shown->dir];
    *list_push(a, &target->candidates) = (struct target_candidate){
        c, arena_printf(a, "%s/%s", shown->url, c->path), arena_printf(a, "%s/%s", shown->url, c->object), arena_printf(a, "%s/%s", dir, c->object)};
}

void targets_fill(struct targets *t, const struct exposed_found *found, struct arena *a)
{
    for (size_t i = 0; i < t->list.n; i++) {
        struct target *target = &t->list.v[i];
        for (size_t s = 0; s < target->shows.n; s++)
            for (size_t k = 0; k < found->list.n; k++)
                if (found->list.v[k].start == target->shows.v[s].dir)
                    give(t, a, target, &target->shows.v[s], &found->list.v[k]);
    }
    size_t kept = 0;
    for (size_t i = 0; i < t->asks.n; i++)
        if (t->list.v[t->asks.v[i].target].candidates.n)
            t->asks.v[kept++] = t->asks.v[i];
    t->asks.n = kept;
}

void exposed_address(const struct host *h, const struct site *site, struct endpoint_at *ret)
{
    *ret = (struct endpoint_at){.port = site->port, .name = *site->name ? site->name : NULL, .tls = site->tls};
    if (addr_parse(str_of(site->address), &ret->addr) && !addr_is_any(&ret->addr))
        return;
    const struct own_addr *best = NULL;
    for (size_t i = 0; i < h->addrs.n; i++) {
        const struct own_addr *o = &h->addrs.v[i];
        if (!o->loopback && !o->link_local && (!best || (best->addr.v6 && !o->addr.v6)))
            best = o;
    }
    if (best)
        ret->addr = best->addr;
    else if (!addr_parse(STR("127.0.0.1"), &ret->addr))
        ret->port = 0;
}
