#include "firewall/foreign.h"
#include "base/child.h"
#include "base/i18n.h"
#include "firewall/hosts_access.h"
#include "firewall/legacy_rules.h"
#include "model/service.h"
#include "nft/naming.h"
#include <errno.h>
#include <stdio.h>

#define TEXT_MAX_BYTES (8u << 20)
#define IPSETS_MAX 200

struct finding_of {
    const struct host *host;
    const struct addr *of;
    bool own_too;
    char text[ADDR_TEXT]; /* the address */
    struct arena *arena;
    struct foreigns *out;
};

/* Whose a table, chain or set is, by the beginning of its name, and how an address is taken out there: "%s". */
static const struct {
    const char *name, *owner, *next;
} owners[] = {
    {"bansho", "bansho", "bansho unban %s"},
    {"f2b-", "fail2ban", "fail2ban-client unban %s"}, {"addr-set-", "fail2ban", "fail2ban-client unban %s"}, {"addr6-set-", "fail2ban", "fail2ban-client unban %s"}, {"fail2ban", "fail2ban", "fail2ban-client unban %s"},
    {"crowdsec", "CrowdSec", "cscli decisions delete --ip %s"}, {"CROWDSEC", "CrowdSec", "cscli decisions delete --ip %s"},
    {"sshguard", "sshguard", NULL}, {"ufw", "ufw", "ufw status numbered"}, {"DOCKER", "Docker", NULL}, {"docker", "Docker", NULL}, {"KUBE-", "Kubernetes", NULL}, {"firewalld", "firewalld", NULL},
    {"DENYIN", "csf", "csf -dr %s"}, {"ALLOWIN", "csf", "csf -ar %s"}, {"LOCALINPUT", "csf", "csf -g %s"}, {"chain_DENY", "csf", "csf -dr %s"}, {"chain_ALLOW", "csf", "csf -ar %s"}, {"bl_", "csf", "csf -g %s"},
};

static void own(struct finding_of *q, struct foreign *f)
{
    const char *names[] = {f->table, f->chain, f->set};
    for (size_t n = 0; n < ARRAY_SIZE(names); n++)
        for (size_t i = 0; names[n] && i < ARRAY_SIZE(owners); i++)
            if (str_starts(str_of(names[n]), str_of(owners[i].name))) {
                f->owner = owners[i].owner;
                if (!owners[i].next)
                    f->next = NULL;
                else if (strchr(owners[i].next, '%'))
                    f->next = arena_printf(q->arena, "%.*s%s", (int)(strchr(owners[i].next, '%') - owners[i].next), owners[i].next, q->text);
                else
                    f->next = owners[i].next;
                return;
            }
}

static void add(struct finding_of *q, struct foreign f)
{
    own(q, &f);
    *list_push(q->arena, &q->out->list) = f;
}

static void not_seen(struct finding_of *q, const char *what, const char *why)
{
    *list_push(q->arena, &q->out->not_seen) = arena_printf(q->arena, "%s: %s", what, why);
}

/* --- nftables */

static const char *note_of(const struct naming *n)
{
    if (n->reached == NAMING_NOT_REACHED)
        return _("without effect: nothing leads into this chain");
    if (n->others)
        return _("for all but those that it names: this address is not among them");
    return n->reached == NAMING_MAYBE ? _("in force only where a map leads into this chain") : NULL;
}

static void add_naming(struct finding_of *q, const struct naming *n)
{
    bool turned_away = n->does == NAMING_DROP || n->does == NAMING_REJECT;
    struct foreign f = {.kind = "nft", .family = n->family, .table = n->table, .chain = n->chain, .set = n->set, .handle = n->handle, .note = note_of(n), .stops = turned_away && n->reached == NAMING_REACHED};
    f.does = n->to ? arena_printf(q->arena, "%s %s", naming_does_name(n->does), n->to) : naming_does_name(n->does);
    f.place = arena_printf(q->arena, n->set ? _("%s %s, chain %s, handle %llu, set %s") : _("%s %s, chain %s, handle %llu"), n->family, n->table, n->chain, (unsigned long long)n->handle, n->set);
    f.until = n->left_ms < 0 ? 0 : q->host->now + (n->left_ms + 999) / 1000;
    if (!n->others && !n->set)
        f.next = arena_printf(q->arena, "nft delete rule %s %s %s handle %llu", n->family, n->table, n->chain, (unsigned long long)n->handle);
    add(q, f);
}

static const struct own_addr *own_address(const struct host *h, bool v6)
{
    struct addr public;
    for (size_t i = 0; host_public_addr(h, v6, &public) && i < h->addrs.n; i++)
        if (addr_eq(&h->addrs.v[i].addr, &public))
            return &h->addrs.v[i];
    return NULL;
}

