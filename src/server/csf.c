/* csf.c: csf and its login daemon lfd. File: /etc/csf/csf.conf, KEY = "value", up to the last quote of the line. While /etc/csf/csf.disable
   exists neither does anything. TESTING = "1" opens the packet filter again every few minutes and keeps lfd from running. */
#include "server/conf_files.h"
#include "server/lines.h"
#include "server/products.h"
#include <errno.h>

static const struct line_style style = {.separators = "=", .comments = "#"};

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    static const char config[] = "/etc/csf/csf.conf";
    struct instance *i = instance_add(s, self, "");
    if (!root_exists(s->host->root, config)) {
        instance_drop(s, i);
        return 0;
    }
    instance_detect(s, i);
    i->config = config;
    struct str text;
    if (instance_read(s, i, config, &text) < 0)
        return 0;
    struct line_reader r = lines_of(s->arena, text, &style);
    for (struct line_item l; i->settings.n < SETTINGS_MAX && lines_next(&r, &l);) {
        struct str value = l.value;
        while (value.n && value.p[value.n - 1] != '"')
            value.n--;
        if (value.n > 1 && *value.p == '"')
            setting_add(s, i, FROM_FILE, "", l.key, str_span(value.p + 1, value.n - 2), config, l.line);
    }
    if (root_exists(s->host->root, "/etc/csf/csf.disable")) {
        setting_add(s, i, FROM_FILE, "", STR("disabled"), STR("1"), "/etc/csf/csf.disable", 0);
        i->wanted = false;
    }
    return 0;
}

const struct product product_csf = {
    .id = "csf", .title = "csf", .kinds = KIND_GUARD,
    .packages = (const char *const[]){NULL},
    .units = (const char *const[]){"lfd", "csf", NULL},
    .programs = (const char *const[]){NULL},
    .load = load,
};
