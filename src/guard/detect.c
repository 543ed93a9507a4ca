#include "guard/detect.h"
#include "base/hash.h"
#include "guard/tally.h"
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400
#define NETWORK_SOURCES 4    /* so many shut out within a day: the network is */
#define ACCOUNT_FAILURES 5   /* within a day: somebody is trying this account */
#define OFFICE_ACCOUNTS 3
#define SLOW 60 /* seconds for max_retry failures: a person, or a program that asks for mail every minute */
#define BYTES_MAX (37u << 18) /* 65536 sources, 32768 accounts, as many logins, 8192 networks */

/* Attempts that were refused, whose failure may be told once more. */
#define REFUSED_KEPT 1024
#define REFUSED_SECONDS 120
struct refused {
    struct tally_key key;
    int64_t time;
    unsigned waiting;
};

struct guard {
    struct guard_rules rules;
    struct refused refused[REFUSED_KEPT]; /* by the key: a later one takes the place of an earlier one */
    struct tally *sources;  /* addresses (/64): failures; marks: names that were tried */
    struct tally *networks; /* /24, /48: sources that were shut out */
    struct tally *accounts; /* names: failures from anywhere */
    struct tally *good;     /* address and name: logins; address alone: marks are the names that log in */
    struct guard_counts counts;
};

static struct prefix masked(const struct addr *a, unsigned length4, unsigned length6)
{
    struct prefix p = {.addr = *a, .length = (uint8_t)(a->v6 ? length6 : length4)};
    size_t bytes = a->v6 ? 16 : 4;
    for (size_t i = 0; i < bytes; i++) {
        unsigned bits = p.length > 8 * i ? p.length - 8 * (unsigned)i : 0;
        p.addr.bytes[i] = (uint8_t)(bits >= 8 ? a->bytes[i] : bits ? a->bytes[i] & (0xff00u >> bits) : 0);
    }
    return p;
}

struct prefix guard_source(const struct addr *a) { return masked(a, 32, 64); }

const char *verdict_looks_name(enum verdict_looks l)
{
    static const char *const names[] = {[LOOKS_ATTACK] = "attack", [LOOKS_STALE] = "stale", [LOOKS_OFFICE] = "office", [LOOKS_ONE_ACCOUNT] = "one-account", [LOOKS_PROTECTED] = "protected"};
    return names[l];
}

/* One key for each prefix: an IPv4 address in its mapped form, and the length where IPv6 has zeros or IPv4 its fixed part. */
static struct tally_key key_of(const struct prefix *p)
{
    uint8_t b[16] = {0};
    struct tally_key k;
    if (p->addr.v6) {
        memcpy(b, p->addr.bytes, 8);
    } else {
        b[10] = b[11] = 0xff;
        memcpy(b + 12, p->addr.bytes, 4);
    }
    b[9] = p->length;
    memcpy(&k.hi, b, 8);
    memcpy(&k.lo, b + 8, 8);
    return k;
}

static uint64_t hash_of(struct str s, uint64_t h)
{
    for (size_t i = 0; i < s.n; i++)
        h = hash_step(h, (unsigned char)str_lower(s.p[i])); /* names differ in case by accident */
    return h ^ (h >> 31);
}

/* Both at once. */
static struct tally_key account_key(struct str s)
{
    uint64_t hi = HASH_BEGIN, lo = 0x9ae16a3b2f90404fu;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)str_lower(s.p[i]); /* names differ in case by accident */
        hi = hash_step(hi, c);
        lo = hash_step(lo, c);
    }
    return (struct tally_key){hi ^ (hi >> 31), lo ^ (lo >> 31)};
}

static struct tally_key pair_key(const struct prefix *p, struct tally_key account)
{
    struct tally_key a = key_of(p);
    return (struct tally_key){a.hi ^ account.hi ^ 1, a.lo ^ account.lo};
}

