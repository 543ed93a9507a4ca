#include "queue/spool.h"
#include <stdio.h>

static const char *const exim_states[] = {"input", NULL};
const struct spool_kind_row spool_exim = {.name = "exim", .states = exim_states};

const struct spool_kind_row *const spool_kinds[] = {[SPOOL_POSTFIX] = &spool_postfix, [SPOOL_QMAIL] = &spool_qmail, [SPOOL_EXIM] = &spool_exim};

unsigned spool_count_states(enum spool_kind kind)
{
    unsigned n = 0;
    while (spool_kinds[kind]->states[n])
        n++;
    return n;
}

bool spool_kind_of(const char *name, enum spool_kind *ret)
{
    for (size_t i = 0; i < ARRAY_SIZE(spool_kinds); i++)
        if (strcmp(spool_kinds[i]->name, name) == 0) {
            *ret = (enum spool_kind)i;
            return true;
        }
    return false;
}

bool spool_kind_seen(const struct root *root, const char *path, enum spool_kind *ret)
{
    static const struct { enum spool_kind kind; const char *dir; } signs[] = {{SPOOL_POSTFIX, "maildrop"}, {SPOOL_POSTFIX, "deferred"}, {SPOOL_QMAIL, "mess"}, {SPOOL_EXIM, "input"}};
    char dir[4096];
    for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
        int n = snprintf(dir, sizeof dir, "%s/%s", path, signs[i].dir);
        if (n > 0 && (size_t)n < sizeof dir && root_exists(root, dir)) {
            *ret = signs[i].kind;
            return true;
        }
    }
    return false;
}
