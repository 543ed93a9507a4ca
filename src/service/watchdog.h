/* watchdog.h: service.watchdog: is every service brought back when it dies, does one die again and again, is one stopped without an end? */
#pragma once
#include "server/probe.h"

int service_watchdog(const struct probe_ctx *ctx, struct findings *out, struct err *err);
int service_watchdog_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err);

/* How far Restart= reaches (systemd.service(5)). PARTLY: a crash, but not when the kernel kills it for lack of memory. */
enum brought_back { BACK_NEVER, BACK_PARTLY, BACK_ALWAYS };
enum brought_back watchdog_restart(const char *restart);
/* It runs, and Restart= in a drop-in is what it lacks. */
bool watchdog_wants_drop_in(const struct unit *u);
