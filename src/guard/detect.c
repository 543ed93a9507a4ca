#include "guard/detect.h"
#include "guard/detect_parts.h"
#include <stdlib.h>
#include <sys/random.h>

#define NETWORK_SOURCES 4    /* times that a network's row keeps */
#define ACCOUNT_FAILURES 5   /* within a day: somebody is trying this account */
#define TARGET_SOURCES 10
#define NEAR_FAILURES 3      /* from its owner's provider, but not as its owner */
#define GOOD_KEYS 98304      /* logins are kept by five of them, of which two or three are new where a telephone has a new address */
#define BYTES_MAX 7910000u    /* what all rows of `tables` take, with a max_retry of 5 */

struct prefix guard_source(const struct addr *a) { return key_prefix(key_of(a), 32, 64); }

const char *verdict_looks_name(enum verdict_looks l)
{
    static const char *const names[] = {[LOOKS_ATTACK] = "attack", [LOOKS_STALE] = "stale", [LOOKS_OFFICE] = "office", [LOOKS_ONE_ACCOUNT] = "one-account", [LOOKS_PROTECTED] = "protected"};
    return names[l];
}

/* The tables; depth: times that a row keeps, and so many times max_retry. */
static const struct table {
    size_t at, rows;
    unsigned depth, retries;
} tables[] = {
    {offsetof(struct guard, sources), 65536, 0, 1},
    {offsetof(struct guard, lasting), 8192, 2, 2},
    {offsetof(struct guard, networks), 8192, NETWORK_SOURCES, 0},
    {offsetof(struct guard, accounts), 32768, ACCOUNT_FAILURES, 0},
    {offsetof(struct guard, targets), 4096, 2 * TARGET_SOURCES, 0},
    {offsetof(struct guard, owners), 8192, 1, 0},
};

static struct tally **table_of(struct guard *g, const struct table *t) { return (struct tally **)(void *)((char *)g + t->at); }

struct guard *guard_new(const struct guard_rules *r)
{
    struct guard *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    g->rules = *r;
    bool whole = getrandom(&g->seed, sizeof g->seed, 0) == sizeof g->seed;
    for (const struct table *t = tables; whole && t < tables + ARRAY_SIZE(tables); t++)
        whole = (*table_of(g, t) = tally_new(r->max_bytes ? r->max_bytes * t->rows / BYTES_MAX : t->rows, t->depth + t->retries * r->max_retry)) != NULL;
    if (whole && (g->good = presence_new(r->max_bytes ? (size_t)((uint64_t)r->max_bytes * GOOD_KEYS / BYTES_MAX) : GOOD_KEYS)) != NULL)
        return g;
    guard_free(g);
    return NULL;
}

void guard_free(struct guard *g)
{
    if (!g)
        return;
    for (const struct table *t = tables; t < tables + ARRAY_SIZE(tables); t++)
        tally_free(*table_of(g, t));
    presence_free(g->good);
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
    if (t->row->n || t->row->until || t->row->marks_n) /* it is not the first time */
        t->kept = tally_find(g->lasting, t->source);
    note_tried(t);
    if (t->row->n && e->time - latest(t->row) > LASTING_S) /* names are forgotten once a source kept quiet for long */
        t->row->marks_n = 0;
    t->names = e->account.n ? tally_mark(t->row, (uint32_t)t->account) : t->row->marks_n;
    tally_add(g->sources, t->row, e->time, e->attempts ? e->attempts : 1, g->rules.find_time);
    detectors_look(t);
}

static void failure(struct telling *t)
{
    t->g->counts.failures++;
    if (!t->e->addressed) {
        t->g->counts.unaddressed++;
        note_tried(t);
        return;
    }
    t->row = tally_row(t->g->sources, t->source, t->e->time);
    if (detectors_out(t)) { /* what it still writes counts for nobody: it would not have come so far */
        t->g->counts.after++;
        return;
    }
    t->logins = history_logins(t);
    if (!t->logins || !history_pair(t) || !history_own_failure(t))
        failed_from(t);
}

