#include "site/inventory.h"
#include "base/i18n.h"
#include "site/search.h"

#define MAX_DIRS 4000
#define SHOWN_ADDONS 30

/* One directory that some site shows, once: the first site that shows it names it. */
struct place {
    const struct site *site;
    const char *url, *dir, *content;
};
struct places {
    LIST(struct place) list;
    bool cut; /* there are more than MAX_DIRS */
};

/* The same directory counts again where a site gives it other add-ons. */
static bool known(const struct places *p, const char *dir, const char *content)
{
    for (size_t i = 0; i < p->list.n; i++) {
        const char *other = p->list.v[i].content;
        if (strcmp(p->list.v[i].dir, dir) == 0 && (content && other ? strcmp(content, other) == 0 : content == other))
            return true;
    }
    return false;
}

static const char *content_of(const struct site *s, const char *url, struct arena *a)
{
    const char *wanted = arena_printf(a, "%s/wp-content", url);
    for (size_t i = 0; i < s->mounts.n; i++)
        if (strcmp(s->mounts.v[i].url, wanted) == 0)
            return s->mounts.v[i].dir;
    return NULL;
}

static void add(struct places *p, struct arena *a, const struct site *s, const char *url, const char *dir)
{
    if (!dir[0] || strcmp(dir, "/") == 0)
        return;
    /* "/blog/" and "/blog" are one place. */
    struct str u = str_of(url), d = str_of(dir);
    while (u.n && u.p[u.n - 1] == '/')
        u.n--;
    while (d.n > 1 && d.p[d.n - 1] == '/')
        d.n--;
    url = arena_dup(a, u);
    struct place place = {s, url, arena_dup(a, d), content_of(s, url, a)};
    if (known(p, place.dir, place.content))
        return;
    if (p->list.n < MAX_DIRS)
        *list_push(a, &p->list) = place;
    else
        p->cut = true;
}

static void collect(const struct server *s, struct arena *a, struct places *p)
{
    for (size_t i = 0; i < s->sites.n; i++)
        add(p, a, &s->sites.v[i], "", s->sites.v[i].document_root);
    for (size_t i = 0; i < s->sites.n; i++)
        for (size_t m = 0; m < s->sites.v[i].mounts.n; m++)
            add(p, a, &s->sites.v[i], s->sites.v[i].mounts.v[m].url, s->sites.v[i].mounts.v[m].dir);
}

/* Mounts of the site below this place that end in /wp-content. */
static void contents_of(const struct place *p, size_t index, struct arena *a, struct search_contents *ret)
{
    const struct str end = STR("/wp-content"), url = str_of(p->url);
    for (size_t i = 0; i < p->site->mounts.n; i++) {
        struct str mount = str_of(p->site->mounts.v[i].url);
        if (!str_starts(mount, url) || !str_ends(mount, end) || mount.n < url.n + end.n)
            continue;
        const char *below = arena_dup(a, str_span(mount.p + url.n, mount.n - url.n - end.n));
        *list_push(a, &ret->list) = (struct search_content){index, below, p->site->mounts.v[i].dir};
    }
}

/* The distribution's package whose files lie in this directory. */
static const struct package *packaged(const struct host *h, const struct program *p, const char *dir)
{
    for (const char *const *x = p->packaged; x && *x; x += 2)
        if (strcmp(x[1], dir) == 0)
            return host_package(h, x[0]);
    return NULL;
}

static void tell(const struct probe_ctx *ctx, struct findings *out, const struct place *at, const struct found_program *p)
{
    struct arena *a = out->arena;
    const char *dir = arena_printf(a, "%s%s", at->dir, p->below), *site = at->site->name[0] ? at->site->name : _("(default site)");
    const char *object = arena_printf(a, "%s%s%s %s", site, at->url, p->below, p->program->title);
    struct finding *f = finding_add(out, STATE_OK, object, _("%s %s is installed at %s%s%s"), p->program->title, p->version, site, at->url, p->below);
    f->severity = SEVERITY_INFO;
    finding_evidence(out, f, arena_printf(a, "%s/%s", dir, p->file), 0, _("version %s"), p->version);
    const struct package *package = packaged(ctx->server->host, p->program, dir);
    if (package)
        finding_evidence(out, f, NULL, 0, _("from the distribution's package %s %s, which is updated with the system"), package->name, package->version);
    for (size_t i = 0; i < p->addons.n && i < SHOWN_ADDONS; i++)
        finding_evidence(out, f, NULL, 0, "%s: %s %s", _(p->addons.v[i].kind), p->addons.v[i].name, p->addons.v[i].version);
    if (p->addons.n > SHOWN_ADDONS || p->addons_cut)
        finding_evidence(out, f, NULL, 0, _("and %zu more"), p->addons.n > SHOWN_ADDONS ? p->addons.n - SHOWN_ADDONS : (size_t)0);
}

static void not_seen(struct findings *out, const struct place *at, const char *why)
{
    struct finding *f = finding_add(out, STATE_UNKNOWN, arena_printf(out->arena, "%s%s", at->site->name, at->url), _("Not all of the web directory %s was looked at"), at->dir);
    finding_evidence(out, f, at->dir, 0, "%s", why);
}

int site_inventory(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    struct places places = {0};
    struct search_result found = {0};
    struct arena *a = out->arena;
    collect(ctx->server, a, &places);
    bool blind = ctx->server->sites_seen.code < 0 || places.cut;
    if (places.cut)
        finding_add(out, STATE_UNKNOWN, "", _("Only %d of the web directories of this server were looked at"), MAX_DIRS);
    else if (blind)
        finding_add(out, STATE_UNKNOWN, "", _("The sites of this server could not be seen: %s"), ctx->server->sites_seen.why);
    if (!places.list.n)
        return 0;
    struct search_contents contents = {0};
    const char **dirs = arena_zalloc(a, places.list.n * sizeof *dirs);
    for (size_t i = 0; i < places.list.n; i++) {
        dirs[i] = places.list.v[i].dir;
        contents_of(&places.list.v[i], i, a, &contents);
    }
    int r = search_programs(ctx->server->host->root, dirs, places.list.n, &contents, a, &found, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < found.list.n; i++)
        tell(ctx, out, &places.list.v[found.list.v[i].start], &found.list.v[i]);
    for (size_t i = 0; i < found.cut.n; i++)
        not_seen(out, &places.list.v[found.cut.v[i]], _("too many files, or too slow"));
    for (size_t i = 0; i < found.unreadable.n; i++)
        if (root_exists(ctx->server->host->root, places.list.v[found.unreadable.v[i]].dir))
            not_seen(out, &places.list.v[found.unreadable.v[i]], _("no permission to read it"));
    if (!blind && !found.list.n && !found.cut.n && !found.unreadable.n) {
        struct finding *f = finding_add(out, STATE_OK, "", "%s", _("No known web program is installed in any site"));
        f->severity = SEVERITY_INFO;
        finding_evidence(out, f, NULL, 0, _("%zu directories were searched, %d levels deep"), places.list.n, SEARCH_DEPTH);
    }
    return 0;
}
