/* running.h: the probe of guard.running: who shuts out password guessing, at which services. */
#pragma once
#include "server/probe.h"

int guard_running(const struct probe_ctx *ctx, struct findings *out, struct err *err);
