/* spools.h: the mail queues of this server: one for each instance of each mail program that is installed. */
#pragma once
#include "queue/count.h"
#include "server/server.h"

struct spool_instance {
    const char *name;       /* "" or the instance's */
    const char *path;
    enum spool_kind kind;
    const struct instance *instance;
};
struct spools {
    struct spool_instance *v;
    size_t n, cap;
};
void spools_of(const struct server *s, struct arena *a, struct spools *ret);
