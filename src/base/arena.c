#include "base/arena.h"
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) char data[];
};

struct arena {
    struct block *head;
    size_t total, max;
};

static void exhausted(void)
{
    static const char text[] = "bansho: out of memory\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(ARENA_EXIT);
    _exit(ARENA_EXIT);
}

struct arena *arena_new(size_t max_bytes)
{
    struct arena *a = calloc(1, sizeof *a);
    if (!a)
        exhausted();
    a->max = max_bytes;
    return a;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    for (struct block *b = a->head, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(a);
}

void arena_reset(struct arena *a)
{
    struct block *b = a->head;
    if (!b)
        return;
    for (struct block *i = b->next, *next; i; i = next) {
        next = i->next;
        free(i);
    }
    b->next = NULL;
    b->used = 0;
    a->total = b->size;
}

void arena_freep(struct arena **a)
{
    arena_free(*a);
    *a = NULL;
}

#define BLOCK 16384u

/* A large block goes behind the head, so that the rest of the head stays in use. */
static struct block *new_block(struct arena *a, size_t size)
{
    bool large = size > BLOCK;
    struct block *b = malloc(sizeof *b + (large ? size : BLOCK));
    a->total += large ? size : BLOCK;
    if (!b || a->total > a->max)
        exhausted();
    b->size = large ? size : BLOCK;
    b->used = 0;
    struct block **at = large && a->head ? &a->head->next : &a->head;
    b->next = *at;
    *at = b;
    return b;
}

/* Not cleared: what a process does not use it should not touch, each page is a fault after a fork. */
static void *take(struct arena *a, size_t n)
{
    if (n > a->max)
        exhausted();
    n = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct block *b = a->head;
    if (!b || b->size - b->used < n)
        b = new_block(a, n);
    void *p = b->data + b->used;
    b->used += n;
    return p;
}

void *arena_zalloc(struct arena *a, size_t n) { return memset(take(a, n), 0, n); }

char *arena_dup(struct arena *a, struct str s)
{
    char *p = take(a, s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return p;
}

char *arena_dupz(struct arena *a, const char *s)
{
    return s ? arena_dup(a, str_of(s)) : NULL;
}

char *arena_vprintf(struct arena *a, const char *format, va_list ap)
{
    /* Most texts fit into what is left of the block. */
    struct block *b = a->head;
    size_t room = b ? b->size - b->used : 0;
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(b ? b->data + b->used : NULL, room, format, ap);
    if (n < 0)
        exhausted();
    char *p = take(a, (size_t)n + 1);
    if ((size_t)n >= room)
        vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return p;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    char *p = arena_vprintf(a, format, ap);
    va_end(ap);
    return p;
}

void *arena_list_push_(struct arena *a, void **v, size_t *n, size_t *cap, size_t size)
{
    if (*n == *cap) {
        size_t more = *cap ? *cap * 2 : 8, bytes;
        if (__builtin_mul_overflow(more, size, &bytes))
            exhausted();
        void *p = arena_zalloc(a, bytes);
        if (*n)
            memcpy(p, *v, *n * size);
        *v = p;
        *cap = more;
    }
    return (char *)*v + (*n)++ * size;
}
