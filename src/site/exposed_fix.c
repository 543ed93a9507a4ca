#include "site/exposed_fix.h"
#include "base/i18n.h"
#include "conftree/conftree.h"
#include <errno.h>

#define MAX_FILE (4u << 20)
#define HEAD "# bansho: what must not be fetched from the sites (bansho explain site.exposed)\n"

/* Where Apache reads one more file: Debian's pair of directories, or one that is included as a whole. */
static const struct {
    const char *dir, *file, *link;
} places[] = {
    {"/etc/apache2/conf-enabled", "/etc/apache2/conf-available/zz-bansho-hidden.conf", "/etc/apache2/conf-enabled/zz-bansho-hidden.conf"},
    {"/etc/httpd/conf.d", "/etc/httpd/conf.d/zz-bansho-hidden.conf", NULL},
};

/* Neither a pattern, nor a variable, nor the end of a quoted word. */
static bool plain(const char *path)
{
    for (const char *p = path; *p; p++)
        if ((unsigned char)*p <= 0x20 || *p == 0x7f || strchr("\"'\\*?[]{}$%<>;#`", *p))
            return false;
    return path[0] == '/';
}

int hidden_apache(enum hidden_kind kind, const char *path, struct buf *out)
{
    const char *slash = strrchr(path, '/');
    if (!plain(path) || !slash || (kind == HIDDEN_FILE && (!slash[1] || slash == path)))
        return -EINVAL;
    if (kind == HIDDEN_LISTING)
        buf_printf(out, "<Directory \"%s\">\n\tOptions -Indexes\n</Directory>\n", path);
    else if (kind == HIDDEN_DIRECTORY)
        buf_printf(out, "<Directory \"%s\">\n\tAllowOverride None\n\tRequire all denied\n</Directory>\n", path);
    else
        buf_printf(out, "<Directory \"%.*s\">\n\t<Files \"%s\">\n\t\tRequire all denied\n\t</Files>\n</Directory>\n", (int)(slash - path), path, slash + 1);
    return 0;
}

int hidden_nginx(enum hidden_kind kind, const char *url, struct buf *out)
{
    size_t n = strlen(url);
    if (!plain(url))
        return -EINVAL;
    bool slash = url[n - 1] == '/';
    buf_printf(out, "%s %s%s", kind == HIDDEN_DIRECTORY ? "^~" : "=", url, kind == HIDDEN_FILE || slash ? "" : "/");
    return 0;
}

/* The nth server block (from 1), at the top or within http; with n 0 the one that holds the line, *ret_n its number. */
static const struct conf_node *server_in(struct conftree *t, const struct conf_node *in, unsigned n, unsigned line, unsigned *ret_n)
{
    const struct conf_node *x = NULL, *inner;
    while ((x = conftree_child(t, in, x))) {
        if (x->kind != CONF_SECTION)
            continue;
        if (str_eq(x->name, STR("http")) && !in && (inner = server_in(t, x, n, line, ret_n)))
            return inner;
        if (str_eq(x->name, STR("server")) && (++*ret_n == n || (!n && x->line <= line && line <= x->last_line)))
            return x;
    }
    return NULL;
}

static const struct conf_node *find_server(struct conftree *t, unsigned n)
{
    unsigned counted = 0;
    return server_in(t, NULL, n, 0, &counted);
}

unsigned hidden_nginx_server(struct str text, unsigned line)
{
    _cleanup_(conftree_freep) struct conftree *t = NULL;
    unsigned n = 0;
    return conftree_open(conf_grammar("nginx"), "", text, &t, NULL) == 0 && server_in(t, NULL, 0, line, &n) ? n : 0;
}

