/* verb_replay_machine.c: `bansho replay` without a log: this machine's own last days, from what each service really writes to (log/sources.h). */
#include "bin/replay_machine.h"
#include "bin/session.h"
#include "log/files.h"
#include "log/sources.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATTERN_MAX 4000 /* live logs of one pattern */

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct log_file *)a)->path, ((const struct log_file *)b)->path);
}

/* The live logs that are there now, each with what rotation made of it, as far as that was written since. */
static void files_of(const struct root *root, const struct log_sources *sources, int64_t since, struct arena *a, struct machine_logs *ret)
{
    struct log_files all = {0};
    for (size_t i = 0; i < sources->patterns.n; i++) {
        struct names live = {0};
        if (root_glob(root, sources->patterns.v[i], PATTERN_MAX, a, &live) < 0)
            ret->partly = true;
        for (size_t k = 0; k < live.list.n; k++)
            log_files_add(root, live.list.v[k], NULL, a, &all);
    }
    ret->partly |= all.cut != NULL;
    if (all.list.n) /* patterns overlap */
        qsort(all.list.v, all.list.n, sizeof *all.list.v, by_path);
    for (size_t i = 0; i < all.list.n; i++)
        if (all.list.v[i].changed >= since && (!i || strcmp(all.list.v[i].path, all.list.v[i - 1].path) != 0))
            *list_push(a, &ret->files) = all.list.v[i].path;
}

int machine_logs_find(const char *language, int64_t since, struct arena *a, struct machine_logs *ret, struct err *err)
{
    struct session s = {.root = {.fd = -1}};
    struct findings scratch = {.arena = a};
    struct log_sources sources = {0};
    struct machine_logs got = {0};
    int r = session_look(&s, "/", language, err);
    if (r == 0) {
        struct probe_ctx ctx = session_ctx(&s);
        sources_find(&ctx, &scratch, &sources);
        got.journal = sources.matches.n > 0;
        files_of(&s.root, &sources, since, a, &got);
    }
    session_done(&s);
    if (r == 0)
        *ret = got;
    return r;
}
