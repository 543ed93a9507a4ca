/* tls.h: site.tls: the certificates of the sites and of the panel, as they are really served. */
#pragma once
#include "server/probe.h"

int site_tls(const struct probe_ctx *ctx, struct findings *out, struct err *err);
