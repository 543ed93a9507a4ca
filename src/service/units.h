/* units.h: the units that are this server's services: what listens, what a hosting product runs as, one entry for each unit. */
#pragma once
#include "server/server.h"

struct service_unit {
    const struct unit *unit;
    const struct instance *by; /* the product, or NULL */
    unsigned ports;            /* on how many it listens */
};
struct service_units {
    LIST(struct service_unit) list; /* sorted by name */
};
/* Wanted ones (enabled at boot, or running); machine-wide helpers (systemd's own, dbus, containers) are none. */
void service_units_collect(const struct server *s, struct arena *a, struct service_units *ret);
