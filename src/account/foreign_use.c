#include "account/foreign_use.h"
#include "account/logins.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "base/shell.h"
#include "config/config.h"
#include "host/host.h"
#include "log/sources.h"
#include <string.h>

#define TOLD_MAX 1000      /* accounts with a finding of their own */
#define MEANWHILE 3600
#define EVIDENCE_MAX 5

/* Who had at least three networks, and a new one in every week of the history, is on the way: a telephone among providers. One more says nothing then. */
#define WANDERS_FROM 3

static bool near(const struct prefix *a, const struct prefix *b)
{
    struct prefix wide = *a;
    wide.length = a->addr.v6 ? 32 : 16;
    for (size_t i = wide.length / 8; i < sizeof wide.addr.bytes; i++)
        wide.addr.bytes[i] = 0;
    return prefix_covers(&wide, b);
}

struct history {
    size_t old, recent, foreign; /* networks: used before, used lately, used lately only and near to none of the others */
    uint64_t old_logins, unaddressed;
    int64_t begin;               /* of the account's own history; 0: it has none before the recent time */
    int64_t used;                /* newest login */
};

static bool is_old(const struct foreign_use *u, const struct login_place *p)
{
    return p->network.length && p->first < u->now - FOREIGN_RECENT;
}

static bool is_foreign(const struct foreign_use *u, const struct login_place *p)
{
    if (!p->network.length || p->first < u->now - FOREIGN_RECENT || (u->known && u->known(u->arg, &p->address)))
        return false;
    for (size_t i = 0; i < u->n; i++)
        if (is_old(u, &u->places[i]) && near(&u->places[i].network, &p->network))
            return false;
    return true;
}

static struct history history_of(const struct foreign_use *u)
{
    struct history h = {0};
    for (size_t i = 0; i < u->n; i++) {
        const struct login_place *p = &u->places[i];
        if (!p->network.length) {
            h.unaddressed += p->n;
            continue;
        }
        h.used = p->last > h.used ? p->last : h.used;
        h.recent += p->last >= u->now - FOREIGN_RECENT;
        h.foreign += is_foreign(u, p);
        if (!is_old(u, p))
            continue;
        h.old++;
        h.old_logins += p->n;
        h.begin = !h.begin || p->first < h.begin ? p->first : h.begin;
    }
    return h;
}

static bool wanders(const struct foreign_use *u, const struct history *h)
{
    int64_t weeks = (u->now - FOREIGN_RECENT - h->begin) / (7 * 86400) + 1;
    return h->old >= WANDERS_FROM && (int64_t)h->old > weeks;
}

/* The account went on being used from where it always is: its owner is at home while somebody comes from elsewhere. */
static const struct login_place *owner_meanwhile(const struct foreign_use *u, const struct login_place *foreign)
{
    for (size_t i = 0; i < u->n; i++)
        if (is_old(u, &u->places[i]) && u->places[i].last >= foreign->first - MEANWHILE)
            return &u->places[i];
    return NULL;
}

static void tell_place(const struct foreign_use *u, const struct login_place *p, struct findings *out, struct finding *f)
{
    char address[ADDR_TEXT], network[ADDR_TEXT + 4];
    const struct login_place *owner = owner_meanwhile(u, p);
    finding_evidence(out, f, "journal", 0, ngettext("%s from %s: %llu login", "%s from %s: %llu logins, the first then", (unsigned long)p->n),
                     clock_text(out->arena, p->first, CLOCK_MINUTE), addr_text(&p->address, address), (unsigned long long)p->n);
    if (owner)
        finding_evidence(out, f, "journal", 0, _("meanwhile it was used as ever from %s (until %s)"), prefix_text(&owner->network, network), clock_text(out->arena, owner->last, CLOCK_MINUTE));
}

static void tell_foreign(const struct foreign_use *u, const struct history *h, struct findings *out)
{
    const char *name = u->places[0].account;
    struct finding *f = finding_add(out, STATE_WARN, name, ngettext("%s: logged in from %zu network where it was never used before", "%s: logged in from %zu networks where it was never used before", h->foreign),
                                    name, h->foreign);
    size_t told = 0;
    for (size_t i = 0; i < u->n && told < EVIDENCE_MAX; i++)
        if (is_foreign(u, &u->places[i])) {
            tell_place(u, &u->places[i], out, f);
            told++;
        }
    finding_evidence(out, f, "journal", 0, ngettext("as ever: %llu logins from %zu network, since %s", "as ever: %llu logins from %zu networks, since %s", h->old), (unsigned long long)h->old_logins, h->old,
                     clock_text(out->arena, h->begin, CLOCK_DAY));
    finding_impact(out, f, "%s", _("if it was not its owner, somebody else knows the password"));
    finding_next(out, f, "bansho log search --account %s --since 7d", shell_word(out->arena, name));
    finding_next_note(out, f, "%s", _("shows what was done with the account; ask its owner, and change the password where it was not the owner"));
}

