#include "service/subjects.h"
#include "base/i18n.h"
#include "config/config.h"
#include "model/service.h"

#define SUBJECTS_MAX 200
#define NETWORK_KINDS (KIND_MTA | KIND_MAILBOX | KIND_FTP | KIND_SSH | KIND_WEB | KIND_DB | KIND_DNS | KIND_PANEL)

static struct subject *find(struct subjects *s, uint16_t port, bool udp)
{
    for (size_t i = 0; i < s->list.n; i++)
        if (s->list.v[i].port == port && s->list.v[i].udp == udp)
            return &s->list.v[i];
    return NULL;
}

static bool program_of(const struct product *p, const char *path)
{
    const char *slash = strrchr(path, '/');
    for (const char *const *name = p->programs; name && *name; name++)
        if (strcmp(slash ? slash + 1 : path, *name) == 0)
            return true;
    return false;
}

static const struct instance *owner_of(const struct server *s, const struct listener *l)
{
    for (size_t i = 0; i < s->instances.n; i++)
        if (program_of(s->instances.v[i].product, l->program))
            return &s->instances.v[i];
    return NULL;
}

/* An instance's endpoint on that port; of the owner's product first, since several instances may run one program. */
static const struct endpoint *endpoint_of(const struct server *s, const struct instance *owner, uint16_t port, const struct instance **ret)
{
    for (size_t i = 0; i < s->instances.n; i++) {
        const struct instance *in = &s->instances.v[i];
        for (size_t k = 0; k < in->endpoints.n; k++)
            if (in->endpoints.v[k].port == port && (!owner || in->product == owner->product) && in->product->kinds & NETWORK_KINDS) {
                *ret = in;
                return &in->endpoints.v[k];
            }
    }
    return NULL;
}

static const char *protocol_of_product(const struct product *p)
{
    static const struct { unsigned kind; const char *protocol; } kinds[] = {
        {KIND_MTA, "smtp"}, {KIND_FTP, "ftp"}, {KIND_SSH, "ssh"}, {KIND_WEB, "http"}, {KIND_DNS, "dns"}, {KIND_PANEL, "http"}};
    if (strcmp(p->id, "mysql") == 0 || strcmp(p->id, "postgresql") == 0)
        return p->id;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (p->kinds & kinds[i].kind)
            return kinds[i].protocol;
    return "";
}

static const char *site_name(const struct server *s, uint16_t port)
{
    for (size_t i = 0; i < s->sites.n; i++)
        if (s->sites.v[i].port == port && s->sites.v[i].name[0] && !strpbrk(s->sites.v[i].name, "*~_ \r\n"))
            return s->sites.v[i].name;
    return s->host->name && s->host->name[0] ? s->host->name : "localhost";
}

/* Names it, by what is configured on that port, else by the port's usual service. */
static void explain(struct subject *s, const struct server *server, struct arena *a)
{
    const struct service *usual = service_by_port(s->port, s->udp);
    const struct service *named = s->endpoint && s->endpoint->service[0] ? service_by_name(str_of(s->endpoint->service)) : NULL;
    const char *own = s->endpoint ? protocol_of_product(s->by->product) : "";
    const char *program = s->listener ? strrchr(s->listener->program, '/') : NULL;
    s->protocol = own[0] ? own : named ? named->protocol : usual ? usual->protocol : "";
    s->tls = s->endpoint ? s->endpoint->tls : usual && usual->tls;
    s->name = site_name(server, s->port);
    bool a_site = s->by && s->by->product->kinds & KIND_WEB && usual && str_starts(str_of(usual->name), STR("panel")); /* the panel's port, taken by the web server */
    if (usual && !a_site && strcmp(usual->protocol, s->protocol) == 0) {
        s->object = usual->name;
        s->label = arena_printf(a, _("%s (port %u)"), _(usual->title), s->port);
        return;
    }
    const char *word = s->protocol[0] ? s->protocol : program ? program + 1 : s->udp ? "udp" : "tcp";
    s->object = arena_printf(a, "%s:%u", word, s->port);
    s->label = s->by ? arena_printf(a, _("%s (port %u)"), s->by->product->title, s->port) : arena_printf(a, _("port %u"), s->port);
}

