/* scan_module.h: what the module "scan" (scan_module.c, the only file that knows Vectorscan) does for scan.c: many short texts are looked for in one pass. */
#pragma once
#include "filter/scan.h"

struct scan_database;

#define SCAN_MODULE "scan", "scan_module"
struct scan_module {
    /* NULL: this processor cannot, or it failed; why[] says so. */
    struct scan_database *(*make)(const struct scan_text *v, size_t n, char *why, size_t why_size);
    void (*free)(struct scan_database *d);
    /* Calls fn for each text at each place where it ends, in the order of the ends. false: it failed half-way, or fn had enough. */
    bool (*run)(struct scan_database *d, struct str s, scan_fn *fn, void *ctx);
};
