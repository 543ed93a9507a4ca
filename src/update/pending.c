#include "update/pending.h"
#include "base/clock.h"
#include "base/child.h"
#include "base/i18n.h"
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#define MAX_PENDING 10000
#define SHOWN 10

/* "Inst libfoo [1.0] (1.1 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64]) [more]" */
static bool inst_of(struct arena *a, struct str line, struct pending_package *ret)
{
    struct str name, to;
    if (!str_starts(line, STR("Inst ")))
        return false;
    line = str_from(line, 5);
    if (!str_word(&line, " ", &name))
        return false;
    ptrdiff_t open = str_find(line, '(');
    struct str old = str_span(line.p, open < 0 ? 0 : (size_t)open), rest = open < 0 ? str_span("", 0) : str_from(line, (size_t)open + 1);
    ptrdiff_t close = str_find(rest, ')'), from = str_find(old, '['), to_end = str_find(old, ']');
    if (close < 0)
        return false;
    rest.n = (size_t)close;
    if (!str_word(&rest, " ", &to))
        return false;
    *ret = (struct pending_package){.name = arena_dup(a, name), .to = arena_dup(a, to), .from = ""};
    if (from >= 0 && to_end > from)
        ret->from = arena_dup(a, str_span(old.p + from + 1, (size_t)(to_end - from - 1)));
    ret->security = str_search(rest, STR("-security")) >= 0 || str_search(rest, STR("-Security")) >= 0;
    return true;
}

int apt_simulation_parse(struct arena *a, struct str text, struct pending_packages *into)
{
    struct str line;
    struct pending_package p;
    while (str_line(&text, &line)) {
        if (str_find(line, 0) >= 0 || !inst_of(a, line, &p))
            continue;
        if (into->list.n >= MAX_PENDING)
            return -E2BIG;
        *list_push(a, &into->list) = p;
        into->security += p.security;
    }
    return 0;
}

int dnf_updateinfo_parse(struct arena *a, struct str text, struct pending_packages *into)
{
    struct str line, id, kind, package;
    while (str_line(&text, &line)) {
        if (str_find(line, 0) >= 0 || !str_word(&line, " \t", &id) || !str_word(&line, " \t", &kind) || !str_word(&line, " \t", &package) || str_find(id, '-') < 0)
            continue;
        if (into->list.n >= MAX_PENDING)
            return -E2BIG;
        struct pending_package p = {.name = arena_dup(a, package), .from = "", .to = arena_dup(a, id), .security = str_ends(kind, STR("/Sec.")) || str_ieq(kind, STR("security"))};
        *list_push(a, &into->list) = p;
        into->security += p.security;
    }
    return 0;
}

/* As nobody where we are root: apt then cannot write its caches, and what it reads was fetched from other people. */
static int ask(const char *const command[], struct child_result *out, struct err *err)
{
    const char *argv[32] = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"};
    size_t n = 5;
    for (size_t i = 0; command[i] && n < ARRAY_SIZE(argv) - 1; i++)
        argv[n++] = command[i];
    struct child_options o = {.timeout_ms = 12000, .max_output = 8u << 20};
    struct err ignored = {0};
    int r = child_run(argv, &o, out, &ignored);
    if (r == -ENOENT || (r == 0 && out->status != 0 && !out->out.n)) {
        if (r == 0)
            child_result_free(out);
        r = child_run(command, &o, out, err);
    }
    return r;
}

static void evidence_of(const struct pending_packages *p, struct findings *out, struct finding *f, bool security)
{
    size_t shown = 0, total = security ? p->security : p->list.n - p->security;
    for (size_t i = 0; i < p->list.n && shown < SHOWN; i++)
        if (p->list.v[i].security == security) {
            const struct pending_package *x = &p->list.v[i];
            finding_evidence(out, f, NULL, 0, "%s %s%s%s", x->name, x->from, x->from[0] ? " -> " : "", x->to);
            shown++;
        }
    if (total > shown)
        finding_evidence(out, f, NULL, 0, _("and %zu more"), total - shown);
}

static void held_back(const struct host *h, struct findings *out, struct finding *f)
{
    for (size_t i = 0; i < h->packages.n; i++)
        if (str_starts(str_of(h->packages.v[i].status), STR("hold ")))
            finding_evidence(out, f, "/var/lib/dpkg/status", 0, _("%s is held back by the administrator and is never updated"), h->packages.v[i].name);
}

static void lists_evidence(const struct lists_age *l, struct findings *out, struct finding *f)
{
    if (l->published)
        finding_evidence(out, f, l->file, 0, _("package lists as published on %s"), clock_text(out->arena, l->published, CLOCK_MINUTE));
    if (l->any && l->looked) /* the package makes the directory as well */
        finding_evidence(out, f, "/var/lib/apt/lists/partial", 0, _("last attempt to fetch them: %s"), clock_text(out->arena, l->looked, CLOCK_MINUTE));
}

