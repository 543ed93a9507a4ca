/* history.c: who logged in from where, of the last two months. A login that may be a thief's is never noted (detect.c). */
#include "guard/detect_parts.h"

#define HISTORY_S (60 * DAY_S)
#define FRESH_S 3600        /* so long a login is not noted again */
#define OWN_AT_ONCE 20      /* times max-retry: more is no telephone */
#define OWN_EACH 6          /* seconds: so often a telephone with several connections may fail for hours */

static const struct prefix nowhere;

static struct prefix part_of_net(const struct telling *t) { return key_masked(&t->e->address, 16, 32); }

static struct tally_row *fresh(struct guard *g, struct tally_key key, int64_t now)
{
    struct tally_row *r = tally_find(g->good, key);
    return r && now - r->seen <= HISTORY_S ? r : NULL;
}

bool history_never(const struct guard *g, const struct addr *a)
{
    for (size_t i = 0; i < g->rules.never_n; i++)
        if (prefix_has(&g->rules.never[i], a))
            return true;
    return false;
}

bool history_spares(const struct guard *g, const struct prefix *who) { return g->rules.spares && g->rules.spares(g->rules.spares_arg, who); }

bool history_pair(struct telling *t)
{
    return t->e->account.n && t->e->addressed && fresh(t->g, key_pair(&t->source, t->account), t->e->time);
}

bool history_near(struct telling *t)
{
    struct prefix part = part_of_net(t);
    return t->e->account.n && t->e->addressed && fresh(t->g, key_pair(&part, t->account), t->e->time);
}

bool history_logins(struct telling *t, unsigned *ret_names)
{
    const struct tally_row *r = fresh(t->g, key_of(&t->source), t->e->time);
    *ret_names = r ? r->marks_n : 0;
    return r != NULL;
}

bool history_network(struct guard *g, const struct prefix *net, int64_t now) { return fresh(g, key_of(net), now); }
bool history_account(struct telling *t) { return t->e->account.n && fresh(t->g, key_pair(&nowhere, t->account), t->e->time); }

bool history_fresh(struct telling *t)
{
    const struct tally_row *r = tally_find(t->g->good, key_pair(&t->source, t->account));
    return r && r->seen <= t->e->time && t->e->time - r->seen < FRESH_S && !r->marks[0];
}

void history_note(struct telling *t)
{
    struct tally *good = t->g->good;
    struct tally_key pair = key_pair(&t->source, t->account);
    struct prefix part = part_of_net(t), net = key_masked(&t->e->address, 24, 48);
    tally_row(good, pair, t->e->time)->marks[0] = 0; /* its old password is changed */
    tally_row(good, key_pair(&part, t->account), t->e->time);
    tally_row(good, key_pair(&nowhere, t->account), t->e->time);
    tally_row(good, key_of(&net), t->e->time);
    tally_mark(tally_row(good, key_of(&t->source), t->e->time), (uint32_t)t->account.hi);
}

/* In a row of its own, which is no history; `until`: a day after the first. */
static struct tally_key doubt_key(const struct telling *t)
{
    struct tally_key key = key_pair(&t->source, t->account);
    key.lo ^= 2;
    return key;
}

bool history_doubtful(struct telling *t) { return fresh(t->g, doubt_key(t), t->e->time); }

enum doubt history_doubt(struct telling *t)
{
    struct tally_key key = doubt_key(t);
    tally_row(t->g->good, key_pair(&nowhere, t->account), t->e->time); /* it is an account that is used, whoever this was */
    struct tally_row *r = tally_row(t->g->good, key, t->e->time);
    if (r->until)
        return r->until > t->e->time ? DOUBT_TOLD : DOUBT_NONE;
    r->until = tally_time(t->e->time + DAY_S);
    return DOUBT_NEW;
}

/* The row of a pair: marks[0] failures since the last login; [1] when the first of them was; [2] seconds until all that came too quickly is forgotten, OWN_EACH for each;
   ring[0] when the last was; until: told, and not again before. The failures themselves do not make the login a newer one. */
bool history_own_failure(struct telling *t)
{
    struct tally_row *r = fresh(t->g, key_pair(&t->source, t->account), t->e->time);
    unsigned attempts = t->e->attempts ? t->e->attempts : 1;
    uint32_t now = tally_time(t->e->time), last = r->ring[0];
    uint32_t gone = now > last ? now - last : 0, most = OWN_AT_ONCE * t->g->rules.max_retry * OWN_EACH;
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
                        .who = t->source, .account = t->e->account, .count = r->marks[0]};
    t->tell(t->arg, &v);
    return true;
}
