#include "firewall/firewall_checks.h"
#include "base/i18n.h"
#include "firewall/boot.h"
#include "firewall/keep.h"
#include "firewall/stranger.h"
#include <errno.h>

static const char *const family_name[] = {"IPv4", "IPv6"};

/* Legacy iptables tables live beside nftables and are not in its rulesets. */
static bool legacy_tables(const struct host *h, bool v6)
{
    _cleanup_(buf_free) struct buf b = BUF(4096);
    return root_read(h->root, v6 ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names", &b) == 0 && str_search(buf_str(&b), STR("filter")) >= 0;
}

static void next_step(struct findings *out, struct finding *f)
{
    finding_impact(out, f, "%s", _("Every service that is started by mistake or by an intruder can be reached from everywhere, and an attack cannot be shut out by network."));
    finding_next(out, f, "nft list ruleset");
    finding_next_note(out, f, "%s", _("shows the filter as it is now; keep the SSH session open while rules are changed, so that the door back is not shut"));
}

static void judge_now(const struct probe_ctx *ctx, struct ruleset *r, bool v6, struct findings *out)
{
    struct stranger s;
    struct err err = {0};
    struct finding *f;
    const char *object = v6 ? "ipv6" : "ipv4";
    if (stranger_fate(r, ctx->server->host, v6, &s, &err) < 0) {
        finding_add(out, STATE_UNKNOWN, object, _("Whether a packet filter stops strangers could not be seen (%s): %s"), family_name[v6], err.text);
        return;
    }
    if (!s.asked) {
        finding_add(out, STATE_NA, object, _("This machine has no public %s address"), family_name[v6]);
        return;
    }
    if (s.may == FATE_STOP) {
        f = finding_add(out, STATE_OK, object, _("A packet filter stops strangers at ports that nobody opened (%s)"), family_name[v6]);
        finding_evidence(out, f, NULL, 0, _("a new connection from outside to %s port 61234 is stopped by: %s"), s.to, s.fate.by);
    } else if (legacy_tables(ctx->server->host, v6)) {
        f = finding_add(out, STATE_UNKNOWN, object, _("Old iptables rules are loaded, which are not evaluated here (%s)"), family_name[v6]);
        finding_next(out, f, v6 ? "ip6tables-legacy -S INPUT" : "iptables-legacy -S INPUT");
    } else if (s.may & FATE_STOP) {
        f = finding_add(out, STATE_UNKNOWN, object, _("Whether the packet filter stops strangers depends on a rule that cannot be decided (%s)"), family_name[v6]);
        finding_next(out, f, "nft list ruleset");
    } else {
        f = finding_add(out, STATE_FAIL, object, _("No packet filter stops strangers (%s)"), family_name[v6]);
        finding_evidence(out, f, NULL, 0, _("a new connection from outside to %s port 61234 would pass all %zu chains that are loaded"), s.to, ruleset_chains(r));
        next_step(out, f);
    }
}

static bool reachable(const struct host *h, bool v6)
{
    for (size_t i = 0; i < h->addrs.n; i++)
        if (h->addrs.v[i].addr.v6 == v6 && !h->addrs.v[i].loopback && !h->addrs.v[i].link_local)
            return true;
    return h->addrs_seen.code < 0; /* not known: both families are asked for */
}

static void judge_boot(const struct probe_ctx *ctx, struct findings *out)
{
    struct boot_filter filters[8];
    const struct host *h = ctx->server->host;
    size_t n = boot_filters(ctx, out->arena, filters, ARRAY_SIZE(filters));
    unsigned wanted = (reachable(h, false) ? BOOT_V4 : 0) | (reachable(h, true) ? BOOT_V6 : 0), stops = 0;
    bool sure = true;
    for (size_t i = 0; i < n; i++)
        if (filters[i].enabled) {
            stops |= filters[i].stops;
            sure &= filters[i].sure || !filters[i].stops;
        }
    struct finding *f;
    if (h->units_seen.code < 0) {
        f = finding_add(out, STATE_UNKNOWN, "boot", _("Whether a packet filter is loaded at the next start could not be seen: %s"), h->units_seen.why);
    } else if ((stops & wanted) == wanted) {
        f = finding_add(out, STATE_OK, "boot", "%s", _("A packet filter will be loaded at the next start"));
    } else {
        f = finding_add(out, STATE_FAIL, "boot", stops & wanted ? _("At the next start only one of IPv4 and IPv6 will be filtered") : _("No packet filter will be loaded at the next start"));
        next_step(out, f);
        for (size_t i = 0; i < n; i++)
            if (!filters[i].enabled && (filters[i].stops & wanted) == wanted) {
                finding_next(out, f, "systemctl enable %s", filters[i].unit);
                finding_next_note(out, f, "%s", _("from the next start on the rules of that file hold; what is loaded now stays as it is"));
            }
    }
    f->basis = sure && stops ? BASIS_EFFECTIVE : BASIS_FILES;
    for (size_t i = 0; i < n; i++)
        if (filters[i].refused)
            finding_evidence(out, f, filters[i].file, 0, _("%s: enabled, but it cannot be loaded: %s"), filters[i].title, filters[i].refused);
        else
            finding_evidence(out, f, filters[i].file, 0, filters[i].enabled ? _("%s: enabled, stops strangers: %s%s") : _("%s: not enabled at the start, would stop strangers: %s%s"),
                             filters[i].title, filters[i].stops & BOOT_V4 ? "IPv4 " : "", filters[i].stops & BOOT_V6 ? "IPv6" : filters[i].stops ? "" : _("no"));
}

static int present(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    struct ruleset *r = NULL;
    judge_boot(ctx, out);
    if (!ctx->live)
        return 0;
    int e = ruleset_open(&r, err);
    if (e == -EPERM || e == -EACCES)
        for (int v6 = 0; v6 < 2; v6++)
            finding_add(out, STATE_UNKNOWN, v6 ? "ipv6" : "ipv4", _("Only root can see the packet filter (%s)"), family_name[v6]);
    if (e < 0)
        return e == -EPERM || e == -EACCES ? 0 : e;
    for (int v6 = 0; v6 < 2; v6++)
        judge_now(ctx, r, v6, out);
    ruleset_close(r);
    return 0;
}

static const struct check rows[] = {
    {
        .id = "firewall.present",
        .requirement = "G3.1",
        .severity = SEVERITY_SERIOUS,
        .basis = BASIS_EFFECTIVE,
        .title = N_("A packet filter is loaded, now and at the next start, for IPv4 and IPv6"),
        .why = N_("Access is limited as far as possible by service and by network. Without a filter every port that any program opens is open to the whole world, and attackers cannot be shut out."),
        .advice = N_("Write a policy that accepts what you offer and drops the rest, for IPv4 and IPv6 (table inet in /etc/nftables.conf), try it while a second session stays open, then enable nftables.service. "
                     "Under Plesk use its firewall extension."),
        .probe = present,
        .plan = firewall_present_plan,
    },
};
const struct check_table firewall_checks = {rows, ARRAY_SIZE(rows)};
