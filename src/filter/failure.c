#include "filter/failure.h"
#include "base/hash.h"
#include <stdlib.h>

const char *const field_names[FIELDS_KNOWN] = {"fid", "ip4", "ip6", "dns", "cidr", "content", "user", "mlfid", "nofail", "mlfforget", "mlfgained"};

static struct str copy(struct str s)
{
    char *p = s.p ? malloc(s.n + 1) : NULL;
    if (!p)
        return (struct str){0};
    memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return str_span(p, s.n);
}

static void drop(struct str *s)
{
    free((char *)(uintptr_t)s->p);
    *s = (struct str){0};
}

static void put(struct str *to, struct str s)
{
    struct str old = *to;
    if (old.p && s.p && old.n == s.n && memcmp(old.p, s.p, s.n) == 0)
        return;
    *to = copy(s);
    drop(&old);
}

void lines_clear(struct lines *l)
{
    for (unsigned i = 0; i < l->kept_n; i++)
        drop(&l->kept[i]);
    l->n = l->kept_n = 0;
}

static void keep(struct lines *l, struct str owned)
{
    if (l->kept_n == LINES_KEPT) {
        drop(&l->kept[0]);
        memmove(l->kept, l->kept + 1, (LINES_KEPT - 1) * sizeof *l->kept);
        l->kept_n--;
    }
    l->kept[l->kept_n++] = owned;
}

void lines_add(struct lines *l, struct str line)
{
    keep(l, copy(line));
    l->n++;
}

void lines_move(struct lines *to, struct lines *from)
{
    for (unsigned i = 0; i < from->kept_n; i++)
        keep(to, from->kept[i]);
    to->n += from->n;
    from->n = from->kept_n = 0;
}

void failure_free(struct failure *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < FIELDS_MAX; i++)
        if (f->f.v[i].p)
            drop(&f->f.v[i]);
    for (unsigned i = 0; i < f->users_n; i++)
        drop(&f->users[i]);
    lines_clear(&f->matches);
    lines_clear(&f->nofail_matches);
    free(f->key);
    free(f);
}

/* Whoever chooses keys that collide gains nothing: there are few connections. */
static uint64_t hash_of(struct str key)
{
    uint64_t h = hash_add(HASH_BEGIN, key);
    return h ^ h >> 32;
}

static struct failure **bucket_of(struct connections *c, uint64_t hash) { return &c->buckets[hash % CONNECTION_BUCKETS]; }

static void unlink_one(struct connections *c, struct failure *f)
{
    struct failure **at = bucket_of(c, f->hash);
    if (!f->cached)
        return;
    while (*at != f)
        at = &(*at)->chain;
    *at = f->chain;
    *(f->before ? &f->before->next : &c->first) = f->next;
    *(f->next ? &f->next->before : &c->last) = f->before;
    f->next = f->before = f->chain = NULL;
    f->cached = false;
    c->n--;
}

void connections_done(struct connections *c)
{
    for (struct failure *f = c->first, *next; f; f = next) {
        next = f->next;
        failure_free(f);
    }
    *c = (struct connections){.max = c->max, .fields = c->fields, .counts_only = c->counts_only};
}

static struct failure *find(struct connections *c, struct str key, int64_t now)
{
    uint64_t hash = hash_of(key);
    struct failure *f = *bucket_of(c, hash);
    while (f && (f->hash != hash || f->key_n != key.n || memcmp(f->key, key.p, key.n) != 0))
        f = f->chain;
    if (!f || f->expires > now)
        return f;
    unlink_one(c, f);
    failure_free(f);
    return NULL;
}

/* Makes room by forgetting the oldest: those that have expired, and one that has not. */
static void make_room(struct connections *c, int64_t now)
{
    if (c->n < c->max)
        return;
    for (bool again = true; again && c->first;) {
        struct failure *oldest = c->first;
        again = oldest->expires <= now;
        unlink_one(c, oldest);
        failure_free(oldest);
    }
}

static void remember(struct connections *c, struct failure *f, int64_t now)
{
    make_room(c, now);
    f->expires = now + CONNECTION_SECONDS;
    f->cached = true;
    *(c->last ? &c->last->next : &c->first) = f;
    f->before = c->last;
    c->last = f;
    f->chain = *bucket_of(c, f->hash);
    *bucket_of(c, f->hash) = f;
    c->n++;
}

