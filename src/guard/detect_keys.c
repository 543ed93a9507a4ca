#include "base/hash.h"
#include "guard/detect_parts.h"
#include <string.h>

struct prefix key_masked(const struct addr *a, unsigned length4, unsigned length6)
{
    struct prefix p = {.addr = *a, .length = (uint8_t)(a->v6 ? length6 : length4)};
    size_t bytes = a->v6 ? 16 : 4;
    for (size_t i = 0; i < bytes; i++) {
        unsigned bits = p.length > 8 * i ? p.length - 8 * (unsigned)i : 0;
        p.addr.bytes[i] = (uint8_t)(bits >= 8 ? a->bytes[i] : bits ? a->bytes[i] & (0xff00u >> bits) : 0);
    }
    return p;
}

/* One key for each prefix: an IPv4 address in its mapped form, and the length where IPv6 has zeros or IPv4 its fixed part. */
struct tally_key key_of(const struct prefix *p)
{
    uint8_t b[16] = {0};
    struct tally_key k;
    if (p->addr.v6) {
        memcpy(b, p->addr.bytes, 8);
    } else {
        b[10] = b[11] = 0xff;
        memcpy(b + 12, p->addr.bytes, 4);
    }
    b[9] = p->length;
    memcpy(&k.hi, b, 8);
    memcpy(&k.lo, b + 8, 8);
    return k;
}

struct prefix key_prefix(struct tally_key k)
{
    uint8_t b[16];
    struct prefix p = {0};
    memcpy(b, &k.hi, 8);
    memcpy(b + 8, &k.lo, 8);
    p.length = b[9];
    p.addr.v6 = b[10] != 0xff;
    memcpy(p.addr.bytes, p.addr.v6 ? b : b + 12, p.addr.v6 ? 8 : 4);
    return p;
}

/* Both halves at once. */
struct tally_key key_account(struct str s)
{
    uint64_t hi = HASH_BEGIN, lo = 0x9ae16a3b2f90404fu;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)str_lower(s.p[i]);
        hi = hash_step(hi, c);
        lo = hash_step(lo, c);
    }
    return (struct tally_key){hi ^ (hi >> 31), lo ^ (lo >> 31)};
}

struct tally_key key_pair(const struct prefix *p, struct tally_key account)
{
    struct tally_key a = key_of(p);
    return (struct tally_key){a.hi ^ account.hi ^ 1, a.lo ^ account.lo};
}

/* Strangers choose addresses: two that are made alike count as one, which helps nobody. */
uint32_t key_mark(const struct prefix *p)
{
    uint64_t h = hash_add(HASH_BEGIN, str_span((const char *)p->addr.bytes, 16));
    return (uint32_t)(h ^ (h >> 31));
}
