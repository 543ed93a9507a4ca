#include "site/tls_questions.h"
#include "base/i18n.h"
#include "model/service.h"

#define QUESTIONS_MAX 600
#define ALIASES_MAX 20
#define HTTPS 443

/* A name that can be asked for: no pattern, not the "_" of nginx, nothing that a shell would read. */
static bool askable(const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
    return name[0] && name[0] != '-' && strcmp(name, "_") != 0 && strlen(name) < 254 && !name[strspn(name, plain)];
}

/* Where a port that is bound to every address is reached: by the address by which others come. */
static struct addr own_addr(const struct host *h, uint16_t port)
{
    struct addr a = {.bytes = {127, 0, 0, 1}}, six = {.v6 = 1, .bytes = {[15] = 1}};
    bool four = true;
    for (size_t i = 0; i < h->listeners.n; i++) {
        const struct listener *l = &h->listeners.v[i];
        if (l->udp || l->port != port)
            continue;
        if (!addr_is_any(&l->addr))
            return l->addr;
        four = !l->addr.v6 || !l->v6only;
        if (four)
            break;
    }
    if (host_public_addr(h, !four, four ? &a : &six))
        return four ? a : six;
    return four ? a : six;
}

static struct addr addr_of(const struct host *h, const struct site *s)
{
    struct str text = str_of(s->address);
    struct addr a;
    if (text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']')
        text = str_span(text.p + 1, text.n - 2);
    return addr_parse(text, &a) && !addr_is_any(&a) ? a : own_addr(h, s->port);
}

static size_t group_of(struct tls_questions *q, struct arena *a, const struct site *s, const char *name)
{
    for (size_t i = 0; i < q->groups.n; i++)
        if (q->groups.v[i].port == s->port && strcmp(q->groups.v[i].name, name) == 0)
            return i;
    struct tls_group *g = list_push(a, &q->groups);
    *g = (struct tls_group){.name = name, .port = s->port, .site = s};
    g->label = !name[0] ? arena_printf(a, _("the nameless site (port %u)"), s->port) : s->port == HTTPS ? name : arena_printf(a, _("%s (port %u)"), name, s->port);
    g->object = !name[0] ? arena_printf(a, "default:%u", s->port) : s->port == HTTPS ? name : arena_printf(a, "%s:%u", name, s->port);
    return q->groups.n - 1;
}

static bool asked(const struct tls_questions *q, const struct addr *where, uint16_t port, const char *name)
{
    for (size_t i = 0; i < q->at.n; i++)
        if (q->at.v[i].port == port && addr_eq(&q->at.v[i].addr, where) && strcmp(q->at.v[i].name ? q->at.v[i].name : "", name) == 0)
            return true;
    return false;
}

static void ask(struct tls_questions *q, struct arena *a, size_t group, struct addr where, const char *name, bool alias)
{
    uint16_t port = q->groups.v[group].port;
    if (asked(q, &where, port, name))
        return;
    if (q->list.n >= QUESTIONS_MAX) {
        q->groups.v[group].dropped++;
        return;
    }
    *list_push(a, &q->list) = (struct tls_question){group, alias};
    *list_push(a, &q->at) = (struct endpoint_at){.addr = where, .port = port, .tls = true, .name = name[0] ? name : NULL, .timeout_ms = TLS_ASK_MS};
}

static void add_site(struct tls_questions *q, const struct probe_ctx *ctx, struct arena *a, const struct site *s)
{
    const char *name = askable(s->name) ? s->name : "";
    struct addr where = addr_of(ctx->server->host, s);
    size_t group = group_of(q, a, s, name);
    ask(q, a, group, where, name, false);
    for (size_t i = 0, n = 0; i < s->aliases.n; i++) {
        if (!askable(s->aliases.v[i]) || strcmp(s->aliases.v[i], name) == 0)
            continue;
        if (n++ < ALIASES_MAX)
            ask(q, a, group, where, s->aliases.v[i], true);
        else
            q->groups.v[group].dropped++;
    }
}

/* Its port, where it is not one of the sites'. */
static void add_panel(struct tls_questions *q, const struct probe_ctx *ctx, struct arena *a)
{
    const struct service *panel = service_by_name(STR("panel"));
    const struct host *h = ctx->server->host;
    if (!panel || !host_listener(h, panel->port, false))
        return;
    for (size_t i = 0; i < q->groups.n; i++)
        if (q->groups.v[i].port == panel->port)
            return;
    const char *name = h->name && askable(h->name) ? h->name : "";
    *list_push(a, &q->groups) = (struct tls_group){.object = "panel", .label = arena_printf(a, _("the control panel (port %u)"), panel->port), .name = name, .port = panel->port};
    ask(q, a, q->groups.n - 1, own_addr(h, panel->port), name, false);
}

void tls_questions_collect(const struct probe_ctx *ctx, struct arena *a, struct tls_questions *ret)
{
    const struct server *s = ctx->server;
    for (size_t i = 0; i < s->sites.n; i++) {
        bool live = s->sites.v[i].web && s->sites.v[i].web->wanted;
        if (live && s->sites.v[i].port && (s->sites.v[i].tls || s->sites.v[i].port == HTTPS))
            add_site(ret, ctx, a, &s->sites.v[i]);
    }
    add_panel(ret, ctx, a);
}
