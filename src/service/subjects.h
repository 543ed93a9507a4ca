/* subjects.h: what service.answers asks: every listening socket, every listener that a product is configured to have, every service that
   bansho.conf declares; one subject for each port. */
#pragma once
#include "server/probe.h"

#define SUBJECT_ADDRS 6

struct subject {
    const char *object;              /* "smtp", "http:8080" */
    const char *label;               /* for people, translated */
    const char *protocol;            /* "": not asked (nothing that we speak, or not known what it is) */
    uint16_t port;
    bool udp, tls;
    const struct instance *by;       /* whose it is, or NULL */
    const struct endpoint *endpoint; /* as configured, or NULL */
    const struct listener *listener; /* NULL: nothing listens */
    const char *name;                /* for SNI and Host */
    const char *declared_in;         /* bansho.conf, where that alone asks for it; or NULL */
    unsigned declared_line;
    struct addr addr[SUBJECT_ADDRS]; /* where it listens, to be asked from this machine */
    size_t addrs;
};
struct subjects {
    LIST(struct subject) list;
};
/* The unit behind it: of what listens, else of the product that is configured to; "" : none is known. */
const char *subject_unit(const struct subject *s);
void subjects_collect(const struct probe_ctx *ctx, struct arena *a, struct subjects *ret);
