/* nginx.c: nginx. Files: /etc/nginx/nginx.conf and what it includes (conf.d, sites-enabled, Plesk's plesk.conf.d). Where it is running, the
   files come from `nginx -T`, which prints each behind "# configuration file PATH:": what it prints is what it accepts. Roots that are made of
   variables are not known, and said so. */
#include "server/brace_config.h"
#include "server/nginx.h"
#include "server/products.h"
#include "server/sites.h"
#include "base/child.h"
#include "base/i18n.h"
#include "model/service.h"
#include <errno.h>

#define DEPTH_MAX 32
#define LISTENS_MAX 64

enum block { BLOCK_MAIN, BLOCK_HTTP, BLOCK_SERVER, BLOCK_LOCATION, BLOCK_OTHER };

struct frame {
    enum block kind;
    const char *path;     /* the setting's section */
    const char *location; /* its prefix; NULL: a regular expression, a name or an exact match */
};

struct listen {
    const char *address;
    uint16_t port;
    bool tls;
    bool both; /* ipv6only=off */
    unsigned line;
};

struct nginx_server {
    LIST(const char *) names;
    LIST(struct mount) mounts;
    struct listen listen[LISTENS_MAX];
    size_t listens;
    const char *root, *location_root, *certificate;
    bool ssl_on, passes_on; /* "ssl on" of old; answers from elsewhere */
    const char *file;
    unsigned line;
};

struct nginx {
    struct server *s;
    struct instance *i;
    struct conf_files files;
    const char *file, *dir;      /* being read; where relative paths begin */
    struct frame frames[DEPTH_MAX];
    unsigned depth, deeper;      /* deeper: blocks beyond DEPTH_MAX */
    const char *http_root, *http_certificate;
    struct nginx_server server;
    bool in_server, in_http;
};

static const char *path_of(struct nginx *c, const char *path, unsigned line)
{
    if (strchr(path, '$')) {
        conf_trouble(&c->files, -ENOTSUP, c->file, line, _("document roots that are made from variables are not known"));
        return "";
    }
    if (*path == '/')
        return path;
    bool own = str_starts(str_of(c->dir), STR("/usr/local/nginx/")); /* nginx's own default prefix; the distributions' is below /usr/share */
    return arena_printf(c->s->arena, "%s/%s", own ? "/usr/local/nginx" : "/usr/share/nginx", path);
}

static const char *join(struct nginx *c, const char *dir, const char *url)
{
    size_t n = strlen(dir);
    while (n && dir[n - 1] == '/')
        n--;
    return *dir ? arena_printf(c->s->arena, "%.*s%s", (int)n, dir, url) : "";
}

static void listen_on(struct nginx *c, char *const *words, size_t n, unsigned line)
{
    struct str address;
    uint16_t port;
    if (n < 2 || str_starts(str_of(words[1]), STR("unix:")) || !listen_split(str_of(words[1]), &address, &port))
        return;
    struct listen l = {.address = arena_dup(c->s->arena, address), .port = port ? port : 80, .line = line};
    for (size_t k = 2; k < n; k++) {
        l.tls |= strcmp(words[k], "ssl") == 0;
        l.both |= strcmp(words[k], "ipv6only=off") == 0;
        if (strcmp(words[k], "quic") == 0 || strcmp(words[k], "udp") == 0)
            return;
    }
    if (c->server.listens < LISTENS_MAX)
        c->server.listen[c->server.listens++] = l;
}

static void mount(struct nginx *c, const char *url, const char *dir)
{
    if (*dir)
        *list_push(c->s->arena, &c->server.mounts) = (struct mount){url, dir};
}

static void root_is(struct nginx *c, const struct frame *f, const char *value, unsigned line)
{
    const char *dir = path_of(c, value, line);
    if (f->kind == BLOCK_HTTP)
        c->http_root = dir;
    else if (f->kind == BLOCK_SERVER)
        c->server.root = dir;
    else if (f->kind == BLOCK_LOCATION && f->location && strcmp(f->location, "/") == 0)
        c->server.location_root = dir;
    else if (f->kind == BLOCK_LOCATION && f->location)
        mount(c, f->location, join(c, dir, f->location));
}

