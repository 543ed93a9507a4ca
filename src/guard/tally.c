#include "guard/tally.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#define WAYS 8u
#define FIRST_GROUPS 16u
#define SMALL_GROUPS 1024u /* up to here a table doubles; larger ones grow by a quarter, so that little of them is empty */
#define DEPTH_MAX 1000u
#define EACH_WAY UINT64_C(0x0101010101010101)

/* Rows are of equal size. They stand in groups of eight; a key has two groups in which its row may be, and goes to the emptier one, so that groups fill evenly. Which rows
   of a group are worth looking at is said by a byte of their hash (0: no row), the eight of a group in one number; which was seen longest ago, by an array of its own:
   otherwise each row would cost a line of the processor's cache. */
struct tally {
    size_t groups, groups_max, row_size, rows, lost;
    unsigned depth;
    uint64_t seed[2];
    uint64_t *tags;       /* the beginning of one mapping, which the other two follow */
    uint32_t *seen;
    unsigned char *store;
};

/* Where a key's row may be. */
struct places {
    size_t group[2];
    unsigned char tag;
};

static size_t bytes_of(const struct tally *w, size_t groups) { return groups * (sizeof *w->tags + WAYS * (sizeof *w->seen + w->row_size)); }
static struct tally_row *row_at(const struct tally *w, size_t i) { return (struct tally_row *)(void *)(w->store + i * w->row_size); }
static size_t place_of(const struct tally *w, const struct tally_row *r) { return (uint32_t)((const unsigned char *)r - w->store) / (uint32_t)w->row_size; }
static bool used(const struct tally *w, size_t i) { return w->tags[i / WAYS] >> i % WAYS * 8 & 0xff; }

static void use(struct tally *w, size_t i, unsigned char tag)
{
    w->tags[i / WAYS] &= ~((uint64_t)0xff << i % WAYS * 8);
    w->tags[i / WAYS] |= (uint64_t)tag << i % WAYS * 8;
}

