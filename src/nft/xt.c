#include "nft/xt.h"

#define STATE_NEW 8u /* XT_CONNTRACK_STATE_BIT(IP_CT_NEW) */

static uint16_t u16(const unsigned char *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v); /* host order: these structs come from this machine's kernel */
    return v;
}

static enum answer decided(bool b)
{
    return b ? YES : NO;
}

/* struct xt_tcp, struct xt_udp: source ports [2], destination ports [2]; tcp then: option, flg_mask, flg_cmp, invflags. */
static enum answer tcp(const unsigned char *p, uint32_t n, uint16_t port)
{
    if (n < 12)
        return MAYBE;
    bool inverse = p[11] & 2; /* XT_TCP_INV_DSTPT */
    bool in = port >= u16(p + 4) && port <= u16(p + 6);
    bool source_any = u16(p) == 0 && u16(p + 2) == 0xffff;
    if (in == inverse)
        return NO;
    if (p[9] && ((0x02 & p[9]) == p[10]) == !!(p[11] & 4)) /* flags: ours is a bare SYN; XT_TCP_INV_FLAGS */
        return NO;
    return source_any && !p[8] ? YES : MAYBE;
}

static enum answer never(const unsigned char *p, uint32_t n, uint16_t port)
{
    (void)p, (void)n, (void)port;
    return NO;
}

static enum answer always(const unsigned char *p, uint32_t n, uint16_t port)
{
    (void)p, (void)n, (void)port;
    return YES;
}

/* struct xt_conntrack_mtinfo2/3: 8 addresses of 16 bytes, expiry 2 x 4, l4proto, 4 ports, match_flags, invert_flags, state_mask. */
static enum answer conntrack(const unsigned char *p, uint32_t n, uint16_t port)
{
    (void)port;
    if (n < 152 || u16(p + 146) != 1) /* XT_CONNTRACK_STATE alone */
        return MAYBE;
    return decided(!!(u16(p + 150) & STATE_NEW) != !!(u16(p + 148) & 1));
}

static enum answer state(const unsigned char *p, uint32_t n, uint16_t port)
{
    (void)port;
    return n < 4 ? MAYBE : decided(u16(p) & STATE_NEW);
}

/* struct xt_multiport_v1: flags (1: destination), count, ports[15], pflags[15] (1: begins a range), invert. */
static enum answer multiport(const unsigned char *p, uint32_t n, uint16_t port)
{
    if (n < 48 || p[0] != 1 || p[1] > 15)
        return MAYBE;
    bool in = false;
    for (unsigned i = 0; i < p[1]; i++) {
        uint16_t first = u16(p + 2 + 2 * i), last = first;
        if (p[32 + i] && i + 1 < p[1])
            last = u16(p + 2 + 2 * ++i);
        in |= port >= first && port <= last;
    }
    return decided(in != !!p[47]);
}

static const struct {
    const char *name;
    enum answer (*match)(const unsigned char *info, uint32_t n, uint16_t port);
} matches[] = {
    {"tcp", tcp}, {"udp", never}, {"icmp", never}, {"icmp6", never}, {"conntrack", conntrack}, {"state", state}, {"multiport", multiport}, {"comment", always},
};

enum answer xt_match(const char *name, uint32_t revision, const void *info, uint32_t n, uint16_t port)
{
    (void)revision;
    for (size_t i = 0; name && info && i < ARRAY_SIZE(matches); i++)
        if (strcmp(matches[i].name, name) == 0)
            return matches[i].match(info, n, port);
    return MAYBE;
}
