/* inventory.h: the probe of site.inventory: which web programs are installed where (G2.1). */
#pragma once
#include "server/probe.h"

int site_inventory(const struct probe_ctx *ctx, struct findings *out, struct err *err);
