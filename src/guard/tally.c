#include "guard/tally.h"
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define WAYS 8u
#define DEPTH_MAX 1000u

/* Rows are of equal size: struct tally_row and the ring of times behind it. */
struct tally {
    size_t groups, row_size, rows;
    unsigned depth;
    uint64_t seed, lost;
    unsigned char *used; /* a bit a way, a byte a group */
    unsigned char *store;
};

static struct tally_row *row_at(const struct tally *w, size_t group, unsigned way)
{
    return (struct tally_row *)(void *)(w->store + (group * WAYS + way) * w->row_size);
}

static int64_t *ring(const struct tally_row *r)
{
    return (int64_t *)(uintptr_t)(r + 1);
}

struct tally *tally_new(size_t max_bytes, unsigned depth)
{
    struct tally *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->depth = depth < 1 ? 1 : depth > DEPTH_MAX ? DEPTH_MAX : depth;
    w->row_size = sizeof(struct tally_row) + w->depth * sizeof(int64_t);
    w->groups = max_bytes / (w->row_size * WAYS);
    w->groups = w->groups ? w->groups : 1;
    /* Pages that no row has come to yet cost nothing. */
    w->store = calloc(w->groups * WAYS, w->row_size);
    w->used = calloc(w->groups, 1);
    if (!w->store || !w->used || getrandom(&w->seed, sizeof w->seed, 0) != sizeof w->seed) {
        tally_free(w);
        return NULL;
    }
    return w;
}

void tally_free(struct tally *w)
{
    if (!w)
        return;
    free(w->store);
    free(w->used);
    free(w);
}

/* Strangers choose the keys: where a row lies depends on a secret of this run. */
static size_t group_of(const struct tally *w, struct tally_key k)
{
    uint64_t x = (k.hi ^ w->seed) * 0x9e3779b97f4a7c15u;
    x ^= x >> 32;
    x = (x ^ k.lo ^ (w->seed >> 7)) * 0xd6e8feb86659fd93u;
    x ^= x >> 29;
    x *= 0x9e3779b97f4a7c15u;
    x ^= x >> 32;
    return (size_t)(x % w->groups);
}

static struct tally_row *find(struct tally *w, struct tally_key key, size_t g)
{
    for (unsigned i = 0; i < WAYS; i++) {
        struct tally_row *r = row_at(w, g, i);
        if ((w->used[g] & (1u << i)) && r->key.hi == key.hi && r->key.lo == key.lo)
            return r;
    }
    return NULL;
}

struct tally_row *tally_find(struct tally *w, struct tally_key key)
{
    return find(w, key, group_of(w, key));
}

static struct tally_row *place(struct tally *w, size_t g)
{
    struct tally_row *oldest = row_at(w, g, 0);
    for (unsigned i = 0; i < WAYS; i++) {
        struct tally_row *r = row_at(w, g, i);
        if (!(w->used[g] & (1u << i))) {
            w->used[g] = (unsigned char)(w->used[g] | (1u << i));
            w->rows++;
            return r;
        }
        if (r->seen < oldest->seen)
            oldest = r;
    }
    w->lost++;
    return oldest;
}

struct tally_row *tally_row(struct tally *w, struct tally_key key, int64_t now)
{
    size_t g = group_of(w, key);
    struct tally_row *r = find(w, key, g);
    if (!r) {
        r = place(w, g);
        memset(r, 0, w->row_size);
        r->key = key;
        r->seen = now;
    }
    if (now > r->seen)
        r->seen = now;
    return r;
}

unsigned tally_count(const struct tally *w, const struct tally_row *r, int64_t t, int64_t span)
{
    unsigned kept = r->n < w->depth ? r->n : w->depth, found = 0;
    for (unsigned i = 0; i < kept; i++)
        found += ring(r)[i] > t - span && ring(r)[i] <= t;
    return found;
}

unsigned tally_add(struct tally *w, struct tally_row *r, int64_t t, unsigned times, int64_t span)
{
    for (unsigned i = 0; i < times && i < w->depth; i++) {
        ring(r)[r->n % w->depth] = t;
        if (++r->n == UINT32_MAX) /* the place of the next is all that matters once the ring is full */
            r->n = w->depth + (UINT32_MAX % w->depth);
    }
    return tally_count(w, r, t > r->seen ? t : r->seen, span);
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
    r->marks_n += r->marks_n <= ARRAY_SIZE(r->marks);
    return r->marks_n;
}

void tally_each(struct tally *w, void (*fn)(void *arg, struct tally_row *r), void *arg)
{
    for (size_t g = 0; g < w->groups; g++)
        for (unsigned i = 0; w->used[g] && i < WAYS; i++)
            if (w->used[g] & (1u << i))
                fn(arg, row_at(w, g, i));
}

struct tally_state tally_state(const struct tally *w)
{
    return (struct tally_state){w->rows, w->groups * WAYS, w->groups * (WAYS * w->row_size + 1), w->lost};
}
