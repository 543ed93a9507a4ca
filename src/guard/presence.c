#include "guard/presence.h"
#include <stdlib.h>
#include <sys/mman.h>

#define PLACES 8u
#define HOUR_S 3600
#define AHEAD_HOURS 24u /* lines come a little out of order */

struct presence {
    size_t lines;
    uint64_t lost;
    struct present *places; /* PLACES for each line; print 0: free */
};

static size_t bytes_of(size_t lines) { return lines * PLACES * sizeof(struct present); }
static uint16_t hour_of(int64_t now) { return (uint16_t)((now < 0 ? 0 : now) / HOUR_S); }
static uint32_t print_of(uint64_t key) { return (uint32_t)key ? (uint32_t)key : 1; }

struct presence *presence_new(size_t keys)
{
    struct presence *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->lines = keys > PLACES ? (keys + PLACES - 1) / PLACES : 1;
    void *m = mmap(NULL, bytes_of(p->lines), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); /* begins with a line of the cache */
    if (m == MAP_FAILED) {
        free(p);
        return NULL;
    }
    p->places = m;
    return p;
}

void presence_free(struct presence *p)
{
    if (p)
        munmap(p->places, bytes_of(p->lines));
    free(p);
}

static struct present *line_of(const struct presence *p, uint64_t key) { return p->places + (size_t)((key >> 32) * p->lines >> 32) * PLACES; }

void presence_soon(const struct presence *p, uint64_t key) { __builtin_prefetch(line_of(p, key)); }

/* Hours ago; what is a little ahead is now. */
static unsigned age(const struct present *e, int64_t now)
{
    uint16_t hours = (uint16_t)(hour_of(now) - e->hour);
    return hours > UINT16_MAX - AHEAD_HOURS ? 0 : hours;
}

static struct present *place_of(const struct presence *p, uint64_t key)
{
    struct present *line = line_of(p, key);
    for (unsigned i = 0; i < PLACES; i++)
        if (line[i].print == print_of(key))
            return &line[i];
    return NULL;
}

struct present *presence_find(const struct presence *p, uint64_t key, int64_t now)
{
    struct present *e = place_of(p, key);
    return e && age(e, now) <= PRESENCE_HOURS ? e : NULL;
}

struct present *presence_note(struct presence *p, uint64_t key, int64_t now)
{
    struct present *e = place_of(p, key), *line = line_of(p, key);
    if (e && age(e, now) <= PRESENCE_HOURS) {
        e->hour = age(e, now) ? hour_of(now) : e->hour;
        return e;
    }
    if (!e) {
        e = line;
        for (unsigned i = 0; i < PLACES && e->print; i++)
            if (!line[i].print || age(&line[i], now) > age(e, now))
                e = &line[i];
        p->lost += e->print && age(e, now) <= PRESENCE_HOURS;
    }
    *e = (struct present){.print = print_of(key), .hour = hour_of(now)};
    return e;
}

bool presence_recent(const struct present *e, int64_t now) { return e->hour == hour_of(now); }
void presence_back(struct present *e, int64_t now) { e->hour = presence_recent(e, now) ? (uint16_t)(e->hour - 1) : e->hour; }
struct presence_state presence_state(const struct presence *p) { return (struct presence_state){bytes_of(p->lines), p->lost}; }
