/* arrives.h: the probe of notify.arrives: would an alert really reach somebody? Told by what came of the attempts so far, and by what the owner confirmed. */
#pragma once
#include "server/probe.h"

int notify_arrives(const struct probe_ctx *ctx, struct findings *out, struct err *err);