static int add_location(struct conftree *t, unsigned n, enum hidden_kind kind, const char *location, struct err *err)
{
    const struct conf_node *server = find_server(t, n);
    if (!server)
        return -ENOENT;
    if (conftree_section(t, server, "location", location, 1))
        return 0;
    int r = conftree_add_section(t, server, "location", location, err);
    server = r < 0 ? NULL : find_server(t, n);
    const struct conf_node *made = server ? conftree_section(t, server, "location", location, 1) : NULL;
    if (!made)
        return r < 0 ? r : -ENOENT;
    return kind == HIDDEN_LISTING ? conftree_set(t, made, "autoindex", STR("off"), err) : conftree_set(t, made, "return", STR("404"), err);
}

int hidden_nginx_edit(const char *file, struct str text, unsigned n, enum hidden_kind kind, const char *location, struct buf *out, struct err *err)
{
    _cleanup_(conftree_freep) struct conftree *t = NULL;
    int r = conftree_open(conf_grammar("nginx"), file, text, &t, err);
    if (r == 0)
        r = add_location(t, n, kind, location, err);
    if (r < 0)
        return r;
    buf_adds(out, conftree_text(t));
    return out->full ? -EFBIG : r;
}

/* --- the plan --- */

struct hiding {
    const struct probe_ctx *ctx;
    struct plan *plan;
    struct buf apache;            /* the sections */
    const struct instance *apache_from;
};

struct hidden {
    enum hidden_kind kind;
    const char *object, *url, *path;
};

/* "alpha.example/.git": the site's name, then the path of the URL; the path in the file system is the finding's evidence. */
static bool understand(struct hiding *h, const struct finding *f, struct hidden *ret)
{
    struct stat st;
    const char *slash = strchr(f->object, '/');
    if (!slash || !f->evidence.n || !f->evidence.v[0].file || root_stat(h->plan->root, f->evidence.v[0].file, &st) < 0)
        return false;
    *ret = (struct hidden){.object = f->object, .url = slash, .path = f->evidence.v[0].file};
    struct str path = str_of(ret->path);
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    ret->path = arena_dup(h->plan->arena, path);
    bool history = str_ends(path, STR("/.git")) || str_ends(path, STR("/.svn")) || str_ends(path, STR("/.hg")) || str_ends(path, STR("/.bzr")) || str_ends(path, STR("/CVS"));
    ret->kind = !S_ISDIR(st.st_mode) ? HIDDEN_FILE : history ? HIDDEN_DIRECTORY : HIDDEN_LISTING;
    return true;
}

static bool shows(const struct site *s, const struct hidden *x)
{
    const char *title = *s->name ? s->name : _("(default site)");
    struct str path = str_of(x->path);
    bool mine = strncmp(x->object, title, strlen(title)) == 0 && x->object[strlen(title)] == '/';
    if (mine && *s->document_root && str_starts(path, str_of(s->document_root)))
        return true;
    for (size_t i = 0; i < s->mounts.n; i++)
        if (*s->mounts.v[i].dir && str_starts(path, str_of(s->mounts.v[i].dir)))
            return true;
    return false;
}

static int in_apache(struct hiding *h, const struct site *s, const struct hidden *x)
{
    _cleanup_(buf_free) struct buf section = BUF(8192);
    int r = hidden_apache(x->kind, x->path, &section);
    if (r < 0)
        return r;
    h->apache_from = s->web;
    if (str_search(buf_str(&h->apache), buf_str(&section)) < 0)
        buf_adds(&h->apache, buf_str(&section));
    return 0;
}

