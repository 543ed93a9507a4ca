#include "server/apache.h"
#include "server/sites.h"
#include "base/i18n.h"
#include "model/service.h"
#include <errno.h>
#include <strings.h>

void apache_host_begin(struct apache *c, const char *addresses, unsigned line)
{
    *list_push(c->s->arena, &c->hosts) = (struct apache_host){.tls = -1, .addresses = addresses, .file = c->file, .line = line};
    c->host = c->hosts.n - 1;
}

/* Takes scheme and port off a ServerName. */
static const char *host_name(struct arena *a, const char *word)
{
    struct str s = str_of(word);
    ptrdiff_t scheme = str_search(s, STR("://"));
    if (scheme >= 0)
        s = str_from(s, (size_t)scheme + 3);
    ptrdiff_t colon = str_find(s, ':');
    return arena_dup(a, colon >= 0 ? str_span(s.p, (size_t)colon) : s);
}

static void server_name(struct apache *c, struct apache_host *h, char *const *words, size_t n, unsigned line)
{
    (void)n, (void)line;
    h->name = host_name(c->s->arena, words[0]);
}

static void server_alias(struct apache *c, struct apache_host *h, char *const *words, size_t n, unsigned line)
{
    (void)line;
    for (size_t k = 0; k < n; k++)
        *list_push(c->s->arena, &h->aliases) = words[k];
}

static void document_root(struct apache *c, struct apache_host *h, char *const *words, size_t n, unsigned line)
{
    (void)n, (void)line;
    h->document_root = apache_path(c, words[0]);
}

/* Alias /url /dir; or Alias /dir inside <Location /url>. */
static void alias(struct apache *c, struct apache_host *h, char *const *words, size_t n, unsigned line)
{
    (void)line;
    const char *url = words[0], *dir = n > 1 ? words[1] : words[0];
    if (n < 2) {
        if (!c->depth || strcasecmp(c->open[c->depth - 1].name, "Location") != 0)
            return;
        url = c->open[c->depth - 1].arg;
    }
    *list_push(c->s->arena, &h->mounts) = (struct mount){url, apache_path(c, dir)};
}

static void ssl_engine(struct apache *c, struct apache_host *h, char *const *words, size_t n, unsigned line)
{
    (void)c, (void)n, (void)line;
    h->tls = strcasecmp(words[0], "off") != 0;
}

static void certificate(struct apache *c, struct apache_host *h, char *const *words, size_t n, unsigned line)
{
    (void)n, (void)line;
    if (!h->certificate)
        h->certificate = apache_path(c, words[0]);
}

static void listen_on(struct apache *c, struct apache_host *h, char *const *words, size_t n, unsigned line)
{
    (void)h;
    struct str address;
    uint16_t port;
    if (!listen_split(str_of(words[0]), &address, &port) || !port)
        return;
    bool https = n > 1 ? strcasecmp(words[1], "https") == 0 : port == 443;
    *list_push(c->s->arena, &c->listens) = (struct apache_listen){arena_dup(c->s->arena, address), c->file, port, https, line};
}

static void by_name(struct apache *c, struct apache_host *h, char *const *words, size_t n, unsigned line)
{
    (void)h, (void)words, (void)n;
    conf_trouble(&c->files, -ENOTSUP, c->file, line, _("document roots that are made from the visitor's host name are not known"));
}

static const struct {
    const char *name;
    void (*take)(struct apache *c, struct apache_host *h, char *const *words, size_t n, unsigned line);
} directives[] = {
    {"ServerName", server_name}, {"ServerAlias", server_alias}, {"DocumentRoot", document_root}, {"Alias", alias}, {"ScriptAlias", alias},
    {"SSLEngine", ssl_engine}, {"SSLCertificateFile", certificate}, {"Listen", listen_on}, {"VirtualDocumentRoot", by_name}, {"VirtualDocumentRootIP", by_name},
};

void apache_take(struct apache *c, struct str name, char *const *words, size_t n, unsigned line)
{
    for (size_t k = 0; n && k < ARRAY_SIZE(directives); k++)
        if (str_ieq(name, str_of(directives[k].name)))
            directives[k].take(c, &c->hosts.v[c->host], words, n, line);
}

static void add_site(struct apache *c, const struct apache_host *h, const char *address, uint16_t port)
{
    const struct apache_host *base = &c->hosts.v[0];
    struct server *s = c->s;
    struct site *site = site_add(s, c->i, h->file ? h->file : c->i->config, h->line);
    const char *root = h->document_root ? h->document_root : base->document_root;
    site->name = h->name ? h->name : "";
    site->document_root = root ? root : "";
    site->tls = h->tls >= 0 ? h->tls : base->tls > 0;
    const char *file = h->certificate ? h->certificate : base->certificate;
    site->certificate = site->tls && file ? file : "";
    site->address = address;
    site->port = port;
    for (size_t k = 0; k < h->aliases.n; k++)
        site_alias(s, site, h->aliases.v[k]);
    for (size_t k = 0; k < h->mounts.n; k++)
        site_mount(s, site, h->mounts.v[k].url, h->mounts.v[k].dir);
    /* The main server's mounts hold in every virtual host. */
    for (size_t k = 0; h != base && k < base->mounts.n; k++)
        site_mount(s, site, base->mounts.v[k].url, base->mounts.v[k].dir);
}

/* A virtual host without a port ("*", "192.0.2.1") answers on every port that httpd listens on. */
static void add_for_address(struct apache *c, const struct apache_host *h, struct str word)
{
    struct str address;
    uint16_t port;
    if (!listen_split(word, &address, &port))
        return;
    const char *text = str_eq(address, STR("_default_")) ? "*" : arena_dup(c->s->arena, address);
    if (port) {
        add_site(c, h, text, port);
        return;
    }
    for (size_t k = 0; k < c->listens.n; k++) {
        bool again = false;
        for (size_t j = 0; j < k; j++)
            again |= c->listens.v[j].port == c->listens.v[k].port;
        if (!again)
            add_site(c, h, text, c->listens.v[k].port);
    }
}

static bool caught(const struct apache *c, uint16_t port)
{
    for (size_t k = 0; k < c->s->sites.n; k++) {
        const struct site *site = &c->s->sites.v[k];
        if (site->web == c->i && site->port == port && listen_is_any(site->address))
            return true;
    }
    return false;
}

static bool port_tls(const struct apache *c, uint16_t port)
{
    for (size_t k = 0; k < c->s->sites.n; k++)
        if (c->s->sites.v[k].web == c->i && c->s->sites.v[k].port == port && c->s->sites.v[k].tls)
            return true;
    return false;
}

void apache_sites(struct apache *c)
{
    for (size_t k = 1; k < c->hosts.n; k++) {
        struct str addresses = str_of(c->hosts.v[k].addresses), word;
        while (str_word(&addresses, " \t\"'", &word))
            add_for_address(c, &c->hosts.v[k], word);
    }
    for (size_t k = 0; k < c->listens.n; k++) {
        const struct apache_listen *l = &c->listens.v[k];
        if (c->hosts.v[0].document_root && !caught(c, l->port))
            add_site(c, &c->hosts.v[0], listen_is_any(l->address) ? "*" : l->address, l->port);
        const struct service *service = service_by_port(l->port, false);
        endpoint_add(c->s, c->i, service ? service->name : "", "httpd", l->address, l->port, l->https || port_tls(c, l->port), l->file, l->line);
    }
}
