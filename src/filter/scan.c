#include "filter/scan.h"
#include "base/module.h"
#include "filter/scan_module.h"
#include <stdlib.h>

#define BUCKETS 8192u

struct scan {
    struct arena *a;
    const struct scan_module *module;
    struct scan_database *database;  /* NULL: the plain loop */
    const struct scan_text *v;
    unsigned *next, *first;          /* texts of a bucket, by index + 1 */
    uint64_t bits[BUCKETS / 64];     /* which buckets have any */
    size_t n;
};

static unsigned char lower(unsigned char c) { return (unsigned char)str_lower((char)c); }

/* Of the first bytes, which every text has. */
static unsigned bucket(const char *p)
{
    unsigned v = (unsigned)lower((unsigned char)p[0]) | (unsigned)lower((unsigned char)p[1]) << 8 | (unsigned)lower((unsigned char)p[2]) << 16;
    return v * 2654435761u >> 19;
}

static void prepare_plain(struct scan *s)
{
    s->next = arena_zalloc(s->a, (s->n + 1) * sizeof *s->next);
    s->first = arena_zalloc(s->a, BUCKETS * sizeof *s->first);
    for (unsigned i = (unsigned)s->n; i--;) {
        unsigned b = bucket(s->v[i].text.p);
        s->next[i] = s->first[b];
        s->first[b] = i + 1;
        s->bits[b / 64] |= 1ull << (b % 64);
    }
}

void scan_new(const struct scan_text *v, size_t n, bool plain, struct scan **ret)
{
    struct arena *a = arena_new(64u << 20);
    struct scan *s = arena_zalloc(a, sizeof *s);
    struct scan_text *own = arena_zalloc(a, (n + 1) * sizeof *own);
    char why[128];
    s->a = a;
    s->n = n;
    s->v = own;
    for (size_t i = 0; i < n; i++) {
        own[i] = v[i];
        own[i].text = str_span(arena_dup(a, v[i].text), v[i].text.n);    }
    s->module = plain || !n ? NULL : module_load(SCAN_MODULE, NULL);
    s->database = s->module ? s->module->make(own, n, why, sizeof why) : NULL;
    if (!s->database)
        prepare_plain(s);
    *ret = s;
}

void scan_free(struct scan *s)
{
    if (!s)
        return;
    if (s->database)
        s->module->free(s->database);
    arena_free(s->a);
}

bool scan_is_plain(const struct scan *s) { return !s->database; }

static bool stands_at(const struct scan_text *t, const char *p)
{
    if (!t->caseless)
        return memcmp(p, t->text.p, t->text.n) == 0;
    for (size_t i = 0; i < t->text.n; i++)
        if (lower((unsigned char)p[i]) != (unsigned char)t->text.p[i])
            return false;
    return true;
}

static bool tell_at(const struct scan *s, unsigned b, struct str block, size_t at, scan_fn *fn, void *ctx)
{
    for (unsigned k = s->first[b]; k; k = s->next[k - 1]) {
        const struct scan_text *t = &s->v[k - 1];
        if (at + t->text.n <= block.n && stands_at(t, block.p + at) && !fn(ctx, k - 1, at + t->text.n))
            return false;
    }
    return true;
}

static bool run_plain(const struct scan *s, struct str block, scan_fn *fn, void *ctx)
{
    for (size_t i = 0; i + SCAN_SHORTEST <= block.n; i++) {
        unsigned b = bucket(block.p + i);
        if (s->bits[b / 64] >> (b % 64) & 1 && !tell_at(s, b, block, i, fn, ctx))
            return false;
    }
    return true;
}

bool scan_run(struct scan *s, struct str block, scan_fn *fn, void *ctx)
{
    if (!s->n)
        return true;
    return s->database ? s->module->run(s->database, block, fn, ctx) : run_plain(s, block, fn, ctx);
}
