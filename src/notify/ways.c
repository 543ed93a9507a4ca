#include "notify/notify.h"

const struct way notify_ways[NOTIFY_WAYS] = {
    {"mail", true, mail_send},
    {"command", false, command_send},
    {"webhook", false, webhook_send},
};

const char *way_target(const struct way *w, const struct config *c)
{
    return config_text(c, "notify", w->name, NULL);
}
