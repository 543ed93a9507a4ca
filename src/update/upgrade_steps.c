/* upgrade_steps.c: the commands that install what waits, and those of the way back. apt runs as a service of its own: dpkg is not cut off in the middle when a
   connection is lost or bansho is killed. */
#include "base/i18n.h"
#include "update/update_acts.h"
#include "update/upgrade.h"

#define CACHE "/var/cache/apt/archives/"
#define AS_UNIT                                                                                                                                             \
    SYSTEMD_RUN, "--quiet", "--wait", "--pipe", "--collect", "--description=bansho: packages", "--setenv=DEBIAN_FRONTEND=noninteractive",                  \
        "--setenv=APT_LISTCHANGES_FRONTEND=none", "--setenv=NEEDRESTART_SUSPEND=1", "--setenv=LC_ALL=C", "--setenv=HOME=/root",                            \
        "--setenv=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "--", SHELL, "-c"
/* Nothing is removed, nobody is asked, edited settings stay, and another apt is waited for. */
#define QUIETLY                                                                                                                                             \
    "-y", "-qq", "--no-remove", "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=600"

/* Naming a package makes apt take it for one that somebody wanted: what had come by itself is marked so again. $0: names; then apt-get's words. */
static const char forward[] = "a=$(apt-mark showauto $0); apt-get \"$@\"; r=$?; [ -z \"$a\" ] || apt-mark auto $a >/dev/null; exit $r";

/* The same backwards, also after dpkg was cut off. $0: packages that had come along newly, or nothing; $1: names; then apt-get's words. */
static const char backward[] = "n=$1; shift; a=$(apt-mark showauto $n); dpkg --force-confdef --force-confold --configure -a; apt-get \"$@\" || exit; "
                               "[ -z \"$a\" ] || apt-mark auto $a >/dev/null; [ -z \"$0\" ] || dpkg --purge $0 || echo \"these stay: $0\" >&2; exit 0";

/* Nobody has changed them since, and what was kept is there. $0, $1: formats of the reasons; $2: the directory; then package, version and file, over and over. */
static const char ready[] = "f=$1; d=$2; shift 2; while [ $# -gt 2 ]; do v=$(dpkg-query -W -f '${Version}' -- \"$1\" 2>/dev/null); "
                            "[ \"$v\" = \"$2\" ] || { printf \"$0\\n\" \"$1\" \"${v:--}\" \"$2\" >&2; exit 1; }; "
                            "[ -f \"$d/$3\" ] || { printf \"$f\\n\" \"$d/$3\" >&2; exit 1; }; shift 3; done";

/* Copied, whole (the archive is read to its end), and on the disk before anything is installed. $0: the directory; then the files. */
static const char keeping[] = "cp -t \"$0\" -- \"$@\" || exit; for f in \"$0\"/*.deb; do dpkg-deb --fsys-tarfile \"$f\" >/dev/null || exit; done; sync \"$0\"/*.deb \"$0\"";

/* What was kept goes when all of it is installed again. $0: the directory; then package and version. */
static const char let_go[] = "while [ $# -gt 1 ]; do [ \"$(dpkg-query -W -f '${Version}' -- \"$1\" 2>/dev/null)\" = \"$2\" ] || exit 0; shift 2; done; rm -rf -- \"$0\"";

struct words {
    struct arena *arena;
    LIST(const char *) list;
};

