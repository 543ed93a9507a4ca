/* unpack_module.c: zlib, liblzma and libzstd, in a module of its own (base/module.h). */
#include "log/unpack_module.h"
#include "base/module.h"
#include <errno.h>
#include <lzma.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define XZ_MEMORY (80u << 20)  /* xz -9 asks for 65 MiB; what asks for more is no log */
#define ZSTD_WINDOW_LOG 27     /* 128 MiB, what the zstd program unpacks without being told to */

struct unpacker {
    enum packing packing;
    bool between; /* at the beginning of a member: the file may end here */
    z_stream gzip;
    uint32_t crc, length; /* of the member so far */
    unsigned char tail[8]; /* what was taken last: at its end, its own CRC and length (RFC 1952, 2.3) */
    lzma_stream xz;
    ZSTD_DStream *zstd;
};

static struct unpacker *begin(enum packing p)
{
    struct unpacker *u = calloc(1, sizeof *u);
    bool good = false;
    if (!u)
        return NULL;
    u->packing = p;
    u->between = true;
    u->xz = (lzma_stream)LZMA_STREAM_INIT;
    if (p == PACKED_GZIP)
        good = inflateInit2(&u->gzip, 16 + MAX_WBITS) == Z_OK && inflateValidate(&u->gzip, 0) == Z_OK; /* 16: the wrapping of gzip(1); its CRC is compared here */
    else if (p == PACKED_XZ)
        good = lzma_stream_decoder(&u->xz, XZ_MEMORY, LZMA_CONCATENATED) == LZMA_OK;
    else if (p == PACKED_ZSTD)
        good = (u->zstd = ZSTD_createDStream()) && !ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG));
    if (good)
        return u;
    free(u);
    return NULL;
}

/* zlib's own CRC takes a tenth of the time of unpacking. A CRC is the rest of a division of polynomials: multiplying 16 bytes by the rest of x^512 (or x^128) moves them 64 (or 16) bytes
   on without changing it; what is left in the end is divided by zlib. */
#ifdef __x86_64__
#define FOLD(x, k, next) _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(x, k, 0x00), _mm_clmulepi64_si128(x, k, 0x11)), next)
__attribute__((target("pclmul"))) static uint32_t crc_of(uint32_t crc, const char *p, size_t n)
{
    const __m128i by64 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4), by16 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
    const __m128i *v = (const __m128i *)(const void *)p;
    __m128i x[4], left;
    unsigned char bytes[16];
    if (n < 64 || !__builtin_cpu_supports("pclmul"))
        return (uint32_t)crc32(crc, (const unsigned char *)p, (unsigned)n);
    for (int i = 0; i < 4; i++)
        x[i] = _mm_loadu_si128(v + i);
    x[0] = _mm_xor_si128(x[0], _mm_cvtsi32_si128((int)~crc));
    for (v += 4, n -= 64; n >= 64; v += 4, n -= 64)
        for (int i = 0; i < 4; i++)
            x[i] = FOLD(x[i], by64, _mm_loadu_si128(v + i));
    left = x[0];
    for (int i = 1; i < 4; i++)
        left = FOLD(left, by16, x[i]);
    for (; n >= 16; v++, n -= 16)
        left = FOLD(left, by16, _mm_loadu_si128(v));
    _mm_storeu_si128((__m128i *)(void *)bytes, left);
    return (uint32_t)crc32(crc32(0xffffffff, bytes, sizeof bytes), (const unsigned char *)v, (unsigned)n); /* 0xffffffff: nothing stands before it */
}
#else
static uint32_t crc_of(uint32_t crc, const char *p, size_t n) { return (uint32_t)crc32(crc, (const unsigned char *)p, (unsigned)n); }
#endif

/* Keeps the last bytes that were taken. */
static void keep_tail(struct unpacker *u, struct str taken)
{
    size_t n = taken.n < sizeof u->tail ? taken.n : sizeof u->tail;
    memmove(u->tail, u->tail + n, sizeof u->tail - n);
    memcpy(u->tail + sizeof u->tail - n, taken.p + taken.n - n, n);
}

