#include "mail/ports.h"
#include "model/service.h"
#include <stdlib.h>

/* A usual mail service, or one that a mail server's configuration names. */
static bool describe(const struct server *s, uint16_t port, struct arena *a, struct mail_port *ret)
{
    static const char *const protocols[] = {"smtp", "imap", "pop3"};
    const struct service *known = service_by_port(port, false);
    for (size_t i = 0; i < s->instances.n; i++)
        for (size_t k = 0; (s->instances.v[i].product->kinds & (KIND_MTA | KIND_MAILBOX)) && k < s->instances.v[i].endpoints.n; k++)
            if (s->instances.v[i].endpoints.v[k].port == port && !ret->endpoint) {
                ret->instance = &s->instances.v[i];
                ret->endpoint = &s->instances.v[i].endpoints.v[k];
            }
    ret->port = port;
    for (size_t i = 0; known && i < ARRAY_SIZE(protocols); i++)
        if (strcmp(known->protocol, protocols[i]) == 0) {
            ret->name = known->name;
            ret->protocol = known->protocol;
            ret->tls = known->tls;
            return true;
        }
    if (known || !ret->endpoint || !(ret->instance->product->kinds & KIND_MTA))
        return false;
    ret->name = arena_printf(a, "port %u", port);
    ret->protocol = "smtp";
    ret->tls = ret->endpoint->tls;
    return true;
}

static bool outside_addr(const struct host *h, bool v6, struct addr *ret)
{
    for (size_t i = 0; i < h->addrs.n; i++) {
        const struct own_addr *o = &h->addrs.v[i];
        if (o->addr.v6 != v6 || o->loopback || o->link_local || addr_is_loopback(&o->addr))
            continue;
        *ret = o->addr;
        return true;
    }
    return false;
}

static void add_address(const struct host *h, const struct listener *l, bool v6, bool outside, struct mail_port *p)
{
    struct addr at = {.v6 = v6};
    if (p->has[v6])
        return;
    if (!addr_is_any(&l->addr))
        at = l->addr;
    else if (outside && !outside_addr(h, v6, &at))
        return;
    else if (!outside)
        at.bytes[v6 ? 15 : 0] = v6 ? 1 : 127, at.bytes[3] = v6 ? 0 : 1;
    if (outside && addr_is_loopback(&at))
        return;
    p->to[v6] = at;
    p->has[v6] = true;
}

static struct mail_port *of_port(struct mail_ports *ports, uint16_t port)
{
    for (size_t i = 0; i < ports->list.n; i++)
        if (ports->list.v[i].port == port)
            return &ports->list.v[i];
    return NULL;
}

static int by_port(const void *x, const void *y)
{
    const struct mail_port *a = x, *b = y;
    return (a->port > b->port) - (a->port < b->port);
}

void mail_ports(const struct server *s, const char *protocol, bool outside, struct arena *a, struct mail_ports *ret)
{
    const struct host *h = s->host;
    *ret = (struct mail_ports){0};
    for (size_t i = 0; i < h->listeners.n; i++) {
        const struct listener *l = &h->listeners.v[i];
        struct mail_port new = {.local_only = true}, *p = l->udp ? NULL : of_port(ret, l->port);
        if (l->udp || (!p && (!describe(s, l->port, a, &new) || (protocol && strcmp(protocol, new.protocol) != 0))))
            continue;
        if (!p) {
            p = list_push(a, &ret->list);
            *p = new;
        }
        p->local_only &= addr_is_loopback(&l->addr);
        add_address(h, l, l->addr.v6, outside, p);
        if (l->addr.v6 && addr_is_any(&l->addr) && !l->v6only)
            add_address(h, l, false, outside, p);
    }
    if (ret->list.n)
        qsort(ret->list.v, ret->list.n, sizeof *ret->list.v, by_port);
}

struct endpoint_at mail_port_at(const struct mail_port *p, const char *run, unsigned k)
{
    bool v6 = !p->has[0];
    struct endpoint_at at = {.addr = p->to[v6], .port = p->port, .tls = p->tls};
    unsigned n = k;
    for (; *run; run++)
        n = n * 31 + (unsigned char)*run;
    if (!v6) {
        at.from = (struct addr){.bytes = {127, (uint8_t)(1 + n % 250), (uint8_t)(n / 250), (uint8_t)(1 + k % 250)}};
        at.from_set = true;
    }
    return at;
}

/* An instance of a mail server that is meant to run, else any. */
static const struct instance *mta(const struct server *s)
{
    const struct instance *i = server_kind(s, KIND_MTA, 0);
    for (size_t k = 0; !i && k < s->instances.n; k++)
        if (s->instances.v[k].product->kinds & KIND_MTA)
            i = &s->instances.v[k];
    return i;
}

static bool is_name(const char *s)
{
    return s && s[0] && !strpbrk(s, "$/:[ ,") && strchr(s, '.');
}

const char *mail_server_name(const struct server *s)
{
    const struct instance *i = mta(s);
    const char *name = i ? setting_value(i, "", "myhostname", NULL) : NULL;
    return is_name(name) ? name : s->host->name;
}

const char *mail_local_domain(const struct server *s)
{
    static const char *const keys[] = {"mydestination", "virtual_mailbox_domains", "virtual_alias_domains"};
    const struct instance *i = mta(s);
    for (size_t k = 0; i && k < ARRAY_SIZE(keys); k++) {
        struct str rest = str_of(setting_value(i, "", keys[k], "")), word;
        while (str_word(&rest, " ,\t", &word)) {
            char *name = arena_dup(s->arena, word);
            if (is_name(name) && strcmp(name, "localhost.localdomain") != 0)
                return name;
        }
    }
    return mail_server_name(s);
}
