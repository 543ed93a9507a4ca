#include "guard/detect.h"
#include "guard/detect_parts.h"
#include <stdlib.h>

#define NETWORK_SOURCES 4    /* times that a network's row keeps */
#define ACCOUNT_FAILURES 5   /* within a day: somebody is trying this account */
#define TARGET_SOURCES 10
#define NEAR_FAILURES 3      /* from its owner's provider, but not as its owner */
#define BYTES_MAX (21u << 19) /* 65536 sources, 8192 lasting ones, 32768 accounts, 4096 attacked ones, 32768 rows of logins, 8192 networks */

struct prefix guard_source(const struct addr *a) { return key_masked(a, 32, 64); }

const char *verdict_looks_name(enum verdict_looks l)
{
    static const char *const names[] = {[LOOKS_ATTACK] = "attack", [LOOKS_STALE] = "stale", [LOOKS_OFFICE] = "office", [LOOKS_ONE_ACCOUNT] = "one-account", [LOOKS_PROTECTED] = "protected"};
    return names[l];
}

static struct tally **table(struct guard *g, size_t i)
{
    struct tally **const all[] = {&g->sources, &g->lasting, &g->networks, &g->accounts, &g->targets, &g->good};
    return i < ARRAY_SIZE(all) ? all[i] : NULL;
}

struct guard *guard_new(const struct guard_rules *r)
{
    struct guard *g = calloc(1, sizeof *g);
    size_t part = (r->max_bytes ? r->max_bytes : BYTES_MAX) / 64;
    unsigned lasting = 2 * r->max_retry + 2;
    if (!g)
        return NULL;
    g->rules = *r;
    g->sources = tally_new(part * 28, r->max_retry);
    g->lasting = tally_new(part * 6, lasting);
    g->networks = tally_new(part * 4, NETWORK_SOURCES);
    g->accounts = tally_new(part * 14, ACCOUNT_FAILURES);
    g->targets = tally_new(part, 2 * TARGET_SOURCES);
    g->good = tally_new(part * 11, 1);
    for (size_t i = 0; table(g, i); i++)
        if (!*table(g, i)) {
            guard_free(g);
            return NULL;
        }
    return g;
}

void guard_free(struct guard *g)
{
    if (!g)
        return;
    for (size_t i = 0; table(g, i); i++)
        tally_free(*table(g, i));
    free(g);
}

void guard_freep(struct guard **g)
{
    guard_free(*g);
}

static uint32_t latest(const struct tally_row *r)
{
    uint32_t t = 0;
    for (unsigned i = 0; i < r->n; i++)
        t = r->ring[i] > t ? r->ring[i] : t;
    return t;
}

/* Failures of strangers on the account: none of a telephone that was spared. From its owner's provider only many addresses are an attack. */
static void note_tried(struct telling *t)
{
    const struct guard_event *e = t->e;
    if (!e->account.n || detectors_spared(t))
        return;
    t->tried = tally_row(t->g->accounts, t->account, e->time);
    if (!t->near)
        tally_add(t->g->accounts, t->tried, e->time, e->attempts ? e->attempts : 1, DAY_S);
}

static void failed_from(struct telling *t)
{
    const struct guard_event *e = t->e;
    struct guard *g = t->g;
    t->near = history_near(t);
    t->row = tally_row(g->sources, key_of(&t->source), e->time);
    if (t->row->n || t->row->until || t->row->marks_n) /* it is not the first time */
        t->kept = tally_find(g->lasting, key_of(&t->source));
    note_tried(t);
    if (t->row->n && e->time - latest(t->row) > LASTING_S) /* names are forgotten once a source kept quiet for long */
        t->row->marks_n = 0;
    t->names = e->account.n ? tally_mark(t->row, (uint32_t)t->account.hi) : t->row->marks_n;
    if (detectors_out(t)) {
        g->counts.after++;
        return;
    }
    tally_add(g->sources, t->row, e->time, e->attempts ? e->attempts : 1, g->rules.find_time);
    detectors_look(t);
}

static void failure(struct telling *t)
{
    unsigned unused;
    t->g->counts.failures++;
    if (!t->e->addressed) {
        t->g->counts.unaddressed++;
        note_tried(t);
        return;
    }
    tally_soon(t->g->sources, key_of(&t->source));
    t->logins = history_logins(t, &unused);
    if (!t->logins || !history_pair(t) || !history_own_failure(t))
        failed_from(t);
}

