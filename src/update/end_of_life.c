#include "update/end_of_life.h"
#include "base/i18n.h"
#include "update/lifetimes.h"
#include <errno.h>
#include <stdlib.h>

#define SOON (90 * DAY)

/* One release against the table. `note` is more evidence, or NULL. */
static enum state judge(struct findings *out, const char *object, const char *title, const struct lifetime *l, int64_t now, const char *file, const char *seen)
{
    struct finding *f;
    if (!l) {
        f = finding_add(out, STATE_UNKNOWN, object, _("Until when %s gets security updates is not known"), title);
        finding_evidence(out, f, file, 0, "%s", seen);
        finding_evidence(out, f, NULL, 0, _("the table of releases (as of %s) does not have it"), lifetimes_known_as_of);
        return STATE_UNKNOWN;
    }
    const char *until = l->extended ? l->extended : l->end;
    int64_t left = lifetime_day(until) - now;
    enum state s = left < 0 ? STATE_FAIL : left < SOON ? STATE_WARN : STATE_OK;
    if (s == STATE_FAIL)
        f = finding_add(out, s, object, l->before ? _("%s gets no more security updates (since %s or earlier)") : _("%s gets no more security updates (since %s)"), title, until);
    else
        f = finding_add(out, s, object, _("%s gets security updates until %s"), title, until);
    finding_evidence(out, f, file, 0, "%s", seen);
    if (l->extended && lifetime_day(l->end) < now)
        finding_evidence(out, f, NULL, 0, _("regular support ended on %s, long-term support (LTS) until %s"), l->end, l->extended);
    finding_evidence(out, f, NULL, 0, _("table of releases as of %s"), lifetimes_known_as_of);
    if (s != STATE_OK)
        finding_impact(out, f, "%s", _("holes found from then on are never closed"));
    return s;
}

static void next_step(struct findings *out, const char *command)
{
    struct finding *f = &out->list.v[out->list.n - 1];
    if (f->state == STATE_FAIL || f->state == STATE_WARN)
        finding_next(out, f, "%s", command);
}

static const struct lifetime *judge_os(const struct host *h, struct findings *out, int64_t now)
{
    const char *title = h->os.pretty[0] ? h->os.pretty : h->os.id;
    const struct lifetime *l = lifetime_find(os_product(&h->os), os_release_of(out->arena, &h->os));
    const char *seen = arena_printf(out->arena, "ID=%s VERSION_ID=%s", h->os.id, h->os.version_id);
    if (!h->os.id[0])
        finding_add(out, STATE_UNKNOWN, "", "%s", _("Which system this is could not be read"));
    else
        judge(out, "", title, l, now, "/etc/os-release", seen);
    struct finding *f = &out->list.v[out->list.n - 1];
    if (strcmp(h->os.id, "ubuntu") == 0 && f->state == STATE_FAIL)
        finding_evidence(out, f, NULL, 0, "%s", _("Ubuntu Pro (a subscription) goes on longer; whether it is active here was not looked at"));
    next_step(out, strcmp(h->os.id, "debian") == 0 || strcmp(h->os.id, "ubuntu") == 0 ? "cat /etc/apt/sources.list /etc/apt/sources.list.d/*" : "dnf repolist");
    return l;
}

static void judge_product(const struct host *h, const struct found *x, const struct lifetime *os, struct findings *out, int64_t now)
{
    const char *seen = arena_printf(out->arena, "%s %s", x->package, x->version);
    if (!x->own) {
        judge(out, x->title, x->title, lifetime_find(x->product, x->release), now, NULL, seen);
    } else {
        judge(out, x->title, x->title, os, now, NULL, seen);
        finding_evidence(out, &out->list.v[out->list.n - 1], NULL, 0, _("a package of %s: maintained as long as the system is"), h->os.pretty[0] ? h->os.pretty : h->os.id);
    }
    next_step(out, arena_printf(out->arena, root_exists(h->root, "/var/lib/dpkg/status") ? "apt-cache policy %s" : "dnf info %s", x->package));
}

/* "18.0.61 Ubuntu 22.04 ..." , "11.5.30 CentOS 6 ...": 18 has a life for each of its numbers, older ones for the first number. */
static void judge_plesk(const struct host *h, struct findings *out, int64_t now)
{
    _cleanup_(buf_free) struct buf b = BUF(4096);
    static const char path[] = "/usr/local/psa/version";
    struct str rest, word = {0};
    if (root_read(h->root, path, &b) < 0)
        return;
    rest = buf_str(&b);
    if (!str_word(&rest, " \n", &word)) {
        finding_add(out, STATE_UNKNOWN, "plesk", "%s", _("Plesk's version could not be read"));
        return;
    }
    const char *version = arena_dup(out->arena, word), *major = release_of(out->arena, version, 1);
    const struct lifetime *l = lifetime_find("plesk", major && strcmp(major, "18") == 0 ? release_of(out->arena, version, 3) : major ? major : "");
    judge(out, "plesk", arena_printf(out->arena, "Plesk %s", version), l, now, path, version);
    next_step(out, "/usr/local/psa/admin/sbin/autoinstaller --select-product-id plesk --show-releases");
}

int update_end_of_life(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    const struct host *h = ctx->server->host;
    struct founds seen = {0};
    (void)err;
    const struct lifetime *os = judge_os(h, out, ctx->now);
    end_of_life_find(h, out->arena, &seen);
    for (size_t i = 0; i < seen.list.n; i++)
        judge_product(h, &seen.list.v[i], os, out, ctx->now);
    if (h->packages_seen.code < 0)
        finding_add(out, STATE_UNKNOWN, "packages", _("PHP and databases: the installed packages could not be seen: %s"), h->packages_seen.why);
    judge_plesk(h, out, ctx->now);
    return 0;
}
