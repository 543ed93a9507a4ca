/* unbound.c: Unbound. Files: /etc/unbound/unbound.conf and what it includes. "server:" begins a section, "key: value" is a setting
   (unbound.conf(5)). Without `interface` it listens on this machine only. */
#include "server/conf_files.h"
#include "server/lines.h"
#include "server/products.h"
#include <errno.h>

static const struct line_style style = {.separators = ":", .comments = "#", .tail = true, .quotes = true};

struct unbound {
    struct server *s;
    struct instance *i;
    struct conf_files files;
    const char *section;
};

static int read_file(void *arg, const char *path, struct str text)
{
    struct unbound *c = arg;
    struct arena *a = c->s->arena;
    const char *outer = c->section;
    struct line_reader r = lines_of(a, text, &style);
    for (struct line_item l; lines_next(&r, &l);) {
        bool top = str_eq(l.key, STR("include-toplevel"));
        if (top || str_eq(l.key, STR("include"))) {
            conf_include(&c->files, "/etc/unbound", arena_dup(a, l.value), false, false, read_file, c);
            if (top)
                c->section = "";
        } else if (!l.value.n) {
            c->section = arena_dup(a, l.key);
        } else {
            conf_setting(&c->files, c->s, c->i, c->section, l.key, l.value, path, l.line);
        }
    }
    /* What is included with `include` inside a section stays in it. */
    if (*outer)
        c->section = outer;
    return 0;
}

static void endpoints(struct unbound *c)
{
    size_t n = 0;
    uint64_t port;
    if (!str_u64(str_of(setting_value(c->i, "server", "port", "53")), 65535, &port) || !port)
        port = 53;
    for (size_t k = 0; k < c->i->settings.n; k++) {
        const struct setting t = c->i->settings.v[k];
        if (strcmp(t.section, "server") != 0 || (strcmp(t.key, "interface") != 0 && strcmp(t.key, "ip-address") != 0))
            continue;
        struct str value = str_of(t.value), address, number;
        uint64_t own = port;
        str_field(&value, '@', &address);
        if (str_word(&value, " \t", &number) && !str_u64(number, 65535, &own))
            own = port;
        endpoint_add(c->s, c->i, own == 53 ? "dns" : "", "unbound", arena_dup(c->s->arena, address), (uint16_t)own, own == 853, t.file, t.line);
        n++;
    }
    static const char *const own[] = {"127.0.0.1", "::1"};
    for (size_t k = 0; !n && k < ARRAY_SIZE(own); k++)
        endpoint_add(c->s, c->i, port == 53 ? "dns" : "", "unbound", own[k], (uint16_t)port, false, NULL, 0);
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    static const char *const configs[] = {"/etc/unbound/unbound.conf", "/usr/local/etc/unbound/unbound.conf", NULL};
    struct unbound c = {.s = s, .i = instance_add(s, self, ""), .section = ""};
    if (!instance_configured(s, c.i, configs))
        return 0;
    c.files = conf_files_of(s, &c.i->seen);
    conf_file(&c.files, c.i->config, false, read_file, &c);
    endpoints(&c);
    return 0;
}

const struct product product_unbound = {
    .id = "unbound", .title = "Unbound", .kinds = KIND_DNS,
    .packages = (const char *const[]){"unbound", NULL},
    .units = (const char *const[]){"unbound", NULL},
    .programs = (const char *const[]){"unbound", NULL},
    .load = load,
};
