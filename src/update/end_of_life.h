/* end_of_life.h: update.end-of-life: the system, PHP, databases and Plesk against lifetimes.h. What the distribution packages itself lives as long as
   the distribution; packages of others (deb.sury.org, remi, mariadb.org, PGDG, Plesk's own PHP) live as long as the project upstream says. */
#pragma once
#include "server/probe.h"

/* A product found on the machine. */
struct found {
    const char *product;  /* lifetimes.h */
    const char *title;    /* "PHP 8.2" */
    const char *release;  /* "8.2" */
    const char *package, *version;
    bool own;             /* the distribution's own package */
};
struct founds {
    LIST(struct found) list;
};
/* "8.2" of "2:8.2.29-1+0~20250710.1" (parts: 2), "15" (parts: 1). NULL: no number. */
char *release_of(struct arena *a, const char *version, unsigned parts);
void end_of_life_find(const struct host *h, struct arena *a, struct founds *ret);
/* The system's key in lifetimes.h ("" where it has none) and its release. */
const char *os_product(const struct os *os);
char *os_release_of(struct arena *a, const struct os *os);
int update_end_of_life(const struct probe_ctx *ctx, struct findings *out, struct err *err);
