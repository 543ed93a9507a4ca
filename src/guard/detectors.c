/* detectors.c: the detectors of addresses, as rows in the order in which they are asked: the first that answers has the failure. */
#include "guard/detect_parts.h"
#include <stdlib.h>

#define NETWORK_SOURCES 4    /* so many shut out within a day: the network is */
#define SLOW 60              /* seconds for max_retry failures: a person, or a program that asks for mail every minute */
#define SPARED_A_DAY 20      /* times max_retry failures that came within find_time */
#define SPRAY_NAMES 4        /* tally_mark counts no further */
/* Strange addresses that fail on one account. Its owner has a telephone, an office and a home, and a few more on a journey. */
#define SPREAD_DAY 5         /* parts of the net (key_part) from which the account was never used; a telephone on the way through its provider's addresses is in one or two */
#define SPREAD_WEEK 8
#define SPREAD_MANY 10       /* addresses within a day, from however few such parts; */
#define SPREAD_AT_ONCE 3600  /* or SPREAD_DAY addresses within so many seconds */
#define SPREAD_NEAR 10       /* of its owner's providers, within NEAR_SPAN: no telephone is on the way so quickly */
#define NEAR_SPAN 7200
#define NEAR 1u              /* the lowest bit of a source's mark */
#define PART 0xffff0000u     /* the bits of it that are those of its part of the net */

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* The n-th time, twice as long as the time before; who kept quiet for as long as the longest ban begins anew. */
static int64_t ban(const struct guard *g, struct tally_row *r, int64_t now, int64_t length, int64_t most)
{
    if (r->times_banned && now - r->until > g->rules.ban_time_max)
        r->times_banned = 0;
    for (unsigned i = 0; i < r->times_banned && length < most; i++)
        length *= 2;
    length = least(length, most);
    r->times_banned = (uint16_t)(r->times_banned + (r->times_banned < UINT16_MAX));
    r->until = tally_time(now + length);
    return now + length;
}

static void network(struct telling *t)
{
    const struct guard_event *e = t->e;
    struct prefix net = key_prefix(key_net(t->source), 24, 48);
    struct tally_row *r = tally_row(t->g->networks, key_net(t->source), e->time);
    if (!tally_count(r, e->time, DAY_S))
        tally_clear(r);
    /* Different ones: a single address that comes again and again is no network. */
    unsigned sources = tally_mark(r, key_mark(t->g, t->source));
    if (r->until > e->time || tally_add(t->g->networks, r, e->time, 1, DAY_S) < NETWORK_SOURCES || sources < NETWORK_SOURCES)
        return;
    for (size_t i = 0; i < t->g->rules.never_n; i++)
        if (prefix_overlaps(&t->g->rules.never[i], &net))
            return;
    if (history_spares(t->g, &net))
        return;
    if (history_network(t)) /* people live there: one by one */
        return;
    tally_clear(r);
    struct verdict v = {.kind = VERDICT_NETWORK, .time = e->time, .until = ban(t->g, r, e->time, t->g->rules.ban_time, t->g->rules.ban_time_max), .who = net, .count = NETWORK_SOURCES, .times = r->times_banned};
    t->tell(t->arg, &v);
}

bool detectors_out(const struct telling *t)
{
    const struct tally_row *r = tally_find(t->g->networks, key_net(t->source));
    return t->row->until > t->e->time || (r && r->until > t->e->time);
}

/* Told once a day; what is kept of that is in the row of lasting sources: `until` is when it is told again, times_banned how many failures were spared within the day.
   false: they are more than `most`: it is no person's telephone. */
static bool spare(struct telling *t, struct verdict *v, int64_t most)
{
    struct tally_row *r = t->kept = tally_row(t->g->lasting, t->source, v->time);
    bool told = r->until > v->time;
    int64_t spared = (told ? r->times_banned : 0) + v->count;
    if (spared > most)
        return false;
    tally_clear(r);
    tally_clear(t->row);
    t->row->until += !t->row->until; /* long ago, but not never: there is a row among the lasting ones */
    r->times_banned = (uint16_t)least(spared, UINT16_MAX);
    if (told)
        return true;
    r->until = tally_time(v->time + DAY_S);
    v->kind = VERDICT_SPARED;
    t->tell(t->arg, v);
    return true;
}