static struct subject *add(struct subjects *s, struct arena *a, uint16_t port, bool udp)
{
    if (s->list.n >= SUBJECTS_MAX)
        return NULL;
    struct subject *n = list_push(a, &s->list);
    *n = (struct subject){.port = port, .udp = udp, .protocol = ""};
    return n;
}

static void add_addr(struct subject *s, struct addr a)
{
    static const uint8_t link_local[2] = {0xfe, 0x80};
    bool scoped = a.v6 && a.bytes[0] == link_local[0] && (a.bytes[1] & 0xc0) == link_local[1]; /* an address that needs an interface beside it */
    for (size_t i = 0; i < s->addrs; i++)
        if (addr_eq(&s->addr[i], &a))
            return;
    if (!scoped && s->addrs < SUBJECT_ADDRS)
        s->addr[s->addrs++] = a;
}

/* From this machine (once: 127.0.0.1 or ::1), and by the address by which others come. */
static void add_any(struct subject *s, const struct host *h, bool v6)
{
    struct addr loopback = v6 ? (struct addr){.v6 = 1, .bytes = {[15] = 1}} : (struct addr){.bytes = {127, 0, 0, 1}}, public;
    bool had = false;
    for (size_t i = 0; i < s->addrs; i++)
        had |= addr_is_loopback(&s->addr[i]);
    if (!had)
        add_addr(s, loopback);
    if (host_public_addr(h, v6, &public))
        add_addr(s, public);
}

static void add_listener(struct subjects *s, const struct probe_ctx *ctx, struct arena *a, const struct listener *l)
{
    struct subject *n = find(s, l->port, l->udp);
    if (!n) {
        n = add(s, a, l->port, l->udp);
        if (!n)
            return;
        n->listener = l;
        n->by = owner_of(ctx->server, l);
        n->endpoint = endpoint_of(ctx->server, n->by, l->port, &n->by);
        explain(n, ctx->server, a);
    }
    if (!addr_is_any(&l->addr))
        add_addr(n, l->addr);
    else
        add_any(n, ctx->server->host, l->addr.v6);
    if (addr_is_any(&l->addr) && l->addr.v6 && !l->v6only)
        add_any(n, ctx->server->host, false);
}

static void add_configured(struct subjects *s, const struct probe_ctx *ctx, struct arena *a)
{
    for (size_t i = 0; i < ctx->server->instances.n; i++) {
        const struct instance *in = &ctx->server->instances.v[i];
        for (size_t k = 0; k < in->endpoints.n && in->wanted && in->product->kinds & NETWORK_KINDS; k++) {
            const struct endpoint *e = &in->endpoints.v[k];
            bool udp = in->product->kinds & KIND_DNS && !e->tls;
            struct subject *n = !e->port || find(s, e->port, udp) ? NULL : add(s, a, e->port, udp);
            if (!n)
                continue;
            n->by = in;
            n->endpoint = e;
            explain(n, ctx->server, a);
        }
    }
}

/* `service NAME { }` of bansho.conf; one that is allowed to nobody need not run. */
static void add_declared(struct subjects *s, const struct probe_ctx *ctx, struct arena *a)
{
    for (size_t i = 0; i < ctx->config->services.n; i++) {
        const char *name = ctx->config->services.v[i];
        const struct service *known = service_by_name(str_of(name));
        const struct value *allow = config_value(ctx->config, "service", name, "allow");
        bool nobody = allow && allow->words.n == 1 && strcmp(allow->words.v[0], "nobody") == 0;
        struct subject *n = !known || nobody || find(s, known->port, known->udp) ? NULL : add(s, a, known->port, known->udp);
        if (!n)
            continue;
        explain(n, ctx->server, a);
        n->declared_in = allow && allow->file ? allow->file : CONFIG_PATH;
        n->declared_line = allow ? allow->line : 0;
    }
}

void subjects_collect(const struct probe_ctx *ctx, struct arena *a, struct subjects *ret)
{
    const struct host *h = ctx->server->host;
    for (size_t i = 0; i < h->listeners.n; i++)
        if (!h->listeners.v[i].udp || service_by_port(h->listeners.v[i].port, true))
            add_listener(ret, ctx, a, &h->listeners.v[i]);
    add_configured(ret, ctx, a);
    add_declared(ret, ctx, a);
}

const char *subject_unit(const struct subject *s)
{
    return s->listener && s->listener->unit[0] ? s->listener->unit : s->by ? s->by->unit : "";
}
