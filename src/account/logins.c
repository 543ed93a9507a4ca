#include "account/logins.h"
#include "base/clock.h"
#include "config/config.h"

#define JOURNAL_MS 6000
#define BEYOND_UNUSED (30 * DAY) /* so that the last login of what is unused can often be told */
#define FOREIGN_BACK (35 * DAY)

struct logins_want account_logins_want(const struct probe_ctx *ctx)
{
    struct logins_want w = {.which = LOGINS_ALL, .n = 2, .timeout_ms = JOURNAL_MS};
    w.since[ACCOUNT_LOGINS_UNUSED] = ctx->now - config_number(ctx->config, "account", "unused-after") - BEYOND_UNUSED;
    w.since[ACCOUNT_LOGINS_FOREIGN] = ctx->now - FOREIGN_BACK;
    w.glance_since = ctx->now - GLANCE_DAYS * DAY;
    return w;
}