static void say(struct words *w, const char *const words[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        *list_push(w->arena, &w->list) = words[i];
}
#define SAY(w, ...) say(w, (const char *const[]){__VA_ARGS__}, ARRAY_SIZE(((const char *const[]){__VA_ARGS__})))

static const char *const *end(struct words *w)
{
    *list_push(w->arena, &w->list) = NULL;
    return w->list.v;
}

static const char *names_of(const struct upgrade *u, bool back)
{
    struct buf b = BUF(1u << 20);
    for (size_t i = 0; i < u->list.n; i++)
        if (u->list.v[i].back == back)
            buf_printf(&b, "%s%s", b.n ? " " : "", u->list.v[i].qualified);
    const char *names = arena_dup(u->arena, buf_str(&b));
    buf_free(&b);
    return names;
}

/* dpkg refuses what something else has come to need. */
static const char *added_of(const struct upgrade *u)
{
    struct buf b = BUF(1u << 20);
    for (size_t i = 0; u->back == u->list.n && i < u->added.n; i++)
        buf_printf(&b, "%s%s", b.n ? " " : "", u->added.v[i]->name);
    const char *names = arena_dup(u->arena, buf_str(&b));
    buf_free(&b);
    return names;
}

/* Old versions that do not lie in apt's cache come there. */
static int fetch(const struct upgrade *u, struct plan *p, struct err *err)
{
    struct words w = {.arena = u->arena}, inverse = {.arena = u->arena};
    size_t n = 0;
    SAY(&w, APT_GET, "-y", "-qq", "--download-only", "--reinstall", "-o", "Dir::Cache::archives=" CACHE, "-o", "DPkg::Lock::Timeout=600", "install");
    SAY(&inverse, "/usr/bin/rm", "-f", "--");
    for (size_t i = 0; i < u->list.n; i++) {
        const struct upgraded *x = &u->list.v[i];
        if (!x->back || x->cached)
            continue;
        SAY(&w, arena_printf(u->arena, "%s=%s", x->name, x->from));
        SAY(&inverse, arena_printf(u->arena, CACHE "%s", x->deb));
        n++;
    }
    const char *what = arena_printf(u->arena, ngettext("fetch the installed version of %zu package once more", "fetch the installed versions of %zu packages once more", n), n);
    return n ? plan_command(p, &act_package_fetch, end(&w), end(&inverse), what, err) : 0;
}

static int keep(const struct upgrade *u, const char *dir, struct plan *p, struct err *err)
{
    struct words w = {.arena = u->arena}, inverse = {.arena = u->arena};
    SAY(&w, SHELL, "-c", keeping, dir);
    SAY(&inverse, SHELL, "-c", let_go, dir);
    for (size_t i = 0; i < u->list.n; i++) {
        const struct upgraded *x = &u->list.v[i];
        if (!x->back)
            continue;
        SAY(&w, arena_printf(u->arena, CACHE "%s", x->deb));
        SAY(&inverse, x->qualified, x->from);
    }
    int r = plan_directory(p, dir, 0700, 0, 0, err);
    return r < 0 ? r : plan_command(p, &act_package_keep, end(&w), end(&inverse), arena_printf(u->arena, _("keep the installed versions in %s"), dir), err);
}

static void say_ready(const struct upgrade *u, const char *dir, struct plan *p)
{
    struct words w = {.arena = u->arena};
    SAY(&w, SHELL, "-c", ready, _("%s is no longer as this change left it: its version is %s, not %s. Nothing was done"), _("%s, which was kept for the way back, is gone. Nothing was done"), dir);
    for (size_t i = 0; i < u->list.n; i++)
        if (u->list.v[i].back)
            SAY(&w, u->list.v[i].qualified, u->list.v[i].to, u->list.v[i].deb);
    plan_ready(p, end(&w));
}

static int install(const struct upgrade *u, bool back, const char *dir, struct plan *p, struct err *err)
{
    struct words w = {.arena = u->arena}, inverse = {.arena = u->arena};
    const char *names = names_of(u, back);
    size_t n = 0;
    SAY(&w, AS_UNIT, forward, names, QUIETLY, "--only-upgrade", "install");
    SAY(&inverse, AS_UNIT, backward, added_of(u), names, QUIETLY, "--allow-downgrades", "install");
    for (size_t i = 0; i < u->list.n; i++) {
        const struct upgraded *x = &u->list.v[i];
        if (x->back != back)
            continue;
        SAY(&w, arena_printf(u->arena, "%s=%s", x->name, x->to));
        SAY(&inverse, arena_printf(u->arena, "%s/%s", dir, x->deb));
        n++;
    }
    if (!n)
        return 0;
    if (back) {
        const char *what = arena_printf(u->arena, ngettext("install %zu update by apt-get: %.300s", "install %zu updates by apt-get: %.300s", n), n, names);
        int r = plan_command(p, &act_package_upgrade, end(&w), end(&inverse), what, err);
        if (r == 0)
            say_ready(u, dir, p);
        return r;
    }
    const char *what = arena_printf(u->arena, ngettext("install %zu update without a way back: %.300s", "install %zu updates without a way back: %.300s", n), n, names);
    return plan_command(p, &act_package_upgrade, end(&w), NULL, what, err);
}

int upgrade_steps(const struct upgrade *u, struct plan *p, struct err *err)
{
    const char *dir = arena_printf(u->arena, KEPT_DIR "/" KEPT_PREFIX "%lld", (long long)p->now);
    int r = fetch(u, p, err);
    if (r == 0 && u->back)
        r = keep(u, dir, p, err);
    if (r == 0)
        r = install(u, true, dir, p, err); /* first what can be taken back: if it fails, the others are not touched */
    if (r == 0)
        r = install(u, false, dir, p, err);
    return r;
}