static void add_user(struct failure *f, struct str user)
{
    if (!user.n || f->users_n == USERS_KEPT)
        return;
    for (unsigned i = 0; i < f->users_n; i++)
        if (str_eq(f->users[i], user))
            return;
    f->users[f->users_n++] = copy(user);
}

static struct failure *failure_new(const struct connections *c, const struct fields *f)
{
    struct failure *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->key = (char *)(uintptr_t)copy(f->v[FIELD_MLFID]).p;
    made->key_n = f->v[FIELD_MLFID].n;
    made->hash = hash_of(f->v[FIELD_MLFID]);
    for (size_t i = 0; i < c->fields; i++)
        if (f->v[i].p)
            made->f.v[i] = copy(f->v[i]);
    made->f.said = f->said;
    if (made->key)
        return made;
    failure_free(made);
    return NULL;
}

/* What the line says of itself. */
enum { NOFAIL = 1, FORGET = 2, WAS_NOFAIL = 4, GAINED = 8 };

static unsigned flags_of(struct fields *f)
{
    unsigned flags = 0;
    if (f->v[FIELD_MLFGAINED].n) {
        flags |= GAINED | NOFAIL;
        if (!f->v[FIELD_NOFAIL].n)
            f->v[FIELD_NOFAIL] = f->v[FIELD_MLFGAINED];
    } else if (f->v[FIELD_NOFAIL].n) {
        flags |= NOFAIL;
    }
    flags |= f->v[FIELD_MLFFORGET].n ? FORGET : 0;
    f->v[FIELD_MLFFORGET] = (struct str){0};
    return flags;
}

/* The connection is known: what the line says comes over what is known. */
static void update(const struct connections *c, struct failure *known, const struct fields *f, unsigned *flags)
{
    add_user(known, f->v[FIELD_USER]);
    if (known->f.v[FIELD_NOFAIL].n || known->f.v[FIELD_MLFGAINED].n)
        *flags |= WAS_NOFAIL;
    drop(&known->f.v[FIELD_NOFAIL]);
    drop(&known->f.v[FIELD_MLFGAINED]);
    if (*flags & GAINED)
        known->pending = false;
    if (!(*flags & WAS_NOFAIL) && !known->pending)
        lines_clear(&known->matches); /* they were told already */
    for (size_t i = 0; i < c->fields; i++)
        if (f->v[i].p)
            put(&known->f.v[i], f->v[i]);
}

static void merge_lines(const struct connections *c, struct failure *f, unsigned flags, const struct str *matched, size_t n)
{
    struct lines *to = &f->matches;
    if (!(flags & NOFAIL)) {
        if (f->nofail_matches.n) {
            struct lines all = f->nofail_matches;
            f->nofail_matches = (struct lines){0};
            lines_move(&all, &f->matches);
            f->matches = all;
        }
        n = flags & GAINED ? 0 : n;
    } else if (flags & FORGET) {
        return;
    } else {
        to = &f->nofail_matches;
    }
    for (size_t i = 0; i < n; i++)
        if (c->counts_only)
            to->n++;
        else
            lines_add(to, matched[i]);
}

struct failure *connections_merge(struct connections *c, struct fields *f, const struct str *matched, size_t matched_n, int64_t now)
{
    unsigned flags = flags_of(f);
    struct failure *whole = find(c, f->v[FIELD_MLFID], now);
    bool has_users = whole || !(flags & FORGET);
    if (whole) {
        update(c, whole, f, &flags);
        if (flags & FORGET)
            unlink_one(c, whole);
    } else {
        whole = failure_new(c, f);
        if (!whole)
            return NULL;
        if (!(flags & FORGET)) {
            add_user(whole, f->v[FIELD_USER]);
            remember(c, whole, now);
        }
    }
    if (whole->pending || (has_users && whole->users_n > 1)) { /* a failure is waiting, or somebody tries several accounts: what looks harmless is not */
        drop(&whole->f.v[FIELD_NOFAIL]);
        drop(&whole->f.v[FIELD_MLFGAINED]);
        flags &= ~(unsigned)(GAINED | NOFAIL);
    }
    whole->pending = false;
    merge_lines(c, whole, flags, matched, matched_n);
    return whole;
}