static int in_nginx(struct hiding *h, const struct site *s, const struct hidden *x, struct err *err)
{
    static const char *const test[] = {"/usr/sbin/nginx", "-t", "-q", NULL};
    _cleanup_(buf_free) struct buf location = BUF(8192), b = BUF(MAX_FILE), on_disk = BUF(MAX_FILE);
    struct str text;
    int r = hidden_nginx(x->kind, x->url, &location);
    if (r < 0)
        return r;
    buf_addc(&location, 0);
    /* Lines are those of the file as it is; the plan's text may be longer already. */
    unsigned n = root_read(h->plan->root, s->file, &on_disk) == 0 ? hidden_nginx_server(buf_str(&on_disk), s->line) : 0;
    r = n ? plan_read(h->plan, s->file, &text, err) : err_set(err, -ENOENT, _("the server block of %s was not found in %s"), s->name, s->file);
    if (r == 0)
        r = hidden_nginx_edit(s->file, text, n, x->kind, location.p, &b, err);
    if (r >= 0)
        r = plan_write(h->plan, s->file, buf_str(&b), 0, err);
    if (r < 0)
        return r;
    plan_test(h->plan, test);
    plan_settle(h->plan, *s->web->unit ? s->web->unit : "nginx.service", UNIT_RELOAD);
    return r;
}

static void hide(struct hiding *h, const struct finding *f)
{
    const struct server *server = h->ctx->server;
    struct hidden x;
    struct err err = {0};
    size_t places_n = 0;
    if (!understand(h, f, &x)) {
        plan_cannot(h->plan, f->object, "%s", _("what it is could not be told from its name; move it away by hand"));
        return;
    }
    for (size_t i = 0; i < server->sites.n; i++) {
        const struct site *s = &server->sites.v[i];
        if (!shows(s, &x))
            continue;
        bool nginx = strcmp(s->web->product->id, "nginx") == 0;
        int r = nginx ? in_nginx(h, s, &x, &err) : in_apache(h, s, &x);
        if (r < 0) {
            plan_cannot(h->plan, f->object, "%s", r == -EINVAL && !err.text[0] ? _("its name has signs that mean something else in a server's configuration; move it away by hand") : err.text[0] ? err.text : err_name(-r));
            return;
        }
        places_n++;
    }
    if (!places_n)
        plan_cannot(h->plan, f->object, "%s", _("which site's configuration shows it was not found"));
}

static int write_apache(struct hiding *h, struct err *err)
{
    static const char *const test[] = {"/usr/sbin/apachectl", "configtest", NULL};
    _cleanup_(buf_free) struct buf b = BUF(MAX_FILE);
    struct str old = STR("");
    size_t i = 0;
    if (!h->apache.n)
        return 0;
    while (i < ARRAY_SIZE(places) && !root_exists(h->plan->root, places[i].dir))
        i++;
    if (i == ARRAY_SIZE(places))
        return err_set(err, -ENOENT, "%s", _("where Apache reads additional files is not known here"));
    int r = plan_read(h->plan, places[i].file, &old, err);
    if (r < 0 && r != -ENOENT)
        return r;
    buf_adds(&b, old.n ? old : STR(HEAD));
    if (str_search(old, buf_str(&h->apache)) < 0)
        buf_adds(&b, buf_str(&h->apache));
    *err = (struct err){0};
    r = plan_write(h->plan, places[i].file, buf_str(&b), 0644, err);
    if (r == 0 && places[i].link)
        r = plan_link(h->plan, places[i].link, "../conf-available/zz-bansho-hidden.conf", err);
    if (r < 0)
        return r;
    plan_test(h->plan, test);
    plan_settle(h->plan, *h->apache_from->unit ? h->apache_from->unit : "apache2.service", UNIT_RELOAD);
    return r;
}

int site_exposed_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    struct hiding h = {.ctx = ctx, .plan = out, .apache = BUF(MAX_FILE)};
    plan_title(out, N_("The web server no longer hands out what must not be fetched"));
    for (size_t i = 0; i < wrong->list.n; i++)
        hide(&h, &wrong->list.v[i]);
    int r = write_apache(&h, err);
    buf_free(&h.apache);
    plan_harmed(out, "%s", _("whoever fetches these addresses on purpose: they are refused from now on"));
    plan_unchanged(out, "%s", _("the files: they stay where they are, programs on this server read them as before"));
    plan_note(out, "%s", _("Whatever passwords and keys stand in them may have been read already: change them."));
    return r;
}
