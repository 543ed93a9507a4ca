/* exposed_targets.h: which sites are asked for what: virtual hosts of one name and document root are one target, with the ports on which it is asked. */
#pragma once
#include "server/server.h"
#include "site/exposed_search.h"

#define TARGETS_MAX 1000
#define TARGET_CANDIDATES 60 /* questions to one site */
#define TARGET_ASKS 6        /* ports of one site */

struct target_candidate {
    const struct candidate *found;
    const char *url;    /* "/blog/.git/HEAD", not encoded */
    const char *object; /* "/blog/.git" */
    const char *path;   /* in the file system */
};

struct shown {
    const char *url;    /* "" or "/blog" */
    size_t dir;         /* index in targets.dirs */
};

struct target {
    const char *name;   /* "" : the default site */
    const char *dir;    /* document root */
    LIST(struct shown) shows;
    LIST(struct target_candidate) candidates;
};

struct target_ask {
    size_t target;
    const struct site *site;
    int control;        /* status of the answer to a name that does not exist */
};

struct targets {
    LIST(struct target) list;
    LIST(struct target_ask) asks;
    LIST(const char *) dirs; /* each directory once */
};

void targets_collect(const struct server *s, struct arena *a, struct targets *ret);
/* Gives each target what was found in its directories, and drops the questions to those without any. */
void targets_fill(struct targets *t, const struct exposed_found *found, struct arena *a);
const char *target_title(const struct target *t);