static uint32_t little(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* A member has ended; another may follow, and zeros behind the last one are padding. */
static int end_member(struct unpacker *u, struct str *in, bool last)
{
    if (little(u->tail) != u->crc || little(u->tail + 4) != u->length)
        return -EBADMSG;
    while (in->n && in->p[0] == 0)
        *in = str_from(*in, 1);
    u->between = true;
    u->crc = u->length = 0;
    inflateReset(&u->gzip);
    return last && !in->n;
}

static int run_gzip(struct unpacker *u, struct str *in, bool last, char *room, size_t size, size_t *ret_n)
{
    z_stream *z = &u->gzip;
    z->next_in = (unsigned char *)(uintptr_t)in->p;
    z->avail_in = (unsigned)in->n;
    z->next_out = (unsigned char *)room;
    z->avail_out = (unsigned)size;
    if (in->n)
        u->between = false;
    int r = inflate(z, Z_NO_FLUSH);
    if (in->n > z->avail_in)
        keep_tail(u, str_span(in->p, in->n - z->avail_in));
    *in = str_from(*in, in->n - z->avail_in);
    *ret_n = size - z->avail_out;
    u->crc = crc_of(u->crc, room, *ret_n);
    u->length += (uint32_t)*ret_n;
    if (r == Z_STREAM_END)
        return end_member(u, in, last);
    if (r == Z_MEM_ERROR)
        return -ENOMEM;
    if (r != Z_OK && r != Z_BUF_ERROR)
        return -EBADMSG;
    return last && !in->n && *ret_n < size ? (u->between ? 1 : -ENODATA) : 0;
}

static int run_xz(struct unpacker *u, struct str *in, bool last, char *room, size_t size, size_t *ret_n)
{
    lzma_stream *x = &u->xz;
    x->next_in = (const uint8_t *)in->p;
    x->avail_in = in->n;
    x->next_out = (uint8_t *)room;
    x->avail_out = size;
    lzma_ret r = lzma_code(x, last ? LZMA_FINISH : LZMA_RUN);
    *in = str_from(*in, in->n - x->avail_in);
    *ret_n = size - x->avail_out;
    if (r == LZMA_STREAM_END)
        return 1;
    if (r == LZMA_MEM_ERROR || r == LZMA_MEMLIMIT_ERROR)
        return -ENOMEM;
    if (r == LZMA_BUF_ERROR)
        return last && !x->avail_in && *ret_n < size ? -ENODATA : 0;
    return r == LZMA_OK ? 0 : -EBADMSG;
}

static int run_zstd(struct unpacker *u, struct str *in, bool last, char *room, size_t size, size_t *ret_n)
{
    ZSTD_inBuffer from = {in->p, in->n, 0};
    ZSTD_outBuffer to = {room, size, 0};
    size_t r = ZSTD_decompressStream(u->zstd, &to, &from);
    *in = str_from(*in, from.pos);
    *ret_n = to.pos;
    if (ZSTD_isError(r))
        return -EBADMSG;
    if (from.pos || to.pos)
        u->between = r == 0;
    return last && !in->n && to.pos < size ? (u->between ? 1 : -ENODATA) : 0;
}

static int run(struct unpacker *u, struct str *in, bool last, char *room, size_t size, size_t *ret_n)
{
    static int (*const by_packing[])(struct unpacker *, struct str *, bool, char *, size_t, size_t *) = {
        [PACKED_GZIP] = run_gzip, [PACKED_XZ] = run_xz, [PACKED_ZSTD] = run_zstd};
    *ret_n = 0;
    return by_packing[u->packing](u, in, last, room, size, ret_n);
}

static void end(struct unpacker *u)
{
    if (!u)
        return;
    if (u->packing == PACKED_GZIP)
        inflateEnd(&u->gzip);
    lzma_end(&u->xz);
    ZSTD_freeDStream(u->zstd);
    free(u);
}

MODULE_EXPORT(struct unpack_module, unpack_module) = {begin, run, end};
