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

/* The socket that answers on a port in this family; "::" may answer for both. NULL: none was seen. */
static const struct listener *socket_of(const struct host *h, uint16_t port, bool v6)
{
    for (size_t i = 0; i < h->listeners.n; i++) {
        const struct listener *l = &h->listeners.v[i];
        if (!l->udp && l->port == port && (v6 ? l->addr.v6 : !l->addr.v6 || (addr_is_any(&l->addr) && !l->v6only)))
            return l;
    }
    return NULL;
}

/* What is bound to every address is reached by the one by which others come. */
static struct addr reached(const struct host *h, const struct listener *l, bool v6)
{
    struct addr four = {.bytes = {127, 0, 0, 1}}, six = {.v6 = 1, .bytes = {[15] = 1}}, *a = v6 ? &six : &four;
    if (l && !addr_is_any(&l->addr))
        return l->addr;
    host_public_addr(h, v6, a); /* else the loopback */
    return *a;
}

struct places {
    struct addr addr[2];
    size_t n;
};

/* IPv4 and IPv6 where each has a socket of its own: with one for both, the certificate is the same. */
static struct places own_places(const struct host *h, uint16_t port, unsigned families)
{
    const struct listener *four = families & SITE_V4 ? socket_of(h, port, false) : NULL, *six = families & SITE_V6 ? socket_of(h, port, true) : NULL;
    struct places p = {.n = 0};
    if (four || !six)
        p.addr[p.n++] = reached(h, four, !(families & SITE_V4));
    if (six && six != four)
        p.addr[p.n++] = reached(h, six, true);
    return p;
}

static struct places places_of(const struct host *h, const struct site *s)
{
    struct str text = str_of(s->address);
    struct addr a;
    if (text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']')
        text = str_span(text.p + 1, text.n - 2);
    if (addr_parse(text, &a) && !addr_is_any(&a))
        return (struct places){.addr = {a}, .n = 1};
    return own_places(h, s->port, s->families ? s->families : SITE_V4 | SITE_V6);
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
    struct places where = places_of(ctx->server->host, s);
    size_t group = group_of(q, a, s, name);
    for (size_t i = 0; i < where.n; i++)
        ask(q, a, group, where.addr[i], name, false);
    /* Its other names stand in the same certificate as a rule: one family will do for them. */
    for (size_t i = 0, n = 0; i < s->aliases.n; i++) {
        if (!askable(s->aliases.v[i]) || strcmp(s->aliases.v[i], name) == 0)
            continue;
        if (n++ < ALIASES_MAX)
            ask(q, a, group, where.addr[0], s->aliases.v[i], true);
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
    ask(q, a, q->groups.n - 1, own_places(h, panel->port, SITE_V4 | SITE_V6).addr[0], name, false);
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
