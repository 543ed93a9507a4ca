/* mysql.c: MariaDB and MySQL. Files: /etc/my.cnf, /etc/mysql/my.cnf with !include and !includedir, in the order in which the server reads them.
   All groups that the server reads are one section, "mysqld", in which the last value counts; "_" in names is "-". Other groups keep their name.
   On a running machine `my_print_defaults --mysqld` tells what the server gets; the files then say from where. */
#include "server/conf_files.h"
#include "server/lines.h"
#include "server/products.h"
#include "base/i18n.h"
#include <errno.h>
#include <strings.h>

static const struct line_style style = {.separators = "=", .comments = "#;", .tail = true, .quotes = true, .sections = true};

struct mysql {
    struct server *s;
    struct instance *i;
    struct conf_files files;
};

static const char *normal(struct arena *a, struct str key)
{
    char *p = arena_dup(a, key);
    for (char *c = p; *c; c++)
        *c = *c == '_' ? '-' : *c;
    return p;
}

/* mysqld, server, mariadb, mariadbd, client-server, and these with a release behind: "mysqld-8.0", "mariadb-10.11" where it is ours. */
static bool server_group(const struct mysql *c, struct str name)
{
    static const char *const groups[] = {"mysqld", "server", "mariadb", "mariadbd"};
    if (str_ieq(name, STR("client-server")) || str_ieq(name, STR("galera")))
        return true; /* MariaDB's; MySQL has no such groups in its files */
    ptrdiff_t dash = str_find(name, '-');
    struct str base = dash >= 0 ? str_span(name.p, (size_t)dash) : name;
    const char *version = strchr(c->i->version, ':') ? strchr(c->i->version, ':') + 1 : c->i->version;
    if (dash >= 0 && *version && !str_starts(str_of(version), str_from(name, (size_t)dash + 1)))
        return false;
    for (size_t k = 0; k < ARRAY_SIZE(groups); k++)
        if (str_ieq(base, str_of(groups[k])))
            return true;
    return false;
}

static int read_file(void *arg, const char *path, struct str text)
{
    struct mysql *c = arg;
    struct arena *a = c->s->arena;
    struct line_reader r = lines_of(a, text, &style);
    for (struct line_item l; lines_next(&r, &l);) {
        struct str word, rest = l.key;
        if (l.key.n && *l.key.p == '!' && str_word(&rest, " \t", &word)) {
            const char *target = arena_dup(a, str_trim(rest));
            bool dir = str_eq(word, STR("!includedir"));
            size_t n = strlen(target);
            while (n > 1 && target[n - 1] == '/')
                n--;
            conf_include(&c->files, conf_dir(a, path), dir ? arena_printf(a, "%.*s/*.cnf", (int)n, target) : target, dir, false, read_file, c);
            continue;
        }
        const char *section = server_group(c, l.section) ? "mysqld" : arena_dup(a, l.section);
        conf_setting(&c->files, c->s, c->i, section, str_of(normal(a, l.key)), l.value.p ? l.value : STR(""), path, l.line);
    }
    return 0;
}

/* One option a line, "--bind-address=127.0.0.1". */
static void ask(struct mysql *c)
{
    static const char *const argv[] = {"my_print_defaults", "--mysqld", NULL};
    struct str out, line;
    if (server_ask(c->s, argv, &out) < 0)
        return;
    size_t known = c->i->settings.n;
    while (str_line(&out, &line) && c->i->settings.n < SETTINGS_MAX) {
        if (!str_starts(line, STR("--")))
            continue;
        struct str rest = str_from(line, 2), key;
        if (!str_field(&rest, '=', &key))
            continue;
        const char *name = normal(c->s->arena, key), *file = NULL;
        unsigned at = 0;
        for (size_t k = 0; k < known; k++) {
            const struct setting *t = &c->i->settings.v[k];
            if (strcmp(t->section, "mysqld") == 0 && strcasecmp(t->key, name) == 0 && str_eq(str_of(t->value), rest)) {
                file = t->file;
                at = t->line;
            }
        }
        setting_add(c->s, c->i, FROM_PROGRAM, "mysqld", str_of(name), rest, file, at);
    }
}

/* Given without a value, an option is on. */
static bool on(const struct instance *i, const char *key)
{
    const struct setting *t = setting_get(i, "mysqld", key);
    return t && (!*t->value || setting_bool(i, "mysqld", key, false));
}

static void endpoints(struct mysql *c)
{
    uint64_t port;
    const struct setting *bind = setting_get(c->i, "mysqld", "bind-address"), *at = setting_get(c->i, "mysqld", "port");
    if (on(c->i, "skip-networking"))
        return;
    if (!at || !str_u64(str_of(at->value), 65535, &port))
        port = 3306;
    if (!port)
        return;
    struct str addresses = str_of(bind ? bind->value : "*"), address;
    while (str_word(&addresses, ", \t", &address))
        endpoint_add(c->s, c->i, "mysql", "mysqld", str_eq(address, STR("*")) ? "" : arena_dup(c->s->arena, address), (uint16_t)port, false,
                     bind ? bind->file : at ? at->file : NULL, bind ? bind->line : at ? at->line : 0);
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    static const char *const configs[] = {"/etc/my.cnf", "/etc/mysql/my.cnf"};
    struct mysql c = {.s = s, .i = instance_add(s, self, "")};
    /* The files alone prove nothing: the client's package brings them too. */
    bool data = root_exists(s->host->root, "/var/lib/mysql/mysql");
    if (!instance_detect(s, c.i) && !data) {
        instance_drop(s, c.i);
        return 0;
    }
    c.files = conf_files_of(s, &c.i->seen);
    for (size_t k = 0; k < ARRAY_SIZE(configs); k++)
        if (conf_file(&c.files, configs[k], true, read_file, &c) == 0)
            c.i->config = configs[k];
    ask(&c);
    endpoints(&c);
    return 0;
}

const struct product product_mysql = {
    .id = "mysql", .title = "MariaDB/MySQL", .kinds = KIND_DB,
    .packages = (const char *const[]){"mariadb-server", "mariadb-server-10.6", "mariadb-server-10.5", "mysql-server", "mysql-server-8.0", "mysql-community-server", "default-mysql-server", "MariaDB-server", NULL},
    .units = (const char *const[]){"mariadb", "mysql", "mysqld", NULL},
    .programs = (const char *const[]){"mariadbd", "mysqld", NULL},
    .load = load,
};
