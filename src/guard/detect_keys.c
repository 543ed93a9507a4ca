#include "guard/detect_parts.h"
#include <string.h>

/* IPv4 stands in ::/32, of which nobody has an address. The first byte is the highest. */
uint64_t key_of(const struct addr *a)
{
    uint64_t k;
    uint32_t k4;
    memcpy(&k, a->bytes, 8);
    memcpy(&k4, a->bytes, 4);
    return a->v6 ? __builtin_bswap64(k) : __builtin_bswap32(k4);
}

uint64_t key_net(uint64_t source) { return source >> 32 ? source & ~UINT64_C(0xffff) : source & ~UINT64_C(0xff); }
uint64_t key_part(uint64_t source) { return source >> 32 ? source & ~UINT64_C(0xffffffff) : source & ~UINT64_C(0xffff); }

struct prefix key_prefix(uint64_t k, unsigned length4, unsigned length6)
{
    struct prefix p = {.addr.v6 = k >> 32 != 0};
    uint64_t b = __builtin_bswap64(p.addr.v6 ? k : k << 32);
    p.length = (uint8_t)(p.addr.v6 ? length6 : length4);
    memcpy(p.addr.bytes, &b, p.addr.v6 ? 8 : 4);
    return p;
}

static uint64_t mixed(uint64_t a, uint64_t b)
{
    unsigned __int128 m = (unsigned __int128)(a ^ 0xa0761d6478bd642fu) * (b ^ 0xe7037ed1a0b428dbu);
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* Eight characters at once: 0x20 into those from A to Z. */
static uint64_t lower(uint64_t word)
{
    const uint64_t each = UINT64_C(0x0101010101010101), low = word & each * 0x7f;
    uint64_t from_a = low + each * (0x80 - 'A'), behind_z = low + each * (0x7f - 'Z');
    return word | ((from_a & ~behind_z & ~word & each * 0x80) >> 2);
}

/* Strangers choose names: two that are made alike would share a row, so a secret of this run is in it. */
uint64_t key_account(const struct guard *g, struct str s)
{
    uint64_t h = mixed(g->seed, s.n);
    for (size_t i = 0; i < s.n; i += 8) {
        uint64_t word = 0;
        memcpy(&word, s.p + i, s.n - i < 8 ? s.n - i : 8);
        h = mixed(h ^ lower(word), g->seed);
    }
    return h;
}

uint64_t key_pair(const struct guard *g, enum pair kind, uint64_t place, uint64_t account)
{
    return mixed(mixed(place ^ g->seed, kind), account ^ g->seed);
}

uint32_t key_mark(const struct guard *g, uint64_t source) { return (uint32_t)mixed(source, g->seed); }
