/* upgrade_plan.c: which packages wait, and whose old versions can be had again. */
#include "base/child.h"
#include "base/i18n.h"
#include "update/upgrade.h"
#include <ctype.h>
#include <errno.h>

#define CACHE "/var/cache/apt/archives/"
#define SHOWN 200

/* --- names --- */

bool upgrade_name_good(const char *name)
{
    if (!islower((unsigned char)name[0]) && !isdigit((unsigned char)name[0]))
        return false;
    for (const char *p = name; *p; p++)
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && !strchr("+-.:", *p))
            return false;
    return true;
}

bool upgrade_version_good(const char *version)
{
    if (!isdigit((unsigned char)version[0]))
        return false;
    for (const char *p = version; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("+-.:~", *p))
            return false;
    return true;
}

static void quote(struct buf *b, const char *s, const char *bad)
{
    for (; *s; s++)
        if (strchr(bad, *s) || *s == '%' || *s <= 0x20 || *s >= 0x7f)
            buf_printf(b, "%%%02x", (unsigned char)*s);
        else
            buf_addc(b, *s);
}

const char *upgrade_deb_name(struct arena *a, const char *name, const char *version, const char *arch)
{
    _cleanup_(buf_free) struct buf b = BUF(4096);
    quote(&b, name, "_:");
    buf_addc(&b, '_');
    quote(&b, version, "_:");
    buf_addc(&b, '_');
    quote(&b, arch, "_:.");
    buf_addz(&b, ".deb");
    return arena_dup(a, buf_str(&b));
}

/* --- whose old version can be had --- */

bool madison_has(struct str text, const char *name, const char *version)
{
    struct str line, f[3];
    while (str_line(&text, &line)) {
        size_t n = 0;
        while (n < ARRAY_SIZE(f) && str_field(&line, '|', &f[n]))
            n++;
        if (n == 3 && str_eq(str_trim(f[0]), str_of(name)) && str_eq(str_trim(f[1]), str_of(version)) && !str_starts(str_trim(f[2]), STR("file:")))
            return true;
    }
    return false;
}

static void count_back(struct upgrade *u)
{
    u->back = 0;
    for (size_t i = 0; i < u->list.n; i++)
        u->back += u->list.v[i].back;
}

static struct str source_of(struct str text, const char *name)
{
    struct str line, package;
    while (str_line(&text, &line))
        if (str_field(&line, '\t', &package) && str_eq(package, str_of(name)))
            return str_trim(line);
    return str_span("", 0);
}

void upgrade_join_sources(struct upgrade *u, struct str text)
{
    for (size_t i = 0; i < u->list.n; i++) {
        struct str source = source_of(text, u->list.v[i].qualified);
        for (size_t k = 0; source.n && !u->list.v[i].back && k < u->list.n; k++)
            if (str_eq(source_of(text, u->list.v[k].qualified), source))
                u->list.v[k].back = false;
    }
    count_back(u);
}

/* A program asked about all packages; `head` ends with NULL. What it printed, whole. */
static int ask_about(struct upgrade *u, const char *const head[], bool qualified, struct str *ret, struct err *err)
{
    LIST(const char *) argv = {0};
    struct child_result r;
    for (size_t i = 0; head[i]; i++)
        *list_push(u->arena, &argv) = head[i];
    for (size_t i = 0; i < u->list.n; i++)
        *list_push(u->arena, &argv) = qualified ? u->list.v[i].qualified : u->list.v[i].name;
    *list_push(u->arena, &argv) = NULL;
    int code = child_run(argv.v, &(struct child_options){.timeout_ms = 30000, .max_output = 8u << 20}, &r, err);
    if (code < 0)
        return code;
    if (r.status < 0 || r.status > 127 || r.out.full)
        code = err_set(err, -EIO, _("%s did not end, or said too much"), argv.v[0]);
    else
        *ret = str_span(arena_dup(u->arena, buf_str(&r.out)), r.out.n);
    child_result_free(&r);
    return code;
}

/* NULL, or why it is not known. */
static const char *see_old_versions(struct upgrade *u)
{
    static const char *const madison[] = {"/usr/bin/apt-cache", "madison", NULL};
    static const char *const sources[] = {"/usr/bin/dpkg-query", "-W", "-f", "${Package}:${Architecture}\t${source:Package}\n", "--", NULL};
    struct str known, text;
    struct err err = {0};
    if (ask_about(u, madison, false, &known, &err) < 0)
        return arena_printf(u->arena, _("which of the installed versions could be had again is not known: %s"), err.text);
    for (size_t i = 0; i < u->list.n; i++) {
        struct upgraded *x = &u->list.v[i];
        x->cached = root_exists(u->host->root, arena_printf(u->arena, CACHE "%s", x->deb));
        x->back = x->cached || madison_has(known, x->name, x->from);
    }
    count_back(u);
    if (u->back && u->back < u->list.n) {
        if (ask_about(u, sources, true, &text, &err) < 0)
            return arena_printf(u->arena, _("which packages belong together is not known: %s"), err.text);
        upgrade_join_sources(u, text);
    }
    return NULL;
}

