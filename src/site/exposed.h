/* exposed.h: the probe of site.exposed: what lies in the document roots and must not be fetched, really asked for (G3.3). */
#pragma once
#include "server/probe.h"

int site_exposed(const struct probe_ctx *ctx, struct findings *out, struct err *err);

/* The host name and address under which a site is asked; the address is one of the machine's own where the site takes any. */
struct endpoint_at;
void exposed_address(const struct host *h, const struct site *site, struct endpoint_at *ret);
/* The command that moves a file out of the document root, or NULL where its name is not fit to be typed. */
const char *exposed_move(struct arena *a, const char *path);
