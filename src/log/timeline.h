/* timeline.h: puts what several sources say into one order of time while they are still being read. A source says things in its own order; what it said is told
   as soon as no other source can say anything earlier. Held in memory: at most about twice `memory` bytes, whatever comes; the rest waits in a file of the caller. */
#pragma once
#include "base/str.h"

struct timeline;

/* A file without a name in dir (NULL: /var/tmp) for what does not fit into memory; it is gone when its descriptor is. -errno. */
int timeline_spill(const char *dir);

/* spill: a descriptor for reading and writing, of a file that nobody else uses; -1: there is none, and timeline_put answers -ENOSPC when memory is full. It stays the
   caller's. 0 or -ENOMEM. */
int timeline_new(size_t sources, size_t memory, int spill, struct timeline **ret) _must_check_;
void timeline_free(struct timeline *t); /* NULL is fine */
void timeline_freep(struct timeline **t);

/* Keys of one source never fall: one that does counts as the one before it. 0, -ENOMEM, -ENOSPC, or what write(2) says. */
int timeline_put(struct timeline *t, size_t source, int64_t key, struct str record) _must_check_;
/* Nothing below this key will come from the source. A new source has INT64_MIN. */
void timeline_from(struct timeline *t, size_t source, int64_t key);
/* Nothing more comes from it. */
void timeline_end(struct timeline *t, size_t source);
/* The next record, valid until the next call: 1. 0: it is not known yet which one it is, or there is none. -errno: what was put aside cannot be read back. At equal keys the
   source with the lower number is first. */
int timeline_next(struct timeline *t, size_t *ret_source, int64_t *ret_key, struct str *ret) _must_check_;
