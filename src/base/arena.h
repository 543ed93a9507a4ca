/* arena.h: memory for one unit of work (a snapshot, one check's findings), freed at once. Lists live in it too.
   Allocation does not fail: at the arena's cap or without memory the process ends with status 70 and one line on stderr. Checks and parsers
   run in children of their own (base/worker.h, check/runner.h), where that end is a finding and not the end of the run. */
#pragma once
#include "base/macros.h"
#include "base/str.h"
#include <stdarg.h>

#define ARENA_EXIT 70

struct arena;
struct arena *arena_new(size_t max_bytes);
void arena_free(struct arena *a); /* NULL is fine */
void arena_freep(struct arena **a);
void arena_reset(struct arena *a); /* forgets all of it, and keeps some memory for what comes next */
void *arena_zalloc(struct arena *a, size_t n); /* zeroed, aligned for any type */
char *arena_dup(struct arena *a, struct str s); /* NUL-terminated copy */
char *arena_dupz(struct arena *a, const char *s); /* NULL stays NULL */
char *arena_printf(struct arena *a, const char *format, ...) _printf_(2, 3);
char *arena_vprintf(struct arena *a, const char *format, va_list ap) _printf_(2, 0);

/* LIST(struct site) sites;   struct site *s = list_push(arena, &sites);   for (i = 0; i < sites.n; i++) sites.v[i] ...
   A push may move the elements: keep indexes, not pointers. */
#define LIST(T) struct { T *v; size_t n, cap; }
#define list_push(a, l) ((__typeof__((l)->v))arena_list_push_((a), (void **)&(l)->v, &(l)->n, &(l)->cap, sizeof(*(l)->v)))
void *arena_list_push_(struct arena *a, void **v, size_t *n, size_t *cap, size_t size);
