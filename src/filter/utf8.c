#include "filter/utf8.h"

/* Length of the sequence that `lead` begins and the bounds of its second byte (Unicode, table 3-7); 0: it begins none. */
static size_t sequence(unsigned char lead, unsigned char *low, unsigned char *high)
{
    *low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* How many bytes of the sequence are there as they must be; *ret_whole: how many it takes. */
static size_t good_bytes(struct str s, size_t *ret_whole)
{
    unsigned char low, high;
    *ret_whole = s.n ? sequence((unsigned char)s.p[0], &low, &high) : 0;
    if (!*ret_whole)
        return 0;
    size_t n = 1;
    while (n < *ret_whole && n < s.n) {
        unsigned char c = (unsigned char)s.p[n];
        if (c < (n == 1 ? low : 0x80) || c > (n == 1 ? high : 0xbf))
            break;
        n++;
    }
    return n;
}

size_t utf8_next(struct str s, uint32_t *ret)
{
    static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t whole, n = good_bytes(s, &whole);
    if (!n || n < whole)
        return 0;
    uint32_t c = (unsigned char)s.p[0] & mask[n];
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)s.p[i] & 0x3f);
    *ret = c;
    return n;
}

size_t utf8_broken(struct str s)
{
    size_t whole, n = good_bytes(s, &whole);
    return n ? n : 1;
}

/* Sixteen bytes, as every processor of ours takes them at once. */
typedef uint64_t wide __attribute__((vector_size(16)));

bool utf8_ascii(struct str s)
{
    size_t i = 0;
    for (wide w[4]; i + sizeof w <= s.n; i += sizeof w) {
        memcpy(w, s.p + i, sizeof w);
        wide all = w[0] | w[1] | w[2] | w[3];
        if ((all[0] | all[1]) & 0x8080808080808080u)
            return false;
    }
    for (uint64_t word; i + 8 <= s.n; i += 8) {
        memcpy(&word, s.p + i, 8);
        if (word & 0x8080808080808080u)
            return false;
    }
    for (; i < s.n; i++)
        if (s.p[i] & 0x80)
            return false;
    return true;
}

size_t utf8_repair(struct str s, struct buf *out)
{
    size_t replaced = 0, start = 0, at = 0;
    uint32_t c;
    while (at < s.n) {
        size_t n = utf8_next(str_from(s, at), &c);
        if (n) {
            at += n;
            continue;
        }
        buf_add(out, s.p + start, at - start);
        buf_addz(out, "\xef\xbf\xbd");
        at += utf8_broken(str_from(s, at));
        start = at;
        replaced++;
    }
    buf_add(out, s.p + start, at - start);
    return replaced;
}

void utf8_from_latin1(struct str s, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x80)
            buf_addc(out, (char)(0xc0 | c >> 6));
        buf_addc(out, (char)(c < 0x80 ? c : 0x80 | (c & 0x3f)));
    }
}

size_t utf8_count(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += (s.p[i] & 0xc0) != 0x80;
    return n;
}

size_t utf8_offset(struct str s, size_t index)
{
    size_t i = 0;
    for (; i < s.n; i++)
        if ((s.p[i] & 0xc0) != 0x80 && index-- == 0)
            break;
    return i;
}