static bool told_before(const struct foreigns *f, uint16_t port)
{
    for (size_t i = 0; i < f->ports.n; i++)
        if (f->ports.v[i].port == port)
            return true;
    return false;
}

static void ports(struct finding_of *q, struct ruleset *r)
{
    const struct own_addr *own = own_address(q->host, q->of->v6);
    for (size_t i = 0; own && i < q->host->listeners.n; i++) {
        const struct listener *l = &q->host->listeners.v[i];
        struct sample sample = {.from = *q->of, .to = own->addr, .port = l->port, .interface = own->interface};
        struct fate fate = {0};
        if (l->udp || !host_listens_beyond_loopback(l) || told_before(q->out, l->port) || ruleset_fate(r, &sample, &fate, NULL) < 0)
            continue;
        const struct service *s = service_by_port(l->port, false);
        *list_push(q->arena, &q->out->ports) = (struct foreign_port){l->port, s ? s->name : "", fate.may, arena_dupz(q->arena, fate.by)};
    }
}

static void nftables(struct finding_of *q)
{
    static const char *const ours[] = {"inet bansho_bans", "inet bansho", NULL};
    struct ruleset *r = NULL;
    struct namings named = {0};
    struct err err = {0};
    int code = ruleset_open(&r, &err);
    if (code == 0)
        code = ruleset_naming(r, q->of, q->own_too ? NULL : ours, q->arena, &named, &err);
    if (code == 0)
        ports(q, r);
    if (code < 0 && code != -EOPNOTSUPP && code != -EPROTONOSUPPORT) /* a kernel without nftables has no rules */
        not_seen(q, _("rules of the packet filter"), err.text[0] ? err.text : err_name(code));
    for (size_t i = 0; i < named.list.n; i++)
        add_naming(q, &named.list.v[i]);
    for (size_t i = 0; i < named.not_seen.n; i++)
        not_seen(q, named.not_seen.v[i], _("this set could not be asked"));
    if (named.more)
        not_seen(q, _("rules of the packet filter"), arena_printf(q->arena, ngettext("%zu further rule names it", "%zu further rules name it", named.more), named.more));
    ruleset_close(r);
}

/* --- what has its own tool */

static int run(const char *const argv[], struct child_result *ret)
{
    struct child_options o = {.timeout_ms = 20000, .max_output = TEXT_MAX_BYTES};
    return child_run(argv, &o, ret, NULL);
}

static bool listed(const struct host *h, const char *path)
{
    _cleanup_(buf_free) struct buf b = BUF(65536);
    return root_read(h->root, path, &b) == 0 && b.n > 0;
}

/* Is it in the set? 1, 0, or -errno: it takes more than an address. ipset(8) has no words for programs: its sentences are compared. */
static int ipset_has(struct finding_of *q, const char *set)
{
    const char *const argv[] = {"ipset", "test", set, q->text, NULL};
    struct child_result r = {0};
    int code = run(argv, &r);
    if (code < 0)
        return code;
    struct str said = buf_str(&r.err);
    bool none = str_search(said, STR("is NOT in set")) >= 0 || str_search(said, STR("resolving to IPv")) >= 0 || str_search(said, STR("invalid as number")) >= 0;
    code = r.status == 0 ? 1 : none ? 0 : -EINVAL;
    child_result_free(&r);
    return code;
}

static void ipsets(struct finding_of *q)
{
    static const char *const argv[] = {"ipset", "list", "-n", NULL};
    struct child_result r = {0};
    struct str rest, name;
    size_t n = 0;
    int code = run(argv, &r);
    if (code == -ENOENT) /* who makes ipsets has it */
        return;
    if (code < 0 || r.status != 0)
        not_seen(q, "ipset", code < 0 ? err_name(code) : arena_printf(q->arena, _("ended with status %d"), r.status));
    for (rest = buf_str(&r.out); code == 0 && r.status == 0 && str_line(&rest, &name); n++) {
        if (n == IPSETS_MAX) {
            not_seen(q, "ipset", _("there are more than 200 sets"));
            break;
        }
        const char *set = arena_dup(q->arena, name);
        int has = name.n && name.p[0] != '-' ? ipset_has(q, set) : -EINVAL;
        if (has == 1)
            add(q, (struct foreign){.kind = "ipset", .does = "match", .set = set, .place = arena_printf(q->arena, _("set %s"), set), .note = _("what becomes of it is said by the rules that ask this set"),
                                    .next = arena_printf(q->arena, "ipset del %s %s", set, q->text)});
        else if (has < 0)
            not_seen(q, arena_printf(q->arena, "ipset %s", set), _("this set could not be asked"));
    }
    child_result_free(&r);
}