/* Pages that no row has come to yet cost nothing, and what is given back is given back to the machine. */
static bool make_room(struct tally *w, size_t groups)
{
    void *p = mmap(NULL, bytes_of(w, groups), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return false;
    w->groups = groups;
    w->tags = p;
    w->seen = (uint32_t *)(w->tags + groups);
    w->store = (unsigned char *)(w->seen + groups * WAYS);
    return true;
}

struct tally *tally_new(size_t rows, unsigned depth)
{
    struct tally *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->depth = depth < 1 ? 1 : depth > DEPTH_MAX ? DEPTH_MAX : depth;
    w->row_size = (offsetof(struct tally_row, ring) + w->depth * sizeof(uint32_t) + 7) / 8 * 8;
    rows = rows > UINT32_MAX / w->row_size ? UINT32_MAX / w->row_size : rows; /* place_of */
    w->groups_max = rows > WAYS ? (rows + WAYS - 1) / WAYS : 1;
    if (getrandom(w->seed, sizeof w->seed, 0) == sizeof w->seed && make_room(w, w->groups_max < FIRST_GROUPS ? w->groups_max : FIRST_GROUPS))
        return w;
    tally_free(w);
    return NULL;
}

void tally_free(struct tally *w)
{
    if (w && w->tags)
        munmap(w->tags, bytes_of(w, w->groups));
    free(w);
}

/* Strangers choose the keys: where a row lies depends on a secret of this run. */
static struct places places_of(const struct tally *w, uint64_t key)
{
    uint64_t x = (key ^ w->seed[0]) * 0xd6e8feb86659fd93u;
    x = (x ^ x >> 32 ^ w->seed[1]) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    return (struct places){{(x & UINT32_MAX) * w->groups >> 32, (x >> 32) * w->groups >> 32}, (unsigned char)(x | 0x80)};
}

/* The rows of a group whose tag is this, a bit 0x80 for each; a few may be there for nothing. */
static uint64_t worth_looking(uint64_t tags, unsigned char tag)
{
    uint64_t x = tags ^ EACH_WAY * tag;
    return (x - EACH_WAY) & ~x & EACH_WAY << 7;
}

/* SIZE_MAX: there is none. */
static size_t find(const struct tally *w, uint64_t key, const struct places *p)
{
    for (unsigned k = 0; k < 2; k++)
        for (uint64_t hits = worth_looking(w->tags[p->group[k]], p->tag); hits; hits &= hits - 1) {
            size_t i = p->group[k] * WAYS + (unsigned)__builtin_ctzll(hits) / 8;
            if (row_at(w, i)->key == key)
                return i;
        }
    return SIZE_MAX;
}

struct tally_row *tally_find(const struct tally *w, uint64_t key)
{
    struct places p = places_of(w, key);
    size_t i = w->rows ? find(w, key, &p) : SIZE_MAX;
    return i == SIZE_MAX ? NULL : row_at(w, i);
}

uint32_t tally_seen(const struct tally *w, const struct tally_row *r) { return w->seen[place_of(w, r)]; }
void tally_unseen(struct tally *w, const struct tally_row *r) { w->seen[place_of(w, r)] = 0; }

void tally_soon(const struct tally *w, uint64_t key)
{
    struct places p = places_of(w, key);
    __builtin_prefetch(&w->tags[p.group[0]]);
    __builtin_prefetch(&w->tags[p.group[1]]);
}

/* A free row's place, in the emptier group; SIZE_MAX: there is none. */
static size_t free_place(const struct tally *w, const struct places *p)
{
    uint64_t free0 = ~w->tags[p->group[0]] & EACH_WAY << 7, free1 = ~w->tags[p->group[1]] & EACH_WAY << 7;
    bool second = __builtin_popcountll(free1) > __builtin_popcountll(free0);
    uint64_t free = second ? free1 : free0;
    return free ? p->group[second] * WAYS + (unsigned)__builtin_ctzll(free) / 8 : SIZE_MAX;
}

static size_t oldest(struct tally *w, const struct places *p)
{
    size_t place = p->group[0] * WAYS;
    for (unsigned i = 1; i < 2 * WAYS; i++) {
        size_t other = p->group[i / WAYS] * WAYS + i % WAYS;
        place = w->seen[other] < w->seen[place] ? other : place;
    }
    w->lost++;
    return place;
}

static void move(struct tally *w, size_t to, const struct tally *from, size_t i, unsigned char tag)
{
    memcpy(row_at(w, to), row_at(from, i), w->row_size);
    w->seen[to] = from->seen[i];
    use(w, to, tag);
}

/* A place in two full groups, one of whose rows goes to its other group; SIZE_MAX: none can. While few places are free that is not worth looking for. */
static size_t vacated(struct tally *w, const struct places *p)
{
    for (unsigned i = 0; w->rows < w->groups * WAYS / 16 * 15 && i < 2 * WAYS; i++) {
        size_t place = p->group[i / WAYS] * WAYS + i % WAYS;
        struct places other = places_of(w, row_at(w, place)->key);
        size_t to = free_place(w, &other);
        if (to == SIZE_MAX)
            continue;
        move(w, to, w, place, other.tag);
        return place;
    }
    return SIZE_MAX;
}

static size_t place_for(struct tally *w, const struct places *p)
{
    size_t i = free_place(w, p);
    return i == SIZE_MAX ? vacated(w, p) : i;
}

/* More room, where that is allowed and can be had. */
static bool grow(struct tally *w)
{
    const struct tally old = *w;
    size_t groups = old.groups < SMALL_GROUPS ? old.groups * 2 : old.groups / 4 * 5;
    groups = groups < w->groups_max ? groups : w->groups_max;
    if (groups == old.groups || !make_room(w, groups))
        return false;
    for (size_t i = 0; i < old.groups * WAYS; i++) {
        if (!used(&old, i))
            continue;
        struct places p = places_of(w, row_at(&old, i)->key);
        size_t to = place_for(w, &p);
        w->rows -= to == SIZE_MAX;
        move(w, to == SIZE_MAX ? oldest(w, &p) : to, &old, i, p.tag);
    }
    munmap(old.tags, bytes_of(&old, old.groups));
    return true;
}

/* A place for a key that has none. */
static size_t new_place(struct tally *w, uint64_t key)
{
    if (w->rows >= w->groups * WAYS / 8 * 7)
        (void)grow(w);
    struct places p = places_of(w, key);
    size_t i;
    while ((i = place_for(w, &p)) == SIZE_MAX && grow(w))
        p = places_of(w, key);
    w->rows += i != SIZE_MAX;
    i = i == SIZE_MAX ? oldest(w, &p) : i;
    use(w, i, p.tag);
    memset(row_at(w, i), 0, w->row_size);
    row_at(w, i)->key = key;
    w->seen[i] = 0;
    return i;
}

struct tally_row *tally_row(struct tally *w, uint64_t key, int64_t now)
{
    uint32_t t = tally_time(now);
    struct places p = places_of(w, key);
    size_t i = find(w, key, &p);
    if (i == SIZE_MAX)
        i = new_place(w, key);
    if (t > w->seen[i])
        w->seen[i] = t;
    return row_at(w, i);
}

unsigned tally_count(const struct tally_row *r, int64_t t, int64_t span)
{
    int64_t end = tally_time(t);
    unsigned found = 0;
    for (unsigned i = 0; i < r->n; i++)
        found += r->ring[i] > end - span && r->ring[i] <= end;
    return found;
}

unsigned tally_add(struct tally *w, struct tally_row *r, int64_t t, unsigned times, int64_t span)
{
    uint32_t at = tally_time(t), seen = tally_seen(w, r);
    times = times < w->depth ? times : w->depth;
    unsigned goes = r->n + times > w->depth ? r->n + times - w->depth : 0;
    memmove(r->ring, r->ring + goes, (r->n - goes) * sizeof *r->ring);
    for (unsigned i = 0; i < times; i++)
        r->ring[r->n - goes + i] = at;
    r->n = (uint16_t)(r->n - goes + times) & 0x1fff;
    return tally_count(r, at > seen ? at : seen, span);
}

void tally_clear(struct tally_row *r)
{
    r->n = 0;
    r->marks_n = 0;
}

unsigned tally_mark(struct tally_row *r, uint32_t what)
{
    for (unsigned i = 0; i < r->marks_n && i < ARRAY_SIZE(r->marks); i++)
        if (r->marks[i] == what)
            return r->marks_n;
    if (r->marks_n < ARRAY_SIZE(r->marks))
        r->marks[r->marks_n] = what;
    r->marks_n = (r->marks_n + (r->marks_n <= ARRAY_SIZE(r->marks))) & 7;
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

unsigned tally_met_apart(const struct tally_row *r, int64_t t, int64_t span, uint32_t mask, uint32_t bits, uint32_t apart)
{
    uint32_t seen[UINT8_MAX];
    int64_t end = tally_time(t);
    unsigned found = 0;
    for (unsigned i = 0; i < r->n; i++) {
        uint32_t what = r->ring[2 * i + 1];
        unsigned k = 0;
        if ((what & mask) != bits || r->ring[2 * i] <= end - span || r->ring[2 * i] > end)
            continue;
        while (k < found && (seen[k] ^ what) & apart)
            k++;
        seen[k] = what;
        found += k == found;
    }
    return found;
}

unsigned tally_met(const struct tally_row *r, int64_t t, int64_t span, uint32_t mask, uint32_t bits) { return tally_met_apart(r, t, span, mask, bits, UINT32_MAX); }

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
        if (used(w, i))
            fn(arg, row_at(w, i));
}

struct tally_state tally_state(const struct tally *w)
{
    return (struct tally_state){w->rows, w->groups_max * WAYS, bytes_of(w, w->groups), w->lost};
}
