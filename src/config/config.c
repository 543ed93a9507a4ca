#include "config/config.h"
#include <errno.h>

int config_load(const struct root *root, const char *path, struct config **ret, struct err *err)
{
    (void)root, (void)path, (void)err;
    struct arena *a = arena_new(8u << 20);
    struct config *c = arena_zalloc(a, sizeof *c);
    c->arena = a;
    *ret = c;
    return 0;
}

void config_free(struct config *c)
{
    if (c)
        arena_free(c->arena);
}