/* --- what waits --- */

static const struct package *installed(const struct host *h, struct str name, const char *version)
{
    ptrdiff_t colon = str_find(name, ':');
    struct str arch = colon < 0 ? str_span("", 0) : str_from(name, (size_t)colon + 1);
    name.n = colon < 0 ? name.n : (size_t)colon;
    for (size_t i = 0; i < h->packages.n; i++) {
        const struct package *x = &h->packages.v[i];
        if (str_eq(name, str_of(x->name)) && strcmp(x->version, version) == 0 && (!arch.n || str_eq(arch, str_of(x->arch))))
            return x;
    }
    return NULL;
}

/* false: something stands there that is not given to a program. */
static bool take(struct upgrade *u, const struct pending_package *x)
{
    if (!upgrade_name_good(x->name) || !upgrade_version_good(x->to))
        return false;
    if (!x->from[0]) {
        *list_push(u->arena, &u->added) = x;
        return true;
    }
    const struct package *now = installed(u->host, str_of(x->name), x->from);
    if (!now || !upgrade_version_good(x->from))
        return false;
    if (strcmp(now->name, "bansho") == 0) {
        u->itself = true; /* the running program would change under our feet */
        return true;
    }
    *list_push(u->arena, &u->list) = (struct upgraded){
        .name = x->name, .from = x->from, .to = x->to, .security = x->security,
        .qualified = arena_printf(u->arena, "%s:%s", now->name, now->arch),
        .deb = upgrade_deb_name(u->arena, now->name, now->version, now->arch),
    };
    return true;
}

static void tell(const struct upgrade *u, struct plan *p)
{
    size_t shown = 0;
    for (size_t i = 0; i < u->list.n; i++) {
        const struct upgraded *x = &u->list.v[i];
        if (!x->back)
            plan_note(p, _("%s %s -> %s: no archive has the old version any more, so on the way back this package stays new"), x->name, x->from, x->to);
        else if (shown++ < SHOWN)
            plan_note(p, x->security ? _("%s %s -> %s (security)") : "%s %s -> %s", x->name, x->from, x->to);
    }
    if (shown > SHOWN)
        plan_note(p, _("and %zu more"), shown - SHOWN);
    for (size_t i = 0; i < u->added.n && i < SHOWN; i++)
        plan_note(p, _("%s %s comes along newly"), u->added.v[i]->name, u->added.v[i]->to);
    if (u->back)
        plan_note(p, "%s", _("after bansho undo automatic updates would install them again; to prevent that for one package: apt-mark hold NAME"));
}

static const char *not_now(const struct probe_ctx *ctx, struct arena *a)
{
    struct lists_age l = {0};
    if (!root_exists(ctx->server->host->root, "/usr/bin/apt-get"))
        return _("bansho installs updates by apt only; here: dnf upgrade");
    if (!ctx->server->host->systemd)
        return _("apt is to outlive a lost connection, as a service of systemd, which does not run here: apt-get --with-new-pkgs upgrade");
    lists_look(ctx->server->host, a, &l);
    return lists_judge(&l, ctx->now) == LISTS_FRESH ? NULL : _("the package lists are old or not complete, so nobody could tell afterwards whether all is installed: first apt-get update");
}

int upgrade_plan(const struct probe_ctx *ctx, struct plan *p, struct err *err)
{
    struct upgrade u = {.arena = p->arena, .host = ctx->server->host};
    struct pending_packages waiting = {0};
    const char *why = not_now(ctx, p->arena);
    if (!why)
        why = pending_apt(p->arena, &waiting);
    for (size_t i = 0; !why && i < waiting.list.n; i++)
        if (!take(&u, &waiting.list.v[i]))
            why = arena_printf(p->arena, _("apt names a package that is not known here: %s %s"), waiting.list.v[i].name, waiting.list.v[i].from);
    if (why) {
        plan_cannot(p, "", "%s", why);
        return 0;
    }
    if (u.itself)
        plan_cannot(p, "", "%s", _("bansho does not replace itself while it works: apt-get install --only-upgrade bansho"));
    if (!u.list.n)
        return 0;
    why = see_old_versions(&u);
    if (why) {
        plan_cannot(p, "", "%s", why);
        return 0;
    }
    tell(&u, p);
    int r = upgrade_steps(&u, p, err);
    if (r == 0)
        upgrade_users(&u, p);
    plan_verify_id(p, "service.answers");
    plan_expected(p, "services");
    plan_expected(p, "kernel");
    plan_unchanged(p, "%s", _("settings that somebody edited: the packages' own new ones are put beside them (.dpkg-dist)"));
    plan_untested(p, "%s", _("the programs of the sites with the new versions: only that each service still answers"));
    return r;
}
