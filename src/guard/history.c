/* history.c: who logged in from where, of the last two months. A login that may be a thief's is never noted (detect.c). */
#include "base/hash.h"
#include "guard/detect_parts.h"

#define OWN_AT_ONCE 20      /* times max-retry: more is no telephone */
#define OWN_EACH 6          /* seconds: so often a telephone with several connections may fail for hours */
#define OFFICE_ACCOUNTS 3
#define NAME_BITS 5         /* of each of the three names that a source's bits keep; 0: none */

bool history_never(const struct guard *g, const struct addr *a)
{
    for (size_t i = 0; i < g->rules.never_n; i++)
        if (prefix_has(&g->rules.never[i], a))
            return true;
    return false;
}

bool history_spares(const struct guard *g, const struct prefix *who) { return g->rules.spares && g->rules.spares(g->rules.spares_arg, who); }

static uint64_t login_key(const struct telling *t) { return key_pair(t->g, PAIR_LOGIN, t->source, t->account); }
static uint64_t part_key(const struct telling *t) { return key_pair(t->g, PAIR_PART, key_part(t->source), t->account); }
static uint64_t name_key(const struct telling *t) { return key_pair(t->g, PAIR_NAME, 0, t->account); }
static uint64_t net_key(const struct telling *t) { return key_pair(t->g, PAIR_NET, key_net(t->source), 0); }
static uint64_t source_key(const struct telling *t) { return key_pair(t->g, PAIR_SOURCE, t->source, 0); }
static struct present *known(const struct telling *t, uint64_t key) { return presence_find(t->g->good, key, t->e->time); }

void history_soon(const struct telling *t)
{
    presence_soon(t->g->good, t->e->success ? login_key(t) : source_key(t));
    if (!t->e->success)
        presence_soon(t->g->good, part_key(t));
}

bool history_pair(struct telling *t) { return t->e->account.n && t->e->addressed && known(t, login_key(t)); }
bool history_near(struct telling *t) { return t->e->account.n && t->e->addressed && known(t, part_key(t)); }
bool history_logins(struct telling *t) { return known(t, source_key(t)); }
bool history_network(struct telling *t) { return known(t, net_key(t)); }
bool history_account(struct telling *t) { return t->e->account.n && known(t, name_key(t)); }

void history_forgive(struct guard *g, uint64_t source, int64_t now) { presence_note(g->good, key_pair(g, PAIR_FORGIVEN, source, 0), now)->bits = 1; }

bool history_forgiven(const struct telling *t)
{
    const struct present *e = known(t, key_pair(t->g, PAIR_FORGIVEN, t->source, 0));
    return e && e->bits;
}

void history_forgiven_no_more(const struct telling *t)
{
    struct present *e = known(t, key_pair(t->g, PAIR_FORGIVEN, t->source, 0));
    if (e)
        e->bits = 0;
}

bool history_office(struct telling *t)
{
    const struct present *e = known(t, source_key(t));
    return e && e->bits >> (OFFICE_ACCOUNTS - 1) * NAME_BITS;
}

bool history_fresh(struct telling *t)
{
    const struct present *e = known(t, login_key(t));
    return e && presence_recent(e, t->e->time);
}

/* Whoever makes two names alike has logged in with both. */
static void note_name(struct present *e, struct str name)
{
    uint64_t h = HASH_BEGIN;
    for (size_t i = 0; i < name.n; i++)
        h = hash_step(h, (unsigned char)str_lower(name.p[i]));
    unsigned n = (unsigned)((h ^ h >> 32) % ((1u << NAME_BITS) - 1)) + 1;
    for (unsigned i = 0; i < OFFICE_ACCOUNTS; i++) {
        unsigned had = e->bits >> i * NAME_BITS & ((1u << NAME_BITS) - 1);
        if (!had)
            e->bits = (uint16_t)(e->bits | n << i * NAME_BITS);
        if (!had || had == n)
            return;
    }
}

static struct tally_row *owner(struct telling *t, uint64_t key)
{
    struct tally_row *r = tally_find(t->g->owners, key);
    return r && t->e->time - (int64_t)tally_seen(t->g->owners, r) <= PRESENCE_HOURS * 3600 ? r : NULL;
}

void history_note(struct telling *t)
{
    struct presence *good = t->g->good;
    const uint64_t login = login_key(t), source = source_key(t), keys[] = {login, source, part_key(t), name_key(t), net_key(t)};
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        presence_soon(good, keys[i]);
    struct tally_row *own = owner(t, login);
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        struct present *e = presence_note(good, keys[i], t->e->time);
        if (keys[i] == source)
            note_name(e, t->e->account);
    }
    if (own)
        own->marks[0] = 0; /* its old password is changed */
}

static uint64_t doubt_key(const struct telling *t) { return key_pair(t->g, PAIR_DOUBT, t->source, t->account); }
bool history_doubtful(struct telling *t) { return owner(t, doubt_key(t)); }

/* `until`: a day after the first. */
enum doubt history_doubt(struct telling *t)
{
    presence_note(t->g->good, name_key(t), t->e->time); /* it is an account that is used, whoever this was */
    struct tally_row *r = tally_row(t->g->owners, doubt_key(t), t->e->time);
    if (r->until)
        return r->until > t->e->time ? DOUBT_TOLD : DOUBT_NONE;
    r->until = tally_time(t->e->time + DAY_S);
    return DOUBT_NEW;
}

/* The row of a pair: marks[0] failures since the last login; [1] when the first of them was; [2] seconds until all that came too quickly is forgotten, OWN_EACH for each;
   ring[0] when the last was; until: told, and not again before. */
bool history_own_failure(struct telling *t)
{
    uint64_t key = login_key(t);
    struct present *login = known(t, key);
    struct tally_row *r = tally_row(t->g->owners, key, t->e->time);
    unsigned attempts = t->e->attempts ? t->e->attempts : 1;
    uint32_t now = tally_time(t->e->time), last = r->ring[0];
    uint32_t gone = now > last ? now - last : 0, most = OWN_AT_ONCE * t->g->rules.max_retry * OWN_EACH;
    presence_back(login, t->e->time); /* the next login is worth noting */
    if (!r->marks[0])
        r->marks[1] = now;
    r->marks[0] += r->marks[0] < UINT32_MAX - attempts ? attempts : 0;
    r->marks[2] = (r->marks[2] > gone ? r->marks[2] - gone : 0) + (attempts < 1000 ? attempts : 1000) * OWN_EACH;
    r->ring[0] = now > last ? now : last;
    if (r->marks[2] > most) {
        r->marks[2] = most;
        return false;
    }
    if (r->marks[0] < t->g->rules.max_retry || r->until > now)
        return true;
    r->until = tally_time(t->e->time + DAY_S);
    struct verdict v = {.kind = VERDICT_SPARED, .looks = history_never(t->g, &t->e->address) ? LOOKS_PROTECTED : LOOKS_STALE, .time = t->e->time, .since = r->marks[1],
                        .who = telling_source(t), .account = t->e->account, .count = r->marks[0]};
    t->tell(t->arg, &v);
    return true;
}
