#include "import/fail2ban.h"
#include "base/i18n.h"
#include "log/services.h"
#include <errno.h>
#include <string.h>

#define DAY 86400
#define FOR_EVER (3650.0 * DAY) /* the longest time that bansho.conf knows */
#define SHORTEST_V4 8 /* a shorter prefix than that is no network of anybody here */
#define SHORTEST_V6 19

struct taking {
    struct arena *a;
    struct names own; /* our filters */
    LIST(const struct jail *) taken;
    struct import_fail2ban *ret;
};

static void left(struct taking *t, const struct jail *j, const char *what, const char *why)
{
    *list_push(t->a, &t->ret->left) = (struct import_left){what, j->file, j->line, why};
}

static bool is_ours(const struct taking *t, const char *filter)
{
    for (size_t i = 0; i < t->own.list.n; i++)
        if (strcmp(t->own.list.v[i], filter) == 0)
            return true;
    return false;
}

/* The filter of ours that reads what this one of fail2ban reads: of the same name, else of the same service. NULL: there is none. */
static const char *counterpart(const struct taking *t, const char *filter)
{
    if (is_ours(t, filter))
        return filter;
    const struct log_service *s = log_service_of_filter(filter);
    for (size_t i = 0; s && i < ARRAY_SIZE(s->filters) && s->filters[i]; i++)
        if (is_ours(t, s->filters[i]))
            return s->filters[i];
    return NULL;
}

static void add_filter(struct taking *t, const char *ours)
{
    for (size_t i = 0; i < t->ret->filters.n; i++)
        if (strcmp(t->ret->filters.v[i], ours) == 0)
            return;
    *list_push(t->a, &t->ret->filters) = ours;
}

static void take_never(struct taking *t, const struct jail *j, const char *text)
{
    struct import_fail2ban *r = t->ret;
    struct prefix p;
    if (!prefix_parse(str_of(text), false, &p)) {
        for (size_t i = 0; i < r->never_names.n; i++)
            if (strcasecmp(r->never_names.v[i], text) == 0)
                return;
        *list_push(t->a, &r->never_names) = arena_dupz(t->a, text);
        return;
    }
    if (addr_is_loopback(&p.addr))
        return; /* never shut out anyway */
    if (p.length < (p.addr.v6 ? SHORTEST_V6 : SHORTEST_V4)) {
        left(t, j, arena_printf(t->a, _("ignoreip %s of jail %s"), text, j->name), _("so large a network is nobody's: nobody in it would ever be shut out"));
        return;
    }
    for (size_t i = 0; i < r->never.n; i++)
        if (prefix_covers(&r->never.v[i], &p))
            return;
    if (r->never.n < IMPORT_NEVER_MAX)
        *list_push(t->a, &r->never) = p;
    else if (r->never.n == IMPORT_NEVER_MAX)
        left(t, j, arena_printf(t->a, _("ignoreip of jail %s"), j->name), _("these are too many networks; the first ones are taken over"));
}

/* fail2ban's own ways to shut out by the packet filter or by tcpd: ours does what they did. */
static bool is_ban(const char *action)
{
    static const char *const ways[] = {"iptables", "ip6tables", "nftables", "ufw", "firewallcmd", "shorewall", "route", "hostsdeny", "csf-", "bsd-ipfw", "ipfw", "pf", "npf", "afctl"};
    for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
        if (strncmp(action, ways[i], strlen(ways[i])) == 0)
            return true;
    return false;
}

static void tell_rest(struct taking *t, const struct jail *j)
{
    for (size_t i = 0; i < j->actions.n; i++)
        if (!is_ban(j->actions.v[i].name))
            left(t, j, arena_printf(t->a, _("action %s of jail %s"), j->actions.v[i].name, j->name), _("bansho shuts out by itself and tells by `notify`; other actions are not run"));
    if (j->ignore_command && *j->ignore_command)
        left(t, j, arena_printf(t->a, _("ignorecommand of jail %s"), j->name), _("no program is asked whether an address is shut out; declare its networks as sources"));
    if (!j->ignore_self)
        left(t, j, arena_printf(t->a, _("ignoreself = false of jail %s"), j->name), _("this machine's own addresses are never shut out"));
    if (j->ban_time < 0)
        left(t, j, arena_printf(t->a, _("bantime of jail %s: for ever"), j->name), _("a ban ends; the time grows with each one, up to ban-time-max"));
}