struct guard *guard_new(const struct guard_rules *r)
{
    struct guard *g = calloc(1, sizeof *g);
    size_t bytes = r->max_bytes ? r->max_bytes : BYTES_MAX;
    if (!g)
        return NULL;
    g->rules = *r;
    g->sources = tally_new(bytes / 2, r->max_retry);
    g->networks = tally_new(bytes / 16, NETWORK_SOURCES);
    g->accounts = tally_new(bytes / 4, ACCOUNT_FAILURES);
    g->good = tally_new(bytes / 16 * 3, 1);
    if (g->sources && g->networks && g->accounts && g->good)
        return g;
    guard_free(g);
    return NULL;
}

void guard_free(struct guard *g)
{
    if (!g)
        return;
    tally_free(g->sources);
    tally_free(g->networks);
    tally_free(g->accounts);
    tally_free(g->good);
    free(g);
}

void guard_freep(struct guard **g)
{
    guard_free(*g);
}

/* One telling: what is known of the event, on the way through the detectors. */
struct telling {
    struct guard *g;
    const struct guard_event *e;
    struct prefix source;
    struct tally_key account; /* of its name */
    void (*tell)(void *arg, const struct verdict *v);
    void *arg;
};

static bool never(const struct guard *g, const struct addr *a)
{
    for (size_t i = 0; i < g->rules.never_n; i++)
        if (prefix_has(&g->rules.never[i], a))
            return true;
    return false;
}

/* The n-th time, twice as long as the time before; who kept quiet for as long as the longest ban begins anew. */
static int64_t ban(const struct guard *g, struct tally_row *r, int64_t now)
{
    if (r->times_banned && now - r->until > g->rules.ban_time_max)
        r->times_banned = 0;
    int64_t length = g->rules.ban_time;
    for (unsigned i = 0; i < r->times_banned && length < g->rules.ban_time_max; i++)
        length *= 2;
    if (length > g->rules.ban_time_max)
        length = g->rules.ban_time_max;
    r->times_banned = (uint16_t)(r->times_banned + (r->times_banned < UINT16_MAX));
    r->until = tally_time(now + length);
    return now + length;
}

static bool known_login(struct telling *t)
{
    return t->e->account.n && tally_find(t->g->good, pair_key(&t->source, t->account));
}

/* slow: not as quick as a program that tries passwords. */
static enum verdict_looks looks_like(struct telling *t, unsigned names, bool slow)
{
    const struct tally_row *logins = tally_find(t->g->good, key_of(&t->source));
    if (never(t->g, &t->e->address))
        return LOOKS_PROTECTED;
    if (names <= 1 && known_login(t))
        return LOOKS_STALE;
    if (logins && logins->marks_n >= OFFICE_ACCOUNTS)
        return LOOKS_OFFICE;
    return names == 1 && slow ? LOOKS_ONE_ACCOUNT : LOOKS_ATTACK;
}

static void network(struct telling *t)
{
    const struct guard_event *e = t->e;
    struct prefix net = masked(&e->address, 24, 48);
    struct tally_row *r = tally_row(t->g->networks, key_of(&net), e->time);
    if (!tally_count(t->g->networks, r, e->time, DAY_S))
        tally_clear(r);
    /* Different ones: a single address that comes again and again is no network. */
    unsigned sources = tally_mark(r, (uint32_t)hash_of(str_span((const char *)t->source.addr.bytes, 16), HASH_BEGIN));
    if (r->until > e->time || tally_add(t->g->networks, r, e->time, 1, DAY_S) < NETWORK_SOURCES || sources < NETWORK_SOURCES)
        return;
    for (size_t i = 0; i < t->g->rules.never_n; i++)
        if (prefix_overlaps(&t->g->rules.never[i], &net))
            return;
    tally_clear(r);
    struct verdict v = {.kind = VERDICT_NETWORK, .time = e->time, .until = ban(t->g, r, e->time), .who = net, .count = NETWORK_SOURCES, .times = r->times_banned};
    t->tell(t->arg, &v);
}

static bool network_is_out(struct telling *t)
{
    struct prefix net = masked(&t->e->address, 24, 48);
    const struct tally_row *r = tally_find(t->g->networks, key_of(&net));
    return r && r->until > t->e->time;
}

