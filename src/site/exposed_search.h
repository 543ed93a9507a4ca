/* exposed_search.h: looks in directories for what must not be fetched (exposed_kinds.h), in one WORKER_FILES child. Directories are walked within caps on depth,
   entries, candidates and time; what was not looked at is told. Links are followed to files and to the files right in a directory, no further. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/rootfs.h"
#include "site/exposed_kinds.h"

#define EXPOSED_DEPTH 4
#define EXPOSED_ENTRIES 300000 /* directory entries over all starts */
#define EXPOSED_EACH 40        /* candidates of one start */
#define EXPOSED_LISTINGS 8     /* directories without an index file, likewise */
#define EXPOSED_MS 15000       /* a tenth of a second for a dozen sites at rest; the rest is for large ones, slow disks and busy machines */
#define EXPOSED_HEAD 64        /* bytes of a file's beginning that come back */

struct candidate {
    size_t start;              /* index of the directory in which the search began */
    enum exposed_id id;
    const char *path;          /* below it, no leading slash; a directory ends in "/", the start itself is "" */
    const char *object;        /* what people call it: ".git" for .git/HEAD */
    uint64_t size;
    struct str head;
};

struct exposed_found {
    LIST(struct candidate) list; /* by start, the gravest first */
    LIST(size_t) cut;            /* starts that were not searched to the end */
    LIST(size_t) unreadable;
};

int exposed_search(const struct root *root, const char *const *dirs, size_t n, struct arena *a, struct exposed_found *ret, struct err *err) _must_check_;
/* The worker's answer: decoded and checked. -EBADMSG. */
int exposed_decode(struct str bytes, size_t n, struct arena *a, struct exposed_found *ret) PARSER(exposed_search) _must_check_;