static void take_jail(struct taking *t, const struct jail *j)
{
    const char *name = j->filter.name ? j->filter.name : j->filter_spec;
    const char *ours = name ? counterpart(t, name) : NULL;
    if (j->wrong.text) {
        left(t, j, arena_printf(t->a, _("jail %s"), j->name), arena_printf(t->a, _("it cannot be read: %s"), j->wrong.text));
        return;
    }
    for (size_t i = 0; i < j->ignore_ip.n; i++)
        take_never(t, j, j->ignore_ip.v[i]);
    if (name && strcmp(name, "recidive") == 0) {
        left(t, j, arena_printf(t->a, _("jail %s"), j->name), _("not needed: who comes again is shut out for longer each time"));
        return;
    }
    if (!ours) {
        left(t, j, arena_printf(t->a, _("jail %s"), j->name), arena_printf(t->a, _("its filter %s has no counterpart here: its log would be watched by nobody"), name ? name : "?"));
        return;
    }
    *list_push(t->a, &t->ret->jails) = (struct import_jail){j->name, name, ours};
    *list_push(t->a, &t->taken) = j;
    add_filter(t, ours);
    tell_rest(t, j);
}

/* The limits of a jail that the guard has, too. */
static double find_time_of(const struct jail *j) { return j->find_time; }
static double ban_time_of(const struct jail *j) { return j->ban_time < 0 ? FOR_EVER : j->ban_time; }
static double max_retry_of(const struct jail *j) { return j->max_retry; }
static const struct limit {
    const char *name, *ours;
    double (*of)(const struct jail *j);
    bool less_is_stricter;
    double min, max; /* of bansho.conf */
} limits[] = {
    {"findtime", "find-time", find_time_of, false, 1, 7 * DAY},
    {"bantime", "ban-time", ban_time_of, false, 1, FOR_EVER},
    {"maxretry", "max-retry", max_retry_of, true, 1, 1000},
};

static size_t how_many(const struct taking *t, const struct limit *l, double value)
{
    size_t n = 0;
    for (size_t i = 0; i < t->taken.n; i++)
        n += l->of(t->taken.v[i]) == value;
    return n;
}

static int64_t settle(struct taking *t, const struct limit *l)
{
    double best = 0;
    size_t best_n = 0;
    for (size_t i = 0; i < t->taken.n; i++) {
        double v = l->of(t->taken.v[i]);
        size_t n = how_many(t, l, v);
        if (n > best_n || (n == best_n && (l->less_is_stricter ? v < best : v > best))) {
            best = v;
            best_n = n;
        }
    }
    double bounded = best < l->min ? l->min : best > l->max ? l->max : best;
    for (size_t i = 0; i < t->taken.n; i++) {
        const struct jail *j = t->taken.v[i];
        if (l->of(j) != bounded && l->of(j) < FOR_EVER)
            left(t, j, arena_printf(t->a, _("%s = %.0f of jail %s"), l->name, l->of(j), j->name), arena_printf(t->a, _("the guard has one limit for all services: %s = %.0f"), l->ours, bounded));
    }
    return (int64_t)bounded;
}

static void settle_all(struct taking *t)
{
    int64_t *ret[] = {&t->ret->find_time, &t->ret->ban_time, NULL};
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        int64_t v = settle(t, &limits[i]);
        if (ret[i])
            *ret[i] = v;
        else
            t->ret->max_retry = (unsigned)v;
    }
    /* A limit of rising times is one for all, too: the longest. */
    for (size_t i = 0; i < t->taken.n; i++)
        if (t->taken.v[i]->increment && t->taken.v[i]->max_time > (double)t->ret->ban_time_max)
            t->ret->ban_time_max = t->taken.v[i]->max_time < FOR_EVER ? (int64_t)t->taken.v[i]->max_time : (int64_t)FOR_EVER;
    if (t->ret->ban_time_max && t->ret->ban_time_max < t->ret->ban_time)
        t->ret->ban_time_max = t->ret->ban_time;
}

int import_fail2ban(struct arena *a, const struct root *root, const char *dir, struct import_fail2ban *ret, struct err *err)
{
    struct jails jails = {0};
    struct import_fail2ban got = {0};
    struct taking t = {.a = a, .ret = &got};
    int r = jails_load(a, root, dir, &jails, err);
    if (r == 0)
        r = filter_names(a, filter_own_dir(), &t.own, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < jails.list.n; i++)
        if (jails.list.v[i].enabled)
            take_jail(&t, &jails.list.v[i]);
    if (t.taken.n)
        settle_all(&t);
    *ret = got;
    return 0;
}
