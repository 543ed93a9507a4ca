/* unpack_module.h: what the module "unpack" (unpack_module.c: the only file that knows zlib, liblzma and libzstd) does for lines.c. */
#pragma once
#include "base/str.h"
#include <stdbool.h>

enum packing { PACKED_NOT, PACKED_GZIP, PACKED_XZ, PACKED_ZSTD, PACKED_OTHERWISE /* by what nobody here unpacks */ };

struct unpacker;

#define UNPACK_MODULE "unpack", "unpack_module"
struct unpack_module {
    /* NULL: no memory. */
    struct unpacker *(*begin)(enum packing p);
    /* Unpacks from *in, which is moved over what was taken, into room[0..size). *ret_n: bytes that came out. `last`: nothing follows *in.
       0: give more room or more input; 1: everything was unpacked (only with `last`); -EBADMSG: damaged; -ENODATA: it ends too early; -ENOMEM. What came out before
       a fault is good. */
    int (*run)(struct unpacker *u, struct str *in, bool last, char *room, size_t size, size_t *ret_n);
    void (*end)(struct unpacker *u);
};
