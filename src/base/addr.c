#include "base/addr.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

static void unmap(struct addr *a)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (a->v6 && memcmp(a->bytes, mapped, sizeof mapped) == 0) {
        struct addr v4 = {.v6 = 0};
        memcpy(v4.bytes, a->bytes + 12, 4);
        *a = v4;
    }
}

bool addr_parse4(struct str s, struct addr *ret)
{
    struct addr a = {0};
    unsigned value = 0, digits = 0, dots = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned d = (unsigned)(unsigned char)s.p[i] - '0';
        if (d < 10 && !(digits && !value) && (value = value * 10 + d) < 256) {
            digits++;
        } else if (s.p[i] == '.' && digits && dots < 3) {
            a.bytes[dots++] = (uint8_t)value;
            value = digits = 0;
        } else {
            return false;
        }
    }
    a.bytes[3] = (uint8_t)value;
    if (dots != 3 || !digits)
        return false;
    *ret = a;
    return true;
}

bool addr_parse(struct str s, struct addr *ret)
{
    char text[ADDR_TEXT];
    struct addr a = {.v6 = true};
    if (addr_parse4(s, ret))
        return true;
    if (!s.n || s.n >= sizeof text || memchr(s.p, 0, s.n))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = 0;
    if (inet_pton(AF_INET6, text, a.bytes) != 1)
        return false;
    unmap(&a);
    *ret = a;
    return true;
}

/* Up to 255. printf takes twenty times as long, and a replay tells thousands of addresses. */
static char *put_number(char *p, unsigned n)
{
    if (n > 99)
        *p++ = (char)('0' + n / 100);
    if (n > 9)
        *p++ = (char)('0' + n / 10 % 10);
    *p++ = (char)('0' + n % 10);
    return p;
}

const char *addr_text(const struct addr *a, char ret[static ADDR_TEXT])
{
    char *p = ret;
    if (a->v6)
        return inet_ntop(AF_INET6, a->bytes, ret, ADDR_TEXT); /* there is room */
    for (size_t i = 0; i < 4; i++) {
        p = put_number(p, a->bytes[i]);
        *p++ = i < 3 ? '.' : 0;
    }
    return ret;
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
    return a->v6 == b->v6 && memcmp(a->bytes, b->bytes, a->v6 ? 16 : 4) == 0;
}

bool addr_is_loopback(const struct addr *a)
{
    static const uint8_t one[16] = {[15] = 1};
    return a->v6 ? memcmp(a->bytes, one, 16) == 0 : a->bytes[0] == 127;
}

bool addr_is_any(const struct addr *a)
{
    static const uint8_t zero[16];
    return memcmp(a->bytes, zero, a->v6 ? 16 : 4) == 0;
}

struct addr addr_of_sockaddr(const struct sockaddr *sa)
{
    struct addr a = {0};
    if (sa->sa_family == AF_INET6) {
        a.v6 = 1;
        memcpy(a.bytes, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
        unmap(&a);
    } else if (sa->sa_family == AF_INET) {
        memcpy(a.bytes, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
    }
    return a;
}

socklen_t addr_to_sockaddr(const struct addr *a, uint16_t port, struct sockaddr_storage *ret)
{
    memset(ret, 0, sizeof *ret);
    if (a->v6) {
        struct sockaddr_in6 *s = (void *)ret;
        s->sin6_family = AF_INET6;
        s->sin6_port = htons(port);
        memcpy(&s->sin6_addr, a->bytes, 16);
        return sizeof *s;
    }
    struct sockaddr_in *s = (void *)ret;
    s->sin_family = AF_INET;
    s->sin_port = htons(port);
    memcpy(&s->sin_addr, a->bytes, 4);
    return sizeof *s;
}

/* Bit i of the address, counted from the left. */
static unsigned bit(const struct addr *a, unsigned i)
{
    return (a->bytes[i / 8] >> (7 - i % 8)) & 1u;
}

static bool same_bits(const struct addr *a, const struct addr *b, unsigned length)
{
    if (a->v6 != b->v6 || memcmp(a->bytes, b->bytes, length / 8) != 0)
        return false;
    for (unsigned i = length & ~7u; i < length; i++)
        if (bit(a, i) != bit(b, i))
            return false;
    return true;
}

bool prefix_parse(struct str s, bool strict, struct prefix *ret)
{
    ptrdiff_t slash = str_find(s, '/');
    struct prefix p = {0};
    if (!addr_parse(slash < 0 ? s : str_span(s.p, (size_t)slash), &p.addr))
        return false;
    unsigned max = p.addr.v6 ? 128 : 32;
    uint64_t length = max;
    if (slash >= 0 && !str_u64(str_from(s, (size_t)slash + 1), max, &length))
        return false;
    p.length = (uint8_t)length;
    for (unsigned i = p.length; i < max; i++) {
        if (bit(&p.addr, i) && strict)
            return false;
        p.addr.bytes[i / 8] &= (uint8_t)~(1u << (7 - i % 8));
    }
    *ret = p;
    return true;
}

const char *prefix_text(const struct prefix *p, char ret[static ADDR_TEXT + 4])
{
    addr_text(&p->addr, ret);
    char *end = ret + strlen(ret);
    *end++ = '/';
    *put_number(end, p->length) = 0;
    return ret;
}

bool prefix_has(const struct prefix *p, const struct addr *a)
{
    return same_bits(&p->addr, a, p->length);
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
    return outer->length <= inner->length && same_bits(&outer->addr, &inner->addr, outer->length);
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
    return prefix_covers(a, b) || prefix_covers(b, a);
}