void foreign_use_judge(const struct foreign_use *u, struct findings *out)
{
    const char *name = u->places[0].account;
    struct history h = history_of(u);
    struct finding *f;
    if (!h.recent)
        return;
    if (!h.foreign) {
        f = finding_add(out, STATE_OK, name, ngettext("%s: used from %zu network, nothing new", "%s: used from %zu networks, nothing new", h.recent), name, h.recent);
    } else if (!h.begin || u->now - FOREIGN_RECENT - u->since < FOREIGN_HISTORY) {
        f = finding_add(out, STATE_UNKNOWN, name, _("%s: too little is known of it to tell a new place"), name);
        if (h.begin)
            finding_evidence(out, f, "journal", 0, _("the logins are known since %s"), clock_text(out->arena, u->since, CLOCK_DAY));
        else
            finding_evidence(out, f, "journal", 0, _("its first login was on %s"), clock_text(out->arena, u->places[0].first, CLOCK_DAY));
    } else if (wanders(u, &h)) {
        f = finding_add(out, STATE_OK, name, _("%s: comes from ever new networks, as before (%zu until a week ago, %zu since)"), name, h.old, h.foreign);
    } else {
        tell_foreign(u, &h, out);
    }
}

struct house {
    const struct host *host;
    const struct config *config;
};

/* The machine itself is our own webmail; a declared source is known. */
static bool of_the_house(void *arg, const struct addr *address)
{
    const struct house *house = arg;
    if (addr_is_loopback(address))
        return true;
    for (size_t i = 0; house->config && i < house->config->sources.n; i++)
        if (config_source_has(house->config, house->config->sources.v[i], address))
            return true;
    for (size_t i = 0; i < house->host->addrs.n; i++)
        if (addr_eq(&house->host->addrs.v[i].addr, address))
            return true;
    return false;
}

static void judge_all(const struct probe_ctx *ctx, const struct login_places *places, struct findings *out)
{
    struct house house = {ctx->server->host, ctx->config};
    size_t untold = 0, before = out->list.n, n;
    for (size_t i = 0; i < places->list.n; i += n) {
        struct foreign_use u = {&places->list.v[i], 1, places->since, ctx->now, of_the_house, &house};
        for (n = 1; i + n < places->list.n && places->list.v[i + n].account == u.places->account; n++)
            u.n++;
        if (out->list.n - before < TOLD_MAX)
            foreign_use_judge(&u, out);
        else
            untold++;
    }
    if (untold)
        finding_add(out, STATE_UNKNOWN, "", ngettext("%zu account more was not looked at", "%zu accounts more were not looked at", untold), untold);
    int64_t since = ctx->now - FOREIGN_RECENT > places->since ? ctx->now - FOREIGN_RECENT : places->since;
    if (out->list.n == before)
        finding_add(out, STATE_OK, "", _("No login of mail or SSH since %s"), clock_text(out->arena, since, CLOCK_MINUTE));
}

/* Some service's logins are in the journal; those whose logins are elsewhere are named. Where no service lets people in by mail or SSH there is nothing to judge. */
static bool in_journal(const struct probe_ctx *ctx, struct findings *out)
{
    struct findings scratch = {.arena = out->arena};
    struct log_sources sources;
    bool any = false;
    sources_find(ctx, &scratch, &sources);
    for (size_t i = 0; i < sources.list.n; i++) {
        const struct log_source *s = &sources.list.v[i];
        const char *object = s->service->object;
        if (strcmp(object, "ssh") != 0 && strcmp(object, "smtp") != 0 && strcmp(object, "imap") != 0)
            continue;
        bool read = s->kind == SOURCE_JOURNAL && journal_has_logins(s->service->product);
        any |= read;
        if (!read)
            finding_add(out, STATE_UNKNOWN, s->service->product, _("%s: its logins are not read: they are in files, or in words of its own"), s->service->product);
    }
    return any;
}

int account_foreign_use(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    const struct logins_want want = account_logins_want(ctx);
    struct login_places places;
    if (!in_journal(ctx, out))
        return 0;
    int r = journal_login_places(ctx->server->host->root, &want, ACCOUNT_LOGINS_FOREIGN, out->arena, &places, err);
    if (r < 0)
        return r;
    if (!places.since)
        finding_add(out, STATE_UNKNOWN, "", "%s", _("There is no journal with entries: logins are not known"));
    else
        judge_all(ctx, &places, out);
    return 0;
}
