/* postgresql.c: PostgreSQL, one instance for each cluster: /etc/postgresql/VERSION/NAME (Debian), /var/lib/pgsql/data and /var/lib/pgsql/VERSION/data
   (RHEL, PGDG). postgresql.conf with include, include_if_exists, include_dir; then postgresql.auto.conf of the data directory, which wins.
   Lines of pg_hba.conf are settings of the section "pg_hba": key "local", "host" ..., value the rest; their order is the order of trial. */
#include "server/conf_files.h"
#include "server/lines.h"
#include "server/products.h"
#include <errno.h>

static const struct line_style style = {.separators = " \t=", .comments = "#", .tail = true, .quotes = true};
static const struct line_style hba = {.separators = " \t", .comments = "#", .tail = true};

struct pg {
    struct server *s;
    struct instance *i;
    struct conf_files files;
};

static int read_file(void *arg, const char *path, struct str text)
{
    struct pg *c = arg;
    struct arena *a = c->s->arena;
    struct line_reader r = lines_of(a, text, &style);
    for (struct line_item l; lines_next(&r, &l);) {
        const char *value = arena_dup(a, l.value), *dir = conf_dir(a, path);
        bool optional = str_ieq(l.key, STR("include_if_exists"));
        if (str_ieq(l.key, STR("include_dir")))
            conf_include(&c->files, dir, arena_printf(a, "%s/*.conf", value), true, false, read_file, c);
        else if (optional || str_ieq(l.key, STR("include")))
            conf_include(&c->files, dir, value, optional, false, read_file, c);
        else
            conf_setting(&c->files, c->s, c->i, "", l.key, l.value.p ? l.value : STR(""), path, l.line);
    }
    return 0;
}

static int read_hba(void *arg, const char *path, struct str text)
{
    struct pg *c = arg;
    struct line_reader r = lines_of(c->s->arena, text, &hba);
    for (struct line_item l; lines_next(&r, &l);)
        if (l.value.p)
            conf_setting(&c->files, c->s, c->i, "pg_hba", l.key, l.value, path, l.line);
    return 0;
}

static void endpoints(struct pg *c)
{
    uint64_t port;
    const struct setting *on = setting_get(c->i, "", "listen_addresses"), *at = setting_get(c->i, "", "port");
    if (!at || !str_u64(str_of(at->value), 65535, &port) || !port)
        port = 5432;
    struct str addresses = str_of(on ? on->value : "localhost"), address;
    while (str_word(&addresses, ", \t", &address))
        endpoint_add(c->s, c->i, "postgresql", c->i->name, str_eq(address, STR("*")) ? "" : arena_dup(c->s->arena, address), (uint16_t)port, false,
                     on ? on->file : NULL, on ? on->line : 0);
}

static void state(struct pg *c, const struct host *h, const char *version, const char *name)
{
    struct arena *a = c->s->arena;
    const struct package *p = host_package(h, arena_printf(a, "postgresql-%s", version));
    const struct unit *u = host_unit(h, arena_printf(a, "postgresql@%s-%s.service", version, name));
    if (p) {
        c->i->package = p->name;
        c->i->version = p->version;
    } else if (!*c->i->version) {
        c->i->version = version;
    }
    if (u) {
        c->i->unit = u->name;
        c->i->running = u->active == UNIT_ACTIVE;
        c->i->wanted |= c->i->running;
    }
}

static void load_cluster(const struct product *self, struct server *s, const char *dir)
{
    struct arena *a = s->arena;
    const char *config = arena_printf(a, "%s/postgresql.conf", dir);
    struct str path = str_of(dir), part, last[3] = {STR(""), STR(""), STR("")};
    while (str_word(&path, "/", &part)) {
        last[0] = last[1];
        last[1] = part;
    }
    bool debian = str_starts(str_of(dir), STR("/etc/"));
    const char *version = debian ? arena_dup(a, last[0]) : str_eq(last[0], STR("pgsql")) ? "" : arena_dup(a, last[0]);
    const char *name = debian ? arena_dup(a, last[1]) : "data";
    struct pg c = {.s = s, .i = instance_add(s, self, *version ? arena_printf(a, "%s/%s", version, name) : "")};
    c.files = conf_files_of(s, &c.i->seen);
    c.i->config = config;
    instance_detect(s, c.i);
    state(&c, s->host, version, name);
    conf_file(&c.files, config, false, read_file, &c);
    const char *data = setting_value(c.i, "", "data_directory", debian ? "" : dir);
    if (*data)
        conf_file(&c.files, arena_printf(a, "%s/postgresql.auto.conf", data), true, read_file, &c);
    conf_file(&c.files, setting_value(c.i, "", "hba_file", arena_printf(a, "%s/pg_hba.conf", dir)), true, read_hba, &c);
    endpoints(&c);
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    static const char *const places[] = {"/etc/postgresql/*/*/postgresql.conf", "/var/lib/pgsql/data/postgresql.conf", "/var/lib/pgsql/*/data/postgresql.conf"};
    size_t found = 0;
    for (size_t k = 0; k < ARRAY_SIZE(places); k++) {
        struct names names = {0};
        if (root_glob(s->host->root, places[k], 64, s->arena, &names) < 0)
            continue;
        for (size_t n = 0; n < names.list.n; n++, found++)
            load_cluster(self, s, conf_dir(s->arena, names.list.v[n]));
    }
    struct instance *i = found ? NULL : instance_add(s, self, "");
    if (i && (!instance_detect(s, i) || !i->wanted))
        instance_drop(s, i);
    else if (i)
        instance_unseen(i, -ENOENT, arena_printf(s->arena, "postgresql.conf: %s", err_name(ENOENT)));
    return 0;
}

const struct product product_postgresql = {
    .id = "postgresql", .title = "PostgreSQL", .kinds = KIND_DB,
    .packages = (const char *const[]){"postgresql", "postgresql-server", NULL},
    .units = (const char *const[]){"postgresql", NULL},
    .programs = (const char *const[]){"postgres", "postmaster", NULL},
    .load = load,
};