static bool answers_elsewhere(const char *key)
{
    static const char *const keys[] = {"proxy_pass", "return", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "rewrite"};
    for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
        if (strcmp(keys[k], key) == 0)
            return true;
    return false;
}

static void in_server(struct nginx *c, const struct frame *f, char *const *words, size_t n, unsigned line)
{
    const char *key = words[0];
    bool whole = f->kind == BLOCK_SERVER || (f->location && strcmp(f->location, "/") == 0);
    if (strcmp(key, "server_name") == 0)
        for (size_t k = 1; k < n; k++)
            *list_push(c->s->arena, &c->server.names) = words[k];
    else if (strcmp(key, "listen") == 0)
        listen_on(c, words, n, line);
    else if (strcmp(key, "ssl_certificate") == 0 && !c->server.certificate && n > 1)
        c->server.certificate = *words[1] == '/' ? words[1] : arena_printf(c->s->arena, "%s/%s", c->dir, words[1]);
    else if (strcmp(key, "ssl") == 0 && n > 1)
        c->server.ssl_on = strcmp(words[1], "on") == 0;
    else if (strcmp(key, "alias") == 0 && n > 1 && f->location)
        mount(c, f->location, path_of(c, words[1], line));
    else if (whole && answers_elsewhere(key))
        c->server.passes_on = true;
}

static bool plain_name(const char *name)
{
    return *name && !strpbrk(name, "*~^$") && strcmp(name, "_") != 0 && *name != '.';
}

/* "listen 443" is IPv4 alone, "listen [::]:443" IPv6 alone unless it says ipv6only=off. */
static unsigned family(const struct listen *l)
{
    return strcmp(l->address, "::") != 0 ? SITE_V4 : l->both ? SITE_V4 | SITE_V6 : SITE_V6;
}

static unsigned families(const struct nginx_server *v, uint16_t port)
{
    unsigned f = 0;
    for (size_t k = 0; k < v->listens; k++)
        if (v->listen[k].port == port && listen_is_any(v->listen[k].address))
            f |= family(&v->listen[k]);
    return f;
}

static void fill_site(struct nginx *c, struct site *site, const struct listen *l)
{
    const struct nginx_server *v = &c->server;
    const char *root = v->location_root ? v->location_root : v->root ? v->root : c->http_root;
    if (!root && !v->passes_on)
        root = path_of(c, "html", v->line);
    for (size_t k = 0; k < v->names.n; k++) {
        if (!*site->name && plain_name(v->names.v[k]))
            site->name = v->names.v[k];
        else if (strcmp(v->names.v[k], "_") != 0 && *v->names.v[k])
            site_alias(c->s, site, v->names.v[k]);
    }
    for (size_t k = 0; k < v->mounts.n; k++)
        site_mount(c->s, site, v->mounts.v[k].url, v->mounts.v[k].dir);
    if (v->location_root && v->root && *v->root && strcmp(v->root, v->location_root) != 0)
        site_mount(c->s, site, "/", v->root);
    site->document_root = root ? root : "";
    site->tls = l->tls || v->ssl_on;
    const char *file = v->certificate ? v->certificate : c->http_certificate;
    site->certificate = site->tls && file && !strchr(file, '$') ? file : "";
    site->address = listen_is_any(l->address) ? "*" : l->address;
    site->families = listen_is_any(l->address) ? families(v, l->port) : 0;
    site->port = l->port;
}

static void endpoint(struct nginx *c, const struct listen *l, bool tls)
{
    for (size_t k = 0; k < c->i->endpoints.n; k++) {
        struct endpoint *e = &c->i->endpoints.v[k];
        if (e->port == l->port && strcmp(e->address, l->address) == 0) {
            e->tls |= tls;
            return;
        }
    }
    const struct service *service = service_by_port(l->port, false);
    endpoint_add(c->s, c->i, service ? service->name : "", "nginx", l->address, l->port, tls, c->server.file, l->line);
}