static void source(struct telling *t)
{
    const struct guard_event *e = t->e;
    struct tally_row *r = tally_row(t->g->sources, key_of(&t->source), e->time);
    unsigned names = e->account.n ? tally_mark(r, (uint32_t)t->account.hi) : r->marks_n;
    if (r->until > e->time || network_is_out(t)) {
        t->g->counts.after++;
        return;
    }
    unsigned n = tally_add(t->g->sources, r, e->time, e->attempts ? e->attempts : 1, t->g->rules.find_time);
    if (n < t->g->rules.max_retry)
        return;
    bool slow = tally_count(t->g->sources, r, e->time, SLOW) < t->g->rules.max_retry;
    struct verdict v = {.kind = VERDICT_ADDRESS, .time = e->time, .who = t->source, .account = e->account, .count = n, .looks = looks_like(t, names, slow)};
    tally_clear(r);
    if (v.looks == LOOKS_STALE || v.looks == LOOKS_PROTECTED) {
        v.kind = VERDICT_SPARED;
        t->tell(t->arg, &v);
        return;
    }
    v.until = ban(t->g, r, e->time);
    v.times = r->times_banned;
    t->tell(t->arg, &v);
    network(t);
}

static void failure(struct telling *t)
{
    const struct guard_event *e = t->e;
    t->g->counts.failures++;
    if (e->addressed)
        tally_soon(t->g->sources, key_of(&t->source));
    if (e->account.n) {
        struct tally_row *r = tally_row(t->g->accounts, t->account, e->time);
        tally_add(t->g->accounts, r, e->time, e->attempts ? e->attempts : 1, DAY_S);
    }
    if (e->addressed)
        source(t);
    else
        t->g->counts.unaddressed++;
}

static void success(struct telling *t)
{
    const struct guard_event *e = t->e;
    t->g->counts.successes++;
    if (!e->account.n)
        return;
    tally_soon(t->g->good, pair_key(&t->source, t->account));
    tally_soon(t->g->good, key_of(&t->source));
    struct tally_row *tried = tally_find(t->g->accounts, t->account);
    unsigned n = tried ? tally_count(t->g->accounts, tried, e->time, DAY_S) : 0;
    bool known = e->addressed && known_login(t);
    if (n >= ACCOUNT_FAILURES && !known && !(e->addressed && never(t->g, &e->address))) {
        struct verdict v = {.kind = VERDICT_ENTERED, .time = e->time, .who = t->source, .account = e->account, .count = n};
        t->tell(t->arg, &v);
        return; /* a login that may be a thief's makes no good history */
    }
    if (!e->addressed)
        return;
    tally_row(t->g->good, pair_key(&t->source, t->account), e->time);
    tally_mark(tally_row(t->g->good, key_of(&t->source), e->time), (uint32_t)t->account.hi);
}

/* Some servers tell twice of one attempt: that there is no such account, and that the password was wrong. The first is counted, the second is known by it. */
static bool told_before(struct telling *t)
{
    const struct guard_event *e = t->e;
    struct tally_key key = pair_key(&t->source, t->account);
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
    struct telling t = {.g = g, .e = e, .tell = tell, .arg = arg, .account = account_key(e->account)};
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

/* The way back of key_of. */
static struct prefix prefix_of(struct tally_key k)
{
    uint8_t b[16];
    struct prefix p = {0};
    memcpy(b, &k.hi, 8);
    memcpy(b + 8, &k.lo, 8);
    p.length = b[9];
    p.addr.v6 = b[10] != 0xff;
    memcpy(p.addr.bytes, p.addr.v6 ? b : b + 12, p.addr.v6 ? 8 : 4);
    return p;
}

struct forgiving {
    const struct prefix *who;
    size_t n;
};

static void forgive_row(void *arg, struct tally_row *r)
{
    struct forgiving *f = arg;
    struct prefix p = prefix_of(r->key);
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
    tally_each(g->networks, forgive_row, &f);
    return sources;
}

struct guard_counts guard_counts(const struct guard *g)
{
    struct guard_counts c = g->counts;
    const struct tally *all[] = {g->sources, g->networks, g->accounts, g->good};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        struct tally_state s = tally_state(all[i]);
        c.lost += s.lost;
        c.bytes += s.bytes;
    }
    c.sources = tally_state(g->sources).rows;
    return c;
}
