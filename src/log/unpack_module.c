/* unpack_module.c: zlib, liblzma and libzstd, in a module of its own (base/module.h). */
#include "log/unpack_module.h"
#include "base/module.h"
#include <errno.h>
#include <lzma.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#define XZ_MEMORY (80u << 20)  /* xz -9 asks for 65 MiB; what asks for more is no log */
#define ZSTD_WINDOW_LOG 27     /* 128 MiB, what the zstd program unpacks without being told to */

struct unpacker {
    enum packing packing;
    bool between; /* at the beginning of a member: the file may end here */
    z_stream gzip;
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
        good = inflateInit2(&u->gzip, 16 + MAX_WBITS) == Z_OK; /* 16: the wrapping of gzip(1) */
    else if (p == PACKED_XZ)
        good = lzma_stream_decoder(&u->xz, XZ_MEMORY, LZMA_CONCATENATED) == LZMA_OK;
    else if (p == PACKED_ZSTD)
        good = (u->zstd = ZSTD_createDStream()) && !ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG));
    if (good)
        return u;
    free(u);
    return NULL;
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
    *in = str_from(*in, in->n - z->avail_in);
    *ret_n = size - z->avail_out;
    if (r == Z_STREAM_END) { /* another member may follow; zeros behind the last one are padding */
        while (in->n && in->p[0] == 0)
            *in = str_from(*in, 1);
        u->between = true;
        inflateReset(z);
        return last && !in->n;
    }
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
