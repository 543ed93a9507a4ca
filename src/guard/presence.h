/* presence.h: which keys were seen within the last two months, to the hour, in eight bytes each: a fingerprint, the hour, and sixteen bits that belong to who asks. A key
   has one line of the processor's cache with eight places; where they are all taken, the one seen longest ago goes, and is counted as lost if that mattered still. Two keys of 33 thousand
   million look alike; strangers do not choose which, because a secret is in the keys (key_pair). Hours are counted modulo 65536: a key that nobody replaced for seven years might seem to
   be new. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRESENCE_HOURS (60 * 24)

struct presence;

struct present {
    uint32_t print;
    uint16_t hour, bits;
};

/* keys: at most, upwards to eight. NULL: no memory. */
struct presence *presence_new(size_t keys);
void presence_free(struct presence *p); /* NULL is fine */
/* The key will be asked for soon. */
void presence_soon(const struct presence *p, uint64_t key);
/* NULL: not seen within PRESENCE_HOURS before `now` (seconds). Valid until the next presence_note. */
struct present *presence_find(const struct presence *p, uint64_t key, int64_t now);
/* Seen now. An older time does not make it older. */
struct present *presence_note(struct presence *p, uint64_t key, int64_t now);
/* Seen within this hour. */
bool presence_recent(const struct present *e, int64_t now);
/* As if it was seen an hour earlier, at the latest before `now`. */
void presence_back(struct present *e, int64_t now);

struct presence_state {
    size_t bytes;
    uint64_t lost;
};
struct presence_state presence_state(const struct presence *p);