/* update: what installs them by hand; `ours`: bansho does so too. */
static void judge(const struct host *h, const struct pending_packages *p, const char *doubt, const char *update, bool ours, struct findings *out, const struct lists_age *l)
{
    struct finding *f;
    if (p->security) {
        f = finding_add(out, STATE_FAIL, "", ngettext("%zu security update is waiting", "%zu security updates are waiting", p->security), p->security);
        evidence_of(p, out, f, true);
        finding_impact(out, f, "%s", _("the holes that they close are public knowledge"));
        if (!ours)
            finding_by_hand(out, f);
        finding_next(out, f, "%s", update);
    } else if (doubt) {
        f = finding_add(out, STATE_UNKNOWN, "", _("Whether updates are waiting is not known: %s"), doubt);
        finding_next(out, f, "%s", root_exists(h->root, "/usr/bin/apt-get") ? "apt-get update" : "dnf makecache");
    } else if (p->list.n) {
        f = finding_add(out, STATE_WARN, "", ngettext("%zu update is waiting (none for security)", "%zu updates are waiting (none for security)", p->list.n), p->list.n);
        f->severity = SEVERITY_NORMAL;
        evidence_of(p, out, f, false);
        if (!ours)
            finding_by_hand(out, f);
        finding_next(out, f, "%s", update);
    } else {
        f = finding_add(out, STATE_OK, "", "%s", _("No update is waiting"));
    }
    if (l)
        lists_evidence(l, out, f);
    held_back(h, out, f);
}

static const char *doubt_of(enum lists_state s)
{
    static const char *const texts[] = {
        [LISTS_NONE] = N_("the package lists were never fetched"), [LISTS_OLD] = N_("the package lists are more than 2 days old"),
        [LISTS_NO_SECURITY] = N_("the security archive is not among the sources"),
    };
    return s == LISTS_FRESH ? NULL : _(texts[s]);
}

const char *pending_apt(struct arena *a, struct pending_packages *into)
{
    static const char *const command[] = {"apt-get", "-s", "-o", "Debug::NoLocking=1", "--with-new-pkgs", "upgrade", NULL};
    const char *doubt = NULL;
    struct child_result r;
    struct err err = {0};
    if (ask(command, &r, &err) < 0)
        return arena_dupz(a, err.text);
    if (apt_simulation_parse(a, buf_str(&r.out), into) < 0 || r.status != 0 || r.out.full)
        doubt = arena_printf(a, _("apt-get ended with status %d: %.300s"), r.status, r.err.p ? r.err.p : "");
    child_result_free(&r);
    return doubt;
}

static void apt_packages(const struct probe_ctx *ctx, struct findings *out)
{
    const struct host *h = ctx->server->host;
    struct pending_packages p = {0};
    struct lists_age l = {0};
    lists_look(h, out->arena, &l);
    const char *doubt = doubt_of(lists_judge(&l, ctx->now));
    const char *failed = l.any ? pending_apt(out->arena, &p) : NULL; /* nothing to compare with: apt is not even asked */
    judge(h, &p, failed ? failed : doubt, "apt-get update && apt-get --with-new-pkgs upgrade", true, out, &l);
}

/* dnf's copies are below /var/cache/dnf/REPOSITORY-HASH/repodata. */
static int64_t dnf_age(const struct host *h, struct arena *a)
{
    static const char *const patterns[] = {"/var/cache/dnf/*/repodata/repomd.xml", "/var/cache/libdnf5/*/repodata/repomd.xml", "/var/cache/yum/*/*/*/repomd.xml"};
    int64_t newest = 0;
    for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
        struct names n = {0};
        struct stat st;
        if (root_glob(h->root, patterns[i], 200, a, &n) < 0)
            continue;
        for (size_t k = 0; k < n.list.n; k++)
            if (root_stat(h->root, n.list.v[k], &st) == 0 && st.st_ctime > newest)
                newest = st.st_ctime;
    }
    return newest;
}

static void dnf_packages(const struct probe_ctx *ctx, struct findings *out)
{
    static const char *const command[] = {"dnf", "-q", "-C", "updateinfo", "list", "--updates", NULL};
    const struct host *h = ctx->server->host;
    struct pending_packages p = {0};
    struct child_result r;
    struct err err = {0};
    int64_t fetched = dnf_age(h, out->arena);
    const char *doubt = !fetched ? _("the package lists were never fetched") : ctx->now - fetched > 2 * DAY ? _("the package lists are more than 2 days old") : NULL;
    if (fetched && ask(command, &r, &err) == 0) {
        if (dnf_updateinfo_parse(out->arena, buf_str(&r.out), &p) < 0 || r.status != 0)
            doubt = arena_printf(out->arena, _("dnf ended with status %d: %.300s"), r.status, r.err.p ? r.err.p : "");
        child_result_free(&r);
    } else if (fetched) {
        doubt = err.text;
    }
    judge(h, &p, doubt, "dnf upgrade", false, out, NULL);
}

int update_pending(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    const struct host *h = ctx->server->host;
    (void)err;
    if (!ctx->live)
        finding_add(out, STATE_UNKNOWN, "", "%s", _("Whether updates are waiting can only be asked on the running machine"));
    else if (root_exists(h->root, "/usr/bin/apt-get"))
        apt_packages(ctx, out);
    else if (root_exists(h->root, "/usr/bin/dnf"))
        dnf_packages(ctx, out);
    else
        finding_add(out, STATE_UNKNOWN, "", "%s", _("Whether updates are waiting is not known: neither apt nor dnf is here"));
    if (ctx->live) {
        pending_services(h, out);
        pending_kernel(h, out);
    }
    return 0;
}
