/* fail2ban.c: fail2ban. Files, each layer over the one before: jail.conf, jail.d's .conf files, jail.local, jail.d's .local files, with [INCLUDES] before and
   after. A section for each jail that is enabled, holding what it inherits from [DEFAULT] too; values keep their %(name)s, but for
   `enabled`, `port`, `backend` and `logpath`. `fail2ban-client status` would start Python (0.15 CPU seconds): it is not asked, the unit says whether it runs. */
#include "server/conf_files.h"
#include "server/lines.h"
#include "server/products.h"
#include <errno.h>
#include <strings.h>

static const struct line_style style = {.separators = "=", .comments = "#;", .indent = true, .sections = true};
static const char *const inherited[] = {"enabled", "port", "filter", "backend", "logpath", "bantime", "findtime", "maxretry", "ignoreip", "ignoreself", "action", "banaction", "journalmatch"};

struct fail2ban {
    struct server *s;
    struct instance *i;
    struct conf_files files;
    LIST(struct setting) set;
    LIST(const char *) jails; /* in the order in which they first appear */
};

static const struct setting *find(const struct fail2ban *c, const char *section, struct str key)
{
    for (size_t k = c->set.n; k-- > 0;)
        if (strcmp(c->set.v[k].section, section) == 0 && str_ieq(str_of(c->set.v[k].key), key))
            return &c->set.v[k];
    return NULL;
}

static const struct setting *effective(const struct fail2ban *c, const char *jail, const char *key)
{
    const struct setting *own = find(c, jail, str_of(key));
    return own ? own : find(c, "DEFAULT", str_of(key));
}

static int read_file(void *arg, const char *path, struct str text);

static void include(struct fail2ban *c, struct str text, const char *path, const char *which)
{
    struct arena *a = c->s->arena;
    struct line_reader r = lines_of(a, text, &style);
    for (struct line_item l; lines_next(&r, &l);) {
        struct str value = l.value, name;
        if (str_eq(l.section, STR("INCLUDES")) && str_ieq(l.key, str_of(which)))
            while (str_word(&value, " \t\n", &name))
                conf_include(&c->files, conf_dir(a, path), arena_dup(a, name), true, false, read_file, c);
    }
}

static int read_file(void *arg, const char *path, struct str text)
{
    struct fail2ban *c = arg;
    struct arena *a = c->s->arena;
    include(c, text, path, "before");
    struct line_reader r = lines_of(a, text, &style);
    const char *section = "";
    for (struct line_item l; lines_next(&r, &l);) {
        if (str_eq(l.section, STR("INCLUDES")) || !l.value.p)
            continue;
        if (!str_eq(str_of(section), l.section)) {
            section = arena_dup(a, l.section);
            bool known = strcmp(section, "DEFAULT") == 0;
            for (size_t k = 0; k < c->jails.n; k++)
                known |= strcmp(c->jails.v[k], section) == 0;
            if (!known && c->jails.n < 1000)
                *list_push(a, &c->jails) = section;
        }
        if (c->set.n < SETTINGS_MAX)
            *list_push(a, &c->set) = (struct setting){.section = section, .key = arena_dup(a, l.key), .value = arena_dup(a, l.value), .file = path, .line = l.line};
    }
    include(c, text, path, "after");
    return 0;
}

/* %(name)s from the jail and [DEFAULT], one inside another at most 8 deep. */
static const char *expand(const struct fail2ban *c, const char *jail, const char *value, unsigned depth)
{
    const char *at = strstr(value, "%("), *end = at ? strstr(at, ")s") : NULL;
    if (!end || depth > 8)
        return value;
    struct arena *a = c->s->arena;
    const char *name = arena_dup(a, str_span(at + 2, (size_t)(end - at - 2)));
    const struct setting *t = effective(c, jail, name);
    const char *inner = t ? t->value : strcmp(name, "__name__") == 0 ? jail : "";
    if (strlen(value) + strlen(inner) > 4096)
        return value;
    return expand(c, jail, arena_printf(a, "%.*s%s%s", (int)(at - value), value, inner, end + 2), depth + 1);
}

static bool enabled(const struct fail2ban *c, const char *jail)
{
    static const char *const yes[] = {"true", "yes", "on", "1"};
    const struct setting *t = effective(c, jail, "enabled");
    const char *value = t ? expand(c, jail, t->value, 0) : "";
    for (size_t k = 0; k < ARRAY_SIZE(yes); k++)
        if (strcasecmp(value, yes[k]) == 0)
            return true;
    return false;
}

static bool is_expanded(const char *key)
{
    static const char *const keys[] = {"enabled", "port", "backend", "logpath"};
    for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
        if (strcmp(keys[k], key) == 0)
            return true;
    return false;
}

static void add_jail(struct fail2ban *c, const char *jail)
{
    for (size_t k = 0; k < ARRAY_SIZE(inherited); k++) {
        const struct setting *t = effective(c, jail, inherited[k]);
        if (!t)
            continue;
        const char *value = is_expanded(inherited[k]) ? expand(c, jail, t->value, 0) : t->value;
        conf_setting(&c->files, c->s, c->i, jail, str_of(inherited[k]), str_of(value), t->file, t->line);
    }
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    static const char *const layers[] = {"jail.conf", "jail.d/*.conf", "jail.local", "jail.d/*.local"};
    struct fail2ban c = {.s = s, .i = instance_add(s, self, "")};
    if (!instance_detect(s, c.i) && !root_exists(s->host->root, "/etc/fail2ban/jail.conf")) {
        instance_drop(s, c.i);
        return 0;
    }
    c.files = conf_files_of(s, &c.i->seen);
    c.i->config = "/etc/fail2ban";
    for (size_t k = 0; k < ARRAY_SIZE(layers); k++)
        conf_include(&c.files, c.i->config, layers[k], k > 0, false, read_file, &c);
    for (size_t k = 0; k < c.jails.n; k++)
        if (enabled(&c, c.jails.v[k]))
            add_jail(&c, c.jails.v[k]);
    return 0;
}

const struct product product_fail2ban = {
    .id = "fail2ban", .title = "fail2ban", .kinds = KIND_GUARD,
    .packages = (const char *const[]){"fail2ban", "fail2ban-server", "plesk-fail2ban-configurator", NULL},
    .units = (const char *const[]){"fail2ban", NULL},
    .programs = (const char *const[]){NULL},
    .load = load,
};