static void add_legacy(struct finding_of *q, const char *program, const struct legacy_rule *l)
{
    int in = l->set ? ipset_has(q, l->set) : 0;
    if (l->set && in < 0)
        not_seen(q, arena_printf(q->arena, "ipset %s", l->set), _("this set could not be asked"));
    if (l->set && (in < 0 || (in == 1) == l->others))
        return;
    bool away = strcmp(l->does, "DROP") == 0 || strcmp(l->does, "REJECT") == 0 || strcmp(l->does, "TARPIT") == 0;
    struct foreign f = {.kind = "iptables-legacy", .does = l->does, .table = l->table, .chain = l->chain, .set = l->set, .handle = l->number, .stops = away};
    f.place = arena_printf(q->arena, l->set ? _("%s, table %s, chain %s, rule %u, set %s") : _("%s, table %s, chain %s, rule %u"), program, l->table, l->chain, l->number, l->set);
    f.note = l->others ? _("for all but those that it names: this address is not among them") : NULL;
    if (!l->others && !l->set)
        f.next = arena_printf(q->arena, "%s -t %s -D %s %u", program, l->table, l->chain, l->number);
    add(q, f);
}

/* Those tables are there as soon as somebody asked for them, and then most often empty. */
static void legacy(struct finding_of *q)
{
    const char *program = q->of->v6 ? "ip6tables-legacy" : "iptables-legacy", *save = q->of->v6 ? "ip6tables-legacy-save" : "iptables-legacy-save";
    const char *const argv[] = {save, NULL};
    struct child_result r = {0};
    struct legacy_rules rules;
    if (!listed(q->host, q->of->v6 ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names"))
        return;
    int code = run(argv, &r);
    if (code < 0 || r.status != 0 || r.out.full)
        not_seen(q, save, code < 0 ? err_name(code) : r.out.full ? err_name(EFBIG) : arena_printf(q->arena, _("ended with status %d"), r.status));
    legacy_rules(code == 0 ? buf_str(&r.out) : STR(""), q->of, q->arena, &rules);
    for (size_t i = 0; i < rules.list.n; i++)
        add_legacy(q, program, &rules.list.v[i]);
    if (code == 0)
        child_result_free(&r);
}

/* --- routes, hosts.deny */

/* The longest route counts. */
static void routes(struct finding_of *q)
{
    const struct host *h = q->host;
    char text[ADDR_TEXT + 4];
    unsigned longest = 0;
    for (size_t i = 0; i < h->routes.n; i++)
        if (prefix_has(&h->routes.v[i], q->of) && h->routes.v[i].length > longest)
            longest = h->routes.v[i].length;
    for (size_t i = 0; i < h->closed_routes.n; i++) {
        const struct closed_route *c = &h->closed_routes.v[i];
        if (!prefix_has(&c->to, q->of))
            continue;
        bool first = c->to.length == longest;
        prefix_text(&c->to, text);
        add(q, (struct foreign){.kind = "route", .does = c->type, .place = arena_printf(q->arena, _("route to %s, table %u"), text, c->table), .stops = first, .note = first ? NULL : _("without effect: there is a longer route"),
                                .next = arena_printf(q->arena, "ip route del %s %s table %u", c->type, text, c->table)});
    }
    if (h->addrs_seen.code < 0)
        not_seen(q, _("routes"), h->addrs_seen.why);
}

static void hosts_file(struct finding_of *q, const char *path, bool allow)
{
    _cleanup_(buf_free) struct buf b = BUF(TEXT_MAX_BYTES);
    struct hosts_lines lines;
    int r = root_read(q->host->root, path, &b);
    if (r < 0 && r != -ENOENT)
        not_seen(q, path, err_name(r));
    if (r < 0)
        return;
    hosts_access(buf_str(&b), allow, q->of, q->arena, &lines);
    for (size_t i = 0; i < lines.list.n; i++) {
        const struct hosts_line *l = &lines.list.v[i];
        add(q, (struct foreign){.kind = "hosts", .does = l->allows ? "allow" : "deny", .file = path, .line = l->line, .place = arena_printf(q->arena, "%s:%u  %s: %s", path, l->line, l->daemons, l->clients),
                                .stops = !l->allows && l->match == HOSTS_YES,
                                .note = l->match == HOSTS_MAYBE ? _("whether a name in it is this address's was not asked") : l->allows ? NULL : _("for services that ask libwrap (sshd and others), unless hosts.allow lets it in")});
    }
}

void foreign_find(const struct host *h, const struct addr *of, bool own_too, struct arena *a, struct foreigns *ret)
{
    struct finding_of q = {.host = h, .of = of, .own_too = own_too, .arena = a, .out = ret};
    *ret = (struct foreigns){0};
    addr_text(of, q.text);
    nftables(&q);
    legacy(&q);
    ipsets(&q);
    routes(&q);
    hosts_file(&q, "/etc/hosts.allow", true);
    hosts_file(&q, "/etc/hosts.deny", false);
}
