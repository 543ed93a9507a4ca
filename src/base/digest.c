#include "base/digest.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>

#define LIBRARY "libcrypto.so.3" /* OpenSSL 3's soname: Debian 12 and 13, RHEL 9 */

typedef unsigned char *sha256_fn(const unsigned char *, size_t, unsigned char *);

static sha256_fn *load(struct err *err)
{
    static sha256_fn *found; /* a list of a thousand changes asks ten thousand times */
    if (found)
        return found;
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    found = library ? (sha256_fn *)(uintptr_t)dlsym(library, "SHA256") : NULL;
    if (!found)
        err_set(err, -ENOENT, "%s: %s", LIBRARY, err_name(ENOENT));
    return found;
}

int digest_sha256(struct str s, unsigned char ret[DIGEST_SIZE], struct err *err)
{
    sha256_fn *f = load(err);
    if (!f)
        return -ENOENT;
    return f((const unsigned char *)s.p, s.n, ret) ? 0 : err_set(err, -EIO, "%s: SHA-256", LIBRARY);
}

int digest_sha256_hex(struct str s, char ret[DIGEST_HEX], struct err *err)
{
    unsigned char sum[DIGEST_SIZE];
    int r = digest_sha256(s, sum, err);
    for (size_t i = 0; r == 0 && i < DIGEST_SIZE; i++)
        snprintf(ret + 2 * i, 3, "%02x", sum[i]);
    return r;
}
