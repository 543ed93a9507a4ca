#include "filter/traced.h"
#include "base/i18n.h"
#include <errno.h>
#include <stdio.h>
#include <strings.h>

void load_begin(struct load *l)
{
    *l = (struct load){.a = arena_new(2ul * LOAD_MEMORY), .left = LOAD_MEMORY, .work = LOAD_WORK};
}

void load_end(struct load *l)
{
    arena_freep(&l->a);
}

static struct origin origin_of(const struct load *l, uint32_t from)
{
    return l->origins.v[from >> 8];
}

int load_step(struct load *l, uint32_t from, struct err *err)
{
    if (l->steps++ < LOAD_STEPS)
        return 0;
    struct origin o = origin_of(l, from);
    return err_at(err, -EINVAL, o.file, o.line, 0, _("values here refer to each other more than %d times"), LOAD_STEPS);
}

void load_take(struct load *l, size_t n)
{
    l->spent |= n > l->left;
    l->left -= n > l->left ? l->left : n;
}

int load_spent(struct load *l, const char *file, struct err *err)
{
    return l->spent ? err_at(err, -EINVAL, file, 0, 0, _("with everything it refers to, this is larger than %u MB"), LOAD_MEMORY >> 20) : 0;
}

uint32_t load_origin(struct load *l, const char *file, unsigned line)
{
    const struct origin *last = l->origins.n ? &l->origins.v[l->origins.n - 1] : NULL;
    if (!last || last->line != line || strcmp(last->file, file) != 0) {
        if (l->origins.n >= UINT32_MAX >> 8 || l->left < sizeof *last) {
            l->spent = true;
            if (last)
                return (uint32_t)(l->origins.n - 1) << 8;
        } else
            l->left -= sizeof *last;
        *list_push(l->a, &l->origins) = (struct origin){file, line};
    }
    return (uint32_t)(l->origins.n - 1) << 8;
}

/* Room for n bytes more. false: the budget is spent. */
static bool make_room(struct load *l, struct traced *t, size_t n)
{
    if (l->spent || t->cap - t->n >= n)
        return !l->spent;
    size_t cap = t->n + n > 2 * t->cap ? t->n + n : 2 * t->cap, one = 1 + sizeof *t->from;
    cap = (cap + 15) & ~(size_t)15;
    if (cap > l->left / one) {
        l->spent = true;
        return false;
    }
    l->left -= cap * one;
    uint32_t *from = arena_zalloc(l->a, cap * one);
    char *p = (char *)(from + cap);
    if (t->n) {
        memcpy(from, t->from, t->n * sizeof *from);
        memcpy(p, t->p, t->n);
    }
    *t = (struct traced){.p = p, .from = from, .n = t->n, .cap = cap};
    return true;
}

void traced_add(struct load *l, struct traced *t, struct str s, uint32_t from)
{
    if (!s.n || !make_room(l, t, s.n))
        return;
    memcpy(t->p + t->n, s.p, s.n);
    for (size_t i = 0; i < s.n; i++)
        t->from[t->n + i] = from;
    t->n += s.n;
}

void traced_put(struct load *l, struct traced *t, const struct traced *s, size_t at, size_t n, unsigned deeper)
{
    if (!n || !make_room(l, t, n))
        return;
    memcpy(t->p + t->n, s->p + at, n);
    for (size_t i = 0; i < n; i++) {
        uint32_t from = s->from[at + i], depth = (from & 0xff) + deeper;
        t->from[t->n + i] = (from & ~0xffu) | (depth > 0xff ? 0xff : depth);
    }
    t->n += n;
}

struct origin traced_place(const struct load *l, const struct traced *t, size_t at, size_t n)
{
    if (!n)
        return (struct origin){0};
    uint32_t best = t->from[at];
    for (size_t i = 1; i < n; i++)
        if ((t->from[at + i] & 0xff) < (best & 0xff))
            best = t->from[at + i];
    return origin_of(l, best);
}

int traced_wrong(const struct load *l, const struct traced *t, size_t at, struct err *err, const char *format, ...)
{
    char text[sizeof err->text];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    struct origin o = t->n ? origin_of(l, t->from[at < t->n ? at : t->n - 1]) : (struct origin){0};
    return o.file ? err_at(err, -EINVAL, o.file, o.line, 0, "%s", text) : err_set(err, -EINVAL, "%s", text);
}

struct named *named_find(const struct names_of *n, const char *key)
{
    for (size_t i = 0; i < n->list.n; i++)
        if (strcmp(n->list.v[i].key, key) == 0)
            return &n->list.v[i];
    return NULL;
}

struct named *named_find_any_case(const struct names_of *n, const char *key)
{
    for (size_t i = n->list.n; i-- > 0;)
        if (strcasecmp(n->list.v[i].key, key) == 0)
            return &n->list.v[i];
    return NULL;
}

void named_set(struct load *l, struct names_of *n, const char *key, struct traced text)
{
    struct named *old = named_find(n, key);
    if (!old) {
        old = list_push(l->a, &n->list);
        old->key = key;
    }
    old->text = text;
}