bool detectors_spared(const struct telling *t)
{
    return t->kept && t->kept->until > t->e->time;
}

/* first: for how long, the first time. */
static void shut_out(struct telling *t, struct verdict *v, int64_t first)
{
    int64_t most = t->g->rules.ban_time_max;
    if (t->kept)
        tally_clear(t->kept);
    tally_clear(t->row);
    const struct prefix source = telling_source(t);
    if (history_never(t->g, &t->e->address) || history_spares(t->g, &source)) {
        v->looks = LOOKS_PROTECTED;
        (void)spare(t, v, INT64_MAX);
        return;
    }
    if (history_office(t)) { /* many suffer for one: a short time, which does not grow beyond the usual one */
        v->looks = LOOKS_OFFICE;
        most = t->g->rules.ban_time;
        first = least(most, t->g->rules.find_time);
    }
    v->until = ban(t->g, t->row, v->time, first, most);
    v->times = t->row->times_banned;
    history_forgiven_no_more(t);
    t->tell(t->arg, v);
    network(t);
}

static struct verdict verdict_of(const struct telling *t, enum verdict_kind kind, unsigned count)
{
    return (struct verdict){.kind = kind, .time = t->e->time, .who = telling_source(t), .account = t->e->account, .count = count};
}

static int64_t earliest(const struct tally_row *r, int64_t after)
{
    uint32_t t = 0;
    for (unsigned i = 0; i < r->n; i++)
        if (r->ring[i] > tally_time(after) && (!t || r->ring[i] < t))
            t = r->ring[i];
    return t;
}

/* --- max_retry failures within find_time */

static bool quick(struct telling *t)
{
    struct tally *w = t->g->sources;
    unsigned n = tally_count(t->row, tally_seen(w, t->row), t->g->rules.find_time);
    if (n < t->g->rules.max_retry)
        return false;
    bool slow = tally_count(t->row, t->e->time, SLOW) < t->g->rules.max_retry, one = t->names == 1 && slow;
    struct verdict v = verdict_of(t, VERDICT_ADDRESS, n);
    v.since = earliest(t->row, t->e->time - t->g->rules.find_time);
    v.looks = one ? LOOKS_ONE_ACCOUNT : LOOKS_ATTACK;
    /* Others log in from there, and must not suffer for a telephone; or it is on the way, at its usual provider's. */
    bool lenient = one && ((t->logins && history_account(t)) || t->near);
    if (!lenient || !spare(t, &v, history_office(t) ? INT64_MAX : SPARED_A_DAY * (int64_t)t->g->rules.max_retry))
        shut_out(t, &v, t->g->rules.ban_time);
    return true;
}

/* --- one account, many addresses */

static uint32_t mark_of(const struct telling *t)
{
    return (key_mark(t->g, key_part(t->source)) & PART) | (key_mark(t->g, t->source) & ~PART & ~NEAR);
}

static bool under_attack(const struct tally_row *r, int64_t now)
{
    return tally_met_apart(r, now, DAY_S, NEAR, 0, PART) >= SPREAD_DAY || tally_met_apart(r, now, WEEK_S, NEAR, 0, PART) >= SPREAD_WEEK || tally_met(r, now, DAY_S, NEAR, 0) >= SPREAD_MANY ||
           tally_met(r, now, SPREAD_AT_ONCE, NEAR, 0) >= SPREAD_DAY;
}

static bool under_attack_from_near(const struct tally_row *r, int64_t now) { return tally_met(r, now, NEAR_SPAN, NEAR, NEAR) >= SPREAD_NEAR; }