/* A server {} block has ended: one site for each port (0.0.0.0 and :: are one), endpoints for all. */
static void server_end(struct nginx *c)
{
    struct nginx_server *v = &c->server;
    if (!v->listens && c->in_http)
        v->listen[v->listens++] = (struct listen){.address = "", .port = 80, .line = v->line};
    for (size_t k = 0; k < v->listens; k++) {
        const struct listen *l = &v->listen[k];
        bool again = false;
        for (size_t j = 0; j < k; j++)
            again |= v->listen[j].port == l->port && listen_is_any(v->listen[j].address) && listen_is_any(l->address);
        if (c->in_http && !again)
            fill_site(c, site_add(c->s, c->i, v->file, v->line), l);
        endpoint(c, l, l->tls || v->ssl_on);
    }
    c->in_server = false;
}

static enum block kind_of(const struct nginx *c, const char *name)
{
    enum block outer = c->depth ? c->frames[c->depth - 1].kind : BLOCK_MAIN;
    if (strcmp(name, "http") == 0)
        return BLOCK_HTTP;
    if (strcmp(name, "server") == 0 && !c->in_server && outer != BLOCK_LOCATION)
        return BLOCK_SERVER;
    if (strcmp(name, "location") == 0)
        return BLOCK_LOCATION;
    return BLOCK_OTHER;
}

static void block_open(struct nginx *c, const struct brace_line *l)
{
    if (c->depth >= DEPTH_MAX) {
        c->deeper++;
        conf_trouble(&c->files, -ELOOP, c->file, l->line, _("too many sections inside each other"));
        return;
    }
    struct arena *a = c->s->arena;
    struct frame f = {.kind = kind_of(c, l->n ? l->words[0] : "")};
    const char *outer = c->depth ? c->frames[c->depth - 1].path : "";
    _cleanup_(buf_free) struct buf path = BUF(4096);
    buf_addz(&path, outer);
    for (size_t k = 0; k < l->n; k++)
        buf_printf(&path, "%s%s", k ? " " : *outer ? "/" : "", l->words[k]);
    f.path = arena_dup(a, buf_str(&path));
    if (f.kind == BLOCK_LOCATION && (l->n == 2 || (l->n == 3 && strcmp(l->words[1], "^~") == 0)) && *l->words[l->n - 1] == '/')
        f.location = arena_dupz(a, l->words[l->n - 1]);
    if (f.kind == BLOCK_HTTP)
        c->in_http = true;
    if (f.kind == BLOCK_SERVER) {
        c->server = (struct nginx_server){.file = c->file, .line = l->line};
        c->in_server = true;
    }
    c->frames[c->depth++] = f;
}

static void block_close(struct nginx *c)
{
    if (c->deeper) {
        c->deeper--;
        return;
    }
    if (!c->depth)
        return;
    enum block kind = c->frames[--c->depth].kind;
    if (kind == BLOCK_SERVER)
        server_end(c);
    if (kind == BLOCK_HTTP)
        c->in_http = false;
}

static int read_file(void *arg, const char *path, struct str text);

static void statement(struct nginx *c, const struct brace_line *l)
{
    struct arena *a = c->s->arena;
    const struct frame none = {.kind = BLOCK_MAIN, .path = ""};
    const struct frame *f = c->depth ? &c->frames[c->depth - 1] : &none;
    if (strcmp(l->words[0], "include") == 0 && l->n > 1) {
        conf_include(&c->files, c->dir, arena_dupz(a, l->words[1]), false, false, read_file, c);
        return;
    }
    char **words = arena_zalloc(a, l->n * sizeof *words);
    _cleanup_(buf_free) struct buf value = BUF(BRACE_WORD_MAX);
    for (size_t k = 0; k < l->n; k++) {
        words[k] = arena_dupz(a, l->words[k]);
        if (k)
            buf_printf(&value, "%s%s", k > 1 ? " " : "", words[k]);
    }
    conf_setting(&c->files, c->s, c->i, f->path, str_of(words[0]), buf_str(&value), c->file, l->line);
    if (strcmp(words[0], "root") == 0 && l->n > 1)
        root_is(c, f, words[1], l->line);
    else if (f->kind == BLOCK_HTTP && strcmp(words[0], "ssl_certificate") == 0 && l->n > 1)
        c->http_certificate = words[1];
    else if (c->in_server)
        in_server(c, f, words, l->n, l->line);
}

