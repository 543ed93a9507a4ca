#include "guard/tally.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define WAYS 8u
#define FIRST_GROUPS 64u
#define DEPTH_MAX 1000u

/* Rows are of equal size. They stand in groups of eight; a key has two groups in which its row may be, and goes to the
   emptier one, so that groups fill evenly. The head of a group says which of its rows are worth looking at, by a byte of their hash, and which was seen longest ago: otherwise each
row would cost a line of the processor's cache. */
struct head {
    unsigned char tag[WAYS]; /* 0: no row */
    uint32_t seen[WAYS];
};

struct tally {
    size_t groups, groups_max, row_size, rows; /* groups: a power of two */
    unsigned depth;
    uint64_t seed, lost;
    struct head *heads;
    unsigned char *store;
};

/* Where a key's row may be. */
struct places {
    size_t group[2];
    unsigned char tag;
};

static struct tally_row *row_at(const struct tally *w, size_t group, unsigned way)
{
    return (struct tally_row *)(void *)(w->store + (group * WAYS + way) * w->row_size);
}

/* Pages that no row has come to yet cost nothing. */
static bool make_room(const struct tally *w, size_t groups, struct head **ret_heads, unsigned char **ret_store)
{
    *ret_store = calloc(groups * WAYS, w->row_size);
    *ret_heads = calloc(groups, sizeof **ret_heads);
    if (*ret_store && *ret_heads)
        return true;
    free(*ret_store);
    free(*ret_heads);
    *ret_store = NULL;
    *ret_heads = NULL;
    return false;
}

struct tally *tally_new(size_t max_bytes, unsigned depth)
{
    struct tally *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->depth = depth < 1 ? 1 : depth > DEPTH_MAX ? DEPTH_MAX : depth;
    w->row_size = (offsetof(struct tally_row, ring) + w->depth * sizeof(uint32_t) + 7) / 8 * 8;
    for (w->groups_max = 1; w->groups_max * 2 * (WAYS * w->row_size + sizeof(struct head)) <= max_bytes;)
        w->groups_max *= 2;
    w->groups = w->groups_max < FIRST_GROUPS ? w->groups_max : FIRST_GROUPS;
    if (make_room(w, w->groups, &w->heads, &w->store) && getrandom(&w->seed, sizeof w->seed, 0) == sizeof w->seed)
        return w;
    tally_free(w);
    return NULL;
}

void tally_free(struct tally *w)
{
    if (!w)
        return;
    free(w->store);
    free(w->heads);
    free(w);
}

/* Strangers choose the keys: where a row lies depends on a secret of this run. */
static struct places places_of(const struct tally *w, struct tally_key k)
{
    uint64_t x = (k.hi ^ w->seed) * 0x9e3779b97f4a7c15u;
    x ^= x >> 32;
    x = (x ^ k.lo ^ (w->seed >> 7)) * 0xd6e8feb86659fd93u;
    x ^= x >> 29;
    x *= 0x9e3779b97f4a7c15u;
    x ^= x >> 32;
    size_t mask = w->groups - 1;
    return (struct places){{x & mask, x >> 28 & mask}, (unsigned char)(x >> 56 | 0x80)};
}

static struct tally_row *find(const struct tally *w, struct tally_key key, const struct places *p, uint32_t **ret_seen)
{
    for (unsigned k = 0; k < 2; k++) {
        const struct head *h = &w->heads[p->group[k]];
        for (unsigned i = 0; i < WAYS; i++) {
            struct tally_row *r = row_at(w, p->group[k], i);
            if (h->tag[i] != p->tag || r->key.hi != key.hi || r->key.lo != key.lo)
                continue;
            *ret_seen = &w->heads[p->group[k]].seen[i];
            return r;
        }
    }
    return NULL;
}

struct tally_row *tally_find(struct tally *w, struct tally_key key)
{
    struct places p = places_of(w, key);
    uint32_t *unused;
    return find(w, key, &p, &unused);
}

void tally_soon(const struct tally *w, struct tally_key key)
{
    struct places p = places_of(w, key);
    __builtin_prefetch(&w->heads[p.group[0]]);
    __builtin_prefetch(&w->heads[p.group[1]]);
}

static unsigned in_use(const struct tally *w, size_t group)
{
    unsigned n = 0;
    for (unsigned i = 0; i < WAYS; i++)
        n += w->heads[group].tag[i] != 0;
    return n;
}

/* A free row; NULL: there is none. */
static struct tally_row *free_row(struct tally *w, const struct places *p, uint32_t **ret_seen)
{
    size_t group = p->group[in_use(w, p->group[1]) < in_use(w, p->group[0])];
    for (unsigned i = 0; i < WAYS; i++) {
        struct head *h = &w->heads[group];
        if (h->tag[i])
            continue;
        h->tag[i] = p->tag;
        *ret_seen = &h->seen[i];
        return row_at(w, group, i);
    }
    return NULL;
}

static struct tally_row *oldest(struct tally *w, const struct places *p, uint32_t **ret_seen)
{
    size_t group = p->group[0];
    unsigned way = 0;
    for (unsigned i = 1; i < 2 * WAYS; i++) {
        if (w->heads[p->group[i / WAYS]].seen[i % WAYS] >= w->heads[group].seen[way])
            continue;
        group = p->group[i / WAYS];
        way = i % WAYS;
    }
    w->heads[group].tag[way] = p->tag;
    *ret_seen = &w->heads[group].seen[way];
    w->lost++;
    return row_at(w, group, way);
}