bool detectors_attacked(struct telling *t)
{
    const struct tally_row *r = t->tried && t->tried->times_banned ? tally_find(t->g->targets, t->account) : NULL;
    return r && (under_attack(r, t->e->time) || under_attack_from_near(r, t->e->time));
}

/* The account's row of strange sources; NULL: there were too few. Three are noted in its row of failures, whose `until` is when the first of them came, and whose
   times_banned says that there is a row of strange sources now. */
static struct tally_row *target(struct telling *t, uint32_t mark)
{
    struct tally_row *of = t->tried, *r;
    struct tally *w = t->g->targets;
    int64_t now = t->e->time;
    if (of->times_banned) {
        r = tally_row(w, t->account, now);
    } else {
        if (!of->marks_n || now - of->until > WEEK_S) {
            of->marks_n = 0;
            of->until = tally_time(now);
        }
        if (tally_mark(of, mark) < ARRAY_SIZE(of->marks))
            return NULL;
        r = tally_row(w, t->account, now);
        for (size_t i = 0; i < ARRAY_SIZE(of->marks); i++)
            tally_meet(w, r, of->marks[i], of->until);
        of->times_banned = 1;
    }
    tally_meet(w, r, mark, now);
    return r;
}

static bool spread(struct telling *t)
{
    if (!t->tried || t->logins || history_never(t->g, &t->e->address))
        return false;
    uint32_t mark = mark_of(t) | (t->near ? NEAR : 0);
    struct tally_row *r = target(t, mark);
    bool far = r && under_attack(r, t->e->time), near = r && under_attack_from_near(r, t->e->time);
    if (!far && !near)
        return false;
    unsigned sources = tally_met(r, t->e->time, WEEK_S, 0, 0);
    if (r->until <= t->e->time) {
        struct verdict told = {.kind = VERDICT_ATTACKED, .time = t->e->time, .account = t->e->account, .count = sources};
        r->until = tally_time(t->e->time + DAY_S);
        t->tell(t->arg, &told);
    }
    if ((mark & NEAR && !near) || history_doubtful(t) || history_forgiven(t))
        return false;
    struct verdict v = verdict_of(t, VERDICT_SPREAD, sources);
    shut_out(t, &v, t->row->times_banned ? DAY_S : t->g->rules.ban_time);
    return true;
}

/* --- one address, many accounts */

static bool spray(struct telling *t)
{
    unsigned n = tally_count(t->row, t->e->time, DAY_S);
    if (t->logins || t->names < SPRAY_NAMES || (n < SPRAY_NAMES && n < t->g->rules.max_retry))
        return false;
    struct verdict v = verdict_of(t, VERDICT_SPRAY, SPRAY_NAMES);
    v.since = earliest(t->row, t->e->time - DAY_S);
    shut_out(t, &v, t->g->rules.ban_time);
    return true;
}

/* --- few failures, for days */

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* As a program that asks every so many minutes, which may have been switched off in between: most intervals are the usual one, or twice or thrice as long.
   Failures within a minute are one question: programs open several connections. */
static bool regular(const struct tally_row *r)
{
    uint32_t times[64], gaps[64], n = 0, gaps_n = 0, fit = 0;
    for (unsigned i = 0; i < r->n && i < ARRAY_SIZE(times); i++)
        times[n++] = r->ring[i];
    qsort(times, n, sizeof *times, by_number);
    for (uint32_t i = 1, last = 0; i < n; i++)
        if (times[i] - times[last] > SLOW) {
            gaps[gaps_n++] = times[i] - times[last];
            last = i;
        }
    if (gaps_n < 4)
        return false;
    uint32_t sorted[64];
    for (uint32_t i = 0; i < gaps_n; i++)
        sorted[i] = gaps[i];
    qsort(sorted, gaps_n, sizeof *sorted, by_number);
    uint32_t usual = sorted[gaps_n / 2], leeway = usual / 5;
    for (uint32_t i = 0; i < gaps_n; i++) {
        uint32_t k = (gaps[i] + usual / 2) / usual;
        fit += k >= 1 && k <= 3 && (gaps[i] > k * usual ? gaps[i] - k * usual : k * usual - gaps[i]) <= leeway;
    }
    return fit * 5 >= gaps_n * 4;
}

