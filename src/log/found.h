/* found.h: the probe of log.found. */
#pragma once
#include "server/probe.h"

int log_found(const struct probe_ctx *ctx, struct findings *out, struct err *err);