/* A login on an account that strangers are trying, from where it was never used: perhaps a thief's, which makes no good history. */
static bool entered(struct telling *t)
{
    const struct guard_event *e = t->e;
    struct tally_row *tried = tally_find(t->g->accounts, t->account), *from;
    unsigned n = tried ? tally_count(t->g->accounts, tried, e->time, DAY_S) : 0, own = 0;
    if ((n < ACCOUNT_FAILURES && !detectors_attacked(t)) || history_pair(t) || (e->addressed && history_never(t->g, &e->address)))
        return false;
    if (e->addressed && (from = tally_find(t->g->sources, key_of(&t->source))))
        own = tally_count(t->g->sources, from, e->time, DAY_S);
    if (own < NEAR_FAILURES && history_near(t))
        return false;
    enum doubt doubt = history_doubt(t);
    if (doubt != DOUBT_NEW)
        return doubt == DOUBT_TOLD;
    struct verdict v = {.kind = VERDICT_ENTERED, .time = e->time, .who = t->source, .account = e->account, .count = n};
    t->tell(t->arg, &v);
    return true;
}

static void success(struct telling *t)
{
    const struct guard_event *e = t->e;
    t->g->counts.successes++;
    if (!e->account.n || (e->addressed && history_fresh(t)))
        return;
    tally_soon(t->g->accounts, t->account);
    if (entered(t) || !e->addressed)
        return;
    detectors_forgive_login(t);
    history_note(t);
}

/* Some servers tell twice of one attempt: that there is no such account, and that the password was wrong. The first is counted, the second is known by it. */
static bool told_before(struct telling *t)
{
    const struct guard_event *e = t->e;
    struct tally_key key = key_pair(&t->source, t->account);
    if (!e->addressed || !e->account.n)
        return false;
    struct refused *r = &t->g->refused[key.lo % REFUSED_KEPT];
    bool same = r->waiting && r->key.hi == key.hi && r->key.lo == key.lo && e->time - r->time <= REFUSED_SECONDS && e->time >= r->time;
    if (e->refused) {
        *r = (struct refused){key, e->time, same ? r->waiting + 1 : 1};
        return false;
    }
    r->waiting -= same;
    return same;
}

void guard_event(struct guard *g, const struct guard_event *e, void (*tell)(void *arg, const struct verdict *v), void *arg)
{
    struct telling t = {.g = g, .e = e, .tell = tell, .arg = arg, .account = key_account(e->account)};
    if (e->addressed)
        t.source = guard_source(&e->address);
    if (e->success)
        success(&t);
    else if (!told_before(&t))
        failure(&t);
}

void guard_known(struct guard *g, const struct prefix *who, int64_t until, unsigned times)
{
    bool one = who->length == (who->addr.v6 ? 64 : 32);
    struct tally_row *r = tally_row(one ? g->sources : g->networks, key_of(who), until);
    r->until = tally_time(until);
    r->times_banned = (uint16_t)(times < UINT16_MAX ? times : UINT16_MAX);
}

struct forgiving {
    const struct prefix *who;
    size_t n;
};

static void forgive_row(void *arg, struct tally_row *r)
{
    struct forgiving *f = arg;
    struct prefix p = key_prefix(r->key);
    if (!prefix_overlaps(f->who, &p))
        return;
    f->n += r->n || r->until;
    tally_clear(r);
    r->until = 0;
    r->seen = 0; /* guard_known had it in the time to come, before which nothing would be counted */
    r->times_banned = 0;
}

size_t guard_forgive(struct guard *g, const struct prefix *who)
{
    struct forgiving f = {who, 0};
    tally_each(g->sources, forgive_row, &f);
    size_t sources = f.n;
    tally_each(g->lasting, forgive_row, &f);
    tally_each(g->networks, forgive_row, &f);
    return sources;
}

struct guard_counts guard_counts(const struct guard *g)
{
    struct guard_counts c = g->counts;
    const struct tally *all[] = {g->sources, g->lasting, g->networks, g->accounts, g->targets, g->good};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        struct tally_state s = tally_state(all[i]);
        c.lost += s.lost;
        c.bytes += s.bytes;
    }
    c.sources = tally_state(g->sources).rows;
    return c;
}