/* The row of a source that comes back after find_time, with what is kept of it until then; NULL: it does not. */
static struct tally_row *lasting(struct telling *t)
{
    struct tally *w = t->g->lasting;
    struct tally_row *r = t->kept;
    int64_t now = t->e->time, first = earliest(t->row, now - LASTING_S);
    if (!r && first >= now - t->g->rules.find_time)
        return NULL;
    bool known = r && tally_count(r, now, LASTING_S);
    r = t->kept = tally_row(w, t->source, now);
    if (known) {
        tally_add(w, r, now, t->e->attempts ? t->e->attempts : 1, LASTING_S);
    } else {
        tally_clear(r);
        for (unsigned i = 0; i < t->row->n; i++)
            tally_add(w, r, t->row->ring[i], 1, LASTING_S);
    }
    for (unsigned i = 0; i < t->row->marks_n && i < ARRAY_SIZE(t->row->marks); i++)
        tally_mark(r, t->row->marks[i]);
    if (t->names > ARRAY_SIZE(t->row->marks))
        r->marks_n = SPRAY_NAMES;
    return r;
}

/* How many failures within two weeks are too many: with one name it may be a person who does not know better. */
static unsigned too_many(const struct telling *t, unsigned names)
{
    unsigned n = t->g->rules.max_retry;
    return names <= 1 || t->logins ? 2 * n + 2 : names < SPRAY_NAMES ? (3 * n + 1) / 2 : SPRAY_NAMES;
}

static bool slow(struct telling *t)
{
    struct tally_row *r = lasting(t);
    if (!r)
        return false;
    unsigned names = t->e->account.n || r->marks_n ? r->marks_n : 1, n = tally_count(r, t->e->time, t->logins ? DAY_S : LASTING_S);
    if (n < too_many(t, names) || (t->logins && names < SPRAY_NAMES)) /* where people log in they also fail */
        return false;
    struct verdict v = verdict_of(t, VERDICT_SLOW, n);
    v.since = earliest(r, t->e->time - LASTING_S);
    v.looks = names == 1 && t->e->account.n ? LOOKS_ONE_ACCOUNT : LOOKS_ATTACK;
    bool lenient = v.looks == LOOKS_ONE_ACCOUNT && history_account(t) && (t->near || regular(r));
    if (!lenient || !spare(t, &v, DAY_S * (int64_t)t->g->rules.max_retry / t->g->rules.find_time + n)) /* whoever is slower than find-time allows */
        shut_out(t, &v, v.looks == LOOKS_ONE_ACCOUNT || t->g->rules.ban_time > DAY_S ? t->g->rules.ban_time : DAY_S);
    return true;
}

static const struct detector {
    enum verdict_kind kind;
    bool (*look)(struct telling *t);
} rows[] = {
    {VERDICT_ADDRESS, quick},
    {VERDICT_SPREAD, spread},
    {VERDICT_SPRAY, spray},
    {VERDICT_SLOW, slow},
};

void detectors_look(struct telling *t)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].look(t))
            return;
}

void detectors_forgive_login(struct telling *t)
{
    struct tally_row *quick = tally_find(t->g->sources, t->source);
    struct tally_row *all[] = {quick, quick ? tally_find(t->g->lasting, t->source) : NULL}, *r = t->tried && t->tried->times_banned ? tally_find(t->g->targets, t->account) : NULL;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (all[i] && all[i]->marks_n == 1 && all[i]->marks[0] == (uint32_t)t->account)
            tally_clear(all[i]);
    if (r) {
        tally_part(r, mark_of(t));
        tally_part(r, mark_of(t) | NEAR);
    }
}