/* Twice the room, where that is allowed and can be had. */
static bool grow(struct tally *w)
{
    struct tally old = *w;
    if (w->groups == w->groups_max || !make_room(w, w->groups * 2, &w->heads, &w->store)) {
        w->heads = old.heads;
        w->store = old.store;
        return false;
    }
    w->groups *= 2;
    for (size_t i = 0; i < old.groups * WAYS; i++) {
        uint32_t *seen;
        if (!old.heads[i / WAYS].tag[i % WAYS])
            continue;
        const struct tally_row *r = row_at(&old, i / WAYS, i % WAYS);
        struct places p = places_of(w, r->key);
        struct tally_row *to = free_row(w, &p, &seen);
        w->rows -= !to;
        memcpy(to ? to : oldest(w, &p, &seen), r, w->row_size);
        *seen = r->seen;
    }
    free(old.heads);
    free(old.store);
    return true;
}

/* A row for a key that has none. */
static struct tally_row *new_row(struct tally *w, struct tally_key key, uint32_t **ret_seen)
{
    struct tally_row *r;
    if (w->rows >= w->groups * WAYS / 8 * 7)
        (void)grow(w);
    struct places p = places_of(w, key);
    while (!(r = free_row(w, &p, ret_seen)) && grow(w))
        p = places_of(w, key);
    w->rows += r != NULL;
    r = r ? r : oldest(w, &p, ret_seen);
    memset(r, 0, w->row_size);
    r->key = key;
    return r;
}

struct tally_row *tally_row(struct tally *w, struct tally_key key, int64_t now)
{
    uint32_t t = tally_time(now), *seen;
    struct places p = places_of(w, key);
    struct tally_row *r = find(w, key, &p, &seen);
    if (!r)
        r = new_row(w, key, &seen);
    if (t > r->seen)
        r->seen = t;
    *seen = r->seen;
    return r;
}

unsigned tally_count(const struct tally *w, const struct tally_row *r, int64_t t, int64_t span)
{
    int64_t end = tally_time(t);
    unsigned found = 0;
    (void)w;
    for (unsigned i = 0; i < r->n; i++)
        found += r->ring[i] > end - span && r->ring[i] <= end;
    return found;
}

unsigned tally_add(struct tally *w, struct tally_row *r, int64_t t, unsigned times, int64_t span)
{
    uint32_t at = tally_time(t);
    for (unsigned i = 0; i < times && i < w->depth; i++) {
        r->ring[r->at] = at;
        r->at = (uint16_t)((r->at + 1u) % w->depth);
        r->n = (uint16_t)(r->n + (r->n < w->depth));
    }
    return tally_count(w, r, at > r->seen ? at : r->seen, span);
}

void tally_clear(struct tally_row *r)
{
    r->n = r->at = 0;
    r->marks_n = 0;
}

unsigned tally_mark(struct tally_row *r, uint32_t what)
{
    for (unsigned i = 0; i < r->marks_n && i < ARRAY_SIZE(r->marks); i++)
        if (r->marks[i] == what)
            return r->marks_n;
    if (r->marks_n < ARRAY_SIZE(r->marks))
        r->marks[r->marks_n] = what;
    r->marks_n = (uint16_t)(r->marks_n + (r->marks_n <= ARRAY_SIZE(r->marks)));
    return r->marks_n;
}

void tally_meet(struct tally *w, struct tally_row *r, uint32_t what, int64_t t)
{
    unsigned place = 0, room = w->depth / 2;
    for (unsigned i = 0; i < r->n; i++) {
        if (r->ring[2 * i + 1] == what) {
            place = i;
            break;
        }
        if (r->ring[2 * i] < r->ring[2 * place])
            place = i;
    }
    if (r->n < room && !(r->n && r->ring[2 * place + 1] == what))
        place = r->n++;
    if (r->ring[2 * place + 1] != what || r->ring[2 * place] < tally_time(t)) /* an old line does not make it older */
        r->ring[2 * place] = tally_time(t);
    r->ring[2 * place + 1] = what;
}

unsigned tally_met(const struct tally_row *r, int64_t t, int64_t span, uint32_t mask, uint32_t bits)
{
    int64_t end = tally_time(t);
    unsigned found = 0;
    for (unsigned i = 0; i < r->n; i++)
        found += (r->ring[2 * i + 1] & mask) == bits && r->ring[2 * i] > end - span && r->ring[2 * i] <= end;
    return found;
}

void tally_part(struct tally_row *r, uint32_t what)
{
    for (unsigned i = 0; i < r->n; i++) {
        if (r->ring[2 * i + 1] != what)
            continue;
        r->n--;
        r->ring[2 * i] = r->ring[2 * r->n];
        r->ring[2 * i + 1] = r->ring[2 * r->n + 1];
        return;
    }
}

void tally_each(struct tally *w, void (*fn)(void *arg, struct tally_row *r), void *arg)
{
    for (size_t i = 0; i < w->groups * WAYS; i++)
        if (w->heads[i / WAYS].tag[i % WAYS])
            fn(arg, row_at(w, i / WAYS, i % WAYS));
}

struct tally_state tally_state(const struct tally *w)
{
    return (struct tally_state){w->rows, w->groups_max * WAYS, w->groups * (WAYS * w->row_size + sizeof(struct head)), w->lost};
}