/* A login on an account that strangers are trying, from where it was never used: perhaps a thief's, which makes no good history. */
static bool entered(struct telling *t)
{
    const struct guard_event *e = t->e;
    struct tally_row *from;
    t->tried = tally_find(t->g->accounts, t->account);
    unsigned n = t->tried ? tally_count(t->tried, e->time, DAY_S) : 0, own = 0;
    if ((n < ACCOUNT_FAILURES && !detectors_attacked(t)) || history_pair(t) || (e->addressed && history_never(t->g, &e->address)))
        return false;
    if (e->addressed && (from = tally_find(t->g->sources, t->source)))
        own = tally_count(from, e->time, DAY_S);
    if (own < NEAR_FAILURES && history_near(t))
        return false;
    enum doubt doubt = history_doubt(t);
    if (doubt != DOUBT_NEW)
        return doubt == DOUBT_TOLD;
    struct verdict v = {.kind = VERDICT_ENTERED, .time = e->time, .who = telling_source(t), .account = e->account, .count = n};
    t->tell(t->arg, &v);
    return true;
}

static void success(struct telling *t)
{
    const struct guard_event *e = t->e;
    t->g->counts.successes++;
    if (!e->account.n || (e->addressed && history_fresh(t)))
        return;
    if (entered(t) || !e->addressed)
        return;
    detectors_forgive_login(t);
    history_note(t);
}

/* Some servers tell twice of one attempt: that there is no such account, and that the password was wrong. The first is counted, the second is known by it. */
static bool told_before(struct telling *t)
{
    const struct guard_event *e = t->e;
    uint64_t key = key_pair(t->g, PAIR_ATTEMPT, t->source, t->account);
    if (!e->addressed || !e->account.n)
        return false;
    struct refused *r = &t->g->refused[key % REFUSED_KEPT];
    bool same = r->waiting && r->key == key && e->time - r->time <= REFUSED_SECONDS && e->time >= r->time;
    if (e->refused) {
        *r = (struct refused){key, e->time, same ? r->waiting + 1 : 1};
        return false;
    }
    r->waiting -= same;
    return same;
}

void guard_event(struct guard *g, const struct guard_event *e, void (*tell)(void *arg, const struct verdict *v), void *arg)
{
    struct telling t = {.g = g, .e = e, .tell = tell, .arg = arg, .account = key_account(g, e->account)};
    tally_soon(g->accounts, t.account);
    if (e->addressed) {
        t.source = key_of(&e->address);
        tally_soon(g->sources, t.source);
        history_soon(&t);
    }
    if (e->success)
        success(&t);
    else if (!told_before(&t))
        failure(&t);
}

void guard_known(struct guard *g, const struct prefix *who, int64_t until, unsigned times)
{
    bool one = who->length == (who->addr.v6 ? 64 : 32);
    struct tally_row *r = tally_row(one ? g->sources : g->networks, key_of(&who->addr), until);
    r->until = tally_time(until);
    r->times_banned = (uint16_t)(times < UINT16_MAX ? times : UINT16_MAX);
}

struct forgiving {
    struct guard *g;
    const struct prefix *who;
    struct tally *table;
    unsigned length4, length6; /* of its keys */
    int64_t now;
    size_t n;
};

static void forgive_row(void *arg, struct tally_row *r)
{
    struct forgiving *f = arg;
    struct prefix p = key_prefix(r->key, f->length4, f->length6);
    if (!prefix_overlaps(f->who, &p))
        return;
    f->n += r->n || r->until;
    if (f->table == f->g->sources)
        history_forgive(f->g, r->key, f->now);
    tally_clear(r);
    r->until = 0;
    tally_unseen(f->table, r); /* guard_known had it in the time to come, before which nothing would be counted */
    r->times_banned = 0;
}

size_t guard_forgive(struct guard *g, const struct prefix *who, int64_t now)
{
    struct forgiving all[] = {{g, who, g->sources, 32, 64, now, 0}, {g, who, g->lasting, 32, 64, now, 0}, {g, who, g->networks, 24, 48, now, 0}};
    if (who->length >= (who->addr.v6 ? 64 : 32)) /* shut out by hand: there is no row of it */
        history_forgive(g, key_of(&who->addr), now);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        tally_each(all[i].table, forgive_row, &all[i]);
    return all[0].n;
}

struct guard_counts guard_counts(const struct guard *g)
{
    struct guard_counts c = g->counts;
    for (const struct table *t = tables; t < tables + ARRAY_SIZE(tables); t++) {
        struct tally_state s = tally_state(*table_of((struct guard *)(uintptr_t)g, t));
        c.lost += s.lost;
        c.bytes += s.bytes;
    }
    c.lost += presence_state(g->good).lost;
    c.bytes += presence_state(g->good).bytes;
    c.sources = tally_state(g->sources).rows;
    return c;
}