static bool table(const struct frame *f)
{
    static const char *const names[] = {"map ", "geo ", "types", "split_clients ", "charset_map "};
    const char *last = strrchr(f->path, '/');
    for (size_t k = 0; k < ARRAY_SIZE(names); k++)
        if (str_starts(str_of(last ? last + 1 : f->path), str_of(names[k])))
            return true;
    return false;
}

static int on_line(void *arg, const struct brace_line *l)
{
    struct nginx *c = arg;
    if (l->kind == BRACE_CLOSE)
        block_close(c);
    else if (l->kind == BRACE_OPEN)
        block_open(c, l);
    else if (c->files.items >= CONF_ITEMS_MAX)
        return -E2BIG;
    else if (!c->deeper && !(c->depth && c->frames[c->depth - 1].kind == BLOCK_OTHER && table(&c->frames[c->depth - 1])))
        statement(c, l);
    return 0;
}

static int read_file(void *arg, const char *path, struct str text)
{
    struct nginx *c = arg;
    const char *outer = c->file;
    unsigned depth = c->depth;
    c->file = path;
    int r = brace_config_parse(text, BRACE_NGINX, on_line, c);
    if (r < 0)
        conf_trouble(&c->files, r, path, 0, "%s", r == -EINVAL ? _("a section is not closed") : err_name(r));
    while (c->depth > depth)
        block_close(c);
    c->file = outer;
    return 0;
}

void nginx_dump_parse(struct str dump, struct arena *a, struct conf_files *f)
{
    static const struct str mark = {"# configuration file ", 21};
    struct str line, path = {0}, rest = dump;
    const char *begin = NULL;
    for (;;) {
        const char *at = rest.p;
        bool more = str_line(&rest, &line);
        if (more && !(str_starts(line, mark) && str_ends(line, STR(":")) && line.n > mark.n + 1))
            continue;
        if (begin)
            *list_push(a, &f->given) = (struct conf_text){arena_dup(a, path), str_span(begin, (size_t)((more ? at : dump.p + dump.n) - begin))};
        if (!more || f->given.n >= CONF_FILES_MAX)
            return;
        path = str_span(line.p + mark.n, line.n - mark.n - 1);
        begin = rest.p;
    }
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    static const char *const configs[] = {"/etc/nginx/nginx.conf", "/usr/local/nginx/conf/nginx.conf", "/usr/local/etc/nginx/nginx.conf", NULL};
    const char *config = conf_first(s->host->root, configs);
    struct nginx *c = arena_zalloc(s->arena, sizeof *c);
    *c = (struct nginx){.s = s, .i = instance_add(s, self, "")};
    if (!instance_detect(s, c->i) && !config) {
        instance_drop(s, c->i);
        return 0;
    }
    c->files = conf_files_of(s, &c->i->seen);
    if (!config) {
        conf_trouble(&c->files, -ENOENT, configs[0], 0, "%s", err_name(ENOENT));
        return 0;
    }
    struct child_result r = {0};
    static const char *const argv[] = {"nginx", "-T", NULL};
    if (s->host->live && s->host->privileged && c->i->running &&
        child_run(argv, &(struct child_options){.timeout_ms = 3000, .max_output = CONF_BYTES_MAX}, &r, NULL) == 0 && r.status == 0 && !r.out.full)
        nginx_dump_parse(buf_str(&r.out), s->arena, &c->files);
    if (c->files.given.n)
        config = c->files.given.v[0].path;
    c->i->config = config;
    c->dir = conf_dir(s->arena, config);
    conf_file(&c->files, config, false, read_file, c);
    child_result_free(&r);
    if (c->i->seen.code < 0 && s->sites_seen.code == 0)
        s->sites_seen = c->i->seen;
    return 0;
}

const struct product product_nginx = {
    .id = "nginx", .title = "nginx", .kinds = KIND_WEB,
    .packages = (const char *const[]){"nginx-core", "nginx-light", "nginx-full", "nginx-extras", "nginx", "sw-nginx", NULL},
    .units = (const char *const[]){"nginx", NULL},
    .programs = (const char *const[]){"nginx", NULL},
    .load = load,
};
