/* scan_module.c: Vectorscan behind scan_module.h. */
#include "filter/scan_module.h"
#include "base/module.h"
#include <hs.h>
#include <stdio.h>
#include <stdlib.h>

struct scan_database {
    hs_database_t *database;
    hs_scratch_t *scratch;
};

static void database_free(struct scan_database *d)
{
    if (!d)
        return;
    hs_free_scratch(d->scratch);
    hs_free_database(d->database);
    free(d);
}

static struct scan_database *database_make(const struct scan_text *v, size_t n, char *why, size_t why_size)
{
    const char **texts = calloc(n, sizeof *texts);
    unsigned *flags = calloc(n, sizeof *flags), *ids = calloc(n, sizeof *ids);
    size_t *lengths = calloc(n, sizeof *lengths);
    struct scan_database *d = calloc(1, sizeof *d);
    hs_compile_error_t *error = NULL;
    bool good = texts && flags && ids && lengths && d && hs_valid_platform() == HS_SUCCESS;
    for (unsigned i = 0; good && i < n; i++) {
        texts[i] = v[i].text.p;
        lengths[i] = v[i].text.n;
        flags[i] = v[i].caseless ? HS_FLAG_CASELESS : 0;
        ids[i] = i;
    }
    good = good && hs_compile_lit_multi(texts, flags, ids, lengths, (unsigned)n, HS_MODE_BLOCK, NULL, &d->database, &error) == HS_SUCCESS &&
           hs_alloc_scratch(d->database, &d->scratch) == HS_SUCCESS;
    if (!good)
        snprintf(why, why_size, "%s", error ? error->message : "this processor is not supported");
    hs_free_compile_error(error);
    free(texts);
    free(flags);
    free(ids);
    free(lengths);
    if (good)
        return d;
    database_free(d);
    return NULL;
}

struct told {
    scan_fn *fn;
    void *ctx;
};

static int tell(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
    const struct told *t = ctx;
    (void)from;
    (void)flags;
    return !t->fn(t->ctx, id, (size_t)to);
}

static bool database_run(struct scan_database *d, struct str s, scan_fn *fn, void *ctx)
{
    struct told t = {fn, ctx};
    return s.n <= UINT32_MAX && hs_scan(d->database, s.p, (unsigned)s.n, 0, d->scratch, tell, &t) == HS_SUCCESS;
}

MODULE_EXPORT(struct scan_module, scan_module) = {.make = database_make, .free = database_free, .run = database_run};
